// The fast forms of score one say what the ordinary ones say.

import Testing

@testable import Wire

@Suite("ScoreFrames")
struct ScoreFramesTests {
  private static let terms = ScoreTermsFields(
    asOfMicros: 7, horizonDays: 90, discountRate: 0.1, margin: 0.5)

  private static func read(_ bytes: [UInt8], at place: Int = 0) -> ScoreOneFrame? {
    let inbox = buffer(bytes)
    return ScoreOneFrame(inbox.bytes, at: place)
  }

  @Test(
    "a request read in place is the request that was written, wherever it begins",
    arguments: [1, 8, 64])
  func request(size: Int) throws {
    let name = String(repeating: "x", count: size)
    let one = try makeFrame(
      ScoreOneRequest(terms: Self.terms, customer: name), verb: .scoreOne, tag: 99)
    let bytes = [1, 2, 3] + one + one
    let found = try #require(Self.read(bytes, at: 3))
    #expect(found.size == one.count && found.tag == 99)
    #expect(
      bytes[(3 + found.name.lowerBound)..<(3 + found.name.upperBound)].allSatisfy { $0 == 120 })
    #expect(found.terms[0] == 7 && Double(bitPattern: found.terms[1]) == 90)
    #expect(Double(bitPattern: found.terms[2]) == 0.1 && Double(bitPattern: found.terms[3]) == 0.5)
    #expect(Self.read(bytes, at: 3 + one.count) == found)
  }

  @Test("what is not whole, not score one, not right or in a hurry is left to the ordinary way")
  func others() throws {
    let request = ScoreOneRequest(terms: Self.terms, customer: "abc")
    let good = try makeFrame(request, verb: .scoreOne, tag: 1)
    for end in 0..<good.count {
      #expect(Self.read(Array(good[..<end])) == nil)
    }
    let hurried = try makeFrame(
      request, verb: .scoreOne, tag: 1, deadlineMillis: 5)
    let other = try makeFrame(request, verb: .ping, tag: 1)
    // A length, a status, a reserved field and an identifier's length that are wrong.
    let wrong = [0, 6, 20, 56].map { place in
      var bytes = good
      bytes[place] ^= 1
      return bytes + good
    }
    var empty = good
    empty[56] = 0
    for bytes in wrong + [hurried, other, empty] {
      #expect(Self.read(bytes) == nil)
    }
  }

  @Test("a reply appended as one value is the frame that is written field by field")
  func replies() throws {
    var replies: [ScoreReply] = []
    for number in 0..<3 {
      var reply = ScoreReply()
      reply.known = number > 0
      reply.spendKnown = number > 1
      reply.generation = 3
      reply.asOfDay = -4
      reply.firstOrderDay = 5
      reply.repeatOrders = 6
      reply.recencyDays = 7
      reply.ageDays = 8
      reply.meanSpend = 9.5
      reply.aliveProbability = 0.25
      reply.churnProbability = 0.5
      reply.expectedOrders = 1.75
      reply.expectedSpend = 20.5
      reply.lifetimeValue = 30.25
      reply.modelChurnProbability = 0.125
      replies.append(reply)
    }
    let tags: [UInt64] = [1, 2, .max]
    var out = ByteBuffer()
    for (reply, tag) in zip(replies, tags) { out.append(ScoreOneReplyFrame(reply, tag: tag)) }
    #expect(MemoryLayout<ScoreOneReplyFrame>.size == FrameHeader.size + ScoreReply.size)
    let expected = try zip(replies, tags).flatMap {
      try makeFrame($0, verb: .scoreOne, tag: $1)
    }
    #expect(try array(out) == expected)
  }
}
