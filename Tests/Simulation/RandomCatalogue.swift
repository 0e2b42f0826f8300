// A catalogue by chance that is always valid, and its changes: what the shop of a simulated life offers,
// written as the JSON a shop would put.

import Support
import Wire

/// The terms of a simulated shop's offers.
struct RandomCatalogue {
  static let channels = Channel.allCases.map(\.name)

  private struct Offer {
    var id: String
    var family: String
    var group: String
    var offerClass: String
    var purpose: String
    var state: OfferStage
    var channels: [String]
    var placements: [Int]
    /// Days from 1970; nil without.
    var start: Int?
    var end: Int?
    /// The most it can cost, major units; 0 is no reward.
    var value: Int
    var budget: String
    var condition: String
  }

  private struct Holdout {
    var level: String
    var of: String
    var key: String
    var percent: Int
    var isClosed = false
  }

  private(set) var placements: [String] = []
  private var offers: [Offer] = []
  private var holdouts: [Holdout] = []
  /// Whole members of the JSON.
  private var channelTerms = ""
  private var placementTerms: [String] = []
  private var caps: [String] = []
  private var suppressions: [String] = []
  private var quietPeriods: [String] = []
  private var campaigns: [String] = []
  private var windowDays = 30
  private var epsilon = 0.5
  private var made = 0

  /// The identifiers of the offers.
  var names: [String] { offers.map(\.id) }

  // MARK: Chance

  private static func draw(_ range: ClosedRange<Int>, _ chance: inout SeededGenerator) -> Int {
    Int.random(in: range, using: &chance)
  }

  private static func some(
    of words: [String], _ range: ClosedRange<Int>, _ chance: inout SeededGenerator
  ) -> [String] {
    Array(words.shuffled(using: &chance).prefix(draw(range, &chance)))
  }

  private static func list(_ words: [String]) -> String {
    "[" + words.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
  }

  // MARK: Making one

  /// Draws a shop's first catalogue.
  ///
  /// - Parameters:
  ///   - today: the day around which offers begin and end, counted from 1970.
  ///   - chance: the life's.
  init(today: Int, _ chance: inout SeededGenerator) {
    placements = (0..<Self.draw(1...4, &chance)).map { "p\($0)" }
    for _ in 0..<Self.draw(3...14, &chance) { addOffer(today, &chance) }
    drawRules(today, &chance)
  }

  private mutating func addOffer(_ today: Int, _ chance: inout SeededGenerator) {
    made += 1
    let kind = Self.draw(1...10, &chance)
    var offer = Offer(
      id: "o\(made)", family: "f\(Self.draw(1...6, &chance))",
      group: Self.draw(1...3, &chance) == 1 ? "g\(Self.draw(1...2, &chance))" : "",
      offerClass: kind <= 8 ? "normal" : kind == 9 ? "mandatory" : "transactional",
      purpose: ["marketing", "marketing", "marketing", "service", "partners"][
        Self.draw(0...4, &chance)],
      state: Self.draw(1...8, &chance) == 1 ? .draft : .live,
      channels: Self.some(of: Self.channels, 1...7, &chance), placements: [], start: nil, end: nil,
      value: 0, budget: "", condition: "")
    offer.placements = placements.indices.filter { _ in Self.draw(1...3, &chance) > 1 }
    if offer.placements.isEmpty { offer.placements = [0] }
    if Self.draw(1...3, &chance) == 1 { offer.start = today + Self.draw(-20...3, &chance) }
    if Self.draw(1...3, &chance) == 1 {
      offer.end = max(today, offer.start ?? 0) + Self.draw(1...60, &chance)
    }
    if Self.draw(1...2, &chance) == 1 { offer.value = Self.draw(1...9, &chance) }
    if Self.draw(1...6, &chance) == 1 {
      offer.condition = "basket >= \(Self.draw(5...40, &chance))"
    } else if Self.draw(1...5, &chance) == 1 {
      offer.condition =
        [
          "tier >= silver", "tier < platinum", #"source == \"s1\""#, "acquisition_cost < 6",
        ][Self.draw(0...3, &chance)]
    }
    drawBudget(of: &offer, &chance)
    offers.append(offer)
  }

  private func drawBudget(of offer: inout Offer, _ chance: inout SeededGenerator) {
    offer.budget = ""
    guard Self.draw(1...2, &chance) == 1 else { return }
    var parts: [String] = []
    if offer.value > 0, Self.draw(1...3, &chance) > 1 {
      parts.append("\"money\": \(Self.draw(0...80, &chance))")
    }
    if parts.isEmpty || Self.draw(1...2, &chance) == 1 {
      parts.append("\"count\": \(Self.draw(0...40, &chance))")
    }
    if offer.start != nil { parts.append("\"days\": \(Self.draw(1...9, &chance))") }
    offer.budget = parts.joined(separator: ", ")
  }

  private func campaignBudget(_ today: Int, _ chance: inout SeededGenerator) -> String {
    var parts: [String] = []
    if Self.draw(1...3, &chance) == 1 { parts.append("\"money\": \(Self.draw(0...60, &chance))") }
    if Self.draw(1...3, &chance) == 1 { parts.append("\"count\": \(Self.draw(0...40, &chance))") }
    if parts.isEmpty { return "" }
    if Self.draw(1...2, &chance) == 1 {
      let start = today - Self.draw(0...9, &chance)
      parts.append("\"start\": \"\(Self.date(start))\"")
      if Bool.random(using: &chance) {
        parts.append("\"end\": \"\(Self.date(start + Self.draw(10...90, &chance)))\"")
      }
      if Bool.random(using: &chance) { parts.append("\"days\": \(Self.draw(1...9, &chance))") }
    }
    return ", \"budget\": {\(parts.joined(separator: ", "))}"
  }

  private static func window(_ chance: inout SeededGenerator) -> String {
    let windows = [
      "\"seconds\": \(draw(600...5_000, &chance))", "\"hours\": \(draw(1...48, &chance))",
      "\"days\": \(draw(1...60, &chance))", "\"calendar_days\": \(draw(1...9, &chance))",
      "\"days\": 1", "\"calendar_days\": 1", "\"days\": 365",
    ]
    return windows[draw(0...windows.count - 1, &chance)]
  }

  private mutating func drawRules(_ today: Int, _ chance: inout SeededGenerator) {
    windowDays = [1, 2, 7, 30, 30][Self.draw(0...4, &chance)]
    epsilon = [0.02, 0.5, 1][Self.draw(0...2, &chance)]
    placementTerms = placements.indices.map { place in
      let fitting = offers.filter { $0.placements.contains(place) }.map(\.id)
      let fallback =
        Self.draw(1...3, &chance) == 1
        ? fitting.randomElement(using: &chance).map { ", \"fallback\": \"\($0)\"" } ?? "" : ""
      return "{\"id\": \"\(placements[place])\", \"top\": \(Self.draw(1...5, &chance))\(fallback)}"
    }
    drawChannels(&chance)
    let families = Set(offers.map(\.family)).sorted()
    caps = (0..<Self.draw(0...4, &chance)).map { _ in
      let of: String
      switch Self.draw(0...6, &chance) {
      case 0: of = "\"global\""
      case 1: of = "\"channel\""
      case 2: of = "\"channel\", \"of\": \"\(Self.channels.randomElement(using: &chance) ?? "")\""
      case 3: of = "\"family\""
      case 4: of = "\"family\", \"of\": \"\(families.randomElement(using: &chance) ?? "")\""
      case 5: of = "\"offer\""
      default: of = "\"offer\", \"of\": \"\(names.randomElement(using: &chance) ?? "")\""
      }
      let limit = [0, 1, 1, 2, 2, 3, 5, 9, 32][Self.draw(0...8, &chance)]
      let event = ["decided", "delivered", "delivered", "seen"][Self.draw(0...3, &chance)]
      return
        "{\"scope\": \(of), \"limit\": \(limit), \"event\": \"\(event)\", \(Self.window(&chance))}"
    }
    suppressions = (0..<Self.draw(0...2, &chance)).map { _ in
      "{\"scope\": \"\(Bool.random(using: &chance) ? "offer" : "family")\", \"refusals\": "
        + "\(Self.draw(1...3, &chance)), \"days\": \(Self.draw(1...90, &chance))}"
    }
    quietPeriods = (0..<Self.draw(0...2, &chance)).map { _ in
      "{\"channels\": \(Self.list(Self.some(of: Self.channels, 1...3, &chance))), "
        + "\"hours\": \(Self.draw(1...30, &chance))}"
    }
    campaigns = (0..<Self.draw(0...2, &chance)).map { number in
      "{\"id\": \"k\(number)\", \"offers\": \(Self.list(Self.some(of: names, 1...5, &chance)))"
        + "\(campaignBudget(today, &chance))}"
    }
    drawHoldouts(&chance)
  }

  private mutating func drawChannels(_ chance: inout SeededGenerator) {
    channelTerms = Self.channels.map { channel in
      var terms = ["\"consent\": \"\(Self.draw(1...3, &chance) > 1 ? "opt_out" : "opt_in")\""]
      if Self.draw(1...3, &chance) == 1 {
        let from = Self.draw(0...1_439, &chance)
        let to = (from + Self.draw(1...720, &chance)) % 1_440
        terms.append("\"quiet_from\": \"\(Self.clock(from))\"")
        terms.append("\"quiet_to\": \"\(Self.clock(to))\"")
      }
      if Bool.random(using: &chance) {
        let minutes = [1, 10, 60, 1_440, 10_000, 43_200][Self.draw(0...5, &chance)]
        terms.append("\"reservation_minutes\": \(minutes)")
      }
      return "\"\(channel)\": {\(terms.joined(separator: ", "))}"
    }.joined(separator: ", ")
  }

  private static func clock(_ minute: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return two(minute / 60) + ":" + two(minute % 60)
  }

  private mutating func drawHoldouts(_ chance: inout SeededGenerator) {
    func level() -> (String, String) {
      switch Self.draw(0...2, &chance) {
      case 0: return ("global", "")
      case 1 where !campaigns.isEmpty: return ("campaign", "k0")
      default: return ("offer", names.randomElement(using: &chance) ?? "")
      }
    }
    for _ in 0..<Self.draw(0...3, &chance) {
      let (level, of) = level()
      if holdouts.contains(where: { $0.level == level && $0.of == of }) { continue }
      if level == "campaign", campaigns.isEmpty { continue }
      // A running experiment keeps its key.
      holdouts.append(
        Holdout(level: level, of: of, key: level + of, percent: Self.draw(0...50, &chance)))
    }
  }

  // MARK: Changing it

  /// Changes something, as a shop does: offers come and go, rules are turned.
  ///
  /// - Parameters:
  ///   - today: counted from 1970.
  ///   - chance: the life's.
  mutating func change(today: Int, _ chance: inout SeededGenerator) {
    // What is over makes room for something new; what refers to it goes with it.
    let count = offers.count
    offers.removeAll {
      $0.state == .ended || $0.end.map { $0 <= today } == true && Bool.random(using: &chance)
    }
    if offers.count < count {
      for _ in offers.count..<count { addOffer(today, &chance) }
      holdouts.removeAll { holdout in
        holdout.level == "campaign"
          || holdout.level == "offer" && !offers.contains { $0.id == holdout.of }
      }
      drawRules(today, &chance)
    }
    switch Self.draw(0...4, &chance) {
    case 0: addOffer(today, &chance)
    case 1:
      let place = Self.draw(0...offers.count - 1, &chance)
      drawBudget(of: &offers[place], &chance)
    case 2 where offers.count > 3:
      // What refers to it goes with it.
      let gone = offers.remove(at: Self.draw(0...offers.count - 1, &chance)).id
      holdouts.removeAll { $0.of == gone || $0.level == "campaign" }
      drawRules(today, &chance)
    case 3:
      for place in holdouts.indices where Self.draw(1...3, &chance) == 1 {
        holdouts[place].isClosed.toggle()
      }
    default: drawRules(today, &chance)
    }
    holdouts.removeAll { $0.level == "campaign" && campaigns.isEmpty }
  }

  /// Another state of an offer, which is what it is put with from now on.
  ///
  /// - Parameter chance: the life's.
  /// - Returns: which; it may be one that cannot be.
  mutating func amend(_ chance: inout SeededGenerator) -> (offer: String, state: OfferStage) {
    // Mostly one that is asleep.
    let asleep = offers.indices.filter { offers[$0].state == .draft || offers[$0].state == .paused }
    let place =
      Self.draw(1...5, &chance) > 2
      ? asleep.randomElement(using: &chance) ?? 0 : Self.draw(0...offers.count - 1, &chance)
    let state: OfferStage
    switch offers[place].state {
    case .draft, .paused: state = .live
    case .live: state = Self.draw(1...12, &chance) == 1 ? .ended : .paused
    case .ended: state = .ended
    }
    offers[place].state = state
    return (offers[place].id, state)
  }

  // MARK: As text

  /// The JSON.
  var json: String {
    let offers = offers.map { offer in
      var members = [
        "\"id\": \"\(offer.id)\"", "\"family\": \"\(offer.family)\"",
        "\"class\": \"\(offer.offerClass)\"", "\"purpose\": \"\(offer.purpose)\"",
        "\"state\": \"\(offer.state.name)\"", "\"channels\": \(Self.list(offer.channels))",
        "\"placements\": \(Self.list(offer.placements.map { placements[$0] }))",
      ]
      if !offer.group.isEmpty { members.append("\"group\": \"\(offer.group)\"") }
      if let start = offer.start { members.append("\"start\": \"\(Self.date(start))\"") }
      if let end = offer.end { members.append("\"end\": \"\(Self.date(end))\"") }
      if offer.value > 0 {
        members.append("\"reward\": {\"kind\": \"discount_amount\", \"value\": \(offer.value)}")
      }
      if !offer.budget.isEmpty { members.append("\"budget\": {\(offer.budget)}") }
      if !offer.condition.isEmpty { members.append("\"eligibility\": \"\(offer.condition)\"") }
      return "{" + members.joined(separator: ", ") + "}"
    }
    let holdouts = holdouts.map { holdout in
      "{\"level\": \"\(holdout.level)\", "
        + (holdout.of.isEmpty ? "" : "\"of\": \"\(holdout.of)\", ")
        + "\"key\": \"\(holdout.key)\", \"percent\": \(holdout.percent), "
        + "\"closed\": \(holdout.isClosed)}"
    }
    func member(_ name: String, _ list: [String]) -> String {
      "\"\(name)\": [\(list.joined(separator: ", "))]"
    }
    return "{\"currency\": \"EUR\", \"minor_digits\": 2, \"margin_rate\": 0.4, "
      + "\"profiling\": \"opt_out\", \"outcome_noise\": 20, \"epsilon\": \(epsilon), "
      + "\"window_days\": \(windowDays), \"channels\": {\(channelTerms)}, "
      + [
        member("placements", placementTerms), member("offers", offers), member("caps", caps),
        member("suppressions", suppressions), member("quiet_periods", quietPeriods),
        member("campaigns", campaigns), member("holdouts", holdouts),
      ].joined(separator: ", ") + "}"
  }

  /// A day as 2026-11-25 (Hinnant, «chrono-compatible low-level date algorithms»).
  private static func date(_ day: Int) -> String {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
    let civil = month < 10 ? month + 3 : month - 9
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(yearOfEra + era * 400 + (civil <= 2 ? 1 : 0))-\(two(civil))-\(two(dayOfMonth))"
  }
}
