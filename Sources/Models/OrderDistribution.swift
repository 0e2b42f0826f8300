// How sure an expectation of orders is: the probabilities of every number of them, for one customer.
// What these orders are worth is in ValueDistribution.swift.

/// The distribution of one customer's orders within a horizon.
public struct OrderDistribution: Sendable, Equatable {
  /// P(n orders) for n = 0, 1, … until all but `restMax` is there, or `countMax` of them; the last one
  /// holds the rest, so that they add up to 1.
  public let probabilities: [Double]
  /// The expected orders, of the whole distribution.
  public let mean: Double
  /// The variance of the orders, of the probabilities kept.
  public let variance: Double

  /// The probability that may be left beyond the last count.
  public static let restMax = 1e-9
  /// The most counts that are kept.
  public static let countMax = 4096
  /// How many times longer the horizon of the living may get for the sake of a factor.
  public static let stretchMax = 100.0

  /// Mixes what the models say of a customer, each with the same weight.
  ///
  /// A factor f on the expectation, as a calibration gives it, changes how much happens and not who
  /// is alive: under each model the horizon t of the living becomes the t′ with E(Y(t′) | alive) =
  /// f·E(Y(t) | alive). Where f is so large that no t′ gives it (all would have left before), t′ is
  /// `stretchMax`·t, and the mean is below f times the expectation.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  ///   - models: one or several.
  ///   - factor: f, at least 0.
  /// - Precondition: there is a model.
  /// - Complexity: O(n²) in the counts kept, per model.
  public init(
    of history: PurchaseHistory, within horizonDays: Double, under models: [any PurchaseModel],
    factor: Double = 1
  ) {
    precondition(!models.isEmpty, "A distribution of orders needs a model.")
    let weight = 1 / Double(models.count)
    var (parts, none, mean) = ([Part](), 0.0, 0.0)
    for model in models {
      let days = model.horizon(horizonDays, stretchedBy: factor, for: history)
      let alive = weight * model.aliveProbability(of: history)
      parts.append(Part(model: model, days: days, alive: alive))
      none += weight * model.churnProbability(of: history, within: days)
      mean += alive * model.expectedOrdersIfAlive(of: history, within: days)
    }
    var probabilities = [min(none, 1)]
    var sum = none
    while sum < 1 - Self.restMax, probabilities.count < Self.countMax {
      var probability = 0.0
      for part in parts where part.alive > 0 {
        probability +=
          part.alive
          * part.model.probabilityIfAlive(
            ofOrders: probabilities.count, of: history, within: part.days)
      }
      probabilities.append(probability)
      sum += probability
    }
    probabilities[probabilities.count - 1] += max(1 - sum, 0)
    self.init(probabilities: probabilities, mean: mean)
  }

  /// Keeps probabilities that are known to be good.
  init(probabilities: [Double], mean: Double) {
    self.probabilities = probabilities
    self.mean = mean
    var squares = 0.0
    for (n, probability) in probabilities.enumerated() {
      let off = Double(n) - mean
      squares += probability * off * off
    }
    variance = squares
  }

  /// One model of the mixture.
  private struct Part {
    let model: any PurchaseModel
    let days: Double
    /// The weight of the model times P(alive).
    let alive: Double
  }

  /// The counts that are neither surprisingly low nor surprisingly high.
  ///
  /// Equal-tailed in the sense of the mid-distribution: n belongs to it when P(fewer than n) + ½·P(n)
  /// is neither below half of what is outside nor above 1 less that half. So it holds its level on
  /// average over customers, where whole counts with both tails inside would always hold more.
  ///
  /// - Parameter level: the probability that the orders lie in it, above 0 and below 1.
  /// - Returns: from the lowest to the highest count, the median at least.
  public func interval(level: Double = 0.9) -> ClosedRange<Int> {
    let tail = (1 - level) / 2
    var (below, median) = (0.0, 0)
    var (lowest, highest): (Int?, Int) = (nil, 0)
    for (n, probability) in probabilities.enumerated() {
      let middle = below + probability / 2
      if below < 0.5 { median = n }
      if middle >= tail, middle <= 1 - tail {
        if lowest == nil { lowest = n }
        highest = n
      }
      below += probability
    }
    guard let lowest else { return median...median }
    return lowest...highest
  }

  /// The part of a count's probability that lies between the two tails.
  ///
  /// 1 well inside the interval, 0 well outside, and between at its ends, where a count is larger than
  /// what the tail has room for. Its expectation is the level exactly, so its mean over what
  /// customers did is the measure of calibration.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - level: of the interval, above 0 and below 1.
  /// - Returns: 0 to 1.
  public func share(of orders: Int, level: Double = 0.9) -> Double {
    guard orders < probabilities.count else { return 0 }
    var below = 0.0
    for n in 0..<orders { below += probabilities[n] }
    let (probability, tail) = (probabilities[orders], (1 - level) / 2)
    guard probability > 0 else { return below >= tail && below <= 1 - tail ? 1 : 0 }
    return max(min(below + probability, 1 - tail) - max(below, tail), 0) / probability
  }
}

extension PurchaseModel {
  /// The horizon within which the living are expected to make f times the orders.
  ///
  /// By bisection, for the expectation grows with the horizon.
  func horizon(
    _ days: Double, stretchedBy factor: Double, for history: PurchaseHistory
  ) -> Double {
    guard factor != 1, days > 0 else { return days }
    let wanted = factor * expectedOrdersIfAlive(of: history, within: days)
    guard wanted > 0 else { return 0 }
    func isEnough(_ days: Double) -> Bool {
      expectedOrdersIfAlive(of: history, within: days) >= wanted
    }
    var (low, high) = factor < 1 ? (0, days) : (days, 2 * days)
    let longest = OrderDistribution.stretchMax * days
    while factor > 1, !isEnough(high) {
      guard high < longest else { return longest }
      (low, high) = (high, min(2 * high, longest))
    }
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high, high - low > 1e-15 * high else { return middle }
      if isEnough(middle) { high = middle } else { low = middle }
    }
  }
}
