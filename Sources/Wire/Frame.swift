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

  /// How long a request may be.
  ///
  /// - Parameter verb: the number of its verb.
  /// - Returns: bytes of the whole frame.
  public static func sizeMax(ofRequest verb: UInt16) -> Int {
    verb == Verb.scoreMany.rawValue ? Limits.batchFrameSizeMax : Limits.frameSizeMax
  }

  /// Looks at the front of a stream of requests whose hello was accepted.
  ///
  /// Like `cut`; the bytes allowed are the verb's own, which stands behind the length.
  ///
  /// - Parameter bytes: what has arrived.
  /// - Returns: the header of the first frame, if it has arrived whole.
  /// - Throws: `badFrame` or `frameTooLarge`; after either the stream cannot be trusted.
  public static func cutRequest(_ bytes: RawSpan) throws(Refusal) -> Cut {
    var sizeMax = Limits.frameSizeMax
    if bytes.byteCount >= 6 {
      var reader = FrameReader(bytes, from: 4)
      sizeMax = Self.sizeMax(ofRequest: try reader.read(UInt16.self))
    } else if bytes.byteCount >= 4 {
      // Until the verb is there it may be the one that is allowed most.
      sizeMax = Limits.batchFrameSizeMax
    }
    return try cut(bytes, sizeMax: sizeMax)
  }

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
    return .frame(try header(&reader, length: length))
  }

  /// The header of a request beyond `Limits.frameSizeMax` whose body has not arrived.
  ///
  /// - Parameter bytes: what has arrived, after `cutRequest`.
  /// - Returns: nil where the first frame is not so long, or its header not there.
  /// - Throws: `badFrame`.
  public static func batchHeader(_ bytes: RawSpan) throws(Refusal) -> FrameHeader? {
    guard bytes.byteCount >= FrameHeader.size else { return nil }
    var reader = FrameReader(bytes)
    let length = Int(try reader.read(UInt32.self))
    return length + 4 > Limits.frameSizeMax ? try header(&reader, length: length) : nil
  }

  private static func header(
    _ reader: inout FrameReader, length: Int
  ) throws(Refusal) -> FrameHeader {
    let header = FrameHeader(
      frameSize: length + 4, verb: try reader.read(UInt16.self),
      status: try reader.read(UInt16.self), tag: try reader.read(UInt64.self),
      deadlineMillis: try reader.read(UInt32.self))
    let reserved = try reader.read(UInt32.self)
    guard reserved == 0 else {
      throw Refusal(.badFrame, at: 20, "the reserved field is \(reserved), it must be 0")
    }
    return header
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
  ///   - sizeMax: bytes the frame may have; of a request `sizeMax(ofRequest:)`.
  public static func end(
    _ mark: Int, in out: inout ByteBuffer, sizeMax: Int = Limits.frameSizeMax
  ) {
    let size = out.count - mark
    precondition(size <= sizeMax, "a frame longer than allowed was written")
    out.patch(UInt32(size - 4), at: mark)
  }

  /// Changes the status of the frame that was begun at `mark`.
  ///
  /// - Parameters:
  ///   - status: of a reply.
  ///   - mark: what `begin` returned.
  ///   - out: the same buffer.
  public static func patch(_ status: Status, at mark: Int, in out: inout ByteBuffer) {
    out.patch(status.rawValue, at: mark + 6)
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
