// Caps, quiet hours, quiet periods and refusals against a reader of the history that counts everything
// anew, on random schedules.

import Support
import Testing

@testable import Offers

@Suite("ContactRules")
struct ContactRulesTests {
  private static let hour: Int64 = 3_600_000_000
  private static let day: Int64 = 86_400_000_000

  /// Two families of two offers each.
  private static func counter(_ rest: String = "") throws -> Counter {
    try Counter(
      json: Counter.json(
        [
          Counter.offer("a", family: "f"), Counter.offer("b", family: "f"),
          Counter.offer("c", family: "g"), Counter.offer("d", family: "g"),
        ], rest))
  }

  @Test(
    "23:00 and 00:00 are refused under one a day of 24 hours, and allowed under one a calendar day")
  func midnight() throws {
    for (window, isRefused) in [("\"hours\": 24", true), ("\"calendar_days\": 1", false)] {
      var counter = try Self.counter("\"caps\": [{\"scope\": \"global\", \"limit\": 1, \(window)}]")
      let late = Moment(utcMicros: Int64(Counter.noon.today) * Self.day + 23 * Self.hour)
      counter.standing.contacts = [
        Contact(
          timeMicros: late.nowMicros, day: late.today, offer: 0, family: 0, channel: .email,
          state: .delivered)
      ]
      counter.request.moment = Moment(utcMicros: late.nowMicros + Self.hour)
      #expect(counter.request.moment.minute == 0)
      let expected: Reason = isRefused ? .cap(0, freesAt: late.nowMicros + Self.day) : .chosen
      #expect(try counter.reason("a") == expected)
      // A microsecond before it frees, and when it does.
      counter.request.moment = Moment(utcMicros: late.nowMicros + Self.day - 1)
      #expect(try counter.reason("a") == expected)
      counter.request.moment = Moment(utcMicros: late.nowMicros + Self.day)
      #expect(try counter.reason("a") == .chosen)
    }
  }

  @Test("within one answer the earlier offers are contacts for the later", arguments: 0...4)
  func slate(limit: Int) throws {
    var counter = try Counter(
      json: Counter.json(
        ["a", "b", "c"].map { Counter.offer($0) },
        "\"caps\": [{\"scope\": \"global\", \"limit\": \(limit), \"hours\": 1}]", top: 3))
    for id in ["a", "b", "c"] { counter.estimate(id, 1) }
    // One of them came before.
    counter.standing.contacts = [
      Contact(
        timeMicros: Counter.noon.nowMicros - 1, day: Counter.noon.today, offer: 0, family: 0,
        channel: .email, state: .delivered)
    ]
    let outcome = try counter.decide()
    let chosen = min(max(limit - 1, 0), 3)
    #expect(outcome.choices.map(\.offer) == Array(0..<chosen))
    for place in chosen..<3 { #expect(outcome.reasons[place].code == 4) }
    if limit > 1, chosen < 3 {
      // The first of them leaves the window first.
      let freesAt = Counter.noon.nowMicros - 1 + Self.hour
      #expect(outcome.reasons[2] == .cap(0, freesAt: freesAt))
    }
  }

  @Test("a clock that goes back does not forget what it saw")
  func clock() throws {
    var counter = try Self.counter(
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"hours\": 1}]")
    counter.standing.contacts = [
      Contact(
        timeMicros: Counter.noon.nowMicros + 5 * Self.day, day: Counter.noon.today + 5, offer: 0,
        family: 0, channel: .email, state: .delivered)
    ]
    #expect(try counter.reason("a").code == 4)
  }

  @Test("a contact by a clock that is ahead pushes nothing out of a window")
  func clockAhead() throws {
    for (rest, code) in [
      ("\"caps\": [{\"scope\": \"global\", \"limit\": 2, \"hours\": 24}]", 4 as UInt8),
      ("\"caps\": [{\"scope\": \"global\", \"limit\": 2, \"calendar_days\": 1}]", 4),
      ("\"quiet_periods\": [{\"channels\": [\"email\"], \"hours\": 24}]", 5),
    ] {
      var counter = try Self.counter(rest)
      let midnight = Int64(Counter.noon.today + 1) * Self.day
      counter.request.moment = Moment(utcMicros: midnight - 60_000_000)
      func contact(_ time: Int64, _ channel: Channel) -> Contact {
        Contact(
          timeMicros: time, day: Int32(time / Self.day), offer: 0, family: 0, channel: channel,
          state: .delivered)
      }
      // Both within 24 hours and this day; the third is told with a time three minutes from now.
      let early = counter.request.moment.nowMicros - Self.day + 120_000_000
      counter.standing.contacts = [
        contact(midnight + 120_000_000, .site), contact(early + 1, .email), contact(early, .email),
      ]
      #expect(try counter.reason("a").code == code, "\(rest)")
    }
  }

  @Test("quiet hours end when they say, over midnight too")
  func quietHours() throws {
    var counter = try Self.counter(
      "\"channels\": {\"email\": {\"quiet_from\": \"21:30\", \"quiet_to\": \"07:00\"}, "
        + "\"site\": {\"quiet_from\": \"01:00\", \"quiet_to\": \"02:00\"}}")
    let midnight = Int64(Counter.noon.today) * Self.day
    for minute in 0..<1440 {
      counter.request.moment = Moment(utcMicros: midnight + Int64(minute) * 60_000_000 + 5)
      counter.request.channel = .email
      let end = midnight + 7 * Self.hour + (minute < 720 ? 0 : Self.day)
      let isQuiet = minute >= 21 * 60 + 30 || minute < 7 * 60
      try #require(
        try counter.reason("a") == (isQuiet ? .quiet(.hours, until: end) : .chosen), "\(minute)")
      counter.request.channel = .site
      try #require((try counter.reason("a") == .chosen) == (minute < 60 || minute >= 120))
    }
  }

  /// What the rules say, counted anew.
  private static func expected(_ counter: Counter, _ place: Int) -> Reason? {
    let catalogue = counter.catalogue
    let offer = catalogue.offers[place]
    let contacts = counter.standing.contacts.filter(\.counts)
    let moment = counter.request.moment
    let now = moment.nowMicros
    let today = moment.today
    for (number, cap) in catalogue.caps.enumerated() {
      let concerns =
        switch cap.scope {
        case .global: true
        case .channel: cap.of < 0 || cap.of == Int32(counter.request.channel.rawValue)
        case .family: cap.of < 0 || cap.of == Int32(offer.family)
        case .offer: cap.of < 0 || cap.of == Int32(place)
        }
      guard concerns else { continue }
      let counted = contacts.filter { contact in
        let isSame =
          switch cap.scope {
          case .global: true
          case .channel: contact.channel == counter.request.channel
          case .family: contact.family == offer.family
          case .offer: Int(contact.offer) == place
          }
        let isKind =
          switch cap.event {
          case .decided: true
          case .delivered: contact.state != .lapsed
          case .seen: contact.state == .seen || contact.state == .reserved
          }
        let isWithin =
          cap.calendarDays > 0
          ? contact.day > today - cap.calendarDays : contact.timeMicros > now - cap.windowMicros
        return isSame && isKind && (isWithin || contact.state == .reserved)
      }
      if counted.count >= cap.limit {
        guard cap.limit > 0 else { return .cap(number, freesAt: .max) }
        let last = counted[Int(cap.limit) - 1]
        let end =
          cap.calendarDays > 0
          ? (Int64(last.day) + Int64(cap.calendarDays)) * day : last.timeMicros + cap.windowMicros
        return .cap(number, freesAt: max(end, moment.nowMicros))
      }
    }
    var until: Int64 = 0
    for period in catalogue.quietPeriods where period.channels & counter.request.channel.bit != 0 {
      for contact in contacts
      where contact.state != .lapsed && period.channels & contact.channel.bit != 0 {
        if contact.timeMicros + period.micros > now {
          until = max(until, contact.timeMicros + period.micros)
        }
      }
    }
    if until > 0 { return .quiet(.contact, until: until) }
    for rule in catalogue.suppressions {
      let refusals = counter.standing.refusals.filter {
        (rule.scope == .family ? $0.family == offer.family : Int($0.offer) == place)
          && $0.timeMicros + rule.windowMicros > moment.nowMicros
      }
      if refusals.count >= rule.refusals {
        until = max(until, refusals[Int(rule.refusals) - 1].timeMicros + rule.windowMicros)
      }
    }
    return until > 0 ? .quiet(.refusals, until: until) : nil
  }

  private static func rules(_ chance: inout SeededGenerator) -> String {
    let caps = (0..<Int.random(in: 0...4, using: &chance)).map { _ in
      let scopes = [
        "\"global\"", "\"channel\"", "\"family\"", "\"offer\"", "\"channel\", \"of\": \"email\"",
        "\"family\", \"of\": \"f\"", "\"offer\", \"of\": \"c\"",
      ]
      let windows = [
        "\"hours\": 24", "\"days\": 7", "\"calendar_days\": 1", "\"calendar_days\": 3",
      ]
      let limit = [0, 1, 1, 2, 3, 5, 9, 32].randomElement(using: &chance) ?? 1
      let event = CapEvent.allCases.randomElement(using: &chance) ?? .delivered
      return "{\"scope\": \(scopes.randomElement(using: &chance) ?? ""), \"limit\": \(limit), "
        + "\"event\": \"\(event.word)\", \(windows.randomElement(using: &chance) ?? "")}"
    }
    let isQuiet = Int.random(in: 0..<4, using: &chance) == 0
    let isRefused = Int.random(in: 0..<3, using: &chance) == 0
    return "\"caps\": [\(caps.joined(separator: ", "))]"
      + (isQuiet
        ? ", \"quiet_periods\": [{\"channels\": [\"email\", \"sms\"], \"hours\": 12}]" : "")
      + (isRefused
        ? ", \"suppressions\": [{\"refusals\": 2, \"days\": 5}, "
          + "{\"scope\": \"family\", \"refusals\": 3, \"days\": 9}]" : "")
  }

  @Test("on random schedules caps and quiet are what counting anew finds", arguments: seeds(2))
  func schedules(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var workspace = DecisionWorkspace()
    var (blocked, free) = (0, 0)
    for _ in 0..<250 {
      var counter = try Self.counter(Self.rules(&chance))
      // Fifty thousand schedules a seed, fewer catalogues: those take the time.
      for _ in 0..<200 {
        counter.request.moment = Moment(
          utcMicros: Counter.noon.nowMicros + .random(in: 0..<Self.day, using: &chance))
        counter.request.channel = Bool.random(using: &chance) ? .email : .site
        // A long history now and then; every contact on the hour, so that windows end on one.
        let count = Int.random(in: 0..<5, using: &chance) == 0 ? 40 : 6
        let now = counter.request.moment.nowMicros / Self.hour * Self.hour
        counter.request.moment.nowMicros = now
        counter.standing.contacts = (0..<Int.random(in: 0...count, using: &chance)).map { _ in
          let time = now - .random(in: 0..<200, using: &chance) * Self.hour
          let offer = UInt16.random(in: 0...4, using: &chance)
          return Contact(
            timeMicros: time, day: Int32(time / Self.day),
            offer: offer == 4 ? .max : offer, family: offer == 4 ? .max : offer / 2,
            channel: [.email, .sms, .site].randomElement(using: &chance) ?? .email,
            state: ContactState(rawValue: .random(in: 0...3, using: &chance)) ?? .seen,
            counts: Int.random(in: 0..<8, using: &chance) > 0)
        }.sorted { $0.timeMicros > $1.timeMicros }
        counter.standing.refusals = (0..<Int.random(in: 0...4, using: &chance)).map { _ in
          let offer = UInt16.random(in: 0...3, using: &chance)
          return OfferRefusal(
            timeMicros: now - .random(in: 0..<240, using: &chance) * Self.hour, offer: offer,
            family: offer / 2)
        }.sorted { $0.timeMicros > $1.timeMicros }
        let outcome = try counter.decide(&workspace)
        for place in 0..<4 {
          let expected = Self.expected(counter, place)
          if let expected {
            try #require(outcome.reasons[place] == expected, "\(counter.standing)")
            blocked += 1
          } else {
            try #require(outcome.reasons[place].code > 6)
            free += 1
          }
        }
      }
    }
    print("\(blocked) blocked, \(free) free")
    #expect(blocked > 20_000 && free > 20_000)
  }
}
