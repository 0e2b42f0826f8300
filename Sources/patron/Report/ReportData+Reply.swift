// From the figures as they travel to those the page is drawn from.

internal import Models
internal import Wire

extension ReportData {
  init(_ reply: ReportReply) {
    self.init(
      head: ReportHead(reply), matrix: RecencyFrequencyMatrix(reply),
      deciles: (reply.holdout?.deciles ?? []).map {
        CalibrationDecile(
          customers: Int(clamping: $0.customers), predicted: $0.predicted, actual: $0.actual)
      }, decileDays: Double(reply.holdout?.days ?? 0), cumulative: CumulativeOrders(reply),
      lifetimeValue: LifetimeValueHistogram(reply), lives: [AliveHistory(reply)],
      cohorts: RetentionCohort.all(reply))
  }
}

extension ReportHead {
  fileprivate init(_ reply: ReportReply) {
    let model = reply.model
    let members = model.members
    let titles = members.map { $0.purchaseKind?.title ?? $0.name }
    var parameters = zip(members, titles).flatMap { member, title in
      member.parameters(daysPerUnit: 7).map {
        ReportParameter(
          name: members.count > 1 ? "\(title): \($0.name)" : $0.name, value: $0.value,
          unit: $0.isTime ? "weeks" : "")
      }
    }
    if model.spendKnown {
      parameters += [
        ReportParameter(name: "p", value: model.p, unit: "spend"),
        ReportParameter(name: "q", value: model.q, unit: "spend"),
        ReportParameter(
          name: "gamma", value: model.gamma,
          unit: reply.currency.isEmpty ? "spend" : "spend, \(reply.currency)"),
      ]
    }
    let day = CalendarDay(number: Int(reply.cutDay ?? 0)).text
    self.init(
      asOfDay: Int(reply.asOfDay), customers: Int(clamping: reply.customers),
      orders: Int(clamping: reply.orders), currency: reply.currency,
      model: titles.joined(separator: " + ") + (model.isPlain ? "" : ", calibrated"),
      parameters: parameters,
      holdout: ReportHoldout(reply),
      warnings: reply.warnings.split(separator: "\n").map {
        "The fit to the orders up to \(day), which is held against the later ones: \($0)"
      })
  }
}

extension ReportHoldout {
  fileprivate init?(_ reply: ReportReply) {
    guard let holdout = reply.holdout, let cutDay = reply.cutDay else { return nil }
    self.init(
      cutDay: Int(cutDay), lastDay: Int(reply.asOfDay), customers: Int(clamping: holdout.customers),
      actual: holdout.actual, predicted: holdout.predicted, bias: holdout.bias,
      meanAbsoluteError: holdout.meanAbsoluteError,
      rootMeanSquareError: holdout.rootMeanSquareError,
      poissonDeviance: holdout.poissonDeviance, normalizedGini: holdout.gini)
  }
}

extension RecencyFrequencyMatrix {
  fileprivate init?(_ reply: ReportReply) {
    guard !reply.cells.isEmpty else { return nil }
    let recencies = Set(reply.cells.map(\.recencyDays)).sorted()
    let frequencies = Set(reply.cells.map(\.repeatOrders)).sorted()
    let blank = [[Double?]](
      repeating: Array(repeating: nil, count: recencies.count), count: frequencies.count)
    var (alive, expected) = (blank, blank)
    for cell in reply.cells {
      guard let row = frequencies.firstIndex(of: cell.repeatOrders),
        let column = recencies.firstIndex(of: cell.recencyDays)
      else { continue }
      alive[row][column] = cell.aliveProbability
      expected[row][column] = cell.expectedOrders
    }
    self.init(
      ageDays: reply.ageDays, horizonDays: reply.horizonDays, recencies: recencies.map(Double.init),
      frequencies: frequencies.map(Int.init), alive: alive, expectedOrders: expected)
  }
}

extension CumulativeOrders {
  fileprivate init?(_ reply: ReportReply) {
    guard !reply.weeks.isEmpty else { return nil }
    self.init(
      weeks: reply.weeks.map {
        Week(day: Int($0.day), actual: $0.actual, expected: $0.expected, low: nil, high: nil)
      }, cutDay: reply.cutDay.map(Int.init), future: .holdout, coverage: nil,
      counted: "repeat orders")
  }
}

extension LifetimeValueHistogram {
  fileprivate init?(_ reply: ReportReply) {
    guard !reply.bins.isEmpty else { return nil }
    self.init(
      edges: reply.bins.map(\.lowerEdge), counts: reply.bins.map { Int(clamping: $0.customers) },
      median: reply.medianValue, mean: reply.meanValue, horizonDays: reply.horizonDays)
  }
}

extension AliveHistory {
  fileprivate init(_ reply: ReportReply) {
    self.init(
      customer: Array(reply.customer.utf8), orderDays: reply.orderDays.map { Int($0.day) },
      points: reply.life.map { Point(day: Double($0.day), probability: $0.aliveProbability) })
  }
}

extension RetentionCohort {
  /// The rows put together by first month; they come in their order.
  fileprivate static func all(_ reply: ReportReply) -> [RetentionCohort] {
    var cohorts: [RetentionCohort] = []
    for row in reply.cohorts {
      let customers = Int(clamping: row.customers)
      if row.monthsSince == 0 {
        cohorts.append(
          RetentionCohort(
            year: Int(row.year), month: Int(row.month), customers: customers, ordered: []))
      } else if !cohorts.isEmpty {
        cohorts[cohorts.count - 1].ordered.append(customers)
      }
    }
    return cohorts
  }
}
