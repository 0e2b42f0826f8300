// The parts below the engine: index, hashes, arena, calendar.

import Foundation
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Index")
struct IndexTests {
  @Test(
    "finds what a dictionary finds, however the hashes collide", arguments: [64, 8, 3], seeds(2))
  func againstDictionary(bits: Int, seed: UInt64) {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var index = Index()
    var truth: [UInt64: UInt32] = [:]
    var keys: [UInt64] = []
    // Few bits of hash force every kind of collision.
    func hash(_ key: UInt64) -> UInt64 {
      let mixed = key &* 0x9e37_79b9_7f4a_7c15
      return bits == 64 ? mixed : (mixed >> UInt64(64 - bits)) &* 0x0101_0101_0101_0101
    }
    for number in 0..<(bits == 64 ? 20_000 : 600) {
      let key = UInt64.random(in: 0..<1_000_000, using: &chance)
      let found = index.find(hash(key)) { keys[Int($0)] == key }
      #expect(found == truth[key])
      if found == nil {
        truth[key] = UInt32(keys.count)
        keys.append(key)
        index.insert(hash(key), UInt32(keys.count - 1)) { hash(keys[Int($0)]) }
      }
      if number % 50 == 0 {
        #expect(index.find(hash(2_000_000)) { keys[Int($0)] == 2_000_000 } == nil)
      }
    }
    #expect(index.count == truth.count)
    for (key, number) in truth { #expect(index.find(hash(key)) { keys[Int($0)] == key } == number) }
  }
}

extension IndexTests {
  @Test(
    "an insert asks for few hashes of others, and all is found while parts grow",
    arguments: seeds(1))
  func growsInSteps(seed: UInt64) {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var index = Index()
    var hashes: [UInt64] = []
    var most = 0
    for number in 0..<60_000 {
      hashes.append(chance.next())
      var asked = 0
      index.insert(hashes[number], UInt32(number)) { other in
        asked += 1
        return hashes[Int(other)]
      }
      most = max(most, asked)
      let earlier = Int.random(in: 0...number, using: &chance)
      for one in [number, earlier] {
        #expect(index.find(hashes[one]) { hashes[Int($0)] == hashes[one] } == UInt32(one))
      }
    }
    #expect(most > 0 && most <= 36)
  }

  @Test(
    "built at once it finds what it finds when built one by one, and goes on growing",
    arguments: [0, 1, 300, 20_000], seeds(1))
  func builtAtOnce(count: Int, seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var hashes = (0..<count).map { _ in chance.next() }
    var parts: [Index.Part] = []
    for range in [0..<100, 100..<101, 101..<256] {
      var builder = IndexBuilder(parts: range)
      builder.count(hashes.span)
      builder.endCounting()
      builder.deal(hashes.span.extracting(0..<(count / 3)))
      builder.deal(hashes.span.extracting((count / 3)..<count))
      parts += try builder.build("number") { hashes[Int($0)] == hashes[Int($1)] }
    }
    var index = Index(parts)
    #expect(index.count == count)
    for number in count..<(count + 5000) {
      hashes.append(chance.next())
      index.insert(hashes[number], UInt32(number)) { hashes[Int($0)] }
    }
    for (number, hash) in hashes.enumerated() {
      #expect(index.find(hash) { hashes[Int($0)] == hash } == UInt32(number))
    }
  }

  @Test(
    "spreads hashes evenly over the buckets, however many there are", arguments: [8, 100, 50_000])
  func spread(capacity: Int) {
    var chance = SeededGenerator(seed: 5)
    var counts = [Int](repeating: 0, count: capacity)
    for _ in 0..<capacity * 100 { counts[Index.bucket(chance.next(), of: capacity)] += 1 }
    // A hundred on average, with a standard deviation of ten.
    #expect(counts.allSatisfy { (40..<180).contains($0) })
  }
}

@Suite("SipHash")
struct SipHashTests {
  /// CPython 3.11 hashes bytes with SipHash-1-3; its answers with PYTHONHASHSEED=0, a key of zeroes.
  @Test(
    "gives the published function's values",
    arguments: [
      ("a", 0x4074_48d2_b89b_1813), ("abcdefg", 0x6db1_2aae_9070_f506),
      ("abcdefgh", 0x3f7b_849c_0b8e_35ea),
    ] as [(String, UInt64)])
  func values(text: String, hash: UInt64) {
    let bytes = Array(text.utf8)
    let value = SipHash.hash(bytes.raw, key: (0, 0))
    #expect(value == hash)
  }
}

extension SipHashTests {
  @Test("gives the same for a run of bytes however it is cut up")
  func cuts() {
    let bytes = (0..<40).map { UInt8($0) }
    let whole = SipHash.hash(bytes.raw, key: (1, 2))
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var hash = SipHash(key: (1, 2))
        let raw = bytes.raw
        hash.combine(raw.extracting(0..<first))
        for byte in bytes[first..<second] { hash.combine(byte) }
        hash.combine(raw.extracting(second..<bytes.count))
        let value = hash.finalize()
        #expect(value == whole)
      }
    }
  }
}

@Suite("IdentifierArena")
struct IdentifierArenaTests {
  @Test("gives back every identifier, also at the border of a block")
  func roundTrip() {
    var arena = IdentifierArena()
    var positions: [(UInt32, [UInt8])] = []
    for number in 0..<6000 {
      let bytes = [UInt8](repeating: UInt8(number & 0xff), count: 1 + number % 64)
      positions.append((arena.append(bytes.raw), bytes))
    }
    for (position, bytes) in positions {
      let isThere = arena.equals(bytes.raw, at: position)
      let longer = bytes + [1]
      let isConfused = arena.equals(longer.raw, at: position)
      #expect(isThere && !isConfused)
      #expect(arena.holds(position))
    }
    #expect(!arena.holds(UInt32(arena.end)))
  }
}

@Suite("ShopCalendar")
struct ShopCalendarTests {
  @Test(
    "finds the days Foundation finds, across every change of the clock",
    arguments: ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
  func againstFoundation(name: String) throws {
    let zone = try #require(TimeZone(identifier: name))
    var transitions = [
      DeclareShopRequest.Transition(
        fromSeconds: .min,
        offsetSeconds: Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: 0))))
    ]
    var date = Date(timeIntervalSince1970: 0)
    while let next = zone.nextDaylightSavingTimeTransition(after: date), transitions.count < 200 {
      transitions.append(
        .init(
          fromSeconds: Int64(next.timeIntervalSince1970),
          offsetSeconds: Int32(zone.secondsFromGMT(for: next))))
      date = next
    }
    let calendar = ShopCalendar(DeclareShopRequest(timeZone: name, transitions: transitions))
    for transition in transitions.dropFirst() {
      for shift in stride(from: Int64(-90_000), through: 90_000, by: 1800) {
        for micros in [Int64(0), 1, 999_999] {
          let seconds = transition.fromSeconds + shift
          let local =
            seconds + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
          let truth = local >= 0 ? UInt16(local / 86_400) : nil
          #expect(calendar.day(ofMicros: seconds * 1_000_000 + micros) == truth)
        }
      }
    }
  }

  @Test("knows no day before 1970 or after 2149, however extreme the time")
  func borders() {
    let calendar = ShopCalendar(EngineHarness.utc)
    #expect(calendar.day(ofMicros: 0) == 0)
    #expect(calendar.day(ofMicros: -1) == nil)
    #expect(calendar.day(ofMicros: 65_535 * 86_400_000_000 - 1) == 65_534)
    #expect(calendar.day(ofMicros: 65_535 * 86_400_000_000) == nil)
    #expect(calendar.day(ofMicros: .min) == nil)
    #expect(calendar.day(ofMicros: .max) == nil)
  }
}
