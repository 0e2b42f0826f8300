// The fit that the workbench runs over a value of the store, and its hold-out validation.
// What the columns are fitted with is in Models.

public import Models
public import Wire

/// A fit to be run elsewhere: a value of the store and what is wanted of it.
public struct FitJob: Sendable {
  let store: Store
  let choice: FitChoice
  /// Orders up to this day are fitted to.
  let day: UInt16
  /// Orders after it and up to this day are predicted and compared; nil without a validation.
  let holdoutDay: UInt16?
  /// How many shops are drawn for a bootstrap.
  var bootstrap = 0
  /// Whether what foretells the past worse than the adopted model is refused.
  var mustBeNoWorse = false

  /// How far ahead a chosen model is made for, where no validation says it.
  static let horizonDays = 365.0
  /// The same shops are drawn every time.
  private static let bootstrapSeed: UInt64 = 1

  /// Fits the models to the customers whose first order is not after the day.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the report; generation and seconds are the server's to fill in.
  /// - Throws: `notEnoughData` when there is no such customer.
  public func run(on crew: any FitCrew = Alone()) throws(Refusal) -> FitReply {
    let columns = columns(crew)
    let outcome: Outcome
    let spend: SpendFit?
    do throws(ModelError) {
      (outcome, spend) = try fits(columns, crew)
    } catch {
      throw Refusal(.notEnoughData, "no model can be fitted: \(error)")
    }
    if let comparison = outcome.auto?.comparison, comparison.isWorse {
      throw Refusal(
        .taskFailed,
        "the new model foretells the past worse than the present one: Poisson deviance "
          + "\(comparison.new) against \(comparison.present)")
    }
    var reply = report(outcome, spend)
    if let auto = outcome.auto {
      reply.take(ChurnTraining(store, through: day, auto.outcome, columns.orders, crew: crew))
    }
    if let holdoutDay {
      do throws(ModelError) {
        reply.holdout = try HoldoutFields(
          Holdout(actual: columns.laterOrders, predicted: outcome.expectedOrders(columns)),
          days: UInt32(holdoutDay - day))
      } catch {
        throw Refusal(.notEnoughData, "nothing can be compared: \(error)")
      }
    }
    return reply
  }

  /// What a fit came to, whichever it was.
  private struct Outcome: Sendable {
    /// The model that leads the report.
    var fit: PurchaseFit
    var auto: AutoFit?
    var bootstrap: Bootstrap?
    var warnings: [String]
    /// The orders a validation expects, customer by customer.
    var expectedOrders: @Sendable (FitColumns) -> [Double]
  }

  /// A half of the work, as a member of a crew hands it back.
  private enum Half: Sendable {
    case purchases(Result<Outcome, ModelError>)
    case spend(Result<SpendFit?, ModelError>)
  }

  /// Both fits at the same time: neither needs the other.
  private func fits(
    _ columns: FitColumns, _ crew: any FitCrew
  ) throws(ModelError) -> (Outcome, SpendFit?) {
    let halves = crew.map(2) { number in
      if number == 0 {
        Half.purchases(Result { () throws(ModelError) in try fit(columns, crew) })
      } else {
        Half.spend(
          Result { () throws(ModelError) in
            try SpendFit.fit(
              repeatOrders: columns.spenders.span, meanSpend: columns.meanSpend.span)
          })
      }
    }
    guard case .purchases(let purchases) = halves[0], case .spend(let spend) = halves[1] else {
      preconditionFailure("a crew gives results in the order of their numbers")
    }
    return (try purchases.get(), try spend.get())
  }

  private func fit(_ columns: FitColumns, _ crew: any FitCrew) throws(ModelError) -> Outcome {
    let ahead = holdoutDay.map { Int32($0) - Int32(day) }
    if choice == .auto {
      let auto = try AutoFit.fit(
        columns.orders, through: Int32(day),
        horizonDays: ahead.map(Double.init) ?? Self.horizonDays,
        present: mustBeNoWorse ? store.model?.outcome : nil, crew: crew)
      let day = Int32(day)
      return Outcome(fit: auto.fits[0], auto: auto, warnings: auto.warnings) {
        auto.expectedOrders($0.orders, on: day, within: ahead ?? 0).expected
      }
    }
    let histories = try GroupedHistories(
      repeatOrders: columns.repeatOrders.span, recencyDays: columns.recencyDays.span,
      ageDays: columns.ageDays.span, sumOfLogGaps: columns.orders.sumOfLogGaps)
    let fit =
      switch choice {
      case .model(let kind): try PurchaseFit.fit(kind: kind, histories: histories, crew: crew)
      case .family(let kind):
        try PurchaseFit.fitFamily(of: kind, histories: histories, crew: crew)
      case .auto: preconditionFailure("auto was fitted above")
      }
    let spread =
      bootstrap == 0
      ? nil : fit.bootstrap(histories, replicates: bootstrap, seed: Self.bootstrapSeed, crew: crew)
    return Outcome(fit: fit, bootstrap: spread, warnings: fit.warnings) { columns in
      let model = fit.parameters.model
      return columns.repeatOrders.indices.map {
        model.expectedOrders(of: columns.history($0), within: Double(ahead ?? 0))
      }
    }
  }

  private func report(_ outcome: Outcome, _ spend: SpendFit?) -> FitReply {
    let purchase = outcome.fit
    var reply = FitReply(
      model: ModelFields(
        outcome.auto?.outcome
          ?? AutoFit.Outcome(purchases: [purchase.parameters], calibration: .none)))
    reply.asOfDay = Int32(day)
    if let errors = purchase.standardErrors {
      reply.standardErrors = (0..<4).map { errors[$0] }
    }
    reply.logLikelihood = purchase.logLikelihoodWeeks
    reply.customers = UInt64(purchase.customers)
    reply.distinctHistories = UInt64(purchase.distinctHistories)
    reply.iterations = UInt32(clamping: purchase.iterations)
    reply.converged = purchase.converged
    reply.bootstrap = outcome.bootstrap.flatMap(BootstrapFields.init)
    reply.trials = (outcome.auto?.trials ?? []).map {
      TrialFields(name: $0.name, deviance: $0.deviance, bias: $0.bias ?? TrialFields.noBias)
    }
    var warnings = outcome.warnings
    if let spend {
      reply.model.spendKnown = true
      reply.model.p = spend.parameters.p
      reply.model.q = spend.parameters.q
      reply.model.gamma = spend.parameters.gamma
      if let errors = spend.standardErrors {
        reply.spendErrors = [errors.p, errors.q, errors.gamma]
      }
      reply.spendLogLikelihood = spend.logLikelihood
      reply.correlation = spend.correlation ?? FitReply.noCorrelation
      reply.spendCustomers = UInt64(spend.customersUsed)
      reply.spendIterations = UInt32(clamping: spend.iterations)
      reply.spendConverged = spend.converged
      warnings += spend.warnings
    } else {
      warnings.append(
        "Nobody has a repeat order with a value: there is no spend model, so lifetime values "
          + "cannot be told.")
    }
    reply.warnings = warnings.joined(separator: "\n")
    return reply
  }

  // MARK: Reading the store

  /// Reads what a fit needs of every customer.
  private func columns(_ crew: any FitCrew) -> FitColumns {
    store.inPieces(on: crew) { columns(of: $0) }.reduce(into: FitColumns()) { $0.append($1) }
  }

  private func columns(of rows: Range<UInt32>) -> FitColumns {
    var columns = FitColumns()
    columns.reserveCapacity(rows.count)
    // Held here, so that it is not retained for every row.
    let store = store
    let majorPerMinor = store.majorPerMinor
    let needsDays = if case .model(let kind) = choice { kind.stages > 1 } else { true }
    let last = holdoutDay ?? day
    var days: [DayOrder] = []
    for number in rows {
      let row = store.customers[number]
      let hasReturns = row.lastReturn != CustomerRow.none
      if row.firstDay > day && !hasReturns { continue }
      // What the columns of the row know need not be read from its orders.
      let isPast = row.lastDay <= day && !hasReturns
      if isPast && (row.repeatOrders == 0 || !needsDays) {
        let statistics = Statistics(row)
        columns.append(statistics, asOf: day, majorPerMinor: majorPerMinor)
        if needsDays {
          columns.orders.append(day: Int32(statistics.firstDay))
          columns.orders.endCustomer()
        }
        if holdoutDay != nil { columns.laterOrders.append(0) }
        continue
      }
      store.readDayOrders(of: row, asOf: hasReturns ? day : last, into: &days)
      let known = days.prefix { $0.day <= day }
      guard !known.isEmpty else { continue }
      columns.append(Statistics(known), asOf: day, majorPerMinor: majorPerMinor)
      if needsDays { columns.orders.append(known) }
      if holdoutDay != nil {
        var later = days.count - known.count
        if hasReturns {
          // What comes back later was an order before.
          store.readDayOrders(of: row, asOf: last, into: &days)
          later = days.count { $0.day > day }
        }
        columns.laterOrders.append(Double(later))
      }
    }
    return columns
  }
}

extension FitReply {
  /// What the training of a churn layer came to.
  fileprivate mutating func take(_ training: ChurnTraining) {
    let adopted = training.adopted
    model.layer = adopted?.fields
    if let fit = training.fit, let judgement = fit.judgement {
      var report = ChurnReportFields()
      report.horizonDays = fit.layer?.horizonDays ?? 0
      report.customers = UInt64(judgement.customers)
      report.purchaseLogLoss = judgement.purchaseLogLoss
      report.layerLogLoss = judgement.layerLogLoss
      report.gainStandardError = judgement.gainStandardError
      report.isAdopted = adopted != nil
      churn = report
    }
    warnings = ([warnings].filter { !$0.isEmpty } + training.warnings).joined(separator: "\n")
  }
}

extension BootstrapFields {
  /// A spread as it travels; nil where too few shops could be fitted.
  fileprivate init?(_ bootstrap: Bootstrap) {
    guard let errors = bootstrap.standardErrors, let ends = bootstrap.interval(0.9) else {
      return nil
    }
    self.init()
    shops = UInt16(clamping: bootstrap.draws.count)
    parameters = (0..<4).map {
      Parameter(error: errors[$0], low: ends.low[$0], high: ends.high[$0])
    }
  }
}

extension HoldoutFields {
  /// A comparison as it travels.
  fileprivate init(_ holdout: Holdout, days: UInt32) {
    self.init()
    self.days = days
    customers = UInt64(holdout.customers)
    actual = holdout.actual
    predicted = holdout.predicted
    meanAbsoluteError = holdout.meanAbsoluteError
    rootMeanSquareError = holdout.rootMeanSquareError
    poissonDeviance = holdout.poissonDeviance
    normalizedGini = holdout.normalizedGini ?? HoldoutFields.noGini
    deciles = holdout.deciles.map {
      HoldoutFields.Decile(
        customers: UInt64($0.customers), actual: $0.actual, predicted: $0.predicted)
    }
  }
}

/// The columns a fit reads, collected in one pass.
private struct FitColumns: Sendable {
  var repeatOrders: [Int32] = []
  var recencyDays: [Int32] = []
  var ageDays: [Int32] = []
  var spenders: [Double] = []
  var meanSpend: [Double] = []
  /// The days with an order, where the fit looks at gaps or back in time.
  var orders = OrderDays()
  /// Days with an order in the hold-out period, where there is one.
  var laterOrders: [Double] = []

  mutating func append(_ statistics: Statistics, asOf day: UInt16, majorPerMinor: Double) {
    repeatOrders.append(Int32(statistics.repeatOrders))
    recencyDays.append(Int32(statistics.lastDay - statistics.firstDay))
    ageDays.append(Int32(day - statistics.firstDay))
    if statistics.repeatOrders > 0 {
      spenders.append(Double(statistics.repeatOrders))
      meanSpend.append(statistics.meanSpend(majorPerMinor: majorPerMinor))
    }
  }

  /// Makes room for so many customers.
  mutating func reserveCapacity(_ customers: Int) {
    repeatOrders.reserveCapacity(customers)
    recencyDays.reserveCapacity(customers)
    ageDays.reserveCapacity(customers)
  }

  mutating func append(_ other: FitColumns) {
    repeatOrders += other.repeatOrders
    recencyDays += other.recencyDays
    ageDays += other.ageDays
    spenders += other.spenders
    meanSpend += other.meanSpend
    orders.append(other.orders)
    laterOrders += other.laterOrders
  }

  func history(_ place: Int) -> PurchaseHistory {
    PurchaseHistory(
      repeatOrders: Double(repeatOrders[place]), recencyDays: Double(recencyDays[place]),
      ageDays: Double(ageDays[place]))
  }
}
