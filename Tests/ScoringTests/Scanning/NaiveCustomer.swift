// What customers did and said, kept as plainly as possible beside the engine, and what conditions may know of
// them, found anew from it one by one. It shares no line with scans, and reads nothing of the store.

import Models

/// A customer as a test recorded it.
struct NaiveCustomer {
  var name: String
  var orders: [(day: Int, minor: Int64)] = []
  /// Which order came back, when, and how much of it.
  var returns: [(order: Int, day: Int, minor: Int64)] = []
  /// A year of 0 is not known.
  var birthday: (year: Int, month: Int, day: Int)?
  var country: String?
  var language: String?
  var channel: String?
  var source: String?
  var costMinor: Int64?
  /// The level from 0, and the last day it is held; 0 is without end.
  var tier: (level: Int, untilDay: Int)?
  /// What was said of a channel for a purpose: when, 1 granted, 2 denied, 3 revoked, and until when.
  var consents: [(channel: Int, isProfiling: Bool, micros: Int64, said: Int, until: Int64)] = []
  /// Changes of the cart in the sequence in which they were recorded.
  var carts: [(micros: Int64, isLeft: Bool)] = []
  var views: [(micros: Int64, category: String)] = []
  var complaints: [(micros: Int64, reference: Int, isOpened: Bool)] = []
  var bought: [String] = []

  /// Something is recorded of it.
  var isThere: Bool {
    !orders.isEmpty || birthday != nil || country != nil || language != nil || channel != nil
      || source != nil || costMinor != nil || tier != nil || !consents.isEmpty || !carts.isEmpty
      || !views.isEmpty || !complaints.isEmpty
  }
}

/// What is known of a customer at an instant, by the places of names in ``NaiveFields``.
final class NaiveKnown {
  /// NaN is unknown.
  var numbers = [Double](repeating: .nan, count: NaiveFields.numbers.count)
  var words = [String?](repeating: nil, count: NaiveFields.words.count)
  var days = [Int?](repeating: nil, count: NaiveFields.days.count)
  var truths = [Bool?](repeating: nil, count: NaiveFields.truths.count)
  var bought: Set<String> = []
  var viewed: Set<String> = []

  subscript(_ name: String) -> Double {
    get { numbers[NaiveFields.numberPlaces[name] ?? -1] }
    set { numbers[NaiveFields.numberPlaces[name] ?? -1] = newValue }
  }
}

/// The names that questions about all customers use, in a sequence of the tests' own.
enum NaiveFields {
  static let numbers = [
    "lifetime_value", "churn", "p_alive", "expected_orders", "expected_spend", "net_value",
    "orders",
    "days_since_order", "typical_gap", "mean_spend", "total_spend", "returned_share", "age_days",
    "cart_left", "viewed_left", "days_since_complaint", "weekday", "month", "days_to_birthday",
    "days_to_anniversary", "years_old", "acquisition_cost",
  ]
  static let words = ["segment", "country", "language", "preferred_channel", "source", "tier"]
  static let days = ["today", "first_order", "birthday"]
  static let channels = ["email", "sms", "push", "site", "phone", "post", "store"]
  static let truths =
    channels.map { "consent.\($0)" } + channels.map { "profiling.\($0)" } + [
      "new_customer", "open_complaint",
    ]
  static let tiers = ["bronze", "silver", "gold", "platinum"]
  static let numberPlaces = Dictionary(
    uniqueKeysWithValues: numbers.enumerated().map { ($0.element, $0.offset) })
}

/// When customers are looked at, and under which terms.
struct NaiveInstant {
  var day: Int
  var micros: Int64
  /// Nil without a model.
  var model: CustomerModel?
  var terms: ScoreTerms
  /// Quantiles of lifetime value, from the share 0 on in steps of a thousandth; none before a fit.
  var valueQuantiles: [Double] = []

  /// A quantile of lifetime value; NaN where there is none.
  func valueQuantile(_ share: Double) -> Double {
    guard valueQuantiles.count == 1001 else { return .nan }
    let place = share * 1000
    let low = min(Int(place), 999)
    return valueQuantiles[low] + (place - Double(low))
      * (valueQuantiles[low + 1] - valueQuantiles[low])
  }
}

extension NaiveCustomer {
  private static let microsPerDay = 86_400_000_000.0

  /// The days with an order that was not given back whole, and what was left of their amounts; and how much
  /// came back, all of it up to a day.
  func standing(on day: Int) -> (days: [(day: Int, minor: Int64)], backMinor: Int64) {
    var perDay: [Int: Int64] = [:]
    var back: Int64 = 0
    for (number, order) in orders.enumerated() where order.day <= day {
      let own = returns.filter { $0.order == number && $0.day <= day }
      let returned = own.reduce(0) { $0 + $1.minor }
      back += returned
      let isGone = order.minor == 0 ? !own.isEmpty : returned >= order.minor
      if !isGone { perDay[order.day, default: 0] += order.minor - returned }
    }
    return (perDay.keys.sorted().map { ($0, perDay[$0] ?? 0) }, back)
  }

  /// Finds all that is known of the customer.
  func known(at instant: NaiveInstant, _ calendar: NaiveCalendar) -> NaiveKnown {
    let known = NaiveKnown()
    readOrders(instant, calendar, known)
    readPerson(instant, calendar, known)
    readEvents(instant, known)
    known.words[0] = segment(known, instant)
    return known
  }

  private func readOrders(_ instant: NaiveInstant, _ calendar: NaiveCalendar, _ known: NaiveKnown) {
    let (days, back) = standing(on: instant.day)
    known["orders"] = Double(days.count)
    known["weekday"] = Double((instant.day + 3) % 7 + 1)
    known["month"] = Double(calendar.date(instant.day).month)
    known.days[0] = instant.day
    guard let first = days.first, let last = days.last else { return }
    known.days[1] = first.day
    known["age_days"] = Double(instant.day - first.day)
    known["days_since_order"] = Double(instant.day - last.day)
    known["days_to_anniversary"] = Double(
      calendar.distance(
        to: (calendar.date(first.day).month, calendar.date(first.day).day), from: instant.day,
        after: first.day))
    let net = days.reduce(0) { $0 + $1.minor }
    known["total_spend"] = Double(net) / 100
    known["mean_spend"] = Double(net) / 100 / Double(days.count)
    known["returned_share"] = back == 0 ? 0 : Double(back) / Double(net + back)
    let gaps = zip(days.dropFirst(), days).map { $0.day - $1.day }.suffix(32).sorted()
    if !gaps.isEmpty {
      known["typical_gap"] =
        (Double(gaps[(gaps.count - 1) / 2]) + Double(gaps[gaps.count / 2])) / 2
    }
    guard let model = instant.model else { return }
    let x = Double(days.count - 1)
    let score = model.score(
      PurchaseHistory(
        repeatOrders: x, recencyDays: Double(last.day - first.day),
        ageDays: Double(instant.day - first.day)),
      meanSpend: x == 0 ? 0 : Double(net - first.minor) / 100 / x, terms: instant.terms)
    known["p_alive"] = score.aliveProbability
    known["churn"] = score.churnProbability
    known["expected_orders"] = score.expectedOrders
    known["expected_spend"] = score.expectedSpendPerOrder
    known["lifetime_value"] = score.lifetimeValue
    known["net_value"] =
      instant.terms.margin * Double(net) / 100 + score.lifetimeValue
      - Double(costMinor ?? 0) / 100
  }

  private func readPerson(_ instant: NaiveInstant, _ calendar: NaiveCalendar, _ known: NaiveKnown) {
    known.words[1] = country
    known.words[2] = language
    known.words[3] = channel
    known.words[4] = source
    if let tier, tier.untilDay == 0 || instant.day <= tier.untilDay {
      known.words[5] = NaiveFields.tiers[tier.level]
    }
    if let costMinor { known["acquisition_cost"] = Double(costMinor) / 100 }
    if let birthday {
      known["days_to_birthday"] = Double(
        calendar.distance(to: (birthday.month, birthday.day), from: instant.day))
      if birthday.year > 0 {
        known.days[2] = calendar.number(birthday.year, birthday.month, birthday.day)
        let today = calendar.date(instant.day)
        let isBefore = (birthday.month, birthday.day) > (today.month, today.day)
        // Who was born on 29 February has the 28th in common years.
        let isToday =
          birthday.month == 2 && birthday.day == 29 && today.month == 2 && today.day == 28
          && calendar.date(instant.day + 1).month == 3
        known["years_old"] = Double(today.year - birthday.year - (isBefore && !isToday ? 1 : 0))
      }
    }
    for channel in 0..<7 {
      for isProfiling in [false, true] {
        let said = consents.filter { $0.channel == channel && $0.isProfiling == isProfiling }
        // The latest holds; of one time what forbids more, then what ends earlier.
        let holding = said.max {
          ($0.micros, $0.said, $1.until == 0 ? .max : $1.until)
            < ($1.micros, $1.said, $0.until == 0 ? .max : $0.until)
        }
        guard let holding else { continue }
        let isOver = holding.until != 0 && instant.micros >= holding.until
        known.truths[channel + (isProfiling ? 7 : 0)] =
          holding.said != 1 ? false : isOver ? nil : true
      }
    }
    known.truths[14] = false
  }

  private func readEvents(_ instant: NaiveInstant, _ known: NaiveKnown) {
    // What lies ahead counts as well: it was ordered.
    let lastDay = standing(on: .max).days.last?.day ?? -1
    func days(_ micros: Int64) -> Double {
      Double(max(0, instant.micros - micros)) / Self.microsPerDay
    }
    func isAfterOrders(_ micros: Int64) -> Bool { Int(micros / 86_400_000_000) > lastDay }
    // Of one time that which was recorded last.
    if let cart = carts.enumerated().max(by: { ($0.1.micros, $0.0) < ($1.1.micros, $1.0) })?.1,
      cart.isLeft, isAfterOrders(cart.micros)
    {
      known["cart_left"] = days(cart.micros)
    }
    if let latest = views.map(\.micros).max(), isAfterOrders(latest) {
      known["viewed_left"] = days(latest)
    }
    if let opened = complaints.filter(\.isOpened).map(\.micros).max() {
      known["days_since_complaint"] = days(opened)
    }
    let open = Dictionary(grouping: complaints, by: \.reference).values.contains { all in
      let latest = all.map(\.micros).max()
      return all.filter { $0.micros == latest }.allSatisfy(\.isOpened)
    }
    known.truths[15] = open
    known.bought = Set(bought)
    known.viewed = Set(views.map(\.category))
  }

  /// The first that fits, as README.md has it.
  private func segment(_ known: NaiveKnown, _ instant: NaiveInstant) -> String {
    let (alive, since) = (known["p_alive"], known["days_since_order"])
    if known["orders"] < 1 || known["orders"] < 2 && known["age_days"] <= 30 { return "new" }
    if alive.isNaN ? since > 365 : alive < 0.2 { return "inactive" }
    if alive.isNaN ? since > 182 : alive < 0.5 { return "about to leave" }
    if known["churn"] >= 0.7 && since > 2 * known["typical_gap"] { return "about to leave" }
    if known["lifetime_value"] >= instant.valueQuantile(0.95) { return "vip" }
    return known["orders"] >= 4 ? "loyal" : "will buy again"
  }
}

/// Days and dates by counting, from 1849 to 2060.
struct NaiveCalendar {
  private var dates: [(year: Int, month: Int, day: Int)] = []
  private var first = 0
  private var numbers: [[Int]: Int] = [:]

  init() {
    for year in 1849..<2060 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      if year == 1970 { first = -dates.count }
      for (month, count) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        .enumerated()
      {
        for day in 1...count { dates.append((year, month + 1, day)) }
      }
    }
    for (place, date) in dates.enumerated() {
      numbers[[date.year, date.month, date.day]] = place + first
    }
  }

  func date(_ number: Int) -> (year: Int, month: Int, day: Int) { dates[number - first] }

  func number(_ year: Int, _ month: Int, _ day: Int) -> Int? { numbers[[year, month, day]] }

  /// Days to the nearest day of the year behind a day: positive where two are equally near.
  func distance(to yearly: (month: Int, day: Int), from today: Int, after: Int = .min) -> Int {
    for distance in 0..<800 {
      for number in [today + distance, today - distance] where number > after {
        if isIt(yearly, number) { return number - today }
      }
    }
    return .max
  }

  private func isIt(_ yearly: (month: Int, day: Int), _ number: Int) -> Bool {
    let date = date(number)
    if (date.month, date.day) == yearly { return true }
    return yearly == (2, 29) && (date.month, date.day) == (2, 28)
      && self.date(number + 1).month == 3
  }
}
