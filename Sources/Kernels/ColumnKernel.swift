// Scans: what BG/NBD and MBG/NBD say of the customers of a chunk, straight from its columns of days. The
// logarithms are looked up by day, for time runs in whole days here.

/// Whole columns of outlooks.
public enum ColumnKernel {
  /// How many numbers describe model and table, in the order of the members below.
  public static let numbers = 12

  private static let r = 0
  private static let perA = 1
  /// b + m − 1 at x = 0.
  private static let bBefore = 2
  private static let firstChances = 3
  private static let rowsMax = 4
  private static let ageMax = 5
  private static let perLength = 6
  private static let pieces = 7
  private static let outside = 8
  private static let polynomials = 9
  /// What expected orders are multiplied by.
  private static let level = 10
  /// The largest x whose expected orders are there by day.
  private static let daysMax = 11

  private static let certain = 0x1p830

  /// Finds P(alive) and expected orders.
  ///
  /// Of a customer who is not in the table, expected orders are a number that is none.
  ///
  /// - Parameters:
  ///   - x: repeat orders.
  ///   - first: first days.
  ///   - last: last days, not before the first and not after the day.
  ///   - day: of the score.
  ///   - numbers: of model and table.
  ///   - lengths: as GeometricKernel has them.
  ///   - byDay: expected orders if alive by x and, within it, by age; then a number that is none.
  ///   - table: the polynomials, for x beyond.
  ///   - alive: becomes P(alive).
  ///   - orders: becomes the expected orders.
  /// - Returns: whether all customers are in the table.
  /// - Precondition: the columns of customers are equally long, in whole octets, those of results not shorter;
  ///   table and lengths are whole.
  public static func aliveAndOrders(
    x: Span<UInt32>, first: Span<UInt16>, last: Span<UInt16>, day: UInt16,
    _ numbers: InlineArray<12, Double>, lengths: Span<Double>,
    byDay: Span<Double>, _ table: Span<Double>,
    alive: inout MutableSpan<Double>, orders: inout MutableSpan<Double>
  ) -> Bool {
    let count = x.count
    precondition(
      first.count == count && last.count == count && alive.count >= count && orders.count >= count
        && count % 8 == 0, "Columns are equally long, and whole octets.")
    precondition(
      numbers[outside] >= 0 && numbers[polynomials] >= 1
        && Double(table.count)
          >= (numbers[outside] + 1) * numbers[polynomials] * Double(PieceTable.terms)
        && numbers[ageMax] >= 0 && Double(lengths.count) >= 2 * (numbers[ageMax] + 1)
        && Double(byDay.count) >= (numbers[daysMax] + 1) * (numbers[ageMax] + 1) + 1,
      "A table has all its pieces, and a length for each age.")
    let stride = numbers[polynomials] * Double(PieceTable.terms)
    let longest = SIMD8<UInt16>(repeating: UInt16(numbers[ageMax]))
    var isIn = SIMDMask<SIMD8<Int64>>(repeating: true)
    for octet in 0..<count / 8 {
      // Octet's eight numbers lie within columns of `count`, as was checked.
      let firstDay = unsafe first.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: octet &* 16, as: SIMD8<UInt16>.self)
      let lastDay = unsafe last.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: octet &* 16, as: SIMD8<UInt16>.self)
      let counts = unsafe x.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: octet &* 32, as: SIMD8<UInt32>.self)
      let age = SIMD8<UInt16>(repeating: day) &- firstDay
      let recency = lastDay &- firstDay
      let x = Self.numbers(SIMD8<UInt64>(truncatingIfNeeded: counts))
      let toNow = length(lengths, age, longest)
      let toLast = length(lengths, recency, longest)
      let young = Self.numbers(SIMD8<UInt64>(truncatingIfNeeded: age))
      let isYoung = young .<= DoubleLanes(repeating: numbers[ageMax])
      let isByDay = x .<= DoubleLanes(repeating: numbers[daysMax])
      // What is not there by day is looked up in the last place, which holds no number.
      let entry = DoubleLanes(repeating: Double(byDay.count - 1)).replacing(
        with: fused(x, DoubleLanes(repeating: numbers[ageMax] + 1), young),
        where: isYoung .& isByDay)
      var perLiving = PieceTable.gather(
        byDay, PieceTable.start(entry, where: SIMDMask(repeating: true), stride: 1), 0)
      if isAny(.!isByDay) {
        let place = PieceTable.place(
          rows: x, length: toNow, perLength: numbers[perLength], pieces: numbers[pieces],
          stride: stride, outside: numbers[outside],
          inside: x .<= DoubleLanes(repeating: numbers[rowsMax]) .& isYoung)
        perLiving = PieceTable.value(table, place, number: 0)
          .replacing(with: perLiving, where: isByDay)
      }
      let shape = x + numbers[r]
      let root = LaneFunctions.exp(
        LaneFunctions.atLeast(-1400, shape * (toLast - toNow)) * 0.5)
      let stay = (x + numbers[bBefore]) * numbers[perA]
      let never = x + numbers[firstChances] .== DoubleLanes.zero
      let odds = (stay * root * root).replacing(with: certain, where: never)
      let living = odds / (odds + 1)
      let within = living * numbers[level] * perLiving
      store(living, octet, &alive)
      store(within, octet, &orders)
      isIn .&= within .== within
    }
    return !isAny(.!isIn)
  }

  /// Whole numbers below 2^52.
  @inline(__always)
  private static func numbers(_ whole: LaneBits) -> DoubleLanes {
    DoubleLanes(bits: whole | LaneBits(repeating: 0x4330_0000_0000_0000)) - PieceTable.magic
  }

  /// ln(1 + d/α); of days beyond the longest age that of the longest.
  @inline(__always)
  private static func length(
    _ lengths: Span<Double>, _ days: SIMD8<UInt16>, _ longest: SIMD8<UInt16>
  ) -> DoubleLanes {
    let known = days.replacing(with: longest, where: days .> longest)
    return PieceTable.gather(lengths, LaneBits(truncatingIfNeeded: known) &<< 1, 0)
  }

  @inline(__always)
  private static func store(
    _ lanes: DoubleLanes, _ octet: Int, _ column: inout MutableSpan<Double>
  ) {
    for lane in 0..<8 {
      // An octet's eight numbers lie within a column of `count`, as was checked.
      unsafe column[unchecked: octet &* 8 &+ lane] = lanes[lane]
    }
  }
}
