// Writes JSON with its keys in the order they are given. Not here: reading; see ModelFile.swift.

/// A value of JSON.
indirect enum JSON {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Shortest form that reads back as the same Double; NaN and infinity become null.
  case number(Double)
  case string(String)
  case object([(key: String, value: JSON)])
  case array([JSON])

  static func count(_ number: some BinaryInteger) -> JSON { .integer(Int64(clamping: number)) }

  /// The number, or null when it is not known.
  static func optional(_ number: Double?) -> JSON { number.map(JSON.number) ?? .null }
}

extension JSON: Equatable {
  static func == (one: JSON, other: JSON) -> Bool {
    JSONWriter.line(one) == JSONWriter.line(other)
  }
}

enum JSONWriter {
  /// The value on one line.
  static func line(_ value: JSON) -> String {
    var out = ""
    write(value, indent: nil, depth: 0, to: &out)
    return out
  }

  /// The value with one member a line.
  static func lines(_ value: JSON) -> String {
    var out = ""
    write(value, indent: "  ", depth: 0, to: &out)
    return out
  }

  /// A number as JSON has it: digits that read back as the same Double, without «.0» or «inf».
  static func text(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func write(_ value: JSON, indent: String?, depth: Int, to out: inout String) {
    switch value {
    case .null: out += "null"
    case .bool(let flag): out += flag ? "true" : "false"
    case .integer(let number): out += String(number)
    case .number(let number): out += text(number)
    case .string(let string): write(string, to: &out)
    case .object(let members):
      list(members.count, "{", "}", indent, depth, &out) { index, out in
        write(members[index].key, to: &out)
        out += indent == nil ? ":" : ": "
        write(members[index].value, indent: indent, depth: depth + 1, to: &out)
      }
    case .array(let values):
      list(values.count, "[", "]", indent, depth, &out) { index, out in
        write(values[index], indent: indent, depth: depth + 1, to: &out)
      }
    }
  }

  private static func list(
    _ count: Int, _ open: String, _ close: String, _ indent: String?, _ depth: Int,
    _ out: inout String, item: (Int, inout String) -> Void
  ) {
    out += open
    for index in 0..<count {
      if index > 0 { out += "," }
      if let indent { out += "\n" + String(repeating: indent, count: depth + 1) }
      item(index, &out)
    }
    if let indent, count > 0 { out += "\n" + String(repeating: indent, count: depth) }
    out += close
  }

  private static func write(_ string: String, to out: inout String) {
    out += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
