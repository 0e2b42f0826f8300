// The oracle's trees as text: everything in parentheses, so that nothing depends on precedence, with
// blanks and comments at random.

import Rules
import Support

extension OracleNumber {
  func text(_ chance: inout SeededGenerator) -> String {
    switch self {
    case .literal(let value): Oracle.text(value)
    case .field(let slot): Shop.fields[slot].name
    case .call(let function, let text, let number): Oracle.call(function, text, number)
    case .negated(let one): "(-\(one.text(&chance)))"
    case .absolute(let one): "abs(\(one.text(&chance)))"
    case .lesser(let all):
      "min(\(all.map { $0.text(&chance) }.joined(separator: ",")))"
    case .greater(let all):
      "max(\(all.map { $0.text(&chance) }.joined(separator: " , ")))"
    case .joined(let sign, let one, let other):
      "(\(one.text(&chance))\(Oracle.blank(&chance))\(sign) \(other.text(&chance)))"
    case .days(let one, let other): "(\(one.text) - \(other.text))"
    case .filled(let one, let value): "((\(one.text(&chance))) else \(Oracle.text(value)))"
    }
  }
}

extension OracleDay {
  var text: String {
    switch self {
    case .literal(_, let text): text
    case .field(let slot): ["today", "birthday"][slot]
    }
  }
}

extension OracleWord {
  var text: String {
    switch self {
    case .text(let text): Oracle.quoted(text)
    case .level(let word): word
    case .field(let slot): ["country", "segment", "tier", "best_tier"][slot]
    }
  }
}

extension Oracle {
  func text(_ chance: inout SeededGenerator) -> String {
    let blank = Self.blank(&chance)
    switch self {
    case .literal(let holds): return "\(holds)"
    case .field(let slot): return ["consent.email", "consent.phone"][slot]
    case .call(let function, let text, let number): return Self.call(function, text, number)
    case .numbers(let one, let sign, let other):
      return "(\(one.text(&chance))\(blank)\(sign)\(blank)\(other.text(&chance)))"
    case .days(let one, let sign, let other): return "(\(one.text)\(blank)\(sign) \(other.text))"
    case .words(let one, let sign, let other): return "(\(one.text) \(sign)\(blank)\(other.text))"
    case .same(let one, let other, let isEqual):
      return "(\(one.text(&chance)) \(isEqual ? "==" : "!=") \(other.text(&chance)))"
    case .numberBetween(let one, let low, let high):
      return "(\(one.text(&chance)) between \(low.text(&chance)) and\(blank)\(high.text(&chance)))"
    case .dayBetween(let one, let low, let high):
      return "(\(one.text) between \(low.text) and \(high.text))"
    case .wordBetween(let one, let low, let high):
      return "(\(one.text) between \(low.text) and \(high.text))"
    case .numberIn(let one, let all):
      return "(\(one.text(&chance)) in\(blank)(\(all.map(Self.text).joined(separator: ","))))"
    case .wordIn(let one, let all):
      return "(\(one.text) in (\(all.map(\.text).joined(separator: ", "))))"
    case .numberKnown(let one, let isKnown):
      return "(\(one.text(&chance)) is \(isKnown ? "known" : "unknown"))"
    case .wordKnown(let one, let isKnown):
      return "(\(one.text) is\(blank)\(isKnown ? "known" : "unknown"))"
    case .known(let one, let isKnown):
      return "(\(one.text(&chance)) is \(isKnown ? "known" : "unknown"))"
    case .filled(let one, let holds): return "((\(one.text(&chance))) else\(blank)\(holds))"
    case .not(let one): return "(not\(blank)\(one.text(&chance)))"
    case .and(let all):
      return "(\(all.map { $0.text(&chance) }.joined(separator: "\(blank)and ")))"
    case .or(let all): return "(\(all.map { $0.text(&chance) }.joined(separator: " or\(blank)")))"
    }
  }

  static func text(_ value: Double) -> String {
    value.description.hasSuffix(".0") ? String(value.description.dropLast(2)) : value.description
  }

  static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      ["\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\u{e9}": "\\u{e9}"][scalar] ?? String(scalar)
    }
    return "\"\(escaped.joined())\""
  }

  static func call(_ function: Int, _ text: String?, _ number: Double?) -> String {
    let arguments = [text.map(quoted), number.map(Self.text)].compactMap { $0 }
    return "\(Shop.functions[function].name)(\(arguments.joined(separator: ", ")))"
  }

  static func blank(_ chance: inout SeededGenerator) -> String {
    [" ", " ", "  ", "\n", " \t", " # \"and( é\n", "\r\n"].randomElement(using: &chance) ?? " "
  }
}
