// Rows of what is known of customers, turned into columns, and what is found from columns in lanes: the
// features that next best offers are estimated from, and the segments.
// Unsafe code: rows, columns and what is found were counted at the beginning, and every load is of numbers,
// for which all bytes will do.

import CLinux

/// What is found of some customers from the numbers known of them, eight customers at a time.
public enum RowKernel {
  /// Numbers at the beginning of a row.
  ///
  /// In this order: basket, its lines, lifetime value, churn, alive, expected orders, orders, days since the
  /// last, typical gap, mean spend, total spend, returned share, age, days since a cart was left, days since
  /// something looked at was, fatigue. NaN is not known.
  public static let numbers = 16
  /// Features that differ among customers.
  ///
  /// In this order: whether the customer may be judged, orders, days since the last, mean spend, returned
  /// share, alive, churn, expected orders, lifetime value, age, basket, basket in mean spends, whether
  /// something was left behind.
  public static let features = 13
  /// Rows at once, at most, and how far columns are apart.
  public static let rowsMax = 64

  private static let basket = 0
  private static let lifetimeValue = 2
  private static let churn = 3
  private static let alive = 4
  private static let expected = 5
  private static let orders = 6
  private static let idle = 7
  private static let gap = 8
  private static let meanSpend = 9
  private static let returned = 11
  private static let age = 12
  private static let cartLeft = 13
  private static let viewedLeft = 14
  private static let fatigue = 15

  /// Turns rows into columns.
  ///
  /// - Parameters:
  ///   - rows: one behind the other, each beginning with its numbers.
  ///   - apart: bytes from one row to the next.
  ///   - count: how many are turned, at most `rowsMax`; up to the next multiple of 8 others are there.
  ///   - columns: `numbers` of them, `rowsMax` numbers each.
  /// - Precondition: there are as many rows, and there is room for the columns.
  public static func turn(
    rows: RawSpan, apart: Int, count: Int, into columns: inout MutableSpan<Double>
  ) {
    let octets = (count &+ 7) / 8
    precondition(
      count >= 0 && count <= rowsMax && apart >= numbers * 8
        && rows.byteCount / apart >= octets * 8 && columns.count >= numbers * rowsMax,
      "There are rows, and room for columns.")
    unsafe rows.withUnsafeBytes { rows in
      unsafe columns.withUnsafeMutableBufferPointer { columns in
        guard let from = rows.baseAddress, let to = columns.baseAddress else { return }
        for octet in 0..<octets {
          let (row, column) = unsafe (from + octet &* 8 &* apart, to + octet &* 8)
          unsafe linux_turn(row, apart, column, rowsMax)
          unsafe linux_turn(row + 64, apart, column + 8 &* rowsMax, rowsMax)
        }
      }
    }
  }

  /// Finds features, segments, and what else offers are chosen by.
  ///
  /// - Parameters:
  ///   - columns: as `turn` makes them.
  ///   - count: rows.
  ///   - judged: those that may be judged by what is known, a bit each; others have no features.
  ///   - much: the shop's measure of amounts, above 0.
  ///   - vipValue: what a VIP's lifetime value is at least.
  ///   - basketsMax: how many baskets an estimate may be away from 0.
  ///   - x: columns of `features`, `rowsMax` numbers each; those that are not known are 0.
  ///   - bases: what a percentage is of; 1e30 where that is not known.
  ///   - limits: the most an estimate may be away from 0; 1e30 for no limit.
  ///   - fatigues: what is taken from every score.
  ///   - segments: new 0, VIP 1, loyal 2, will buy again 3, about to leave 4, inactive 5.
  /// - Precondition: all are there, `rowsMax` numbers each.
  public static func find(
    columns: Span<Double>, count: Int, judged: UInt64, much: Double, vipValue: Double,
    basketsMax: Double, x: inout MutableSpan<Float>, bases: inout MutableSpan<Float>,
    limits: inout MutableSpan<Float>, fatigues: inout MutableSpan<Float>,
    segments: inout MutableSpan<Int32>
  ) {
    precondition(
      count >= 0 && count <= rowsMax && columns.count >= numbers * rowsMax
        && x.count >= features * rowsMax && bases.count >= rowsMax && limits.count >= rowsMax
        && fatigues.count >= rowsMax && segments.count >= rowsMax, "All columns are there.")
    let amounts = (spend: Float(much / 5), value: Float(much / 2))
    for octet in 0..<(count &+ 7) / 8 {
      let row = octet &* 8
      findFeatures(columns, row, lanes(judged &>> UInt64(row)), amounts, &x)
      findBounds(columns, row, basketsMax, &bases, &limits, &fatigues)
      store(segment(columns, row, vipValue), &segments, row)
    }
  }

  @inline(__always)
  private static func findFeatures(
    _ columns: Span<Double>, _ row: Int, _ judged: SIMDMask<SIMD8<Int32>>,
    _ amounts: (spend: Float, value: Float), _ x: inout MutableSpan<Float>
  ) {
    @inline(__always)
    func number(_ column: Int) -> FloatLanes { FloatLanes(load(columns, column, row)) }
    @inline(__always)
    func set(_ feature: Int, _ value: FloatLanes) {
      // What is not known is in the middle.
      let known = FloatLanes.zero.replacing(with: value, where: judged .& (value .== value))
      store(known, &x, feature &* rowsMax &+ row)
    }
    let (basket, spend) = (number(basket), number(meanSpend))
    let left = load(columns, cartLeft, row)
    let seen = load(columns, viewedLeft, row)
    set(0, FloatLanes(repeating: 1))
    set(1, size(number(orders), 3))
    set(2, size(number(idle), 30))
    set(3, size(spend, amounts.spend))
    set(4, bounded(number(returned) * 2))
    set(5, bounded(number(alive) * 2 - 1))
    set(6, bounded(number(churn) * 2 - 1))
    set(7, size(number(expected), 1))
    set(8, size(number(lifetimeValue), amounts.value))
    set(9, size(number(age), 180))
    set(10, size(basket, amounts.spend))
    let least = FloatLanes(repeating: 0.01)
    set(11, size(basket / spend.replacing(with: least, where: spend .< least), 1))
    // Nothing left behind is known as well as something is.
    let some = DoubleLanes.zero.replacing(with: 1, where: (left .== left) .| (seen .== seen))
    set(12, FloatLanes(some))
  }

  /// A magnitude: −2 for nothing, 0 for `unit`, towards 2 for much more.
  @inline(__always)
  private static func size(_ value: FloatLanes, _ unit: Float) -> FloatLanes {
    let size = value.replacing(with: 0, where: value .< FloatLanes.zero)
    let share = size / (size + unit)
    return 4 * share.replacing(with: 1, where: size .== FloatLanes(repeating: .infinity)) - 2
  }

  /// What lies far out would rule the estimate alone.
  @inline(__always)
  private static func bounded(_ value: FloatLanes) -> FloatLanes {
    let (least, most) = (FloatLanes(repeating: -4), FloatLanes(repeating: 4))
    return value.replacing(with: least, where: value .< least)
      .replacing(with: most, where: value .> most)
  }

  @inline(__always)
  private static func findBounds(
    _ columns: Span<Double>, _ row: Int, _ basketsMax: Double, _ bases: inout MutableSpan<Float>,
    _ limits: inout MutableSpan<Float>, _ fatigues: inout MutableSpan<Float>
  ) {
    let (basket, mean) = (load(columns, basket, row), load(columns, meanSpend, row))
    // A number less itself is 0, but for what is infinite or not known.
    let base = mean.replacing(with: basket, where: (basket - basket) .== DoubleLanes.zero)
    let least = base.replacing(with: 0, where: base .< DoubleLanes.zero)
    let beyond = DoubleLanes(repeating: 1e30)
    let known = beyond.replacing(with: least, where: (base - base) .== DoubleLanes.zero)
    store(FloatLanes(known), &bases, row)
    let reference = mean.replacing(with: basket, where: basket .> DoubleLanes.zero)
    let most = beyond.replacing(
      with: reference * basketsMax, where: reference .> DoubleLanes.zero)
    store(FloatLanes(most), &limits, row)
    store(FloatLanes(load(columns, fatigue, row)), &fatigues, row)
  }

  /// The first that fits, so the last is set first; comparisons with what is not known do not hold.
  @inline(__always)
  private static func segment(
    _ columns: Span<Double>, _ row: Int, _ vipValue: Double
  ) -> SIMD8<Int32> {
    @inline(__always)
    func all(_ number: Double) -> DoubleLanes { DoubleLanes(repeating: number) }
    let (alive, churn) = (load(columns, alive, row), load(columns, churn, row))
    let (orders, idle) = (load(columns, orders, row), load(columns, idle, row))
    let gap = load(columns, gap, row)
    let isScored = alive .== alive
    let isLeaving = (alive .< all(0.5)) .| ((churn .>= all(0.7)) .& (idle .> gap * 2))
    let isLong = .!isScored .& (idle .> all(182))
    let isInactive = (alive .< all(0.2)) .| (.!isScored .& (idle .> all(365)))
    let isRecent = (orders .< all(2)) .& (load(columns, age, row) .<= all(30))
    let isNew = .!(orders .>= all(1)) .| isRecent
    let segment = SIMD8<Int64>(repeating: 3)
      .replacing(with: 2, where: orders .>= all(4))
      .replacing(with: 1, where: load(columns, lifetimeValue, row) .>= all(vipValue))
      .replacing(with: 4, where: (isScored .& isLeaving) .| isLong)
      .replacing(with: 5, where: isInactive)
      .replacing(with: 0, where: isNew)
    return SIMD8<Int32>(truncatingIfNeeded: segment)
  }
}

// Lanes and places.
extension RowKernel {
  @inline(__always)
  private static func load(_ columns: Span<Double>, _ column: Int, _ row: Int) -> DoubleLanes {
    unsafe columns.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: (column &* rowsMax &+ row) &* 8, as: DoubleLanes.self)
  }

  @inline(__always)
  private static func store<Lanes: BitwiseCopyable, Number: BitwiseCopyable>(
    _ lanes: Lanes, _ room: inout MutableSpan<Number>, _ at: Int
  ) {
    var bytes = unsafe room.mutableBytes
    unsafe bytes.storeBytes(of: lanes, toUncheckedByteOffset: at &* 4, as: Lanes.self)
  }

  /// The lanes of the lowest eight bits.
  @inline(__always)
  private static func lanes(_ bits: UInt64) -> SIMDMask<SIMD8<Int32>> {
    let own = SIMD8<UInt32>(1, 2, 4, 8, 16, 32, 64, 128)
    return (SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: bits & 0xff)) & own)
      .!= SIMD8<UInt32>.zero
  }
}
