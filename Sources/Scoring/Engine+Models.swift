// The models: adopt model, put back model, and the fit that the workbench runs over a value of the store.

import Models
public import Wire

extension Engine {
  mutating func adoptModel(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let at = body.offset + CommandKey.size
    let request = try AdoptModelRequest(from: &body)
    try body.requireEnd()
    adopt(try AdoptedModel(request.model, at: at), &out)
  }

  mutating func putBackModel(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    _ = try PutBackModelRequest(from: &body)
    try body.requireEnd()
    guard let previous = store.previousModel else {
      throw Refusal(
        .noModel, "no model was adopted before the present one, so there is none to put back")
    }
    adopt(previous, &out)
  }

  private mutating func adopt(_ model: AdoptedModel, _ out: inout ByteBuffer) {
    store.previousModel = store.model
    store.model = model
    store.generation += 1
    AdoptModelReply(sequence: store.sequence + 1, generation: store.generation).write(to: &out)
  }

  /// Reads a request for a fit and fixes what it works on.
  func fitJob(_ body: inout FrameReader) throws(Refusal) -> FitJob {
    let at = body.offset
    let request = try FitRequest(from: &body)
    guard let kind = PurchaseModelKind(rawValue: request.kind) else {
      throw Refusal(
        .invalidField, at: at + 8,
        "model kind \(request.kind) is not known; there are \(PurchaseModelKind.list)")
    }
    guard let calendar = store.calendar, store.newestOrderDay >= 0 else {
      throw Refusal(.notEnoughData, "there are no orders to fit to; record or import some first")
    }
    var day = UInt16(store.newestOrderDay)
    if request.asOfMicros != 0 {
      guard let asked = calendar.day(ofMicros: request.asOfMicros) else {
        throw Refusal(.timeOutOfRange, at: at, "as of must lie between 1970-01-01 and 2149-06-05")
      }
      day = asked
    }
    var holdoutDay: UInt16?
    if request.holdoutFromMicros != 0 {
      guard let cut = calendar.day(ofMicros: request.holdoutFromMicros), cut < day else {
        throw Refusal(
          .timeOutOfRange, at: at + 9,
          "the hold-out must begin before the last day that is used, which is day \(day) since "
            + "1970-01-01")
      }
      // What is fitted ends at the cut; what follows, up to the as-of day, is predicted.
      (day, holdoutDay) = (cut, day)
    }
    return FitJob(store: store, kind: kind, day: day, holdoutDay: holdoutDay)
  }
}

/// A fit to be run elsewhere: a value of the store and what is wanted of it.
public struct FitJob: Sendable {
  let store: Store
  let kind: PurchaseModelKind
  /// Orders up to this day are fitted to.
  let day: UInt16
  /// Orders after it and up to this day are predicted and compared; nil without a validation.
  let holdoutDay: UInt16?

  /// Fits both models to the customers whose first order is not after the day.
  ///
  /// - Returns: the report; generation and seconds are the server's to fill in.
  /// - Throws: `notEnoughData` when there is no such customer.
  public func run() throws(Refusal) -> FitReply {
    var columns = FitColumns()
    var laterOrders: [Double] = []
    for number in 0..<UInt32(store.customerCount) {
      let row = store.customers[number]
      let statistics = store.statistics(of: row, asOf: day)
      guard statistics.isKnown && statistics.firstDay <= day else { continue }
      columns.append(statistics, asOf: day, majorPerMinor: store.majorPerMinor)
      if let holdoutDay {
        laterOrders.append(Double(store.orderDays(of: row, after: day, through: holdoutDay)))
      }
    }
    do throws(ModelError) {
      let histories = try GroupedHistories(
        repeatOrders: columns.repeatOrders.span, recencyDays: columns.recencyDays.span,
        ageDays: columns.ageDays.span)
      let purchase = try PurchaseFit.fit(kind: kind, histories: histories)
      let spend = try SpendFit.fit(
        repeatOrders: columns.spenders.span, meanSpend: columns.meanSpend.span)
      var reply = report(purchase, spend)
      if let holdoutDay {
        reply.holdout = try holdout(columns, laterOrders, purchase, days: holdoutDay - day)
      }
      return reply
    } catch {
      throw Refusal(.notEnoughData, "no model can be fitted: \(error)")
    }
  }

  /// Predicts the hold-out period of each customer and compares.
  private func holdout(
    _ columns: FitColumns, _ actual: [Double], _ fit: PurchaseFit, days: UInt16
  ) throws(ModelError) -> HoldoutFields {
    let model = fit.parameters.model
    let predicted = columns.repeatOrders.indices.map {
      model.expectedOrders(
        of: PurchaseHistory(
          repeatOrders: Double(columns.repeatOrders[$0]),
          recencyDays: Double(columns.recencyDays[$0]), ageDays: Double(columns.ageDays[$0])),
        within: Double(days))
    }
    let holdout = try Holdout(actual: actual, predicted: predicted)
    var fields = HoldoutFields()
    fields.days = UInt32(days)
    fields.customers = UInt64(holdout.customers)
    fields.actual = holdout.actual
    fields.predicted = holdout.predicted
    fields.meanAbsoluteError = holdout.meanAbsoluteError
    fields.rootMeanSquareError = holdout.rootMeanSquareError
    fields.poissonDeviance = holdout.poissonDeviance
    fields.normalizedGini = holdout.normalizedGini ?? HoldoutFields.noGini
    fields.deciles = holdout.deciles.map {
      HoldoutFields.Decile(
        customers: UInt64($0.customers), actual: $0.actual, predicted: $0.predicted)
    }
    return fields
  }

  private func report(_ purchase: PurchaseFit, _ spend: SpendFit?) -> FitReply {
    var reply = FitReply(
      model: ModelFields(kind: kind.rawValue, parameters: purchase.parameters.values))
    reply.asOfDay = Int32(day)
    if let errors = purchase.standardErrors {
      reply.standardErrors = (0..<4).map { errors[$0] }
    }
    reply.logLikelihood = purchase.logLikelihoodWeeks
    reply.customers = UInt64(purchase.customers)
    reply.distinctHistories = UInt64(purchase.distinctHistories)
    reply.iterations = UInt32(clamping: purchase.iterations)
    reply.converged = purchase.converged
    var warnings = purchase.warnings
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
}

/// The columns a fit reads, collected in one pass.
private struct FitColumns {
  var repeatOrders: [Int32] = []
  var recencyDays: [Int32] = []
  var ageDays: [Int32] = []
  var spenders: [Double] = []
  var meanSpend: [Double] = []

  mutating func append(_ statistics: Statistics, asOf day: UInt16, majorPerMinor: Double) {
    repeatOrders.append(Int32(statistics.repeatOrders))
    recencyDays.append(Int32(statistics.lastDay - statistics.firstDay))
    ageDays.append(Int32(day - statistics.firstDay))
    if statistics.repeatOrders > 0 {
      spenders.append(Double(statistics.repeatOrders))
      meanSpend.append(statistics.meanSpend(majorPerMinor: majorPerMinor))
    }
  }
}
