// The models a shop lives with, as one value, and the scores it gives: alone or in batches.
// The arithmetic over lanes is in ScoreKernel.swift.

/// A purchase and a spend model: everything a score needs but the customer.
///
/// The beta-geometric models are computed over lanes, the others by their exact functions.
public struct CustomerModel: Sendable, Equatable {
  /// The purchase model's kind and parameters.
  public let purchase: PurchaseParameters
  /// The exact purchase model behind the scores, for everything that is not a score.
  public let purchaseModel: any PurchaseModel
  /// The same over lanes; nil for a model that has no such form.
  private let kernel: ScoreKernel?
  private let worth: GammaGamma

  /// p, q and γ.
  public var spend: SpendParameters { worth.parameters }

  /// Puts the models together.
  ///
  /// - Parameters:
  ///   - purchase: the purchase model's kind and parameters.
  ///   - spend: the spend model's parameters.
  public init(purchase: PurchaseParameters, spend: SpendParameters) {
    self.purchase = purchase
    purchaseModel = purchase.model
    kernel = (purchaseModel as? BetaGeometric).map(ScoreKernel.init)
    worth = GammaGamma(spend)
  }

  /// Two models are equal when their parameters are.
  public static func == (one: Self, other: Self) -> Bool {
    one.purchase == other.purchase && one.spend == other.spend
  }

  /// The scores of one customer, the months of the horizon eight at a time.
  ///
  /// Lifetime value: Σ_i (E(Y(t_i)) − E(Y(t_{i−1}))) · E(spend) · margin / (1+d)^(i/12) over the
  /// months i begun within the horizon, t_i their ends, d the discount rate per year.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - meanSpend: mean value of the repeat orders in major units; not above 0 when unknown.
  ///   - terms: horizon, discount rate and margin.
  /// - Returns: the five scores, the same bits as from a batch.
  public func score(
    _ history: PurchaseHistory, meanSpend: Double, terms: ScoreTerms
  ) -> CustomerScore {
    guard let kernel else { return exactScore(history, meanSpend: meanSpend, terms: terms) }
    let x = Lanes(repeating: history.repeatOrders)
    let age = Lanes(repeating: history.ageDays)
    let reach = age + kernel.model.parameters.alpha
    let standing = kernel.standing(
      x: x, recency: Lanes(repeating: history.recencyDays), age: age,
      u: Lanes(repeating: terms.horizonDays) / reach)

    var schedule = DiscountSchedule(terms)
    var orders = 0.0
    var discounted = 0.0
    while let first = schedule.monthsTaken() {
      var ends = Lanes(repeating: terms.horizonDays)
      for lane in 0..<Lanes.scalarCount {
        ends[lane] = terms.endOfMonth(first + lane, of: schedule.months)
      }
      let alive = kernel.ordersIfAlive(x: x, u: ends / reach)
      for lane in 0..<min(Lanes.scalarCount, schedule.months - first + 1) {
        orders = alive[lane]
        discounted += orders * schedule.nextWeight()
      }
    }
    let expectedSpend = worth.expectedSpend(
      repeatOrders: history.repeatOrders, meanSpend: meanSpend)
    return CustomerScore(
      aliveProbability: standing.alive[0], churnProbability: standing.churn[0],
      expectedOrders: standing.alive[0] * orders, expectedSpendPerOrder: expectedSpend,
      lifetimeValue: standing.alive[0] * discounted * expectedSpend * terms.margin)
  }

  /// The scores of one customer by the exact functions of the purchase model.
  private func exactScore(
    _ history: PurchaseHistory, meanSpend: Double, terms: ScoreTerms
  ) -> CustomerScore {
    let alive = purchaseModel.aliveProbability(of: history)
    var schedule = DiscountSchedule(terms)
    var orders = 0.0
    var discounted = 0.0
    while let month = schedule.monthTaken() {
      orders = purchaseModel.expectedOrdersIfAlive(
        of: history, within: terms.endOfMonth(month, of: schedule.months))
      discounted += orders * schedule.nextWeight()
    }
    let expectedSpend = worth.expectedSpend(
      repeatOrders: history.repeatOrders, meanSpend: meanSpend)
    return CustomerScore(
      aliveProbability: alive,
      churnProbability: purchaseModel.churnProbability(of: history, within: terms.horizonDays),
      expectedOrders: alive * orders, expectedSpendPerOrder: expectedSpend,
      lifetimeValue: alive * discounted * expectedSpend * terms.margin)
  }

  /// Up to this many months, lanes hold eight customers; beyond, eight months of one.
  ///
  /// Far months make long series of very different lengths, and lanes wait for the longest.
  private static let lanesOfCustomersMonthsMax = 24

  /// The scores of many customers, eight at a time.
  ///
  /// - Parameters:
  ///   - histories: x, t_x and T in days of each.
  ///   - meanSpend: mean value of the repeat orders of each in major units.
  ///   - terms: horizon, discount rate and margin.
  ///   - scores: where the scores go, in the same order.
  /// - Precondition: all three are equally long.
  public func score(
    _ histories: Span<PurchaseHistory>, meanSpend: Span<Double>, terms: ScoreTerms,
    into scores: inout MutableSpan<CustomerScore>
  ) {
    precondition(
      histories.count == meanSpend.count && histories.count == scores.count,
      "A batch has one history, one mean spend and one score per customer.")
    guard let kernel, terms.months <= Self.lanesOfCustomersMonthsMax else {
      for place in 0..<histories.count {
        scores[place] = score(histories[place], meanSpend: meanSpend[place], terms: terms)
      }
      return
    }
    let lanes = Lanes.scalarCount
    var start = 0
    while start < histories.count {
      var (x, recency, age) = (Lanes.zero, Lanes.zero, Lanes.zero)
      let taken = min(lanes, histories.count - start)
      for lane in 0..<lanes {
        // Lanes without a customer repeat the last one, so that they never take longer.
        let history = histories[start + min(lane, taken - 1)]
        x[lane] = history.repeatOrders
        recency[lane] = history.recencyDays
        age[lane] = history.ageDays
      }
      let reach = age + kernel.model.parameters.alpha
      let horizon = Lanes(repeating: terms.horizonDays)
      let standing = kernel.standing(x: x, recency: recency, age: age, u: horizon / reach)
      var schedule = DiscountSchedule(terms)
      var orders = Lanes.zero
      var discounted = Lanes.zero
      while let month = schedule.monthTaken() {
        let end = Lanes(repeating: terms.endOfMonth(month, of: schedule.months))
        orders = kernel.ordersIfAlive(x: x, u: end / reach)
        discounted += orders * schedule.nextWeight()
      }
      for lane in 0..<taken {
        let expectedSpend = worth.expectedSpend(
          repeatOrders: x[lane], meanSpend: meanSpend[start + lane])
        scores[start + lane] = CustomerScore(
          aliveProbability: standing.alive[lane], churnProbability: standing.churn[lane],
          expectedOrders: standing.alive[lane] * orders[lane],
          expectedSpendPerOrder: expectedSpend,
          lifetimeValue: standing.alive[lane] * discounted[lane] * expectedSpend * terms.margin)
      }
      start += taken
    }
  }
}
