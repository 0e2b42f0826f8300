// What a right reply is, byte by byte.

import Platform
import Testing
import Wire

@testable import loadtest

@Suite("BlockFormat")
struct BlockFormatTests {
  private static let terms = ScoreTermsFields(
    asOfMicros: 0, horizonDays: 273, discountRate: 0.1, margin: 1)
  private static let generation: UInt32 = 3

  /// Replies as Patron writes them.
  private func patron(_ count: Int, firstTag: UInt64) -> [UInt8] {
    var out = ByteBuffer()
    for number in 0..<count {
      let mark = Frame.begin(
        verb: Verb.scoreOne.rawValue, tag: firstTag + UInt64(number), in: &out)
      var reply = ScoreReply()
      (reply.known, reply.spendKnown, reply.generation) = (true, true, Self.generation)
      reply.lifetimeValue = 12.5
      reply.write(to: &out)
      Frame.end(mark, in: &out)
    }
    return (0..<out.count).map { out.bytes.byte(at: $0) }
  }

  private func redis(_ count: Int) -> [UInt8] {
    let body = patron(1, firstTag: 0).dropFirst(FrameHeader.size)
    return (0..<count).flatMap { _ in Array("$88\r\n".utf8) + body + Array("\r\n".utf8) }
  }

  private func firstWrong(_ format: BlockFormat, _ bytes: [UInt8], _ count: Int, tag: UInt64)
    -> Int?
  {
    let checked = format.reply.check(bytes.rawBytes, most: count, tag: tag)
    #expect(checked.isWrong || checked == CheckedReplies(count: count, size: bytes.count))
    return checked.isWrong ? checked.count : nil
  }

  @Test("Patron's replies with the tags in their order are right, all others are not")
  func tags() throws {
    let format = try BlockFormat.patron(.scores, Self.terms, generation: Self.generation)
    let bytes = patron(5, firstTag: 70)
    #expect(format.reply.size * 5 == bytes.count)
    #expect(firstWrong(format, bytes, 5, tag: 70) == nil)
    #expect(firstWrong(format, bytes, 5, tag: 71) == 0)
    let swapped = patron(1, firstTag: 70) + patron(1, firstTag: 72) + patron(1, firstTag: 71)
    #expect(firstWrong(format, swapped, 3, tag: 70) == 1)
  }

  @Test("every bit of Patron's header, of known and of the generation counts")
  func bits() throws {
    let format = try BlockFormat.patron(.scores, Self.terms, generation: Self.generation)
    let right = patron(3, firstTag: 7)
    for byte in 0..<FrameHeader.size + 8 {
      for bit in 0..<8 {
        var bytes = right
        bytes[format.reply.size + byte] ^= 1 << bit
        #expect(firstWrong(format, bytes, 3, tag: 7) == 1, "byte \(byte), bit \(bit)")
      }
    }
  }

  @Test("a Redis reply begins with its size and ends its line")
  func redisReply() {
    let format = BlockFormat.redis(.scores, generation: Self.generation)
    let right = redis(3)
    #expect(format.reply.size * 3 == right.count)
    #expect(firstWrong(format, right, 3, tag: 99) == nil)
    let size = format.reply.size
    for byte in Array(0..<13) + [size - 2, size - 1] {
      var bytes = right
      bytes[2 * size + byte] ^= 0x10
      #expect(firstWrong(format, bytes, 3, tag: 0) == 2, "byte \(byte)")
    }
    #expect(
      firstWrong(format, Array(("$-1\r\n" + String(repeating: "$", count: 90)).utf8), 1, tag: 0)
        == 0)
    #expect(String(decoding: format.request[format.nameOffset...], as: UTF8.self) == "00000000\r\n")
  }

  /// A full answer with some offers.
  private static func full(_ offers: Int, tag: UInt64, generation: UInt32) throws -> [UInt8] {
    var reply = RecommendReply()
    (reply.flags, reply.generation) = ([.known, .heldOut, .profiled, .scored, .valued], generation)
    reply.offers = (0..<offers).map { RecommendedOffer(offer: "o\($0)", score: 1, uplift: 2) }
    return try wholeFrame(.recommend, reply, tag: tag)
  }

  @Test("replies of several sizes are told apart by what their lengths say")
  func severalSizes() throws {
    let shape = try BlockFormat.patron(.full, Self.terms, generation: Self.generation).reply
    let frames = try [3, 0, 2, 1].enumerated().map {
      try Self.full($0.element, tag: UInt64($0.offset), generation: Self.generation)
    }
    let bytes = frames.flatMap(\.self)
    for end in 0...bytes.count {
      let found = shape.check(Array(bytes[..<end]).rawBytes, most: 4, tag: 0)
      var (count, size) = (0, 0)
      while count < 4, size + frames[count].count <= end {
        size += frames[count].count
        count += 1
      }
      #expect(found == CheckedReplies(count: count, size: size))
    }
    for (number, frame) in frames.enumerated() {
      let body = shape.body(of: number, in: bytes.rawBytes)
      #expect(Array(bytes[body]) == Array(frame.dropFirst(FrameHeader.size)))
    }
    #expect(shape.check(bytes.rawBytes, most: 2, tag: 0).count == 2)
    let other = try Self.full(1, tag: 0, generation: Self.generation + 1)
    #expect(shape.check(other.rawBytes, most: 1, tag: 0) == CheckedReplies(isWrong: true))
    // Lengths that no answer has.
    for length: UInt8 in [75, 141] {
      var wrong = frames[0] + frames[0]
      wrong[0] = length
      #expect(shape.check(wrong.rawBytes, most: 1, tag: 0) == CheckedReplies(isWrong: true))
    }
  }

  @Test("an answer beside another decision is found")
  func fullAnswers() throws {
    var (answer, told) = (RecommendReply(), ToldDecision())
    answer.offers = [RecommendedOffer(offer: "a", score: 2, uplift: 2)]
    told.choices = [ChosenOffer(offer: "a", isBest: true, propensity: 1, score: 2, uplift: 2)]
    #expect(Contestant.difference(answer, told) == nil)
    answer.lifetimeValue = 1
    #expect(Contestant.difference(answer, told) != nil)
    told.lifetimeValue = 1
    answer.offers[0].score = 2.001
    #expect(Contestant.difference(answer, told) != nil)
    answer.offers = []
    #expect(Contestant.difference(answer, told) != nil)
  }

  @Test("the holes are where the name and the tag go", arguments: RequestKind.allCases)
  func holes(kind: RequestKind) throws {
    let format = try BlockFormat.echo(kind, Self.terms)
    let name = "12345678"
    var bytes = format.request
    bytes.replaceSubrange(format.nameOffset..<format.nameOffset + 8, with: Array(name.utf8))
    bytes[8] = 44
    switch kind {
    case .scores:
      let request = ScoreOneRequest(terms: Self.terms, customer: name)
      #expect(bytes == (try wholeFrame(.scoreOne, request, tag: 44)))
    case .full:
      let request = RequestKind.recommendation(for: 12_345_678)
      #expect(bytes == (try wholeFrame(.recommend, request, tag: 44)))
    }
  }

  @Test(
    "digits are those of the name",
    arguments: [0, 1, 9, 10, 99, 100, 9_999, 10_000, 10_001, 12_345_678, 99_990_000, 99_999_999])
  func digits(number: Int) {
    for offset in stride(from: 0, to: 3_000_000, by: 9_973) {
      let number = (number + offset) % 100_000_000
      let text = String(
        decoding: (0..<8).map { UInt8(truncatingIfNeeded: Population.digits(number) >> (8 * $0)) },
        as: UTF8.self)
      #expect(text == Population.name(number))
    }
  }

  @Test("a ring gives back in order what it took, however often it grew")
  func ring() {
    var ring = Ring(filler: 0)
    var (next, oldest) = (0, 0)
    for round in 0..<50 {
      for _ in 0..<round {
        ring.append(next)
        next += 1
      }
      for _ in 0..<round / 2 {
        #expect(ring.oldest == oldest)
        ring.removeOldest()
        oldest += 1
      }
    }
    #expect(ring.count == next - oldest)
  }
}
