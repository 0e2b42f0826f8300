// The shape of a body as data, so that a test can hold protocol.md against the code. The codecs
// in Messages*.swift do not run over these tables; a test runs both and compares.

/// How a field lies in a frame.
public enum FieldType: Sendable, Equatable {
  /// A fixed-width, little-endian number.
  case u8, u16, u32, u64, i32, i64, f32, f64
  /// One length byte, then 1 to 64 bytes.
  case identifier
  /// One length byte, then 0 to 64 bytes of UTF-8.
  case name
  /// Two length bytes, then 0 to 2,048 bytes of UTF-8.
  case sentence
  /// Four length bytes, then UTF-8.
  case text
  /// Four length bytes, then so many bytes.
  case bytes
  /// The fields that follow, once for each of the rows counted before.
  case rows([Field])

  /// Bytes on the wire; nil where the value decides.
  public var size: Int? {
    switch self {
    case .u8: 1
    case .u16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .identifier, .name, .sentence, .text, .bytes, .rows: nil
    }
  }

  /// The name in protocol.md.
  public var name: String {
    switch self {
    case .u8: "u8"
    case .u16: "u16"
    case .u32: "u32"
    case .u64: "u64"
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .identifier: "identifier"
    case .name: "name"
    case .sentence: "sentence"
    case .text: "text"
    case .bytes: "bytes"
    case .rows: "rows"
    }
  }
}

/// One field of a body.
public struct Field: Sendable, Equatable {
  /// The name in protocol.md.
  public var name: String
  /// How it lies in the frame.
  public var type: FieldType

  /// Makes a field.
  ///
  /// - Parameters:
  ///   - name: as in protocol.md.
  ///   - type: how it lies in the frame.
  public init(_ name: String, _ type: FieldType) {
    self.name = name
    self.type = type
  }
}

/// A body: its fields in order, and its codec.
public protocol Message {
  /// The heading in protocol.md.
  static var title: String { get }
  /// The fields in the order of the wire.
  static var fields: [Field] { get }
  /// Appends the body.
  ///
  /// - Parameter out: the outbox, behind the frame's header.
  /// - Throws: `invalidField` for an identifier that does not fit; the body is then unusable.
  func write(to out: inout ByteBuffer) throws(Refusal)
  /// Reads the body.
  ///
  /// - Parameter reader: stands on the body's first byte; afterwards behind its last.
  /// - Throws: `malformed` or `invalidField` with the offset.
  init(from reader: inout FrameReader) throws(Refusal)
}
