// What BG/NBD, MBG/NBD and their regular forms say of customers, eight at a time, with the expected orders
// of the living from a table. The formulas are those of Models' exact functions, which name the papers.

/// The outlooks of customers under a beta-geometric model.
public enum GeometricKernel {
  /// How many numbers describe model and table, in the order of the members below.
  public static let numbers = 14

  private static let r = 0
  private static let perAlpha = 1
  private static let perA = 2
  /// b + m − 1 at x = 0.
  private static let bBefore = 3
  /// Chances to leave that come with the first order.
  private static let firstChances = 4
  /// The end of the horizon, in units of α.
  private static let end = 5
  private static let rowsMax = 6
  private static let ageMax = 7
  private static let perLength = 8
  private static let pieces = 9
  private static let outside = 10
  /// The numbers of what is tabulated, each of them for every stage; below 0 if there is none.
  private static let discounted = 11
  private static let reference = 12
  /// Polynomials of a piece.
  private static let polynomials = 13

  /// Odds of being alive that no one who has had a chance to leave comes near: a power of two.
  private static let certain = 0x1p830
  /// Columns of histories (x, t_x, T) and of outlooks (alive, churn, orders, discounted and reference
  /// orders).
  public static let historyColumns = 3
  /// The same of outlooks.
  public static let outlookColumns = 5

  /// Adds the outlooks of customers to what is there.
  ///
  /// Of a customer who is not in the table, orders become a number that is none.
  ///
  /// - Parameters:
  ///   - histories: three columns.
  ///   - width: how long a column is, a multiple of 8.
  ///   - octets: how many of its octets are looked at.
  ///   - numbers: of model and table.
  ///   - stages: k, 1 to 4.
  ///   - table: the polynomials.
  ///   - lengths: for each whole age d up to the oldest ln(1 + d/α) and the same at the horizon's end; empty
  ///     where ages are not whole.
  ///   - outlooks: five columns.
  /// - Precondition: the table has all pieces, and all columns are there.
  public static func add(
    _ histories: Span<Double>, width: Int, octets: Int, _ numbers: InlineArray<14, Double>,
    stages: Int, _ table: Span<Double>, lengths: Span<Double>,
    into outlooks: inout MutableSpan<Double>
  ) {
    precondition(
      numbers[outside] >= 0
        && Double(table.count)
          >= (numbers[outside] + 1) * numbers[polynomials] * Double(PieceTable.terms)
        && numbers[discounted] >= 0 && numbers[discounted] < numbers[polynomials] / Double(stages)
        && numbers[reference] < numbers[polynomials] / Double(stages)
        && (lengths.isEmpty || Double(lengths.count) >= 2 * (numbers[ageMax] + 1)),
      "A table has all its pieces.")
    precondition(
      octets >= 0 && width % 8 == 0 && octets * 8 <= width
        && histories.count >= historyColumns * width && outlooks.count >= outlookColumns * width,
      "All columns are there.")
    // A copy of the loop for each k.
    switch stages {
    case 1: add(histories, width, octets, numbers, 1, table, lengths, &outlooks)
    case 2: add(histories, width, octets, numbers, 2, table, lengths, &outlooks)
    case 3: add(histories, width, octets, numbers, 3, table, lengths, &outlooks)
    default: add(histories, width, octets, numbers, 4, table, lengths, &outlooks)
    }
  }

  @inline(__always)
  private static func add(
    _ histories: Span<Double>, _ width: Int, _ octets: Int, _ numbers: InlineArray<14, Double>,
    _ stages: Int, _ table: Span<Double>, _ lengths: Span<Double>,
    _ outlooks: inout MutableSpan<Double>
  ) {
    let one = DoubleLanes(repeating: 1)
    let perAlpha = DoubleLanes(repeating: numbers[perAlpha])
    let discounted = Int(numbers[discounted])
    let reference = Int(numbers[reference])
    for octet in 0..<octets {
      let x = BlockColumns.load(histories, 0, octet, width: width)
      let recency = BlockColumns.load(histories, 1, octet, width: width)
      let age = BlockColumns.load(histories, 2, octet, width: width)
      var (toLast, toNow, toEnd) = (one, one, one)
      var isByDay = SIMDMask<SIMD8<Int64>>(repeating: false)
      if !lengths.isEmpty {
        isByDay = PieceTable.inside(recency, age, numbers[ageMax], numbers[ageMax])
        isByDay .&= PieceTable.inside(age, age, numbers[ageMax], numbers[ageMax])
        let now = PieceTable.start(age, where: isByDay, stride: 2)
        toLast = PieceTable.gather(
          lengths, PieceTable.start(recency, where: isByDay, stride: 2), 0)
        toNow = PieceTable.gather(lengths, now, 0)
        toEnd = PieceTable.gather(lengths, now, 1)
      }
      if isAny(.!isByDay) {
        toLast = LaneFunctions.log(fused(recency, perAlpha, one))
          .replacing(with: toLast, where: isByDay)
        toNow = LaneFunctions.log(fused(age, perAlpha, one))
          .replacing(with: toNow, where: isByDay)
        toEnd = LaneFunctions.log(fused(age, perAlpha, numbers[end] + 1))
          .replacing(with: toEnd, where: isByDay)
      }
      let place = PieceTable.place(
        rows: x, length: toNow, perLength: numbers[perLength], pieces: numbers[pieces],
        stride: numbers[polynomials] * Double(PieceTable.terms), outside: numbers[outside],
        inside: PieceTable.inside(x, age, numbers[rowsMax], numbers[ageMax]))

      let shape = x * Double(stages) + numbers[r]
      // The odds of being alive: the square of a root, so that they have a wider range than e^x.
      let root = LaneFunctions.exp(
        LaneFunctions.atLeast(-1400, shape * (toLast - toNow)) * 0.5)
      var quiet = LaneFunctions.exp(LaneFunctions.atLeast(-700, shape * (toNow - toEnd)))
      var stay = (x + numbers[bBefore]) * numbers[perA]
      var weights = StageWeights(begun: one)
      if stages > 1 {
        let perReach = perAlpha / fused(age, perAlpha, one)
        weights = StageWeights(shape, (age - recency) * perReach, stages)
        let later =
          fused(age - recency, perAlpha, numbers[end])
          / fused(age, perAlpha, numbers[end] + 1)
        stay *= weights.sum
        quiet = LaneFunctions.atMost(
          1, quiet * (StageWeights(shape, later, stages).sum / weights.sum))
      }
      let never = x + numbers[firstChances] .== DoubleLanes.zero
      let odds = (stay * root * root).replacing(with: certain, where: never)
      let left = one / (odds + 1)
      let alive = odds * left

      let within = alive * orders(0, stages, table, place, weights)
      let worth =
        discounted == 0 ? within : alive * orders(discounted, stages, table, place, weights)
      BlockColumns.add(alive, &outlooks, 0, octet, width: width)
      BlockColumns.add(fused(odds, quiet, one) * left, &outlooks, 1, octet, width: width)
      BlockColumns.add(within, &outlooks, 2, octet, width: width)
      BlockColumns.add(worth, &outlooks, 3, octet, width: width)
      if reference > 0 {
        BlockColumns.add(
          alive * orders(reference, stages, table, place, weights), &outlooks, 4, octet,
          width: width)
      }
    }
  }

  /// The mean of a function over the stages.
  @inline(__always)
  private static func orders(
    _ number: Int, _ stages: Int, _ table: Span<Double>, _ place: PieceTable.Place,
    _ weights: StageWeights
  ) -> DoubleLanes {
    let first = number * stages
    var sum = PieceTable.value(table, place, number: first)
    guard stages > 1 else { return sum }
    sum = fused(weights.first, PieceTable.value(table, place, number: first + 1), sum)
    if stages > 2 {
      sum = fused(weights.second, PieceTable.value(table, place, number: first + 2), sum)
    }
    if stages > 3 {
      sum = fused(weights.third, PieceTable.value(table, place, number: first + 3), sum)
    }
    return sum / weights.sum
  }
}

/// (R)_j/j!·share^j for j < k: how the stages since the last order weigh.
struct StageWeights {
  var first = DoubleLanes.zero
  var second = DoubleLanes.zero
  var third = DoubleLanes.zero
  /// Of all, that of no stage included, which is 1.
  var sum: DoubleLanes

  @inline(__always)
  init(begun: DoubleLanes) { sum = begun }

  @inline(__always)
  init(_ shape: DoubleLanes, _ share: DoubleLanes, _ stages: Int) {
    first = shape * share
    sum = first + 1
    if stages > 2 {
      second = first * ((shape + 1) * 0.5 * share)
      sum += second
    }
    if stages > 3 {
      third = second * ((shape + 2) * (1.0 / 3) * share)
      sum += third
    }
  }
}
