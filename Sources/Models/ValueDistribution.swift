// How sure a lifetime value is: the distribution of what a customer's orders to come are worth.

/// The distribution of the value of one customer's orders within a horizon.
///
/// Given the customer's x and m̄, ν ~ Gamma(q + p·x, γ + x·m̄) (Fader and Hardie, note 025), so the sum
/// of n orders is γ + x·m̄ times a beta prime variate with shapes p·n and q + p·x. Times the margin and
/// the mean discount of the orders to come it is their value; when they come does not enter
/// otherwise, which makes the intervals a little narrower than they are.
public struct ValueDistribution: Sendable, Equatable {
  /// The numbers of orders it is a mixture over.
  public let orders: OrderDistribution
  /// The expected value, in major units; the lifetime value.
  public let mean: Double
  /// The variance, in squared major units; nil where values are so spread that there is none.
  public let variance: Double?

  /// p.
  private let shape: Double
  /// q + p·x.
  private let tailShape: Double
  /// What the beta prime variate is multiplied by, in major units.
  private let scale: Double

  /// Puts orders and what they are worth together.
  ///
  /// - Parameters:
  ///   - orders: the distribution of their number.
  ///   - spend: the model of an order's worth.
  ///   - repeatOrders: x.
  ///   - meanSpend: m̄ in major units; without repeat orders or not above 0 it says nothing, and the
  ///     customer is anybody of the population.
  ///   - margin: fraction of the value that is earned, at least 0.
  ///   - discount: the mean discount factor of the orders to come, 0 to 1: discounted orders over
  ///     orders, with the weights of the score.
  public init(
    orders: OrderDistribution, spend: GammaGamma, repeatOrders: Double, meanSpend: Double,
    margin: Double, discount: Double
  ) {
    let known = repeatOrders > 0 && meanSpend > 0 ? repeatOrders : 0
    let parameters = spend.parameters
    self.orders = orders
    shape = parameters.p
    tailShape = parameters.q + parameters.p * known
    let earned = margin * discount
    scale = earned * (parameters.gamma + (known > 0 ? known * meanSpend : 0))
    let perOrder = scale * shape / (tailShape - 1)
    mean = orders.mean * perOrder
    // E(S²|n) = scale²·pn(pn+1)/((Q−1)(Q−2)), Q = q + px.
    if tailShape > 2 {
      // As the mean of variances given n, and the variance of means.
      let (n, spread) = (orders.mean, orders.variance)
      let within =
        (shape * n / (tailShape - 2) + shape * shape * (n * n + spread) / (tailShape - 1)
          / (tailShape - 2)) / (tailShape - 1)
      variance = scale * scale * within + perOrder * perOrder * spread
    } else {
      variance = nil
    }
  }

  /// The probability that the orders are worth no more than some value.
  ///
  ///     F(v) = Σ_n P(n orders) · I_z(p·n, q + p·x),  z = v/(v + scale).
  ///
  /// - Parameter value: v in major units.
  /// - Returns: 0 to 1; P(no order) at 0, and at everything above where nothing is earned.
  public func probability(ofAtMost value: Double) -> Double {
    guard value >= 0 else { return 0 }
    guard scale > 0 else { return 1 }
    let none = orders.probabilities[0]
    guard value > 0 else { return none }
    let odds = value / scale
    let (x, complement) = (1 / (1 + 1 / odds), 1 / (1 + odds))
    var sum = none
    for n in orders.probabilities.indices.dropFirst() where orders.probabilities[n] > 0 {
      sum +=
        orders.probabilities[n]
        * regularisedBeta(x, complement: complement, shape * Double(n), tailShape)
    }
    return min(sum, 1)
  }

  /// The values that are neither surprisingly low nor surprisingly high.
  ///
  /// Half of what is outside lies below; where no order is already likelier than that, the interval
  /// begins at 0 and all of it lies above.
  ///
  /// - Parameter level: the probability that the value lies in it, above 0 and below 1.
  /// - Returns: between two quantiles, in major units; 0 alone where no order is likelier than the
  ///   level.
  public func interval(level: Double = 0.9) -> ClosedRange<Double> {
    let tail = (1 - level) / 2
    if orders.probabilities[0] > tail { return 0...quantile(level) }
    let low = quantile(tail)
    return low...max(low, quantile(1 - tail))
  }

  /// The least value that is not exceeded with a probability, by bisection of its logarithm.
  ///
  /// - Parameter probability: above 0 and below 1.
  /// - Returns: major units, to 12 digits.
  public func quantile(_ probability: Double) -> Double {
    guard scale > 0, probability > orders.probabilities[0] else { return 0 }
    var low = max(mean, Double.leastNormalMagnitude)
    var high = low
    while low > Double.leastNormalMagnitude, self.probability(ofAtMost: low) > probability {
      low /= 4
    }
    while high < 1e300, self.probability(ofAtMost: high) < probability { high *= 4 }
    while high > low * (1 + 1e-12) {
      let middle = low.squareRoot() * high.squareRoot()
      if self.probability(ofAtMost: middle) < probability { low = middle } else { high = middle }
    }
    return high
  }
}
