// The key of a command: the first fields of its body. With it a server knows a command that is sent
// again.

/// What tells a command from every other one, so that sending it twice applies it once.
///
/// The server looks at nothing but whether two keys are equal. A stream of commands uses the
/// stream's number and a rising one; whoever keeps no count draws 16 random bytes.
public struct CommandKey: Hashable, Sendable {
  static let fields = [Field("producer", .u64), Field("number", .u64)]

  /// Bytes of a key.
  public static let size = 16
  /// The key of a command that is not remembered.
  public static let none = CommandKey(producer: 0, number: 0)

  /// Who sends.
  public var producer: UInt64
  /// Which of the producer's commands it is.
  public var number: UInt64

  /// Whether the command has no key.
  public var isNone: Bool { self == .none }

  /// Makes a key.
  ///
  /// - Parameters:
  ///   - producer: who sends.
  ///   - number: which of the producer's commands it is; both 0 is no key.
  public init(producer: UInt64, number: UInt64) {
    self.producer = producer
    self.number = number
  }

  /// Reads a key.
  ///
  /// - Parameter reader: stands on the first byte of a command's body.
  /// - Throws: `malformed` when the frame ends within it.
  public init(from reader: inout FrameReader) throws(Refusal) {
    producer = try reader.read(UInt64.self)
    number = try reader.read(UInt64.self)
  }

  /// Writes the key.
  ///
  /// - Parameter out: where it goes.
  public func write(to out: inout ByteBuffer) {
    out.append(producer)
    out.append(number)
  }
}
