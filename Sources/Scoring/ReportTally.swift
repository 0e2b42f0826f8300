// The one pass of a report over the customers: who joined when, who came back when, what each is
// worth. Pieces of it are tallied apart and added.

import Models
import Wire

/// The days of a report, and which months they lie in.
struct ReportCalendar: Sendable {
  /// The first day of an order at all.
  let first: UInt16
  /// The day the report is about.
  let last: UInt16
  /// The last day that the model which is held against later orders may see.
  let cut: UInt16?
  /// The first of the months whose customers are followed.
  let firstMonth: CivilMonth
  /// Months from that one to the last day's, both included.
  let months: Int
  /// By day since the first one: the month's place, from `firstMonth` on; negative before.
  private let places: [Int]

  /// How many days there are.
  var count: Int { Int(last - first) + 1 }

  init(first: UInt16, last: UInt16, cut asked: UInt16?) {
    self.first = first
    self.last = last
    // A quarter of the history is unseen, the later one.
    let quarter = (last - first) / 4
    cut = asked ?? (quarter > 0 ? last - quarter : nil)
    let lastMonth = CivilMonth(ofDay: Int(last))
    let earliest = CivilMonth(number: lastMonth.number - ReportReply.Cohort.monthsMax + 1)
    let firstMonth = max(earliest, CivilMonth(ofDay: Int(first)))
    self.firstMonth = firstMonth
    months = lastMonth.number - firstMonth.number + 1
    places = (first...last).map { CivilMonth(ofDay: Int($0)).number - firstMonth.number }
  }

  /// The place of a day.
  func place(_ day: UInt16) -> Int { Int(day - first) }

  /// Days from the day at a place to the last.
  func age(_ place: Int) -> Int { count - 1 - place }

  /// The place of the month of a day; negative for those that are not followed.
  func month(_ day: UInt16) -> Int { places[place(day)] }
}

/// What a pass over customers has counted.
struct ReportTally: Sendable {
  private(set) var customers = 0
  /// Customers by day of the first order.
  private var joined: [Int]
  /// Days with a repeat order, by day, of those who had joined by the cut.
  private var repeats: [Int]
  /// Customers by repeat orders; the last place holds those with more.
  private var byRepeatOrders = [Int](repeating: 0, count: 1_024)
  /// Customers by month of the first order and months since in which they ordered.
  private var returning: [Int]
  private let months: Int
  /// Lifetime values in major units.
  fileprivate(set) var values: [Double] = []
  /// Who has the most repeat orders; of equals the first.
  private(set) var mostLoyal: UInt32 = 0
  private var mostOrders = -1

  init(_ calendar: ReportCalendar) {
    joined = Array(repeating: 0, count: calendar.count)
    repeats = joined
    months = calendar.months
    returning = Array(repeating: 0, count: months * months)
  }

  /// Counts a customer.
  ///
  /// - Parameters:
  ///   - row: the customer's.
  ///   - days: with an order up to the last day, rising, each once, at least one.
  ///   - calendar: the report's.
  mutating func add(_ row: UInt32, days: [DayOrder], _ calendar: ReportCalendar) {
    guard let first = days.first?.day else { return }
    customers += 1
    joined[calendar.place(first)] += 1
    byRepeatOrders[min(days.count - 1, byRepeatOrders.count - 1)] += 1
    if days.count - 1 > mostOrders { (mostLoyal, mostOrders) = (row, days.count - 1) }
    if let cut = calendar.cut, first <= cut {
      for order in days.dropFirst() { repeats[calendar.place(order.day)] += 1 }
    }
    let cohort = calendar.month(first)
    guard cohort >= 0 else { return }
    var latest = -1
    for order in days {
      let since = calendar.month(order.day) - cohort
      if since > latest { returning[cohort * months + since] += 1 }
      latest = since
    }
  }

  mutating func append(_ other: ReportTally) {
    customers += other.customers
    for place in joined.indices {
      joined[place] += other.joined[place]
      repeats[place] += other.repeats[place]
    }
    for place in byRepeatOrders.indices { byRepeatOrders[place] += other.byRepeatOrders[place] }
    for place in returning.indices { returning[place] += other.returning[place] }
    values += other.values
    if other.mostOrders > mostOrders {
      (mostLoyal, mostOrders) = (other.mostLoyal, other.mostOrders)
    }
  }

  // MARK: What was counted

  /// The place of the day by which half of the customers had joined.
  var medianJoined: Int { Self.quantile(of: joined, (customers + 1) / 2) }

  /// Repeat orders that one customer in twenty exceeds.
  var manyRepeatOrders: Int { Self.quantile(of: byRepeatOrders, customers - customers / 20) }

  /// The first place by which so many are reached.
  private static func quantile(of counts: [Int], _ wanted: Int) -> Int {
    var sum = 0
    return counts.firstIndex { count in
      sum += count
      return sum >= wanted
    } ?? 0
  }

  /// Who came back, month by month.
  func cohorts(_ calendar: ReportCalendar) -> [ReportReply.Cohort] {
    (0..<months).filter { returning[$0 * months] > 0 }.flatMap { cohort in
      let month = CivilMonth(number: calendar.firstMonth.number + cohort)
      return (0..<months - cohort).map { since in
        ReportReply.Cohort(
          year: UInt16(month.year), month: UInt8(month.month), monthsSince: UInt8(since),
          customers: UInt64(returning[cohort * months + since]))
      }
    }
  }

  /// Cumulative repeat orders at the ends of weeks, one of which is the cut, and on the last day.
  ///
  /// - Parameters:
  ///   - calendar: the report's, with a cut.
  ///   - expected: repeat orders, from the place of the first order to that of a later day.
  /// - Returns: the weeks, rising.
  func weeks(
    _ calendar: ReportCalendar, expected: (_ from: Int, _ to: Int) -> Double
  ) -> [ReportReply.Week] {
    guard let cut = calendar.cut, cut >= calendar.first else { return [] }
    let cutPlace = calendar.place(cut)
    var ends = Array(stride(from: cutPlace % 7, to: calendar.count, by: 7))
    if ends.last != calendar.count - 1 { ends.append(calendar.count - 1) }
    var (actual, next) = (0, 0)
    return ends.map { end in
      actual += repeats[next...end].reduce(0, +)
      next = end + 1
      var sum = 0.0
      for place in 0...min(end, cutPlace) where joined[place] > 0 {
        sum += Double(joined[place]) * expected(place, end)
      }
      return ReportReply.Week(
        day: Int32(calendar.first) + Int32(end), actual: Double(actual), expected: sum)
    }
  }
}

// MARK: The pass

extension ReportJob {
  /// Counts all customers.
  func tally(_ calendar: ReportCalendar, _ crew: any FitCrew) throws(Refusal) -> ReportTally {
    let terms: ScoreTerms
    do throws(ModelError) {
      terms = try ScoreTerms(
        horizonDays: horizonDays, discountRatePerYear: Self.discountRatePerYear, margin: 1)
    } catch {
      throw Refusal(.invalidField, "\(error)")
    }
    let horizon = ScoreHorizon(
      terms, under: adopted.model.calibration, from: Double(day))
    let rows = UInt32(store.customerCount)
    // Few pieces, for each holds a place for every day; many enough to share them out.
    let size = max(16_384, rows / 32 + 1)
    return store.inPieces(of: size, on: crew) { tally(of: $0, calendar, horizon) }
      .reduce(into: ReportTally(calendar)) { $0.append($1) }
  }

  private func tally(
    of rows: Range<UInt32>, _ calendar: ReportCalendar, _ horizon: ScoreHorizon
  ) -> ReportTally {
    var tally = ReportTally(calendar)
    var subjects: [ScoreSubject] = []
    var days: [DayOrder] = []
    // Held here, so that it is not retained for every row.
    let store = store
    for number in rows {
      let row = store.customers[number]
      store.readDayOrders(of: row, asOf: day, into: &days)
      let statistics = Statistics(days[...])
      guard statistics.isKnown else { continue }
      tally.add(number, days: days, calendar)
      if adopted.spendKnown {
        subjects.append(
          store.subject(row, statistics, asOf: day, under: adopted.model.calibration))
      }
    }
    tally.values = adopted.score(subjects, horizon).map(\.lifetimeValue)
    return tally
  }
}
