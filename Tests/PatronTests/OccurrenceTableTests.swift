// Occurrences counted with 8 bytes a slot, against a dictionary.

import Support
import Testing

@testable import patron

@Suite("OccurrenceTable")
struct OccurrenceTableTests {
  @Test("keys are counted as a dictionary counts them", arguments: seeds(4))
  func counts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var table = OccurrenceTable()
    var truth: [UInt64: Int] = [:]
    for _ in 0..<30_000 {
      let number = random.next() % 5_000
      let hash = OccurrenceTable.hash("c\(number)".utf8, day: 1, amountMinor: 2)
      truth[number, default: 0] += 1
      try #require(table.next(hash) == truth[number], "seed \(seed)")
    }
  }

  @Test("a key may come more often than a slot can count")
  func manyTimes() {
    var table = OccurrenceTable()
    let hash = OccurrenceTable.hash("a".utf8, day: 0, amountMinor: 0)
    for count in 1...1_000 { #expect(table.next(hash) == count) }
  }

  @Test("the hash is the same in every process and differs with each part")
  func hashes() {
    let hash = OccurrenceTable.hash("0001".utf8, day: 9_873, amountMinor: 1_200)
    #expect(hash == OccurrenceTable.hash("0001".utf8, day: 9_873, amountMinor: 1_200))
    #expect(hash == 13_602_963_167_297_168_894)
    #expect(hash != OccurrenceTable.hash("0002".utf8, day: 9_873, amountMinor: 1_200))
    #expect(hash != OccurrenceTable.hash("0001".utf8, day: 9_874, amountMinor: 1_200))
    #expect(hash != OccurrenceTable.hash("0001".utf8, day: 9_873, amountMinor: 1_201))
  }
}
