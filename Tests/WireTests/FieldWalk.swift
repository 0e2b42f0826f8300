// Reads a frame by the field tables alone, without the codecs, so that the two can be compared;
// and prints it the way protocol.md shows its examples. No tests here.

import Wire

/// One field of a frame as the table finds it.
struct WalkedField: Equatable {
  var name: String
  var range: Range<Int>
  var value: String
}

/// Why a table and the bytes do not go together.
struct WalkError: Error, CustomStringConvertible {
  var description: String
}

struct FieldWalk {
  private let bytes: [UInt8]
  private var offset = 0
  private(set) var found: [WalkedField] = []

  static let headerFields = [
    Field("length", .u32), Field("verb", .u16), Field("status", .u16), Field("tag", .u64),
    Field("deadline", .u32), Field("reserved", .u32),
  ]

  /// Walks over a whole frame; its last field must end where the frame does.
  init(frame: [UInt8], body fields: [Field]) throws {
    bytes = frame
    try walk(Self.headerFields, prefix: "")
    try walk(fields, prefix: "")
    guard offset == frame.count else {
      throw WalkError(description: "\(frame.count - offset) bytes follow the last field")
    }
  }

  private mutating func walk(_ fields: [Field], prefix: String) throws {
    var count: UInt64?
    for field in fields {
      let name = prefix + field.name
      switch field.type {
      case .u8, .u16, .u32, .u64:
        let number = try take(field.type.size ?? 0, name: name)
        if field.name == "count" { count = number }
        add(name, field.type.size ?? 0, Self.shown(number, of: field.name, in: prefix))
      case .i32: add(name, 4, "\(Int32(truncatingIfNeeded: try take(4, name: name)))")
      case .i64: add(name, 8, "\(Int64(bitPattern: try take(8, name: name)))")
      case .f32: add(name, 4, "\(Float(bitPattern: UInt32(try take(4, name: name))))")
      case .f64: add(name, 8, "\(Double(bitPattern: try take(8, name: name)))")
      case .identifier, .name: try walkText(name, lengthBytes: 1)
      case .sentence: try walkText(name, lengthBytes: 2)
      case .text: try walkText(name, lengthBytes: 4)
      case .bytes: try walkBytes(name)
      case .rows(let row):
        guard let count else { throw WalkError(description: "\(name) has no count before it") }
        for i in 0..<count { try walk(row, prefix: "\(name)[\(i)].") }
      }
    }
  }

  private mutating func walkText(_ name: String, lengthBytes: Int) throws {
    let start = offset
    let size = Int(try take(lengthBytes, name: name))
    guard bytes.count - offset >= size else {
      throw WalkError(description: "\(name) passes the end")
    }
    guard let text = String(validating: bytes[offset..<(offset + size)], as: UTF8.self) else {
      throw WalkError(description: "\(name) is not UTF-8")
    }
    offset += size
    found.append(
      WalkedField(
        name: name, range: start..<offset,
        value: "\"" + text.map { $0 == "\n" ? "\\n" : String($0) }.joined() + "\""))
  }

  private mutating func walkBytes(_ name: String) throws {
    let start = offset
    let size = Int(try take(4, name: name))
    guard bytes.count - offset >= size else {
      throw WalkError(description: "\(name) passes the end")
    }
    offset += size
    found.append(WalkedField(name: name, range: start..<offset, value: "\"\(size) bytes\""))
  }

  /// The little-endian number in the next `size` bytes.
  private mutating func take(_ size: Int, name: String) throws -> UInt64 {
    guard bytes.count - offset >= size else {
      throw WalkError(description: "\(name) passes the end")
    }
    offset += size
    return bytes[(offset - size)..<offset].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func add(_ name: String, _ size: Int, _ value: String) {
    found.append(WalkedField(name: name, range: (offset - size)..<offset, value: value))
  }

  /// The number, and the name of what it stands for.
  private static func shown(_ number: UInt64, of field: String, in prefix: String) -> String {
    let code = UInt16(truncatingIfNeeded: number)
    switch field {
    case "verb": return Verb(rawValue: code).map { "\(number), \($0.name)" } ?? "\(number)"
    case "status": return Status(rawValue: code).map { "\(number), \($0.name)" } ?? "\(number)"
    case "magic": return "0x" + String(number, radix: 16, uppercase: true)
    default: return "\(number)"
    }
  }

  /// The lines of an example: at most twelve bytes in hex, then the field and its value.
  var lines: [String] {
    found.flatMap { field in
      stride(from: field.range.lowerBound, to: field.range.upperBound, by: 12).map { start in
        let part = bytes[start..<min(start + 12, field.range.upperBound)]
        let hex = part.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        guard start == field.range.lowerBound else { return hex }
        return hex + String(repeating: " ", count: 37 - hex.count)
          + "; \(field.name) = \(field.value)"
      }
    }
  }
}
