// What a block consists of: one request with holes, and what every reply to it must look like. One
// description for all contestants, so that they are asked and checked by the same instructions.

import Platform
import Wire

/// What is asked of Patron over and over; the name is the contestant's.
///
/// Whatever differs from kind to kind stands here.
enum RequestKind: String, CaseIterable, Sendable {
  case scores

  var verb: Verb {
    switch self {
    case .scores: .scoreOne
    }
  }

  /// Bytes of the reply's body, a multiple of 8.
  var bodySize: Int {
    switch self {
    case .scores: ScoreReply.size
    }
  }

  /// The score in a reply's body; nil when it cannot be read.
  func score(in body: [UInt8]) -> ScoreReply? {
    var reader = FrameReader(body.rawBytes)
    switch self {
    case .scores: return try? ScoreReply(from: &reader)
    }
  }

  /// A request about customer 0 whose last eight bytes are the customer's name.
  func frame(_ terms: ScoreTermsFields) throws(Refusal) -> [UInt8] {
    switch self {
    case .scores:
      try wholeFrame(verb, ScoreOneRequest(terms: terms, customer: Population.name(0)))
    }
  }
}

/// A request as bytes.
func wholeFrame(_ verb: Verb, _ request: some Message, tag: UInt64 = 0) throws(Refusal) -> [UInt8] {
  var frame = ByteBuffer()
  let mark = Frame.begin(verb: verb.rawValue, tag: tag, in: &frame)
  try request.write(to: &frame)
  Frame.end(mark, in: &frame)
  var bytes: [UInt8] = []
  bytes.append(bytes: frame.bytes)
  return bytes
}

/// One request with holes and its reply.
struct BlockFormat: Sendable {
  /// The bytes of a request.
  let request: [UInt8]
  /// Where the eight digits of the customer's name go.
  let nameOffset: Int
  /// Whether bytes 8 to 15 of request and reply are a number that tells requests apart.
  let isTagged: Bool
  /// Whether a connection begins with a hello.
  let greets: Bool
  let reply: ReplyShape

  /// Patron's own.
  ///
  /// - Parameters:
  ///   - kind: what is asked.
  ///   - terms: of every score.
  ///   - generation: of the model the scores must come from.
  /// - Returns: the format.
  /// - Throws: never, for the name is one.
  static func patron(
    _ kind: RequestKind, _ terms: ScoreTermsFields, generation: UInt32
  ) throws(Refusal) -> BlockFormat {
    let request = try kind.frame(terms)
    // Known, spend known, two bytes of nothing, and the generation.
    let body = Word(at: FrameHeader.size, UInt64(generation) << 32 | 0x0101)
    return BlockFormat(
      request: request, nameOffset: request.count - 8, isTagged: true, greets: true,
      reply: ReplyShape(
        frameOf: kind, begins: body, ends: Word(at: FrameHeader.size + kind.bodySize - 8, 0, 0)))
  }

  /// The same requests, and replies of the same size that say nothing.
  static func echo(_ kind: RequestKind, _ terms: ScoreTermsFields) throws(Refusal) -> BlockFormat {
    let request = try kind.frame(terms)
    let filler = EchoServer.fillerWord
    return BlockFormat(
      request: request, nameOffset: request.count - 8, isTagged: true, greets: false,
      reply: ReplyShape(
        frameOf: kind, begins: Word(at: FrameHeader.size, filler),
        ends: Word(at: FrameHeader.size + kind.bodySize - 8, filler)))
  }

  /// GET of a value that is the body of Patron's reply.
  static func redis(_ kind: RequestKind, generation: UInt32) -> BlockFormat {
    let request = Array("*2\r\n$3\r\nGET\r\n$8\r\n00000000\r\n".utf8)
    let head = Array("$\(kind.bodySize)\r\n".utf8)
    let size = head.count + kind.bodySize + 2
    return BlockFormat(
      request: request, nameOffset: request.count - 10, isTagged: false, greets: false,
      reply: ReplyShape(
        size: size, bodyOffset: head.count, isTagged: false,
        head: Word(at: 0, bytes: head, offset: 0),
        middle: Word(at: head.count, UInt64(generation) << 32 | 0x0101),
        body: Word(at: head.count, 0, 0),
        tail: Word(at: size - 8, bytes: Array("\r\n".utf8), offset: 6)))
  }
}

/// Eight bytes of a reply, of which those under the mask are known beforehand.
struct Word: Sendable {
  let offset: Int
  let value: UInt64
  let mask: UInt64

  init(at offset: Int, _ value: UInt64, _ mask: UInt64 = .max) {
    (self.offset, self.value, self.mask) = (offset, value, mask)
  }

  /// Some bytes within the word.
  init(at offset: Int, bytes: [UInt8], offset first: Int) {
    var (value, mask): (UInt64, UInt64) = (0, 0)
    for (index, byte) in bytes.enumerated() {
      value |= UInt64(byte) << UInt64(8 * (first + index))
      mask |= 0xff << UInt64(8 * (first + index))
    }
    self.init(at: offset, value, mask)
  }

  /// The bits that are not what they should be.
  @inline(__always) func fault(in bytes: RawSpan, _ reply: Int) -> UInt64 {
    (bytes.littleEndian64(at: reply + offset) ^ value) & mask
  }
}

/// What every reply looks like: its size, and words that are checked in each.
struct ReplyShape: Sendable {
  let size: Int
  /// Where the body begins that is kept of the sampled ones.
  let bodyOffset: Int
  let bodySize: Int
  private let head, middle, body, tail: Word
  private let tagMask: UInt64

  /// A frame of Wire's: length, verb, status ok, and the reserved fields are known.
  init(frameOf kind: RequestKind, begins body: Word, ends tail: Word) {
    let size = FrameHeader.size + kind.bodySize
    self.init(
      size: size, bodyOffset: FrameHeader.size, isTagged: true,
      head: Word(at: 0, UInt64(size - 4) | UInt64(kind.verb.rawValue) << 32),
      middle: Word(at: 16, 0), body: body, tail: tail)
  }

  init(
    size: Int, bodyOffset: Int, isTagged: Bool, head: Word, middle: Word, body: Word, tail: Word
  ) {
    (self.size, self.bodyOffset) = (size, bodyOffset)
    (self.head, self.middle, self.body, self.tail) = (head, middle, body, tail)
    bodySize = isTagged ? size - bodyOffset : size - bodyOffset - 2
    tagMask = isTagged ? .max : 0
  }

  /// Checks whole replies that lie one behind the other.
  ///
  /// - Parameters:
  ///   - bytes: begin with a reply.
  ///   - count: how many are there whole.
  ///   - tag: of the first; the next ones count on.
  /// - Returns: the number of the first that is wrong; nil when all are right.
  func firstWrong(in bytes: RawSpan, count: Int, tag: UInt64) -> Int? {
    var (offset, tag) = (0, tag)
    for number in 0..<count {
      let fault =
        head.fault(in: bytes, offset) | middle.fault(in: bytes, offset)
        | body.fault(in: bytes, offset) | tail.fault(in: bytes, offset)
        | ((bytes.littleEndian64(at: offset + 8) ^ tag) & tagMask)
      if fault != 0 { return number }
      offset += size
      tag &+= 1
    }
    return nil
  }
}
