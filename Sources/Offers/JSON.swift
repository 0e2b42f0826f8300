// JSON as a tree that remembers where it stands, so that whatever is wrong with a value can be told by
// line and column. Not here: what the values mean.

/// What is wrong with a text of JSON, or with a value in it, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// The column in characters, from 1.
  public let column: Int
  /// The way to the value, as `offers[3].end`; empty when the text is no JSON.
  public let path: String
  /// What is wrong and what to do about it, without a full stop.
  public let problem: String

  /// The whole in one line.
  public var description: String {
    "line \(line), column \(column): \(path.isEmpty ? "" : path + ": ")\(problem)"
  }

  /// The whole in one line, with the file.
  ///
  /// - Parameter file: its name.
  /// - Returns: as `offers.json line 12, column 5: offers[3].end: …`.
  public func told(of file: String) -> String { "\(file) \(description)" }
}

/// One value, and where it stands.
public struct JSONValue: Sendable {
  /// The kinds of values.
  public indirect enum Content: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
  }

  /// What it is.
  public let content: Content
  /// Its first byte in the text, from 0.
  public let offset: Int

  /// What kind of value it is, for whoever wrote it.
  public var kind: String {
    switch content {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A key and its value.
public struct JSONMember: Sendable {
  /// The key.
  public let key: String
  /// The key's first byte in the text, from 0.
  public let offset: Int
  /// The value.
  public let value: JSONValue
}

/// A text of JSON that was read.
public struct JSONDocument: Sendable {
  /// Bytes of a text.
  public static let sizeMax = 1 << 20
  /// How deep lists and objects may stand in one another.
  public static let depthMax = 32

  /// The whole.
  public let root: JSONValue
  private let bytes: [UInt8]

  /// Reads a text (RFC 8259).
  ///
  /// - Parameter bytes: UTF-8, at most `sizeMax` bytes.
  /// - Throws: ``JSONError`` where it is not JSON: also for a key that stands twice in its object, for half
  ///   a surrogate, and for a number beyond a Double.
  public init(_ bytes: [UInt8]) throws(JSONError) {
    self.bytes = bytes
    var reader = JSONReader(bytes: bytes)
    do {
      root = try reader.document()
    } catch {
      throw Self.error(at: error.offset, in: bytes, path: "", error.problem)
    }
  }

  /// Tells of something in the text.
  ///
  /// - Parameters:
  ///   - offset: where, in bytes from 0.
  ///   - path: the way to the value.
  ///   - problem: what is wrong, without a full stop.
  /// - Returns: the error, its line and column counted.
  public func error(at offset: Int, path: String, _ problem: String) -> JSONError {
    Self.error(at: offset, in: bytes, path: path, problem)
  }

  /// The byte of the document at which a byte of a text value stands, escapes counted.
  ///
  /// - Parameters:
  ///   - place: which byte of the value, from 0.
  ///   - value: a text of this document.
  /// - Returns: the place in the document; that of the value if it is no text.
  public func offset(of place: Int, in value: JSONValue) -> Int {
    guard case .string = value.content else { return value.offset }
    var reader = JSONReader(bytes: bytes, place: value.offset)
    return reader.place(ofDecoded: place)
  }

  private static func error(
    at offset: Int, in bytes: [UInt8], path: String, _ problem: String
  ) -> JSONError {
    let before = bytes[..<min(offset, bytes.count)]
    let newline = UInt8(ascii: "\n")
    let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    return JSONError(
      line: before.count { $0 == newline } + 1,
      column: String(decoding: before[start...], as: UTF8.self).count + 1, path: path,
      problem: problem)
  }
}
