// Random conditions about customers, each as a text and as what it means: nil for unknown. They are built up
// together, and nothing of it parses or compiles.

import Support

/// Something written in a condition, and its value for a customer; nil is unknown.
struct Naive<Value> {
  let text: String
  let value: (NaiveKnown) -> Value?
}

/// Makes conditions by chance over fields of the customers that it was shown.
struct NaiveConditions {
  var chance: SeededGenerator
  /// Constants are drawn around what these have.
  let customers: [NaiveKnown]
  let instant: NaiveInstant

  private mutating func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &chance) }
  private mutating func pick<Value>(_ all: [Value]) -> Value { all[below(all.count)] }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  private static func literal(_ value: Double) -> Naive<Double> {
    let text = abs(value).description
    let digits = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    return Naive(text: value < 0 ? "(-\(digits))" : digits) { _ in value }
  }

  // MARK: Numbers

  private mutating func field() -> (place: Int, Naive<Double>) {
    let place = below(NaiveFields.numbers.count)
    return (place, Naive(text: NaiveFields.numbers[place]) { Self.finite($0.numbers[place]) })
  }

  /// A constant that somebody's value is, or is near to.
  private mutating func constant(near place: Int) -> Naive<Double> {
    for _ in 0..<20 {
      let value = pick(customers).numbers[place]
      guard value.isFinite else { continue }
      // Whole numbers as they are; of others a few digits, which no score has.
      if value == value.rounded() { return Self.literal(value + pick([0, 0, 1, -1])) }
      return Self.literal((value * 1e4).rounded() / 1e4 + 3.7e-7)
    }
    return Self.literal(pick([0, 1, 5, 0.5, 100]))
  }

  private mutating func number(_ depth: Int) -> Naive<Double> {
    if depth <= 0 || below(3) == 0 {
      switch below(8) {
      case 0: return Self.literal(pick([0, 1, 2.5, 30, 365, 1e-5, 1e16, 0.1]))
      case 1:
        let share = pick([0, 0.05, 0.5, 0.9501, 0.93, 1])
        let value = Self.finite(instant.valueQuantile(share))
        return Naive(text: "quantile(\"lifetime_value\", \(Self.literal(share).text))") { _ in value
        }
      default: return field().1
      }
    }
    let one = number(depth - 1)
    switch below(9) {
    case 0: return Naive(text: "(-(\(one.text)))") { one.value($0).map { -$0 } }
    case 1: return Naive(text: "abs(\(one.text))") { one.value($0).map { abs($0) } }
    case 2, 3:
      let isLeast = below(2) == 0
      let all = [one] + (0..<1 + below(2)).map { _ in number(depth - 1) }
      let texts = all.map(\.text).joined(separator: ", ")
      return Naive(text: "\(isLeast ? "min" : "max")(\(texts))") { known in
        let values = all.compactMap { $0.value(known) }
        if values.count < all.count { return nil }
        return isLeast ? values.min() : values.max()
      }
    case 4:
      let (left, right) = (day(), day())
      return Naive(text: "(\(left.text) - \(right.text))") { known in
        guard let left = left.value(known), let right = right.value(known) else { return nil }
        return Double(left - right)
      }
    case 5:
      let field = field().1
      let other = Self.literal(pick([0, 5, 80.5]))
      return Naive(text: "(\(field.text) else \(other.text))") {
        field.value($0) ?? other.value($0)
      }
    default:
      let sign = pick(["+", "-", "*", "/"])
      let other = number(depth - 1)
      return Naive(text: "(\(one.text) \(sign) \(other.text))") { known in
        guard let left = one.value(known), let right = other.value(known) else { return nil }
        switch sign {
        case "+": return Self.finite(left + right)
        case "-": return Self.finite(left - right)
        case "*": return Self.finite(left * right)
        default: return right == 0 ? nil : Self.finite(left / right)
        }
      }
    }
  }

  // MARK: Days, texts and levels

  private mutating func day() -> Naive<Int> {
    if below(4) == 0 {
      return pick([
        Naive(text: "2024-10-04") { _ in 20_000 }, Naive(text: "2000-02-29") { _ in 11_016 },
        Naive(text: "1970-01-01") { _ in 0 }, Naive(text: "2024-05-01") { _ in 19_844 },
      ])
    }
    let place = below(NaiveFields.days.count)
    return Naive(text: NaiveFields.days[place]) { $0.days[place] }
  }

  private mutating func word(_ place: Int) -> String {
    if below(12) == 0 { return "nobody's" }
    return switch place {
    case 0: pick(["new", "vip", "loyal", "will buy again", "about to leave", "inactive"])
    case 1: pick(ChanceShop.countries)
    case 2: pick(ChanceShop.languages)
    case 3: pick(NaiveFields.channels)
    default: pick(ChanceShop.sources)
    }
  }

  private mutating func words() -> Naive<Bool> {
    // The segment's and the preferred channel's words are known; others are free.
    let place = below(5)
    let field = NaiveFields.words[place]
    let all = (0..<1 + below(3)).map { _ in
      var word = word(place)
      while word == "nobody's" && (place == 0 || place == 3) { word = self.word(place) }
      return word
    }
    switch below(3) {
    case 0:
      return Naive(text: "\(field) == \"\(all[0])\"") { $0.words[place].map { $0 == all[0] } }
    case 1:
      return Naive(text: "\(field) != \"\(all[0])\"") { $0.words[place].map { $0 != all[0] } }
    default:
      let list = all.map { "\"\($0)\"" }.joined(separator: ", ")
      let isNot = below(2) == 0
      return Naive(text: "\(field) \(isNot ? "not in" : "in") (\(list))") {
        $0.words[place].map { all.contains($0) != isNot }
      }
    }
  }

  private mutating func level() -> Naive<Bool> {
    let sign = pick(["==", "!=", "<", "<=", ">", ">="])
    let level = below(4)
    return Naive(text: "tier \(sign) \(NaiveFields.tiers[level])") { known in
      let own = known.words[5].flatMap { NaiveFields.tiers.firstIndex(of: $0) }
      return Self.compare(own, sign, level)
    }
  }

  // MARK: Conditions

  private static func compare<Value: Comparable>(
    _ left: Value?, _ sign: String, _ right: Value?
  ) -> Bool? {
    guard let left, let right else { return nil }
    return switch sign {
    case "==": left == right
    case "!=": left != right
    case "<": left < right
    case "<=": left <= right
    case ">": left > right
    default: left >= right
    }
  }

  private mutating func simple() -> Naive<Bool> {
    switch below(9) {
    case 0...3:
      let (place, field) = field()
      let sign = pick(["<", "<=", ">", ">=", "<", ">=", "==", "!="])
      let other = constant(near: place)
      return Naive(text: "\(field.text) \(sign) \(other.text)") {
        Self.compare(field.value($0), sign, other.value($0))
      }
    case 4: return words()
    case 5: return level()
    case 6:
      let category = pick(ChanceShop.categories + ["nothing"])
      let isBought = below(2) == 0
      return Naive(text: "\(isBought ? "bought" : "viewed")(\"\(category)\")") {
        (isBought ? $0.bought : $0.viewed).contains(category)
      }
    case 7:
      let (left, right) = (day(), day())
      let sign = pick(["<", "<=", ">", ">=", "==", "!="])
      return Naive(text: "\(left.text) \(sign) \(right.text)") {
        Self.compare(left.value($0), sign, right.value($0))
      }
    default:
      let place = below(NaiveFields.truths.count)
      return Naive(text: NaiveFields.truths[place]) { $0.truths[place] }
    }
  }

  /// A condition of some depth.
  mutating func condition(_ depth: Int) -> Naive<Bool> {
    if depth <= 0 { return simple() }
    switch below(9) {
    case 0:
      let one = condition(depth - 1)
      return Naive(text: "(not (\(one.text)))") { one.value($0).map { !$0 } }
    case 1, 2:
      let all = (0..<2 + below(2)).map { _ in condition(depth - 1) }
      return Naive(text: "(\(all.map(\.text).joined(separator: " and ")))") { known in
        let values = all.map { $0.value(known) }
        return values.contains(false) ? false : values.contains(nil) ? nil : true
      }
    case 3, 4:
      let all = (0..<2 + below(2)).map { _ in condition(depth - 1) }
      return Naive(text: "(\(all.map(\.text).joined(separator: " or ")))") { known in
        let values = all.map { $0.value(known) }
        return values.contains(true) ? true : values.contains(nil) ? nil : false
      }
    case 5:
      let one = condition(depth - 1)
      let isKnown = below(2) == 0
      return Naive(text: "((\(one.text)) is \(isKnown ? "known" : "unknown"))") {
        (one.value($0) != nil) == isKnown
      }
    case 6:
      let one = number(depth)
      let (place, field) = field()
      let (low, high) = (constant(near: place), number(depth - 1))
      if below(2) == 0 {
        return Naive(text: "(\(field.text) between \(low.text) and \(high.text))") { known in
          let ends = [
            Self.compare(field.value(known), ">=", low.value(known)),
            Self.compare(field.value(known), "<=", high.value(known)),
          ]
          return ends.contains(false) ? false : ends.contains(nil) ? nil : true
        }
      }
      let sign = pick(["<", "<=", ">", ">="])
      return Naive(text: "(\(field.text) \(sign) \(one.text))") {
        Self.compare(field.value($0), sign, one.value($0))
      }
    case 7:
      let (one, other) = (condition(depth - 1), condition(depth - 1))
      return Naive(text: "((\(one.text)) == (\(other.text)))") { known in
        guard let left = one.value(known), let right = other.value(known) else { return nil }
        return left == right
      }
    default:
      let one = condition(depth - 1)
      let holds = below(2) == 0
      return Naive(text: "((\(one.text)) else \(holds))") { one.value($0) ?? holds }
    }
  }

  /// A whole condition: clauses that must all hold.
  mutating func clauses() -> Naive<Bool> {
    let all = (0..<pick([1, 1, 2, 3])).map { _ in condition(pick([0, 1, 2, 3])) }
    return Naive(text: all.map(\.text).joined(separator: "\n and ")) { known in
      let values = all.map { $0.value(known) }
      return values.contains(false) ? false : values.contains(nil) ? nil : true
    }
  }
}
