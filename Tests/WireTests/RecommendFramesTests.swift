// The fast forms of recommend say what the ordinary ones say.

import Testing

@testable import Wire

@Suite("RecommendFrames")
struct RecommendFramesTests {
  private static func request(_ name: String, features: Int = 2) -> RecommendRequest {
    var request = RecommendRequest(customer: name, placement: "checkout", channel: .sms)
    (request.top, request.basketMinor, request.lines) = (7, 8_123, 9)
    (request.schema, request.missing) = (5, 2)
    request.features = (0..<features).map { Double($0) - 0.5 }
    return request
  }

  private static func read(_ bytes: [UInt8], at place: Int = 0) -> RecommendFrame? {
    let inbox = buffer(bytes)
    return RecommendFrame(inbox.bytes, at: place)
  }

  @Test(
    "a request read in place is the request that was written, wherever it begins",
    arguments: [1, 8, 64])
  func request(size: Int) throws {
    for count in [0, 1, 16] {
      let request = Self.request(String(repeating: "x", count: size), features: count)
      let one = try makeFrame(request, verb: .recommend, tag: 99)
      let bytes = [1, 2, 3] + one + one
      let found = try #require(Self.read(bytes, at: 3))
      #expect(found.size == one.count && found.tag == 99)
      #expect(found.channel == Channel.sms.rawValue && found.top == 7)
      #expect(found.basketMinor == 8_123 && found.lines == 9)
      #expect(found.schema == 5 && found.missing == 2 && found.featureCount == count)
      #expect(Array(one[found.name]) == [UInt8](repeating: 120, count: size))
      #expect(Array(one[found.placement]) == Array("checkout".utf8))
      let inbox = buffer(one)
      for number in 0..<count {
        #expect(found.feature(number, of: inbox.bytes) == request.features[number])
      }
      #expect(Self.read(bytes, at: 3 + one.count) == found)
    }
  }

  @Test("what is not whole, not recommend, not right or in a hurry is left to the ordinary way")
  func others() throws {
    let request = Self.request("abc")
    let good = try makeFrame(request, verb: .recommend, tag: 1)
    for end in 0..<good.count { #expect(Self.read(Array(good[..<end])) == nil) }
    let hurried = try makeFrame(request, verb: .recommend, tag: 1, deadlineMillis: 5)
    let other = try makeFrame(request, verb: .ping, tag: 1)
    var told = request
    (told.flags, told.categories) = (.categoriesKnown, ["shoes"])
    let categories = try makeFrame(told, verb: .recommend, tag: 1)
    // A length, a status, a reserved field, the channel, the number of offers, the flags, the sign of
    // the basket, and the lengths of both names.
    let name = 43 + "checkout".utf8.count
    let changes: [(Int, UInt8)] = [
      (0, good[0] ^ 1), (6, 1), (20, 1), (24, 0), (24, 8), (25, 31), (26, 8), (27, 1), (39, 0x80),
      (42, 0), (42, 255), (name, 0), (name, 255), (name + 5, 1), (name + 5, 17),
    ]
    let wrong = changes.map { place, value in
      var bytes = good
      bytes[place] = value
      return bytes + good
    }
    for bytes in wrong + [hurried, other, categories] { #expect(Self.read(bytes) == nil) }
  }

  @Test(
    "a reply appended whole is the one that is written field by field", arguments: [1, 15, 16, 64])
  func replies(size: Int) throws {
    let names = ["socks", String(repeating: "n", count: size), "h"]
    let chosen: [Int32] = [1, 0, 2, -1, 7]
    let (scores, uplifts): ([Float], [Float]) = ([1.5, 1, 0.25, 9, 9], [2.5, -1, 0.75, 9, 9])
    for count in 0...5 {
      var reply = RecommendReply()
      reply.flags = [.known, .heldOut, .scored]
      (reply.segment, reply.generation, reply.catalogue, reply.asOfDay) = (3, 4, 5, -6)
      (reply.aliveProbability, reply.churnProbability, reply.expectedOrders) = (0.25, 0.5, 1.75)
      (reply.expectedSpend, reply.lifetimeValue) = (20.5, 30.25)
      // Behind the first that is none nothing is read.
      reply.offers = (0..<min(3, count)).map {
        RecommendedOffer(
          offer: names[Int(chosen[$0])], score: Double(scores[$0]), uplift: Double(uplifts[$0]))
      }
      let whole = try makeFrame(reply, verb: .recommend, tag: 77)
      var out = ByteBuffer()
      out.append(UInt8(9))
      var head = RecommendReplyHead(generation: 4, catalogue: 5, asOfDay: -6)
      head.flags = reply.flags.rawValue
      (head.tag, head.segment) = (77, 3)
      (head.aliveProbability, head.churnProbability, head.expectedOrders) = (0.25, 0.5, 1.75)
      (head.expectedSpend, head.lifetimeValue) = (20.5, 30.25)
      let known = RecommendNames(names.map { Array($0.utf8) })
      for _ in 0..<2 {
        out.append(
          head, chosen: chosen.span.extracting(first: count), scores: scores.span,
          uplifts: uplifts.span, names: known)
      }
      let bytes = out.bytes
      var found: [UInt8] = []
      for place in 0..<bytes.byteCount { found.append(bytes.octet(at: place)) }
      #expect(found == [9] + whole + whole, "\(count) places")
    }
  }
}
