// The figures of a report, which the workbench computes over a value of the store: one pass over
// the customers (ReportTally.swift), one fit at the cut, and what the models say of both.
// How the figures are drawn is the program's.

public import Models
public import Wire

/// A report to be computed elsewhere: a value of the store and what is wanted of it.
public struct ReportJob: Analysis {
  let store: Store
  let adopted: AdoptedModel
  /// Orders up to this day are looked at.
  let day: UInt16
  /// The last day the model that is held against later orders may see; nil for a good one.
  let askedCut: UInt16?
  /// Days ahead that orders and lifetime value are expected in.
  let horizonDays: Double
  /// Whose life is drawn; nil for the one with the most repeat orders.
  let customer: UInt32?

  /// Of the lifetime value.
  static let discountRatePerYear = 0.1

  /// Computes the figures.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: them.
  /// - Throws: `notEnoughData` when nobody had ordered by the day, or by a cut that was asked for,
  ///   or when the chosen customer had not.
  public func run(on crew: any FitCrew) throws(Refusal) -> any Message & Sendable {
    try figures(on: crew)
  }

  /// The same, as what they are.
  func figures(on crew: any FitCrew = Alone()) throws(Refusal) -> ReportReply {
    let (orders, firstDay) = ordersMade(crew)
    guard let firstDay else {
      throw Refusal(.notEnoughData, "nobody had ordered by the day the report is about")
    }
    let calendar = ReportCalendar(first: firstDay, last: day, cut: askedCut)
    let tally = try tally(calendar, crew)
    guard tally.customers > 0 else {
      throw Refusal(.notEnoughData, "nobody had ordered by the day the report is about")
    }
    var reply = ReportReply(model: adopted.fields)
    reply.generation = store.generation
    reply.asOfDay = Int32(day)
    reply.customers = UInt64(tally.customers)
    reply.orders = UInt64(orders)
    reply.currency = store.currency
    reply.horizonDays = horizonDays
    let ageDays = calendar.age(tally.medianJoined)
    reply.ageDays = Double(ageDays)
    reply.cells = cells(ageDays: ageDays, manyOrders: tally.manyRepeatOrders)
    if adopted.spendKnown {
      let histogram = ValueHistogram(tally.values)
      reply.medianValue = histogram.median
      reply.meanValue = histogram.mean
      reply.bins = histogram.bins
    }
    reply.cohorts = tally.cohorts(calendar)
    try addLife(to: &reply, of: customer ?? tally.mostLoyal)
    try addHoldout(to: &reply, tally, calendar, crew)
    return reply
  }

  /// How many orders were recorded up to the day, and the first day of all.
  private func ordersMade(_ crew: any FitCrew) -> (count: Int, firstDay: UInt16?) {
    let pieces = crew.map(store.orders.chunks.blocks.count) { block in
      var (count, first) = (0, UInt16.max)
      for other in store.orders.values(inBlock: block, { $0.day }) where other <= day {
        count += 1
        first = min(first, other)
      }
      return (count, first)
    }
    let count = pieces.reduce(0) { $0 + $1.0 }
    return (count, count > 0 ? pieces.map(\.1).min() : nil)
  }

  // MARK: What the adopted model says

  /// The matrix of recency and repeat orders, where a customer can be at most; without season and
  /// correction, which are of days and of single customers.
  ///
  /// - Parameters:
  ///   - ageDays: T of all cells.
  ///   - manyOrders: repeat orders that the rows should reach to.
  /// - Returns: the cells by x, then t_x.
  private func cells(ageDays: Int, manyOrders: Int) -> [ReportReply.Cell] {
    let places = 12
    let step = max(1, (manyOrders + places - 2) / (places - 1))
    let recencies = Set((0..<places).map { (ageDays * $0 * 2 + places - 1) / (2 * (places - 1)) })
    return (0..<places).flatMap { row in
      let x = row * step
      // Without a repeat order there is no recency; with some there is one, at most one a day.
      return recencies.sorted().filter { x == 0 ? $0 == 0 : $0 >= x }.map { recency in
        let history = PurchaseHistory(
          repeatOrders: Double(x), recencyDays: Double(recency), ageDays: Double(ageDays))
        return ReportReply.Cell(
          repeatOrders: UInt32(x), recencyDays: UInt32(recency),
          aliveProbability: adopted.mean { $0.aliveProbability(of: history) },
          expectedOrders: adopted.mean { $0.expectedOrders(of: history, within: horizonDays) })
      }
    }
  }

  /// The alive probability of a customer on the days of its life.
  private func addLife(to reply: inout ReportReply, of number: UInt32) throws(Refusal) {
    let row = store.customers[number]
    reply.customer = String(bytes: store.identifiers.bytes(at: row.identifier)) ?? ""
    let days = store.dayOrders(of: row, asOf: day).map { Int32($0.day) }
    guard let first = days.first else {
      throw Refusal(
        .notEnoughData, "«\(reply.customer)» had not ordered by the day the report is about")
    }
    let shown = days.suffix(ReportReply.OrderDay.most)
    reply.orderDays = shown.map(ReportReply.OrderDay.init)

    let clock = adopted.model.calibration.clock
    var repeatOrders = shown.startIndex
    var last = days[repeatOrders]
    func point(on today: Int32) -> ReportReply.Point {
      let history = PurchaseHistory(
        repeatOrders: Double(repeatOrders), firstDay: Double(first), lastDay: Double(last),
        asOf: Double(today), clock: clock)
      return .init(
        day: today, aliveProbability: adopted.mean { $0.aliveProbability(of: history) })
    }
    let start = last
    let end = Int32(day)
    let step = max(1, (end - start + 399) / 400)
    var today = start
    while true {
      let next = repeatOrders + 1
      if next < days.endIndex && days[next] == today {
        reply.life.append(point(on: today))
        (repeatOrders, last) = (next, today)
      }
      reply.life.append(point(on: today))
      if today == end { break }
      today = min(end, start + ((today - start) / step + 1) * step)
      if repeatOrders + 1 < days.endIndex { today = min(today, days[repeatOrders + 1]) }
    }
  }

  // MARK: What it has not seen

  /// Fits the model's kind to what was known at the cut, and compares.
  private func addHoldout(
    to reply: inout ReportReply, _ tally: ReportTally, _ calendar: ReportCalendar,
    _ crew: any FitCrew
  ) throws(Refusal) {
    guard let cut = calendar.cut else { return }
    // What was chosen by the shop's past is chosen anew by what was the past then.
    let job = FitJob(
      store: store,
      choice: adopted.fields.isPlain ? .model(adopted.model.purchase.kind) : .auto, day: cut,
      holdoutDay: day)
    let fit: FitReply
    do throws(Refusal) {
      fit = try job.run(on: crew)
    } catch {
      if askedCut != nil { throw error }
      return
    }
    reply.holdout = fit.holdout
    reply.warnings = fit.warnings
    let fitted = try AdoptedModel(fit.model, at: 0).model
    let clock = fitted.calibration.clock
    let begin = Double(calendar.first)
    let times = (0..<calendar.count).map { clock.time(at: begin + Double($0)) }
    let longest = Int(((times.last ?? 0) - times[0]).rounded(.up)) + 2
    let models = fitted.purchases.map(\.model)
    let table = Self.populationOrders(models, longest, crew)
    reply.weeks = tally.weeks(calendar) { from, to in
      let time = times[to] - times[from]
      let place = min(Int(time), longest - 2)
      return table[place] + (time - Double(place)) * (table[place + 1] - table[place])
    }
  }

  /// E(X(t)) for t = 0, 1, … days, the mean of some models.
  private static func populationOrders(
    _ models: [any PurchaseModel], _ count: Int, _ crew: any FitCrew
  ) -> [Double] {
    let size = 256
    return crew.map((count + size - 1) / size) { piece in
      (piece * size..<min((piece + 1) * size, count)).map { days in
        models.reduce(0) { $0 + $1.populationExpectedOrders(within: Double(days)) }
          / Double(models.count)
      }
    }.flatMap { $0 }
  }
}

extension AdoptedModel {
  /// The mean of what the purchase models say.
  fileprivate func mean(_ value: (any PurchaseModel) -> Double) -> Double {
    let models = model.purchases.map(\.model)
    return models.reduce(0) { $0 + value($1) } / Double(models.count)
  }
}
