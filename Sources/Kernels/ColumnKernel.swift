// Scans: what the models say of all customers of a chunk, straight from its columns. Time runs in whole days
// here, so every power and every expectation is looked up by day: no logarithm and no exponential is left.

import CLinux

/// Scores of whole columns.
public enum ColumnKernel {
  /// How many numbers describe model and tables, in the order of the members below.
  public static let numbers = 10

  /// r.
  private static let r = 0
  /// The horizon's end, in days.
  private static let end = 1
  /// The oldest age of the tables, in days.
  private static let ageMax = 2
  /// The largest x of the tables.
  private static let rowsMax = 3
  /// The model's share in the mean of a blend.
  private static let share = 4
  private static let p = 5
  private static let qLess = 6
  private static let gamma = 7
  private static let populationMean = 8
  /// Major units of the currency by minor unit.
  private static let majorPerMinor = 9

  /// The scores: P(alive), churn, expected orders, spend, value.
  public static let columns = 5

  /// What kind of model it is: the stages of a beta-geometric one, 1 to 4, or this for Pareto/NBD.
  public static let pareto = 0

  /// Numbers of an entry of the table of ages.
  ///
  /// Beta-geometric: the odds of being alive by the power of t_x's, the probability of no order of the
  /// living, for each stage their orders and discounted orders, and, where there is more than one, 1/(α+T)
  /// and the same at the horizon's end. Pareto/NBD: the power of T, F(T), the probability of no order,
  /// orders, discounted orders.
  ///
  /// - Parameter kind: of the model.
  /// - Returns: how many.
  @inline(__always)
  public static func width(ofAges kind: Int) -> Int {
    kind == pareto ? 5 : 2 + 2 * kind + (kind > 1 ? 2 : 0)
  }

  /// The same of the table of recencies: the power of t_x, and F(t_x) of Pareto/NBD.
  ///
  /// - Parameter kind: of the model.
  /// - Returns: how many.
  @inline(__always)
  public static func width(ofRecencies kind: Int) -> Int { kind == pareto ? 2 : 1 }

  /// Finds scores, or adds them to those of other models.
  ///
  /// A table has a row for each x, a row an entry for each age and one more that holds no numbers; in the
  /// table of ages one more row of one such entry follows. Who is not in a table is marked, and what was
  /// written for such a customer means nothing. Who has no order is someone who orders for the first time
  /// now.
  ///
  /// - Parameters:
  ///   - lines: the customers' orders and days, see CustomerLines; the last day is not before the first.
  ///   - spend: of the repeat orders, in minor units; may be empty where neither spend nor value is asked
  ///     for.
  ///   - day: of the scores.
  ///   - kind: of the model.
  ///   - numbers: of model and tables.
  ///   - ages: by x and T.
  ///   - recencies: by x and t_x.
  ///   - places: where each score's column begins in `scores`; below 0 where it is not asked for.
  ///   - adds: whether there are scores to be added to.
  ///   - scores: columns as long as the customers'.
  ///   - marks: a bit for each customer, those of eight in a byte; only set here.
  /// - Precondition: the columns of customers are equally long; there is room; the tables are whole.
  public static func find(
    lines: Span<SIMD16<UInt32>>, spend: Span<SIMD8<Int64>>, day: UInt16, kind: Int,
    _ numbers: InlineArray<10, Double>, ages: Span<Double>, recencies: Span<Double>,
    places: InlineArray<5, Int>, adds: Bool, into scores: inout MutableSpan<Double>,
    marks: inout MutableSpan<UInt8>
  ) {
    let count = lines.count &* 8
    precondition(
      marks.count >= lines.count
        && (spend.count == lines.count || places[3] < 0 && places[4] < 0),
      "Columns are equally long.")
    for column in 0..<columns {
      precondition(
        places[column] < 0 || places[column] <= scores.count - count, "Scores have room.")
    }
    let entries = (numbers[rowsMax] + 1) * (numbers[ageMax] + 2)
    precondition(
      numbers[ageMax] >= 0 && numbers[ageMax] < 65_535 && numbers[rowsMax] >= 0
        && entries < 0x1p24 && (0...4).contains(kind)
        && Double(ages.count) >= (entries + 1) * Double(width(ofAges: kind))
        && Double(recencies.count) >= entries * Double(width(ofRecencies: kind)),
      "A table has all its entries.")
    // A copy of the loop where there is one stage, which most models have.
    switch kind {
    case pareto:
      leaving(
        lines, spend, day, numbers, ages, recencies, places, adds, &scores, &marks)
    case 1:
      plain(
        lines, spend, day, numbers, ages, recencies, places, adds, &scores, &marks)
    default:
      regular(
        lines, spend, day, kind, numbers, ages, recencies, places, adds, &scores, &marks)
    }
  }

  @inline(never)
  private static func plain(
    _ lines: Span<SIMD16<UInt32>>, _ spend: Span<SIMD8<Int64>>, _ day: UInt16,
    _ numbers: InlineArray<10, Double>, _ ages: Span<Double>,
    _ recencies: Span<Double>, _ places: InlineArray<5, Int>, _ adds: Bool,
    _ scores: inout MutableSpan<Double>, _ marks: inout MutableSpan<UInt8>
  ) {
    geometric(
      lines, spend, day, 1, numbers, ages, recencies, places, adds, &scores, &marks)
  }

  @inline(never)
  private static func regular(
    _ lines: Span<SIMD16<UInt32>>, _ spend: Span<SIMD8<Int64>>, _ day: UInt16,
    _ stages: Int, _ numbers: InlineArray<10, Double>, _ ages: Span<Double>,
    _ recencies: Span<Double>, _ places: InlineArray<5, Int>, _ adds: Bool,
    _ scores: inout MutableSpan<Double>, _ marks: inout MutableSpan<UInt8>
  ) {
    geometric(
      lines, spend, day, stages, numbers, ages, recencies, places, adds, &scores, &marks)
  }

  /// BG/NBD, MBG/NBD and their regular forms: as in GeometricKernel, but for divisions by the sum of the
  /// weights, which cancel.
  @inline(__always)
  private static func geometric(
    _ lines: Span<SIMD16<UInt32>>, _ spend: Span<SIMD8<Int64>>, _ day: UInt16,
    _ stages: Int, _ numbers: InlineArray<10, Double>, _ ages: Span<Double>,
    _ recencies: Span<Double>, _ places: InlineArray<5, Int>, _ adds: Bool,
    _ scores: inout MutableSpan<Double>, _ marks: inout MutableSpan<UInt8>
  ) {
    let share = DoubleLanes(repeating: numbers[share])
    let one = DoubleLanes(repeating: 1)
    let reach = Reach(ageMax: numbers[ageMax], rowsMax: numbers[rowsMax])
    for octet in lines.indices {
      CustomerLines.prefetch(lines, behind: octet)
      if !spend.isEmpty { CustomerLines.prefetch(spend, behind: octet) }
      let who = customers(lines, octet, day: day, reach)
      let repeats = linux_numbers_of_words(who.x)
      let at = linux_longs_of(who.age &* UInt32(width(ofAges: stages)))
      let power =
        PieceTable.gather(ages, at, 0)
        * PieceTable.gather(recencies, linux_longs_of(who.recency), 0)
      var check = power
      var weights = StageWeights(begun: one)
      let shape = repeats * Double(stages) + numbers[r]
      let idle = linux_numbers_of_words(linux_words_of(who.idle))
      if stages > 1 {
        let perReach = PieceTable.gather(ages, at, 2 * stages + 2)
        weights = StageWeights(shape, idle * perReach, stages)
      }
      let odds = power * weights.sum
      let left = share / (odds + 1)
      if places[0] >= 0 { put(odds * left, octet, places[0], adds, &scores) }
      if places[1] >= 0 {
        var quiet = power * PieceTable.gather(ages, at, 1)
        if stages > 1 {
          let perReach = PieceTable.gather(ages, at, 2 * stages + 3)
          quiet *= StageWeights(shape, (idle + numbers[end]) * perReach, stages).sum
          quiet = odds.replacing(with: quiet, where: quiet .< odds)
        }
        put(fused(left, quiet, left), octet, places[1], adds, &scores)
      }
      if places[2] >= 0 {
        let orders = power * left * mean(ages, at, stages, 2, weights)
        check += orders
        put(orders, octet, places[2], adds, &scores)
      }
      if places[3] >= 0 || places[4] >= 0 {
        let worth = perOrder(repeats, spend, octet, numbers)
        if places[3] >= 0 { put(worth * share, octet, places[3], adds, &scores) }
        if places[4] >= 0 {
          let value = power * left * mean(ages, at, stages, 2 + stages, weights)
          check += value
          put(value * worth, octet, places[4], adds, &scores)
        }
      }
      mark(check, octet, &marks)
    }
  }

  /// A function of the stages, by their weights.
  @inline(__always)
  private static func mean(
    _ ages: Span<Double>, _ at: LaneBits, _ stages: Int, _ place: Int, _ weights: StageWeights
  ) -> DoubleLanes {
    var sum = PieceTable.gather(ages, at, place)
    if stages > 1 { sum = fused(weights.first, PieceTable.gather(ages, at, place + 1), sum) }
    if stages > 2 { sum = fused(weights.second, PieceTable.gather(ages, at, place + 2), sum) }
    if stages > 3 { sum = fused(weights.third, PieceTable.gather(ages, at, place + 3), sum) }
    return sum
  }

  /// Pareto/NBD, as in ParetoKernel.
  @inline(never)
  private static func leaving(
    _ lines: Span<SIMD16<UInt32>>, _ spend: Span<SIMD8<Int64>>, _ day: UInt16,
    _ numbers: InlineArray<10, Double>, _ ages: Span<Double>,
    _ recencies: Span<Double>, _ places: InlineArray<5, Int>, _ adds: Bool,
    _ scores: inout MutableSpan<Double>, _ marks: inout MutableSpan<UInt8>
  ) {
    let share = DoubleLanes(repeating: numbers[share])
    let reach = Reach(ageMax: numbers[ageMax], rowsMax: numbers[rowsMax])
    for octet in lines.indices {
      CustomerLines.prefetch(lines, behind: octet)
      if !spend.isEmpty { CustomerLines.prefetch(spend, behind: octet) }
      let who = customers(lines, octet, day: day, reach)
      let at = linux_longs_of(who.age &* 5)
      let since = linux_longs_of(who.recency &* 2)
      let quietSince = PieceTable.gather(ages, at, 0) * PieceTable.gather(recencies, since, 0)
      let then = PieceTable.gather(recencies, since, 1)
      // Absolutely as exact as F, which suffices: churn is no smaller than about that.
      let gone = LaneFunctions.atLeast(
        0, then - quietSince * PieceTable.gather(ages, at, 1))
      let left = share / (quietSince + gone)
      let alive = least(share, quietSince * left)
      var check = alive
      if places[0] >= 0 { put(alive, octet, places[0], adds, &scores) }
      if places[1] >= 0 {
        let churn = fused(quietSince, PieceTable.gather(ages, at, 2), gone) * left
        put(least(share, churn), octet, places[1], adds, &scores)
      }
      if places[2] >= 0 {
        let orders = alive * PieceTable.gather(ages, at, 3)
        check += orders
        put(orders, octet, places[2], adds, &scores)
      }
      if places[3] >= 0 || places[4] >= 0 {
        let worth = perOrder(linux_numbers_of_words(who.x), spend, octet, numbers)
        if places[3] >= 0 { put(worth * share, octet, places[3], adds, &scores) }
        if places[4] >= 0 {
          let value = alive * PieceTable.gather(ages, at, 4)
          check += value
          put(value * worth, octet, places[4], adds, &scores)
        }
      }
      mark(check, octet, &marks)
    }
  }

  /// The smaller of two numbers; what is no number stays that.
  @inline(__always)
  private static func least(_ most: DoubleLanes, _ x: DoubleLanes) -> DoubleLanes {
    x.replacing(with: most, where: x .> most)
  }

  /// The expected value of an order, as Models' GammaGamma has it.
  @inline(__always)
  private static func perOrder(
    _ repeats: DoubleLanes, _ spend: Span<SIMD8<Int64>>, _ octet: Int,
    _ numbers: InlineArray<10, Double>
  ) -> DoubleLanes {
    // The column has as many octets as the lines, as was checked.
    let minor = unsafe spend[unchecked: octet]
    let major = linux_numbers_of(minor)
    let worth =
      fused(major, numbers[majorPerMinor], numbers[gamma]) * numbers[p]
      / fused(repeats, numbers[p], numbers[qLess])
    return DoubleLanes(repeating: numbers[populationMean]).replacing(
      with: worth, where: repeats .> DoubleLanes.zero .& major .> DoubleLanes.zero)
  }

  /// Marks the lanes that hold no number.
  @inline(__always)
  private static func mark(
    _ check: DoubleLanes, _ octet: Int, _ marks: inout MutableSpan<UInt8>
  ) {
    let isOut = check .!= check
    if isAny(isOut) { marks[octet] |= bits(isOut) }
  }

  /// A bit for each lane of a mask, out of the way of the others.
  @inline(never)
  private static func bits(_ mask: SIMDMask<SIMD8<Int64>>) -> UInt8 {
    let bits = LaneBits.zero.replacing(
      with: LaneBits(1, 2, 4, 8, 16, 32, 64, 128), where: mask)
    var all: UInt64 = 0
    for lane in 0..<8 { all |= bits[lane] }
    return UInt8(truncatingIfNeeded: all)
  }

  /// Writes an octet of a column.
  @inline(__always)
  private static func put(
    _ lanes: DoubleLanes, _ octet: Int, _ place: Int, _ adds: Bool,
    _ scores: inout MutableSpan<Double>
  ) {
    let start = place &+ octet &* 8
    var lanes = lanes
    if adds {
      // A column that is asked for has room, as was checked.
      lanes += unsafe scores.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: start &* 8, as: DoubleLanes.self)
    }
    // As above; any bits are a number.
    var bytes = unsafe scores.mutableBytes
    unsafe bytes.storeBytes(
      of: lanes, toUncheckedByteOffset: start &* 8, as: DoubleLanes.self)
  }

  /// The entries of eight customers.
  // The inliner leaves this one out if it is only asked to, and a call costs a third of the pass.
  @_transparent
  private static func customers(
    _ lines: Span<SIMD16<UInt32>>, _ octet: Int, day: UInt16, _ reach: Reach
  ) -> Octet {
    let counts = CustomerLines.repeatOrders(lines, octet)
    let firstDay = CustomerLines.firstDays(lines, octet)
    let lastDay = CustomerLines.lastDays(lines, octet)
    let today = SIMD8<UInt16>(repeating: day)
    let isNone = firstDay .== SIMD8<UInt16>(repeating: .max)
    let begun = firstDay.replacing(with: today, where: isNone)
    let ended = lastDay.replacing(with: today, where: isNone)
    let age = today &- begun
    let recency = ended &- begun
    // Nobody's entry is the last of a row.
    let oldest = SIMD8<UInt16>(repeating: reach.ageMax)
    let isOut = age .> oldest .| recency .> age .| ended .> today
    let ageAt = age.replacing(with: oldest &+ SIMD8<UInt16>(repeating: 1), where: isOut)
    let recencyAt = recency.replacing(with: SIMD8<UInt16>.zero, where: isOut)
    let repeats = counts.replacing(
      with: SIMD8<UInt32>.zero,
      where: linux_words_of(firstDay)
        .== SIMD8<UInt32>(repeating: 0xffff))
    let isMany = repeats .> SIMD8<UInt32>(repeating: reach.rowsMax)
    let row = repeats &* SIMD8<UInt32>(repeating: reach.perRow)
    return Octet(
      x: repeats, idle: today &- ended,
      age: (row &+ linux_words_of(ageAt)).replacing(
        with: SIMD8<UInt32>(repeating: reach.last), where: isMany),
      recency: (row &+ linux_words_of(recencyAt)).replacing(
        with: SIMD8<UInt32>.zero, where: isMany))
  }
}

/// Eight customers, and which entries of the tables are theirs.
private struct Octet {
  let x: SIMD8<UInt32>
  /// T − t_x in days.
  let idle: SIMD8<UInt16>
  let age: SIMD8<UInt32>
  let recency: SIMD8<UInt32>
}

/// How far the tables reach.
private struct Reach {
  let ageMax: UInt16
  let rowsMax: UInt32
  /// Entries of a row.
  let perRow: UInt32
  /// The entry behind all rows.
  let last: UInt32

  @inline(__always)
  init(ageMax: Double, rowsMax: Double) {
    self.ageMax = UInt16(ageMax)
    self.rowsMax = UInt32(rowsMax)
    perRow = UInt32(ageMax) &+ 2
    last = (UInt32(rowsMax) &+ 1) &* perRow
  }
}
