// Scores of whole columns: against the exact functions and against customers asked one by one, in every
// build.

import Kernels
import Testing

@testable import Models

@Suite("CustomerColumns")
struct CustomerColumnsTests {
  /// Customers in columns, on a day.
  struct Shop {
    var x: [UInt32] = []
    var first: [UInt16] = []
    var last: [UInt16] = []
    var minor: [Int64] = []
    let day: UInt16 = 20_000

    /// All kinds of customers: new ones, some without an order, some who came back today, some with more
    /// orders than any table has, some whose orders were given back.
    init(_ count: Int, ageMax: Int = 3650, seed: UInt64) {
      var random = SeededRandom(seed: seed)
      for place in 0..<count {
        if place % 17 == 5 {
          x.append(UInt32(place % 2))
          first.append(.max)
          last.append(.max)
          minor.append(place % 3 == 0 ? 0 : 77)
          continue
        }
        let age = place % 13 == 0 ? place % 3 : Int.random(in: 0...ageMax, using: &random)
        let most = place % 11 == 0 ? 400 : place % 3 == 0 ? 40 : 7
        let repeats = Int.random(in: 0...min(age, most), using: &random)
        var recency = repeats == 0 ? 0 : Int.random(in: repeats...age, using: &random)
        if place % 7 == 0, repeats > 0 { recency = age }
        // Hundreds of orders long ago leave a P(alive) below the numbers.
        if repeats > 40 { recency = max(recency, age * 3 / 4) }
        x.append(UInt32(repeats))
        first.append(day - UInt16(age))
        last.append(day - UInt16(age - recency))
        let amount = Int64(repeats) * Int64.random(in: 100...90_000, using: &random)
        minor.append(place % 19 == 0 ? -amount : amount)
      }
    }

    /// Some of them in octets; what stands where nobody is must not matter.
    func octets(_ rows: Range<Int>) -> (lines: [SIMD16<UInt32>], minor: [SIMD8<Int64>]) {
      var lines = [SIMD16<UInt32>](
        repeating: SIMD16(repeating: 0x9_5a03), count: (rows.count + 7) / 8)
      var sums = [SIMD8<Int64>](repeating: SIMD8(repeating: -5), count: lines.count)
      for (place, row) in rows.enumerated() {
        lines[place / 8].setCustomer(
          place % 8, repeatOrders: x[row], firstDay: first[row], lastDay: last[row])
        if !minor.isEmpty { sums[place / 8][place % 8] = minor[row] }
      }
      return (lines, minor.isEmpty ? [] : sums)
    }

    /// The same customers as everybody asks about them.
    func subjects(_ clock: SeasonClock) -> [ScoreSubject] {
      x.indices.map { row in
        guard first[row] != .max else { return ScoreSubject(history: .new) }
        return ScoreSubject(
          history: PurchaseHistory(
            repeatOrders: Double(x[row]), firstDay: Double(first[row]), lastDay: Double(last[row]),
            asOf: Double(day), clock: clock),
          meanSpend: x[row] == 0 ? 0 : Double(minor[row]) / Double(x[row]) * 0.01)
      }
    }
  }

  static let blank = -7.0

  static func scan(
    _ model: CustomerModel, _ shop: Shop, _ kinds: ScoreKinds, _ horizon: ScoreHorizon,
    _ tables: OutlookTables?, rows: Range<Int>? = nil
  ) -> [Double] {
    let rows = rows ?? shop.x.indices
    let octets = shop.octets(rows)
    var scores = [Double](repeating: blank, count: rows.count * kinds.count)
    var room = scores.mutableSpan
    model.score(
      CustomerColumns(
        lines: octets.lines.span, repeatSpendMinor: octets.minor.span, count: rows.count), kinds,
      asOf: shop.day, horizon, tables, majorPerMinor: 0.01, into: &room)
    return scores
  }

  /// The largest relative errors of all five scores.
  static func errors(
    _ model: CustomerModel, _ shop: Shop, _ horizon: ScoreHorizon, _ tables: OutlookTables?
  ) -> [WorstError] {
    let found = scan(model, shop, .all, horizon, tables)
    let count = shop.x.count
    let scores = (0..<count).map { row in
      CustomerScore(
        aliveProbability: found[row], churnProbability: found[count + row],
        expectedOrders: found[2 * count + row], expectedSpendPerOrder: found[3 * count + row],
        lifetimeValue: found[4 * count + row])
    }
    return OutlookTablesTests.compare(
      scores, model, shop.subjects(model.calibration.clock), horizon)
  }

  @Test(
    "all five scores of columns are within 1e-9 of the exact functions, whoever stands in them",
    arguments: OutlookTablesTests.parameters.indices)
  func exactness(set: Int) throws {
    let (kind, values) = OutlookTablesTests.parameters[set]
    var calibration = Calibration()
    calibration.logLevel = 0.125
    let model = CustomerModel(
      purchases: [try PurchaseParameters(kind, values)], spend: CDNOWMaximum.spend,
      calibration: calibration)
    for (days, rate, ageMax) in [(273.0, 0.1, 3650), (7, 0, 1000)] {
      let horizon = ScoreHorizon(
        try OutlookTablesTests.terms(days, rate), under: calibration, from: 20_000)
      var tables = try #require(
        OutlookTables(model, horizon, repeatOrdersMax: 31, ageDaysMax: Double(ageMax)))
      let shop = Shop(411, seed: UInt64(set) + 7)
      for level in Processor.Level.allCases where level.rawValue <= Processor.level.rawValue {
        tables.level = level
        let worst = Self.errors(model, shop, horizon, tables)
        print(
          "\(kind) \(values), \(days) days, \(level): errors \(worst.map(\.error)), "
            + "seed \(set + 7), by day \(!tables.days.isEmpty)")
        for error in worst { #expect(error.error < 1e-9, "\(kind) \(error.place)") }
      }
    }
  }

  /// A plain model, a blend, both under a season, and a blend with Pareto/NBD.
  static func models() throws -> [CustomerModel] {
    let purchases = [
      ScoreSubjectTests.purchases[0], try PurchaseParameters(.mbgCNBD2, SIMD4(0.6, 25, 0.8, 2.2)),
      ScoreSubjectTests.purchases[2],
    ]
    var season = Calibration()
    season.clock = try ScoreSubjectTests.clock()
    season.logLevel = -0.25
    return [
      CustomerModel(purchases: [purchases[0]], spend: CDNOWMaximum.spend),
      CustomerModel(purchases: purchases, spend: CDNOWMaximum.spend),
      CustomerModel(
        purchases: [purchases[2]], spend: CDNOWMaximum.spend, calibration: season),
      CustomerModel(purchases: purchases, spend: CDNOWMaximum.spend, calibration: season),
    ]
  }

  static func horizon(_ model: CustomerModel) throws -> ScoreHorizon {
    ScoreHorizon(
      try OutlookTablesTests.terms(180, 0.2), under: model.calibration, from: 20_000)
  }

  static func tables(_ model: CustomerModel, _ horizon: ScoreHorizon) throws -> OutlookTables {
    try #require(OutlookTables(model, horizon, repeatOrdersMax: 12, ageDaysMax: 2000))
  }

  @Test("blends and seasons too, with tables and without", arguments: 0..<4)
  func blends(number: Int) throws {
    let model = try Self.models()[number]
    let horizon = try Self.horizon(model)
    let tables = try Self.tables(model, horizon)
    #expect(tables.days.count == [1, 3, 0, 0][number])
    let shop = Shop(2203, seed: 20)
    for used in [tables, nil] {
      let worst = Self.errors(model, shop, horizon, used)
      print("model \(number): \(worst.map(\.error))")
      for error in worst { #expect(error.error < 1e-9, "\(error.place)") }
    }
  }

  @Test(
    "what is asked for does not depend on what else is, nor on the neighbours", arguments: 0..<4)
  func subsets(number: Int) throws {
    let model = try Self.models()[number]
    let horizon = try Self.horizon(model)
    let tables = try Self.tables(model, horizon)
    let shop = Shop(117, seed: 21)
    let count = shop.x.count
    let all = Self.scan(model, shop, .all, horizon, tables)
    let each: [ScoreKinds] = [.alive, .churn, .orders, .spend, .value]
    for bits in 0..<32 as Range<UInt8> {
      let kinds = ScoreKinds(rawValue: bits)
      let some = Self.scan(model, shop, kinds, horizon, tables)
      #expect(some.count == kinds.count * count)
      for (place, kind) in each.enumerated() {
        guard let column = kinds.column(of: kind) else { continue }
        #expect(
          some[column * count..<(column + 1) * count].map(\.bitPattern)
            == all[place * count..<(place + 1) * count].map(\.bitPattern), "\(bits) \(place)")
      }
    }
    for (start, end) in [(0, 1), (3, 117), (5, 12), (50, 58), (8, 25), (9, 9)] {
      let few = Self.scan(model, shop, .all, horizon, tables, rows: start..<end)
      for place in 0..<5 {
        let size = end - start
        #expect(
          few[place * size..<(place + 1) * size].map(\.bitPattern)
            == all[place * count + start..<place * count + end].map(\.bitPattern),
          "\(start)..<\(end) \(place)")
      }
    }
  }

  @Test("who is not looked up by day gets the very bits of who is asked for alone")
  func strays() throws {
    for model in try Self.models() {
      let horizon = try Self.horizon(model)
      let made = try Self.tables(model, horizon)
      let shop = Shop(300, seed: 22)
      let count = shop.x.count
      for tables in [made, nil] {
        let found = Self.scan(model, shop, .all, horizon, tables)
        let scores = OutlookTablesTests.batch(
          model, shop.subjects(model.calibration.clock), horizon, tables)
        var strays = 0
        for (row, score) in scores.enumerated() {
          let isByDay =
            tables.map { !$0.days.isEmpty } == true && shop.x[row] <= 12
            && shop.day &- shop.first[row] <= 2000
          if isByDay || shop.first[row] == .max && tables != nil { continue }
          strays += 1
          let column = (0..<5).map { found[$0 * count + row].bitPattern }
          #expect(column == CustomerModelTests.bits(score), "\(row)")
        }
        #expect(strays > 40)
      }
    }
  }

  @Test("a last order after the day gives numbers that are none, and harms nobody")
  func later() throws {
    for model in try Self.models() {
      let horizon = try Self.horizon(model)
      let tables = try Self.tables(model, horizon)
      let shop = Shop(100, seed: 23)
      let right = Self.scan(model, shop, .all, horizon, tables)
      var other = shop
      var late: Set<Int> = []
      for row in stride(from: 0, to: 100, by: 9) where shop.first[row] != .max {
        late.insert(row)
        other.last[row] = shop.day + 1 + UInt16(row) * 300
        if row % 2 == 0 { other.first[row] = other.last[row] }
      }
      for used in [tables, nil] {
        let found = Self.scan(model, other, .all, horizon, used)
        for place in 0..<5 {
          for row in 0..<100 {
            let score = found[place * 100 + row]
            if late.contains(row) {
              #expect(score.isNaN, "\(row) \(place)")
            } else if used != nil {
              #expect(score.bitPattern == right[place * 100 + row].bitPattern, "\(row) \(place)")
            }
          }
        }
      }
    }
  }

  @Test("what is asked for without spend needs no amounts")
  func withoutSpend() throws {
    let model = try Self.models()[0]
    let horizon = try Self.horizon(model)
    let tables = try Self.tables(model, horizon)
    var shop = Shop(75, seed: 24)
    let kinds: ScoreKinds = [.alive, .churn, .orders]
    let with = Self.scan(model, shop, kinds, horizon, tables)
    shop.minor = []
    #expect(Self.scan(model, shop, kinds, horizon, tables) == with)
  }
}
