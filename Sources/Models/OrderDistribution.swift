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
  /// At most half of what may be outside lies below; where no order is already likelier than that,
  /// the interval begins at 0 and all of it lies above. It ends where its probability comes nearest
  /// to the level: so it holds the level on average over customers, where whole counts that never
  /// held less would hold more.
  ///
  /// - Parameter level: the probability that the orders lie in it, above 0 and below 1.
  /// - Returns: from the lowest to the highest count.
  public func interval(level: Double = 0.9) -> ClosedRange<Int> {
    let last = probabilities.count - 1
    var (lowest, below) = (0, 0.0)
    while lowest < last, below + probabilities[lowest] <= (1 - level) / 2 {
      below += probabilities[lowest]
      lowest += 1
    }
    var (highest, within) = (lowest, probabilities[lowest])
    while highest < last, level - within > within + probabilities[highest + 1] - level {
      highest += 1
      within += probabilities[highest]
    }
    return lowest...highest
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
