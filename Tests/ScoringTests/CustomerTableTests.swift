// Zones of chunks: after random writes each has every row of its chunk within, and is exact after a copy or a load.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("CustomerTable")
struct CustomerTableTests {
  private static let chunkRows = CustomerRow.chunkRows

  /// A row by chance, without orders one in four.
  private static func row(_ chance: inout SeededGenerator) -> CustomerRow {
    var row = CustomerRow()
    row.identifier = UInt32.random(in: 0...1_000, using: &chance)
    if chance.next() % 4 == 0 { return row }
    row.firstDay = UInt16.random(in: 0..<CustomerRow.noDay, using: &chance)
    row.lastDay = UInt16.random(in: row.firstDay..<CustomerRow.noDay, using: &chance)
    row.repeatOrders = UInt32.random(in: 0...(chance.next() % 50 == 0 ? .max : 9), using: &chance)
    let most: Int64 = chance.next() % 50 == 0 ? .max : 100_000
    row.firstSpendMinor = Int64.random(in: -most...most, using: &chance)
    row.repeatSpendMinor = Int64.random(in: 0...most, using: &chance)
    return row
  }

  /// The zone of some rows, told a second time.
  struct Told: Equatable {
    var repeats: ClosedRange<UInt32>?
    var first: ClosedRange<UInt16>?
    var last: ClosedRange<UInt16>?
    var spend: ClosedRange<Double>?
    var hasOrderless: Bool

    init(_ rows: [CustomerRow]) {
      let ordered = rows.filter { $0.firstDay != CustomerRow.noDay }
      func range<Value: Comparable>(
        _ rows: [CustomerRow], _ value: (CustomerRow) -> Value
      ) -> ClosedRange<Value>? {
        let values = rows.map(value)
        guard let least = values.min(), let most = values.max() else { return nil }
        return least...most
      }
      repeats = range(rows, \.repeatOrders)
      first = range(ordered, \.firstDay)
      last = range(ordered, \.lastDay)
      spend = range(rows) { Double($0.firstSpendMinor) + Double($0.repeatSpendMinor) }
      hasOrderless = rows.contains { $0.firstDay == CustomerRow.noDay }
    }

    init(_ zone: CustomerZone) {
      func range<Value: Comparable>(_ least: Value, _ most: Value) -> ClosedRange<Value>? {
        least <= most ? least...most : nil
      }
      repeats = range(zone.leastRepeats, zone.mostRepeats)
      first = range(zone.leastFirst, zone.mostFirst)
      last = range(zone.leastLast, zone.mostLast)
      spend = range(zone.leastSpend, zone.mostSpend)
      hasOrderless = zone.hasOrderless
    }

    /// Whether another one lies within.
    func holds(_ other: Told) -> Bool {
      func holds<Value>(_ one: ClosedRange<Value>?, _ other: ClosedRange<Value>?) -> Bool {
        guard let other else { return true }
        return one.map { $0.lowerBound <= other.lowerBound && $0.upperBound >= other.upperBound }
          ?? false
      }
      return holds(repeats, other.repeats) && holds(first, other.first)
        && holds(last, other.last) && holds(spend, other.spend)
        && (hasOrderless || !other.hasOrderless)
    }
  }

  /// The rows of a chunk.
  private static func rows(_ table: CustomerTable, _ chunk: Int) -> [CustomerRow] {
    table.values(inBlock: chunk) { $0 }
  }

  static func isSound(_ table: CustomerTable, _ chunk: Int) -> Bool {
    Told(table.zones[chunk]).holds(Told(rows(table, chunk)))
  }

  static func isExact(_ table: CustomerTable, _ chunk: Int) -> Bool {
    Told(table.zones[chunk]) == Told(rows(table, chunk))
  }

  @Test(
    "whatever is written lies within its chunk's zone, and a chunk that is copied has the narrowest",
    arguments: seeds(4))
  func writes(seed: UInt64) {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var table = CustomerTable()
    for _ in 0..<2 * Self.chunkRows + 700 { _ = table.append(Self.row(&chance)) }
    #expect(table.zones.count == 3 && table.zones.count == table.chunks.blocks.count)
    // Nothing was ever taken away.
    for chunk in 0..<3 { #expect(Self.isExact(table, chunk), "chunk \(chunk)") }
    var held: CustomerTable?
    var copied = 0
    for round in 0..<3_000 {
      switch chance.next() % 40 {
      case 0: held = table
      case 1: held = nil
      case 2...4: _ = table.append(Self.row(&chance))
      default: break
      }
      let number = UInt32.random(in: 0..<UInt32(table.count), using: &chance)
      let chunk = Int(number) / Self.chunkRows
      let isShared = held.map { $0.chunks.blocks[chunk] === table.chunks.blocks[chunk] } ?? false
      let (former, formerZone) = (held?[number], held?.zones[chunk])
      let row = Self.row(&chance)
      table[number] = row
      #expect(table[number] == row && table.zones[chunk].contains(row))
      if isShared {
        copied += 1
        // Who holds the former chunk sees it and its zone as they were.
        #expect(held?[number] == former && held?.zones[chunk] == formerZone)
        #expect(Self.isExact(table, chunk), "round \(round)")
      }
      if round % 50 == 0 {
        for chunk in table.zones.indices { #expect(Self.isSound(table, chunk), "round \(round)") }
      }
    }
    #expect(copied > 20)
    for chunk in table.zones.indices { #expect(Self.isSound(table, chunk)) }
  }

  @Test("a zone that a row would leave as it is is not written, so lists of zones stay shared")
  func sharing() throws {
    var table = CustomerTable()
    var row = CustomerRow()
    (row.firstDay, row.lastDay) = (10, 20)
    for _ in 0..<10 { _ = table.append(row) }
    let zone = try #require(table.zones.first)
    row.lastDay = 15
    #expect(!zone.contains(row) && zone.hasOrders && !zone.hasOrderless)
    row.lastDay = 20
    #expect(zone.contains(row))
    table[3] = row
    #expect(table.zones.first == zone)
    table[3] = CustomerRow()
    #expect(table.zones.first != zone && table.zones.first?.contains(CustomerRow()) == true)
    #expect(table.zones.first?.contains(row) == true)
    // What is taken away stays within, until there is a copy.
    table[3] = row
    #expect(table.zones.first?.hasOrderless == true && !Self.isExact(table, 0))
    let held = table
    table[4] = row
    #expect(table.zones.first == zone && Self.isExact(table, 0))
    #expect(held.zones.first?.hasOrderless == true)
  }

  @Test(
    "after orders, returns, corrections, copies and loads each customer lies within the zone, and a load makes it exact",
    arguments: seeds(2))
  func shops(seed: UInt64) throws {
    print("seed \(seed)")
    // The last chunk is not full.
    var chance = ChanceShop(seed: seed, customers: 5_200)
    var shop = try EngineHarness()
    chance.record(in: &shop)
    let names = chance.customers.map(\.name)
    var held: Store?
    for round in 0..<6 {
      var rows: [(customer: String, order: String, day: Int, minor: Int64)] = []
      for number in 0..<300 {
        let name = chance.customers[Int.random(in: 0..<names.count, using: &chance.chance)].name
        rows.append(
          (name, "later-\(round)-\(number)", ChanceShop.today - number % 2_000, Int64(number * 7)))
      }
      rows.append(("new-\(round)", "o", ChanceShop.today - 3_000 - round, 5))
      #expect(shop.record(rows).body?.recorded == UInt32(rows.count))
      // Of some all orders come back: their rows have no day again.
      for row in rows.prefix(60) {
        _ = shop.giveBack(row.customer, row.order, as: "back", day: ChanceShop.today)
      }
      _ = shop.giveBack("new-\(round)", "o", as: "back", day: ChanceShop.today)
      let store = shop.engine.store
      for chunk in store.customers.zones.indices {
        #expect(Self.isSound(store.customers, chunk), "round \(round)")
      }
      held = round % 2 == 0 ? store : nil
      let loaded = try store.reloaded()
      #expect(loaded.stateHash() == store.stateHash())
      #expect(loaded.customers.zones.count == store.customers.zones.count)
      for chunk in loaded.customers.zones.indices {
        #expect(Self.isExact(loaded.customers, chunk), "round \(round)")
      }
      if round == 3 {
        shop = try EngineHarness(restoring: loaded, nowMicros: shop.nowMicros)
        held = nil
      }
    }
    #expect(held == nil && shop.engine.store.customers.zones.count == 2)
  }

  @Test("a load of a full chunk, and of a shop with nobody, has its zones")
  func loads() throws {
    let nobody = try EngineHarness().engine.store.reloaded()
    #expect(nobody.customers.zones == [])
    var shop = try EngineHarness()
    for count in [Self.chunkRows, 1] {
      let start = shop.engine.store.customers.count
      shop.tell(
        .recordProfiles,
        RecordProfilesRequest(
          profiles: (start..<start + count).map {
            .init(customer: "c\($0)", ProfileChange(country: .set("FR")))
          }), count)
      #expect(shop.record("c\(start)", "o", day: 19_000).body?.recorded == 1)
      let loaded = try shop.engine.store.reloaded()
      for chunk in loaded.customers.zones.indices {
        #expect(Self.isExact(loaded.customers, chunk))
      }
      #expect(loaded.customers.zones.last?.mostFirst == 19_000)
      #expect(loaded.customers.zones.last?.hasOrderless == (count > 1))
    }
  }
}
