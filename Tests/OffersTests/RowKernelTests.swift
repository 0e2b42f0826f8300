// Features and segments found in lanes, against those of a decision, in every build.

import Kernels
import Models
import Testing

@testable import Offers

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("RowKernel")
struct RowKernelTests {
  private static let much = 60.0

  /// What is found of some rows.
  private struct Found {
    var columns = [Double](repeating: -7, count: 16 * 64)
    var x = [Float](repeating: -7, count: 14 * 64)
    var bases = [Float](repeating: -7, count: 64)
    var limits = [Float](repeating: -7, count: 64)
    var fatigues = [Float](repeating: -7, count: 64)
    var segments = [Int32](repeating: -7, count: 64)
  }

  private static var levels: [Processor.Level] {
    Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
  }

  private static func find(
    _ level: Processor.Level, _ rows: [NextBestRow], _ count: Int, _ judged: UInt64
  ) -> Found {
    // The numbers of a row as they lie, and one that is none of them.
    let apart = 17
    var numbers: [Double] = []
    for row in rows {
      numbers += [
        row.basket, row.basketLines, row.lifetimeValue, row.churn, row.alive, row.expectedOrders,
        row.orders, row.daysSinceOrder, row.typicalGap, row.meanSpend, row.totalSpend,
        row.returnedShare, row.age, row.cartLeft, row.viewedLeft, row.fatigue, 77,
      ]
    }
    var found = Found()
    var columns = found.columns.mutableSpan
    let bytes = RawSpan(_elements: numbers.span)
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.RowKernel.turn(rows: bytes, apart: apart * 8, count: count, into: &columns)
      case .v3:
        KernelsV3.RowKernel.turn(rows: bytes, apart: apart * 8, count: count, into: &columns)
    #endif
    default: Kernels.RowKernel.turn(rows: bytes, apart: apart * 8, count: count, into: &columns)
    }
    let turned = found.columns
    for row in 0..<count {
      for column in 0..<16 {
        let (one, other) = (turned[column * 64 + row], numbers[row * apart + column])
        #expect(one == other || one.isNaN && other.isNaN, "row \(row), column \(column)")
      }
    }
    var (x, bases, limits) = (found.x, found.bases, found.limits)
    var (fatigues, segments) = (found.fatigues, found.segments)
    var features = x.mutableSpan
    var amounts = bases.mutableSpan
    var bounds = limits.mutableSpan
    var taken = fatigues.mutableSpan
    var told = segments.mutableSpan
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.RowKernel.find(
          columns: turned.span, count: count, judged: judged, much: much, vipValue: much,
          basketsMax: 3, x: &features, bases: &amounts, limits: &bounds, fatigues: &taken,
          segments: &told)
      case .v3:
        KernelsV3.RowKernel.find(
          columns: turned.span, count: count, judged: judged, much: much, vipValue: much,
          basketsMax: 3, x: &features, bases: &amounts, limits: &bounds, fatigues: &taken,
          segments: &told)
    #endif
    default:
      Kernels.RowKernel.find(
        columns: turned.span, count: count, judged: judged, much: much, vipValue: much,
        basketsMax: 3, x: &features, bases: &amounts, limits: &bounds, fatigues: &taken,
        segments: &told)
    }
    (found.x, found.bases, found.limits) = (x, bases, limits)
    (found.fatigues, found.segments) = (fatigues, segments)
    return found
  }

  /// A customer of any kind: of each number it may be that it is not known, or at an end of its range.
  private static func row(_ random: inout SeededRandom) -> NextBestRow {
    func number(_ range: ClosedRange<Double>, _ ends: [Double]) -> Double {
      switch Int.random(in: 0...9, using: &random) {
      case 0: .nan
      case 1...3: ends.randomElement(using: &random) ?? 0
      default: .random(in: range, using: &random)
      }
    }
    var row = NextBestRow()
    row.basket = number(0...300, [0, .infinity])
    row.basketLines = number(0...9, [1])
    row.lifetimeValue = number(0...300, [0, much, much.nextDown, 1e300])
    row.churn = number(0...1, [0.7, Double(0.7).nextDown, 1])
    row.alive = number(0...1, [0.2, 0.5, Double(0.2).nextDown, Double(0.5).nextDown])
    row.expectedOrders = number(0...9, [0])
    row.orders = number(0...9, [0, 1, 2, 4]).rounded()
    row.daysSinceOrder = number(0...500, [0, 182, 183, 365, 366])
    row.typicalGap = number(0...200, [0])
    row.meanSpend = number(0...200, [0, 0.001])
    row.totalSpend = number(0...900, [0])
    row.returnedShare = number(0...1, [0, 9, -9])
    row.age = number(0...900, [0, 30, 31])
    row.cartLeft = number(0...9, [.nan, 0])
    row.viewedLeft = number(0...9, [.nan, 0])
    row.fatigue = .random(in: 0...3, using: &random)
    return row
  }

  @Test("features, bounds and segments are those of one customer", arguments: 1...40)
  func same(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let rows = (0..<64).map { _ in Self.row(&random) }
    let count = Int.random(in: 1...64, using: &random)
    let judged = random.next() | random.next()
    for level in Self.levels {
      let found = Self.find(level, rows, count, judged)
      for place in 0..<count {
        let row = rows[place]
        Self.check(row, judged >> UInt64(place) & 1 != 0, found, place, "seed \(seed), \(level)")
        let segment = Segment(
          Segment.Signs(
            orders: row.orders, ageDays: row.age, daysSinceOrder: row.daysSinceOrder,
            typicalGap: row.typicalGap, alive: row.alive, churn: row.churn,
            lifetimeValue: row.lifetimeValue), vipValue: Self.much)
        #expect(found.segments[place] == Int32(segment.rawValue), "\(row), \(level)")
      }
    }
  }

  private static func check(
    _ row: NextBestRow, _ isJudged: Bool, _ found: Found, _ place: Int, _ comment: Comment
  ) {
    var wanted = [Float](repeating: 0, count: 32)
    var room = wanted.mutableSpan
    let signs = FeatureSigns(
      orders: row.orders, daysSinceOrder: row.daysSinceOrder, meanSpend: row.meanSpend,
      returnedShare: row.returnedShare, alive: row.alive, churn: row.churn,
      expectedOrders: row.expectedOrders, lifetimeValue: row.lifetimeValue, age: row.age,
      basket: row.basket, categoryShare: .nan,
      daysLeft: Double.minimum(row.cartLeft, row.viewedLeft), month: 4)
    _ = Features.write(signs, isMessage: false, much: much, into: &room, from: 0)
    wanted[0] = 1
    wanted[12] = wanted[14]
    for feature in 0..<13 {
      let one = isJudged ? wanted[feature] : 0
      #expect(abs(found.x[feature * 64 + place] - one) <= 2e-6, "\(comment): \(feature) of \(row)")
    }
    #expect(found.x[13 * 64 + place] == -7, "what is behind stays as it was")
    let base = row.basket.isFinite ? row.basket : row.meanSpend
    #expect(found.bases[place] == (base.isFinite ? Float(max(base, 0)) : 1e30))
    let reference = row.basket > 0 ? row.basket : row.meanSpend
    #expect(found.limits[place] == (reference > 0 ? Float(3 * reference) : 1e30))
    #expect(found.fatigues[place] == Float(row.fatigue))
  }
}
