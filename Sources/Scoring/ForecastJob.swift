// The forecast of a whole shop, which the workbench computes over a value of the store.

public import Models
public import Wire

/// A forecast to be computed elsewhere.
public struct ForecastJob: Analysis {
  let store: Store
  let adopted: AdoptedModel
  /// Orders up to this day are looked at.
  let day: UInt16
  let weeks: Int

  /// Customers whose orders say what an order is worth.
  private static let amountsCustomersMax: UInt32 = 50_000
  /// Days of the past that say it.
  private static let amountsDays: UInt16 = 365

  /// Foretells.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the weeks to come.
  /// - Throws: `notEnoughData` when nobody had ordered by the day.
  public func run(on crew: any FitCrew) throws(Refusal) -> any Message & Sendable {
    let orders = store.orderDays(asOf: day, on: crew)
    let forecast: Forecast
    do throws(ModelError) {
      forecast = try Forecast(
        of: orders, through: Int32(day), purchases: adopted.model.purchases,
        calibration: adopted.model.calibration, amounts: try amounts(), weeks: weeks, crew: crew)
    } catch {
      throw Refusal(.notEnoughData, "nothing can be foretold: \(error)")
    }
    var reply = ForecastReply()
    reply.generation = store.generation
    reply.asOfDay = Int32(day)
    reply.orders = ForecastReply.Range(forecast.orders)
    reply.revenue = forecast.revenue.map(ForecastReply.Range.init)
    if let coverage = forecast.coverage {
      reply.weeksWithin = UInt32(clamping: coverage.weeksWithin)
      reply.weeksJudged = UInt32(clamping: coverage.weeks)
      reply.cuts = UInt32(clamping: coverage.cuts)
    }
    reply.dispersion = forecast.dispersion
    reply.levelVariance = forecast.levelVariance
    reply.warnings = forecast.warnings.joined(separator: "\n")
    reply.weeks = forecast.weeks.map {
      ForecastReply.Week(
        lastDay: $0.lastDay, presentOrders: $0.presentOrders, firstOrders: $0.firstOrders,
        laterOrders: $0.laterOrders, ordersLow: $0.orders.low, ordersHigh: $0.orders.high,
        revenue: $0.revenue.map(ForecastReply.Range.init) ?? ForecastReply.Range())
    }
    reply.past = forecast.pastOrders
    return reply
  }

  /// What a day with orders was worth within the last year; nil where there was none.
  private func amounts() throws(ModelError) -> OrderAmounts? {
    var (first, later, all) = (Moments(), Moments(), Moments())
    let customers = UInt32(store.customerCount)
    let step = max(1, (customers + Self.amountsCustomersMax - 1) / Self.amountsCustomersMax)
    var days: [DayOrder] = []
    // Held here, so that it is not retained for every row.
    let store = store
    for number in stride(from: 0, to: customers, by: UInt32.Stride(step)) {
      store.readDayOrders(of: store.customers[number], asOf: day, into: &days)
      guard let begin = days.first?.day else { continue }
      for entry in days where day - entry.day < Self.amountsDays {
        let value = Double(entry.amountMinor) * store.majorPerMinor
        if entry.day == begin { first.add(value) } else { later.add(value) }
        all.add(value)
      }
    }
    guard all.count > 0 else { return nil }
    // Where one kind was not seen, the other is the best guess.
    return try OrderAmounts(
      first: first.count > 0 ? first.mean : all.mean,
      later: later.count > 0 ? later.mean : all.mean, deviation: all.deviation)
  }
}

/// Mean and spread of values.
private struct Moments {
  var count = 0.0
  var sum = 0.0
  var squares = 0.0

  var mean: Double { sum / count }
  var deviation: Double { max(squares / count - mean * mean, 0).squareRoot() }

  mutating func add(_ value: Double) {
    count += 1
    sum += value
    squares += value * value
  }
}

extension ForecastReply.Range {
  fileprivate init(_ interval: Forecast.Interval) {
    self.init(expected: interval.expected, low: interval.low, high: interval.high)
  }
}

extension Engine {
  /// Reads a request for a forecast and fixes what it works on.
  func forecastJob(_ body: inout FrameReader) throws(Refusal) -> ForecastJob {
    let at = body.offset
    let request = try ForecastRequest(from: &body)
    guard let adopted = store.model else {
      throw Refusal(.noModel, "no model was adopted yet; fit one or adopt one first")
    }
    let day = try store.lastDay(asOf: request.asOfMicros, at: at, "to foretell from")
    return ForecastJob(store: store, adopted: adopted, day: day, weeks: Int(request.weeks))
  }
}
