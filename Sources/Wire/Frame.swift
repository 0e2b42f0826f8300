// The frame: how a stream of bytes is cut into requests and replies, and how a frame is begun and
// ended in an outbox. What stands in the body is in Messages*.swift.
//
//   offset  size  field
//        0     4  length      bytes of the frame after this field: 20 + body
//        4     2  verb        Verb
//        6     2  status      0 in a request; Status in a reply
//        8     8  tag         the client's number; repeated in the reply
//       16     4  deadline    milliseconds the client will wait; 0 for ever; 0 in a reply
//       20     4  reserved    0
//       24     …  body

/// The 24 bytes before every body.
public struct FrameHeader: Equatable, Sendable {
  /// Bytes of a header, the length field included.
  public static let size = 24

  /// Bytes of the whole frame, its length field included.
  public var frameSize: Int
  /// The number of the verb; it may be one this build does not know.
  public var verb: UInt16
  /// The number of the status; 0 in a request.
  public var status: UInt16
  /// The client's number, repeated in the reply.
  public var tag: UInt64
  /// Milliseconds from receipt after which the client does not want an answer; 0 waits for ever.
  public var deadlineMillis: UInt32
}

/// What the front of an inbox holds.
public enum Cut: Equatable, Sendable {
  /// Not yet a whole frame.
  case incomplete
  /// A whole frame with this header.
  case frame(FrameHeader)
}

/// Cuts frames from bytes and writes them.
public enum Frame {
  /// The protocol's versions this build speaks, oldest to newest.
  public static let versions: ClosedRange<UInt16> = 1...1
  /// The first four body bytes of a hello: "PTRN".
  public static let magic: UInt32 = 0x4E52_5450

  /// Looks at the front of a stream.
  ///
  /// The length is checked as soon as its four bytes are there, before anything waits for it.
  ///
  /// - Parameters:
  ///   - bytes: what has arrived.
  ///   - sizeMax: bytes a frame may have.
  /// - Returns: the header of the first frame, if it has arrived whole.
  /// - Throws: `badFrame` or `frameTooLarge`; after either the stream cannot be trusted.
  public static func cut(_ bytes: RawSpan, sizeMax: Int) throws(Refusal) -> Cut {
    guard bytes.byteCount >= 4 else { return .incomplete }
    var reader = FrameReader(bytes)
    let length = Int(try reader.read(UInt32.self))
    guard length >= FrameHeader.size - 4 else {
      throw Refusal(
        .badFrame, at: 0, "the length is \(length), a frame has at least \(FrameHeader.size - 4)")
    }
    guard length + 4 <= sizeMax else {
      throw Refusal(
        .frameTooLarge, at: 0,
        "the frame has \(length + 4) bytes, at most \(sizeMax) are accepted; send smaller batches")
    }
    guard bytes.byteCount >= length + 4 else { return .incomplete }
    let header = FrameHeader(
      frameSize: length + 4, verb: try reader.read(UInt16.self),
      status: try reader.read(UInt16.self), tag: try reader.read(UInt64.self),
      deadlineMillis: try reader.read(UInt32.self))
    let reserved = try reader.read(UInt32.self)
    guard reserved == 0 else {
      throw Refusal(.badFrame, at: 20, "the reserved field is \(reserved), it must be 0")
    }
    return .frame(header)
  }

  /// Begins a frame; `end` completes its length.
  ///
  /// - Parameters:
  ///   - verb: the number of the verb.
  ///   - status: the number of the status; 0 in a request.
  ///   - tag: the client's number.
  ///   - deadlineMillis: 0 in a reply.
  ///   - out: where the frame is appended.
  /// - Returns: the mark that `end` needs.
  public static func begin(
    verb: UInt16, status: Status = .ok, tag: UInt64, deadlineMillis: UInt32 = 0,
    in out: inout ByteBuffer
  ) -> Int {
    let mark = out.count
    out.append(UInt32(0))
    out.append(verb)
    out.append(status.rawValue)
    out.append(tag)
    out.append(deadlineMillis)
    out.append(UInt32(0))
    return mark
  }

  /// Completes the frame that was begun at `mark`.
  ///
  /// - Parameters:
  ///   - mark: what `begin` returned.
  ///   - out: the same buffer.
  public static func end(_ mark: Int, in out: inout ByteBuffer) {
    let size = out.count - mark
    precondition(size <= Limits.frameSizeMax, "a frame longer than frameSizeMax was written")
    out.patch(UInt32(size - 4), at: mark)
  }

  /// Appends a whole reply that refuses a request.
  ///
  /// - Parameters:
  ///   - refusal: the status, the place and the sentence.
  ///   - verb: the request's verb.
  ///   - tag: the request's tag.
  ///   - out: where the reply is appended.
  public static func refuse(
    _ refusal: Refusal, verb: UInt16, tag: UInt64, in out: inout ByteBuffer
  ) {
    let mark = begin(verb: verb, status: refusal.status, tag: tag, in: &out)
    RefusalReply(refusal).write(to: &out)
    end(mark, in: &out)
  }
}
