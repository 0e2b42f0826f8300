// The models a shop lives with, as one value, and the scores it gives: alone or in batches.
// What each purchase model says is in PurchasePart.swift; the season, the level and the correction
// that are laid over it are in SeasonClock.swift and Calibration.swift.

/// Purchase models, a spend model and a calibration: everything a score needs but the customer.
///
/// Of several purchase models a score is the mean. The beta-geometric models are computed over
/// lanes, the others by their exact functions.
public struct CustomerModel: Sendable, Equatable {
  /// What is laid over the purchase models' expectations.
  public let calibration: Calibration
  private let first: PurchasePart
  private let others: [PurchasePart]
  private let worth: GammaGamma
  /// e to the logarithm of the level.
  private let level: Double

  /// How many purchase models there may be.
  public static let purchasesMax = 3

  /// The first purchase model's kind and parameters.
  public var purchase: PurchaseParameters { first.parameters }

  /// Kind and parameters of all purchase models.
  public var purchases: [PurchaseParameters] { [first.parameters] + others.map(\.parameters) }

  /// All purchase models.
  var parts: [PurchasePart] { [first] + others }

  /// The exact first purchase model, for everything that is not a score.
  public var purchaseModel: any PurchaseModel { first.model }

  /// p, q and γ.
  public var spend: SpendParameters { worth.parameters }

  /// Puts the models together.
  ///
  /// - Parameters:
  ///   - purchases: kind and parameters of 1 to 3 purchase models.
  ///   - spend: the spend model's parameters.
  ///   - calibration: what is laid over the purchase models' expectations.
  /// - Precondition: there are 1 to 3 purchase models.
  public init(
    purchases: [PurchaseParameters], spend: SpendParameters, calibration: Calibration = .none
  ) {
    precondition(
      (1...Self.purchasesMax).contains(purchases.count), "A score is the mean of 1 to 3 models.")
    first = PurchasePart(purchases[0])
    others = purchases.dropFirst().map(PurchasePart.init)
    worth = GammaGamma(spend)
    self.calibration = calibration
    level = exp(calibration.logLevel)
  }

  /// Puts one purchase model and a spend model together.
  ///
  /// - Parameters:
  ///   - purchase: the purchase model's kind and parameters.
  ///   - spend: the spend model's parameters.
  public init(purchase: PurchaseParameters, spend: SpendParameters) {
    self.init(purchases: [purchase], spend: spend)
  }

  /// Two models are equal when their numbers are.
  public static func == (one: Self, other: Self) -> Bool {
    one.purchases == other.purchases && one.spend == other.spend
      && one.calibration == other.calibration
  }

  /// The scores of one customer.
  ///
  /// Lifetime value: Σ_i (E(Y(t_i)) − E(Y(t_{i−1}))) · E(spend) · margin / (1+d)^(i/12) over the
  /// months i begun within the horizon, t_i their ends, d the discount rate per year.
  ///
  /// - Parameters:
  ///   - subject: the customer.
  ///   - horizon: made under this model's calibration.
  /// - Returns: the five scores, the same bits as from a batch.
  public func score(_ subject: ScoreSubject, _ horizon: ScoreHorizon) -> CustomerScore {
    var outlook = first.outlook(of: subject.history, horizon)
    if !others.isEmpty {
      // Through lanes, so that there is one mean for one and for many.
      var sum = LaneOutlook()
      sum[0] = outlook
      for other in others {
        var next = LaneOutlook()
        next[0] = other.outlook(of: subject.history, horizon)
        sum += next
      }
      sum /= Double(others.count + 1)
      outlook = sum[0]
    }
    return score(outlook, subject, horizon.terms)
  }

  /// The scores of one customer on any day, if nothing is laid over the models.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - meanSpend: mean value of the repeat orders in major units; not above 0 when unknown.
  ///   - terms: horizon, discount rate and margin.
  /// - Returns: the five scores.
  /// - Precondition: the calibration has neither a season nor a correction.
  public func score(
    _ history: PurchaseHistory, meanSpend: Double, terms: ScoreTerms
  ) -> CustomerScore {
    precondition(
      calibration.clock.isEven && calibration.correction == nil,
      "A season needs a day, and a correction needs recent orders.")
    return score(ScoreSubject(history: history, meanSpend: meanSpend), ScoreHorizon(terms))
  }

  /// Up to this many months, lanes hold eight customers; beyond, eight months of one.
  ///
  /// Far months make long series of very different lengths, and lanes wait for the longest.
  private static let lanesOfCustomersMonthsMax = 24

  /// The scores of many customers, eight at a time.
  ///
  /// - Parameters:
  ///   - subjects: the customers.
  ///   - horizon: made under this model's calibration.
  ///   - scores: where the scores go, in the same order, from its beginning.
  /// - Precondition: there is room for all scores.
  public func score(
    _ subjects: Span<ScoreSubject>, _ horizon: ScoreHorizon,
    into scores: inout MutableSpan<CustomerScore>
  ) {
    precondition(subjects.count <= scores.count, "A batch has one score for each customer.")
    guard horizon.terms.months <= Self.lanesOfCustomersMonthsMax else {
      for place in 0..<subjects.count { scores[place] = score(subjects[place], horizon) }
      return
    }
    let lanes = Lanes.scalarCount
    var start = 0
    while start < subjects.count {
      var histories = LaneHistories()
      let taken = min(lanes, subjects.count - start)
      for lane in 0..<lanes {
        // Lanes without a customer repeat the last one, so that they never take longer.
        histories[lane] = subjects[start + min(lane, taken - 1)].history
      }
      var outlooks = first.outlooks(of: histories, taken: taken, horizon)
      if !others.isEmpty {
        for other in others { outlooks += other.outlooks(of: histories, taken: taken, horizon) }
        outlooks /= Double(others.count + 1)
      }
      for lane in 0..<taken {
        scores[start + lane] = score(outlooks[lane], subjects[start + lane], horizon.terms)
      }
      start += taken
    }
  }

  /// Lays level and correction over what the purchase models say, and adds what an order is worth.
  private func score(
    _ outlook: Outlook, _ subject: ScoreSubject, _ terms: ScoreTerms
  ) -> CustomerScore {
    let x = subject.history.repeatOrders
    var factor = level
    if let correction = calibration.correction {
      factor *= correction.factor(
        expectedOrders: outlook.referenceOrders, repeatOrders: x, idleDays: subject.idleDays,
        recent: subject.recent)
    }
    let spend = worth.expectedSpend(repeatOrders: x, meanSpend: subject.meanSpend)
    // A factor of 1 changes no bit.
    return CustomerScore(
      aliveProbability: outlook.aliveProbability, churnProbability: outlook.churnProbability,
      expectedOrders: outlook.expectedOrders * factor, expectedSpendPerOrder: spend,
      lifetimeValue: outlook.discountedOrders * factor * spend * terms.margin)
  }
}
