// What one purchase model of a blend says of customers: of one, or of eight at a time.
// CustomerModel.swift makes scores of it; the arithmetic over lanes is in ScoreKernel.swift.

/// What a purchase model, or several together, say of a customer.
struct Outlook {
  var aliveProbability = 0.0
  var churnProbability = 0.0
  /// Within the horizon.
  var expectedOrders = 0.0
  /// The same, each order worth less the later its month is.
  var discountedOrders = 0.0
  /// Within the correction's reference days; 0 without a correction.
  var referenceOrders = 0.0
}

/// The outlooks of eight customers.
struct LaneOutlook {
  var alive = Lanes.zero
  var churn = Lanes.zero
  var orders = Lanes.zero
  var discounted = Lanes.zero
  var reference = Lanes.zero

  static func += (sum: inout Self, other: Self) {
    sum.alive += other.alive
    sum.churn += other.churn
    sum.orders += other.orders
    sum.discounted += other.discounted
    sum.reference += other.reference
  }

  static func /= (sum: inout Self, count: Double) {
    sum.alive /= count
    sum.churn /= count
    sum.orders /= count
    sum.discounted /= count
    sum.reference /= count
  }

  subscript(lane: Int) -> Outlook {
    get {
      Outlook(
        aliveProbability: alive[lane], churnProbability: churn[lane],
        expectedOrders: orders[lane], discountedOrders: discounted[lane],
        referenceOrders: reference[lane])
    }
    set {
      alive[lane] = newValue.aliveProbability
      churn[lane] = newValue.churnProbability
      orders[lane] = newValue.expectedOrders
      discounted[lane] = newValue.discountedOrders
      reference[lane] = newValue.referenceOrders
    }
  }
}

/// The histories of eight customers.
struct LaneHistories {
  var x = Lanes.zero
  var recency = Lanes.zero
  var age = Lanes.zero

  subscript(lane: Int) -> PurchaseHistory {
    get {
      PurchaseHistory(repeatOrders: x[lane], recencyDays: recency[lane], ageDays: age[lane])
    }
    set {
      x[lane] = newValue.repeatOrders
      recency[lane] = newValue.recencyDays
      age[lane] = newValue.ageDays
    }
  }
}

/// One of the purchase models that a score is the mean of.
struct PurchasePart: Sendable {
  let parameters: PurchaseParameters
  /// The exact model.
  let model: any PurchaseModel
  /// The same over lanes; nil for a model that has no such form.
  let kernel: ScoreKernel?

  init(_ parameters: PurchaseParameters) {
    self.parameters = parameters
    model = parameters.model
    kernel = (model as? BetaGeometric).map(ScoreKernel.init)
  }

  /// One customer, the months of the horizon eight at a time.
  ///
  /// - Returns: the same bits as from lanes of customers.
  func outlook(of history: PurchaseHistory, _ horizon: ScoreHorizon) -> Outlook {
    guard let kernel else { return exactOutlook(of: history, horizon) }
    let x = Lanes(repeating: history.repeatOrders)
    let age = Lanes(repeating: history.ageDays)
    let reach = age + kernel.model.parameters.alpha
    let standing = kernel.standing(
      x: x, recency: Lanes(repeating: history.recencyDays), age: age,
      u: Lanes(repeating: horizon.end) / reach)

    var schedule = DiscountSchedule(horizon.terms)
    var orders = 0.0
    var discounted = 0.0
    while let first = schedule.monthsTaken() {
      var ends = Lanes(repeating: horizon.end)
      for lane in 0..<Lanes.scalarCount {
        ends[lane] = horizon.endOfMonth(first + lane, of: schedule.months)
      }
      let alive = kernel.ordersIfAlive(x: x, u: ends / reach)
      for lane in 0..<min(Lanes.scalarCount, schedule.months - first + 1) {
        orders = alive[lane]
        discounted += orders * schedule.nextWeight()
      }
    }
    var outlook = Outlook(
      aliveProbability: standing.alive[0], churnProbability: standing.churn[0],
      expectedOrders: standing.alive[0] * orders,
      discountedOrders: standing.alive[0] * discounted)
    if let reference = horizon.reference {
      let alive = kernel.ordersIfAlive(x: x, u: Lanes(repeating: reference) / reach)
      outlook.referenceOrders = standing.alive[0] * alive[0]
    }
    return outlook
  }

  /// One customer by the exact functions of the model.
  private func exactOutlook(of history: PurchaseHistory, _ horizon: ScoreHorizon) -> Outlook {
    let alive = model.aliveProbability(of: history)
    var schedule = DiscountSchedule(horizon.terms)
    var orders = 0.0
    var discounted = 0.0
    while let month = schedule.monthTaken() {
      orders = model.expectedOrdersIfAlive(
        of: history, within: horizon.endOfMonth(month, of: schedule.months))
      discounted += orders * schedule.nextWeight()
    }
    var outlook = Outlook(
      aliveProbability: alive,
      churnProbability: model.churnProbability(of: history, within: horizon.end),
      expectedOrders: alive * orders, discountedOrders: alive * discounted)
    if let reference = horizon.reference {
      outlook.referenceOrders =
        alive * model.expectedOrdersIfAlive(of: history, within: reference)
    }
    return outlook
  }

  /// Eight customers, of which the first `taken` are asked for.
  func outlooks(of histories: LaneHistories, taken: Int, _ horizon: ScoreHorizon) -> LaneOutlook {
    var outlooks = LaneOutlook()
    guard let kernel else {
      for lane in 0..<taken { outlooks[lane] = exactOutlook(of: histories[lane], horizon) }
      return outlooks
    }
    let x = histories.x
    let reach = histories.age + kernel.model.parameters.alpha
    let standing = kernel.standing(
      x: x, recency: histories.recency, age: histories.age,
      u: Lanes(repeating: horizon.end) / reach)
    var schedule = DiscountSchedule(horizon.terms)
    var orders = Lanes.zero
    var discounted = Lanes.zero
    while let month = schedule.monthTaken() {
      let end = Lanes(repeating: horizon.endOfMonth(month, of: schedule.months))
      orders = kernel.ordersIfAlive(x: x, u: end / reach)
      discounted += orders * schedule.nextWeight()
    }
    outlooks.alive = standing.alive
    outlooks.churn = standing.churn
    outlooks.orders = standing.alive * orders
    outlooks.discounted = standing.alive * discounted
    if let reference = horizon.reference {
      outlooks.reference =
        standing.alive * kernel.ordersIfAlive(x: x, u: Lanes(repeating: reference) / reach)
    }
    return outlooks
  }
}
