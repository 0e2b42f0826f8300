// From what purchase models say of customers to their scores, eight at a time: the mean of a blend, the
// level, the correction, and what an order is worth. Formulas: Models' CustomerModel, Correction, GammaGamma.

/// Scores from outlooks.
public enum OverlayKernel {
  /// How many numbers there are: the members below and, with a correction, its own.
  public static let numbers = 7

  private static let perModel = 0
  private static let level = 1
  private static let p = 2
  private static let qLess = 3
  private static let gamma = 4
  private static let populationMean = 5
  private static let margin = 6

  /// Columns of facts (x, m̄, idle days, orders of the last month and of the last reference days) and of scores
  /// (alive, churn, orders, spend, value), which lie where the outlooks were.
  public static let factColumns = 5
  /// The same of scores.
  public static let scoreColumns = 5

  /// Turns outlooks into scores.
  ///
  /// - Parameters:
  ///   - facts: five columns.
  ///   - width: how long a column is, a multiple of 8.
  ///   - octets: how many of its octets are looked at.
  ///   - numbers: share of a model in the mean, e to the level, p, q−1 and γ, the mean spend of all, margin.
  ///   - correction: none, or the intercept and, for each of five signals, weight, mean and 1/deviation; last
  ///     the bounds of a signal and of the sum.
  ///   - scores: five columns: alive, churn, orders, discounted and reference orders before, the
  ///     scores after.
  /// - Precondition: all columns are there.
  public static func score(
    _ facts: Span<Double>, width: Int, octets: Int, _ numbers: InlineArray<7, Double>,
    correction: Span<Double>, _ scores: inout MutableSpan<Double>
  ) {
    precondition(
      octets >= 0 && width % 8 == 0 && octets * 8 <= width && facts.count >= factColumns * width
        && scores.count >= scoreColumns * width, "All columns are there.")
    precondition(correction.isEmpty || correction.count == 18, "A correction has 18 numbers.")
    let perModel = DoubleLanes(repeating: numbers[perModel])
    for octet in 0..<octets {
      let x = BlockColumns.load(facts, 0, octet, width: width)
      let spend = BlockColumns.load(facts, 1, octet, width: width)
      var factor = DoubleLanes(repeating: numbers[level])
      if !correction.isEmpty {
        let sum = self.sum(
          expected: BlockColumns.load(scores, 4, octet, width: width) * perModel, x: x,
          idle: BlockColumns.load(facts, 2, octet, width: width),
          month: BlockColumns.load(facts, 3, octet, width: width),
          recent: BlockColumns.load(facts, 4, octet, width: width), correction)
        factor *= LaneFunctions.exp(sum)
      }
      let known = x .> DoubleLanes.zero .& spend .> DoubleLanes.zero
      let worth =
        fused(x, spend, numbers[gamma]) * numbers[p] / fused(x, numbers[p], numbers[qLess])
      let perOrder = DoubleLanes(repeating: numbers[populationMean])
        .replacing(with: worth, where: known)
      let alive = BlockColumns.load(scores, 0, octet, width: width) * perModel
      let churn = BlockColumns.load(scores, 1, octet, width: width) * perModel
      let orders = BlockColumns.load(scores, 2, octet, width: width) * perModel * factor
      let worthNow = BlockColumns.load(scores, 3, octet, width: width) * perModel * factor
      BlockColumns.store(alive, &scores, 0, octet, width: width)
      BlockColumns.store(churn, &scores, 1, octet, width: width)
      BlockColumns.store(orders, &scores, 2, octet, width: width)
      BlockColumns.store(perOrder, &scores, 3, octet, width: width)
      BlockColumns.store(
        worthNow * perOrder * numbers[margin], &scores, 4, octet, width: width)
    }
  }

  /// The logarithm of a correction's factor.
  @inline(__always)
  private static func sum(
    expected: DoubleLanes, x: DoubleLanes, idle: DoubleLanes, month: DoubleLanes,
    recent: DoubleLanes, _ correction: Span<Double>
  ) -> DoubleLanes {
    let sumMax = correction[17]
    var sum = signal(0, LaneFunctions.atLeast(1e-9, expected), correction)
    sum += signal(1, x + 1, correction)
    sum += signal(2, recent + 0.5, correction)
    sum += signal(3, idle + 3, correction)
    sum += signal(4, month + 0.5, correction)
    sum = LaneFunctions.atLeast(-sumMax, LaneFunctions.atMost(sumMax, sum))
    return sum + correction[0]
  }

  /// A signal's weighted share in the sum.
  @inline(__always)
  private static func signal(
    _ number: Int, _ value: DoubleLanes, _ correction: Span<Double>
  ) -> DoubleLanes {
    let signalMax = correction[16]
    let signal =
      (LaneFunctions.log(value) - correction[3 * number + 2]) * correction[3 * number + 3]
    return LaneFunctions.atLeast(-signalMax, LaneFunctions.atMost(signalMax, signal))
      * correction[3 * number + 1]
  }
}
