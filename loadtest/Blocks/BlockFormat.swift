// What a block consists of: one request with holes, and what every reply to it must look like. One
// description for all contestants, so that they are asked and checked by the same instructions.

import Platform
import Wire

/// What is asked of Patron over and over; the name is the contestant's.
///
/// Whatever differs from kind to kind stands here.
enum RequestKind: String, CaseIterable, Sendable {
  case scores
  /// Scores and the best three of 64 offers.
  case full

  /// Offers a full answer is chosen from.
  static let offers = 64

  var verb: Verb {
    switch self {
    case .scores: .scoreOne
    case .full: .recommend
    }
  }

  /// The name of the echo server that answers the same frames.
  var echoName: String { self == .scores ? "echo" : "echo-\(rawValue)" }

  /// Bytes of a reply's body at least.
  var leastBodySize: Int {
    switch self {
    case .scores: ScoreReply.size
    case .full: RecommendReplyHead.size - FrameHeader.size
    }
  }

  /// Bytes of a reply's body at most, a multiple of 8.
  var bodySize: Int {
    switch self {
    case .scores: ScoreReply.size
    // Three offers whose identifiers have three bytes, filled up.
    case .full: leastBodySize + 3 * (17 + 3) + 4
    }
  }

  /// A request about customer 0.
  func frame(_ terms: ScoreTermsFields) throws(Refusal) -> [UInt8] {
    switch self {
    case .scores:
      try wholeFrame(verb, ScoreOneRequest(terms: terms, customer: Population.name(0)))
    case .full: try wholeFrame(verb, Self.recommendation(for: 0))
    }
  }

  /// Bytes of a request behind the customer's name.
  var bytesBehindName: Int {
    switch self {
    case .scores: 0
    // The numbers of categories and features.
    case .full: 2
    }
  }

  /// What is asked of a customer in a full answer.
  static func recommendation(for customer: Int) -> RecommendRequest {
    var request = RecommendRequest(
      customer: Population.name(customer), placement: DecisionShop.placement, channel: .site)
    (request.top, request.basketMinor, request.lines) = (3, 8_000, 2)
    return request
  }

  /// How a reply's body of Patron's begins: what is the same in all.
  func beginning(_ generation: UInt32) -> Word {
    let place = FrameHeader.size
    switch self {
    // Known, spend known, two bytes of nothing, and the generation.
    case .scores: return Word(at: place, UInt64(generation) << 32 | 0x0101)
    case .full:
      // Some are held out; segments and numbers of offers differ.
      let flags: DecisionFlags = [.known, .profiled, .scored, .valued]
      return Word(
        at: place, UInt64(generation) << 32 | UInt64(flags.rawValue), 0xffff_ffff_0000_fffd)
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
    return BlockFormat(
      request: request, nameOffset: request.count - 8 - kind.bytesBehindName, isTagged: true,
      greets: true, reply: ReplyShape(frameOf: kind, begins: kind.beginning(generation)))
  }

  /// The same requests, and replies of the same size that say nothing.
  static func echo(_ kind: RequestKind, _ terms: ScoreTermsFields) throws(Refusal) -> BlockFormat {
    let request = try kind.frame(terms)
    let filler = EchoServer.fillerWord
    return BlockFormat(
      request: request, nameOffset: request.count - 8 - kind.bytesBehindName, isTagged: true,
      greets: false,
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

/// What was found where replies lie.
struct CheckedReplies: Equatable {
  /// Whole replies that are right.
  var count = 0
  /// Their bytes.
  var size = 0
  /// Whether the one behind them is wrong.
  var isWrong = false
}

/// What every reply looks like: its size, and words that are checked in each.
struct ReplyShape: Sendable {
  /// Bytes at most; all have as many unless the first four bytes say how many follow.
  let size: Int
  /// Bytes at least.
  let leastSize: Int
  /// Where the body begins that is kept of the sampled ones.
  let bodyOffset: Int
  /// Bytes behind the body.
  private let bytesBehind: Int
  private let head, middle, body, tail: Word
  private let tagMask: UInt64

  /// A frame of Wire's: verb, status ok, and the reserved fields are known; its length is if they all have
  /// one, and then the last word may be known too.
  init(frameOf kind: RequestKind, begins body: Word, ends tail: Word? = nil) {
    let size = FrameHeader.size + kind.bodySize
    let isVariable = tail == nil && kind.leastBodySize < kind.bodySize
    self.init(
      size: size, leastSize: isVariable ? FrameHeader.size + kind.leastBodySize : nil,
      bodyOffset: FrameHeader.size, isTagged: true,
      head: Word(
        at: 0, UInt64(size - 4) | UInt64(kind.verb.rawValue) << 32,
        isVariable ? 0xffff_ffff_0000_0000 : .max),
      middle: Word(at: 16, 0), body: body, tail: tail ?? Word(at: FrameHeader.size, 0, 0))
  }

  init(
    size: Int, leastSize: Int? = nil, bodyOffset: Int, isTagged: Bool, head: Word, middle: Word,
    body: Word, tail: Word
  ) {
    (self.size, self.leastSize, self.bodyOffset) = (size, leastSize ?? size, bodyOffset)
    (self.head, self.middle, self.body, self.tail) = (head, middle, body, tail)
    bytesBehind = isTagged ? 0 : 2
    tagMask = isTagged ? .max : 0
  }

  /// Checks replies that lie one behind the other.
  ///
  /// - Parameters:
  ///   - bytes: begin with a reply; the last one need not be whole.
  ///   - most: no more are looked at.
  ///   - tag: of the first; the next ones count on.
  /// - Returns: what was found up to the first that is wrong.
  func check(_ bytes: RawSpan, most: Int, tag: UInt64) -> CheckedReplies {
    var checked = CheckedReplies()
    var tag = tag
    while checked.count < most, bytes.byteCount - checked.size >= leastSize {
      let offset = checked.size
      guard let own = ownSize(bytes, at: offset) else {
        checked.isWrong = true
        return checked
      }
      if bytes.byteCount - offset < own { return checked }
      let fault =
        head.fault(in: bytes, offset) | middle.fault(in: bytes, offset)
        | body.fault(in: bytes, offset) | tail.fault(in: bytes, offset)
        | ((bytes.littleEndian64(at: offset + 8) ^ tag) & tagMask)
      if fault != 0 {
        checked.isWrong = true
        return checked
      }
      checked.count += 1
      checked.size += own
      tag &+= 1
    }
    return checked
  }

  /// The bytes of a reply; nil when they cannot be so many.
  @inline(__always)
  private func ownSize(_ bytes: RawSpan, at offset: Int) -> Int? {
    guard leastSize < size else { return size }
    let own = Int(UInt32(truncatingIfNeeded: bytes.littleEndian64(at: offset))) + 4
    return own >= leastSize && own <= size ? own : nil
  }

  /// Where the body of a reply lies.
  ///
  /// - Parameters:
  ///   - number: of a reply that was found right, from 0.
  ///   - bytes: begin with a reply.
  /// - Returns: the range of its bytes.
  func body(of number: Int, in bytes: RawSpan) -> Range<Int> {
    var offset = 0
    for _ in 0..<number { offset += ownSize(bytes, at: offset) ?? size }
    return offset + bodyOffset..<offset + (ownSize(bytes, at: offset) ?? size) - bytesBehind
  }
}
