// The rules a decision has to keep, one after the other, and the reason of every offer against the first
// rule that is in its way. Of conditions only those over ties are judged here, one clause each.

import Offers
import Rules
import Wire

extension DecisionOracle {
  /// A rule that is in an offer's way; its number is the reason's code.
  private enum Obstacle: UInt8 {
    case life = 0
    case holdout = 1
    case consent = 2
    case cap = 4
    case quiet = 5
  }

  /// Everything a rule looks at.
  private struct Question {
    var catalogue: Catalogue
    var nowMicros: Int64
    var today: Int
    var channel: UInt8
    var person: OraclePerson
    var held: UInt64
    var touches: [OracleTouch]
    var refusals: [(timeMicros: Int64, offer: Int)]
    /// Channels count from 0 in a catalogue.
    var terms: ChannelTerms { catalogue.channels[Int(channel) - 1] }

    /// The same question after offers of its own answer.
    func beside(_ chosen: ArraySlice<Int>) -> Question {
      var next = self
      for place in chosen where catalogue.offers[place].offerClass != .transactional {
        next.touches.append(
          OracleTouch(
            timeMicros: nowMicros, day: today, channel: channel, offer: place, isReserved: true,
            isLapsed: false, isSeen: false))
      }
      return next
    }
  }

  // MARK: One decision

  mutating func check(_ decision: DecisionRecord) {
    guard let catalogue else { return object(.version, "there is no catalogue") }
    let told = decision.told
    guard told.catalogue == catalogue.version else {
      return object(
        .version, "version \(told.catalogue) is cited, \(catalogue.version) is in force")
    }
    guard told.reasons.count == catalogue.offers.count,
      decision.details.count == told.reasons.count, told.choices.count == decision.chosen.count,
      decision.chosen.allSatisfy({ Int($0.place) < catalogue.offers.count }),
      Int(decision.placement) < catalogue.placements.count
    else { return object(.reasons, "not exactly one reason for each offer") }
    checkSlate(decision, catalogue)
    let question = question(about: decision, catalogue)
    if decision.held != question.held {
      object(.holdout, "\(decision.customer) is held by \(question.held), not \(decision.held)")
    }
    let chosen = Set(decision.chosen.map { Int($0.place) })
    for place in catalogue.offers.indices {
      check(place, told.reasons[place], isChosen: chosen.contains(place), decision, question)
    }
  }

  private mutating func checkSlate(_ decision: DecisionRecord, _ catalogue: Catalogue) {
    let told = decision.told
    let placement = catalogue.placements[Int(decision.placement)]
    let most = decision.top == 0 ? placement.top : Int(decision.top)
    if told.choices.count > most {
      object(.count, "\(told.choices.count) offers where \(most) were asked for")
    }
    for probability in [told.propensity] + told.choices.map(\.propensity)
    where !(probability > 0 && probability <= 1) {
      object(.propensity, "\(probability) is no probability of what was chosen")
    }
    for (number, choice) in decision.chosen.enumerated() {
      let place = Int(choice.place)
      let offer = catalogue.offers[place]
      if told.choices[number].offer != catalogue.words[place].id {
        object(.slate, "\(told.choices[number].offer) does not stand at place \(place)")
      }
      let channel = UInt8(1) << (decision.channel.rawValue - 1)
      if offer.channels & channel == 0 || offer.placements & 1 << UInt32(decision.placement) == 0 {
        object(
          .placement,
          "\(catalogue.words[place].id) by \(decision.channel) at \(placement.name)")
      }
      for other in decision.chosen.prefix(number) {
        let before = catalogue.offers[Int(other.place)]
        if other.place == choice.place || before.family == offer.family
          || offer.group != 0 && before.group == offer.group
        {
          object(.slate, "places \(other.place) and \(place) stand beside one another")
        }
      }
    }
  }

  /// The reason of an offer against the obstacles that there are.
  private mutating func check(
    _ place: Int, _ code: UInt8, isChosen: Bool, _ decision: DecisionRecord, _ question: Question
  ) {
    if (code == 11 || code == 12) != isChosen {
      object(.reasons, "code \(code) of \(isChosen ? "a chosen" : "an") offer at \(place)")
    }
    let all = decision.chosen.map { Int($0.place) }
    var found = obstacle(to: place, question)
    // What stands before an offer in the same answer is a contact that caps count.
    if isChosen, found == nil, isCapped(place, question.beside(all.prefix { $0 != place })) {
      found = (.cap, .cap)
    }
    let id = question.catalogue.words[place].id
    if isChosen, let (_, rule) = found {
      let what = "\(id) for \(decision.customer) by \(decision.channel)"
      return object(rule, "\(what) at \(question.nowMicros), \(describe(question))")
    }
    let holds = tieHolds(place, question)
    if isChosen && holds == false {
      return object(.condition, "\(id) for \(decision.customer), \(question.person.profile)")
    }
    // What does not hold stops an offer before caps do; what holds stops none.
    if code == 3 && holds == true || code > 3 && holds == false {
      return object(
        .reasons, "\(id): code \(code), and its condition is \(String(describing: holds))")
    }
    let isTold: Bool
    switch code {
    // Conditions and budgets stand between: whoever fails them has passed what is before.
    case 3: isTold = found.map { $0.obstacle.rawValue > 3 } ?? true
    case 6:
      isTold = found == nil && isBudgeted(place, question.catalogue)
    case 4:
      isTold = found?.obstacle == .cap || found == nil && isCapped(place, question.beside(all[...]))
    case 0, 1, 2, 5: isTold = found?.obstacle.rawValue == code
    case 7...12: isTold = found == nil
    default: isTold = false
    }
    if !isTold {
      let expected = found.map { "\($0.rule)" } ?? "nothing"
      object(
        .reasons,
        "\(id) for \(decision.customer) by \(decision.channel) at \(question.nowMicros): code "
          + "\(code) \(decision.details[place]), but \(expected) is in its way; "
          + describe(question))
    }
  }

  /// Whether an offer's condition over source, cost or tier holds; nil for other conditions and for none.
  private func tieHolds(_ place: Int, _ question: Question) -> Bool? {
    guard let text = question.catalogue.clause(0, of: place, .eligibility)?.text else { return nil }
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    let profile = question.person.profile
    switch words[0] {
    case "source": return profile.source.map { words[2] == "\"\($0)\"" } ?? false
    case "acquisition_cost":
      let limit = Int64(words[2]) ?? 0
      return profile.acquisitionCostMinor.map { $0 < limit * 100 } ?? false
    case "tier":
      let level = Wire.Tier.allCases.first { $0.name == words[2] }
      guard let held = profile.tier, let level else { return false }
      if held.untilDay != 0 && question.today > Int(held.untilDay) { return false }
      return words[1] == ">="
        ? held.tier.rawValue >= level.rawValue : held.tier.rawValue < level.rawValue
    default: return nil
    }
  }

  private func describe(_ question: Question) -> String {
    let touches = question.touches.sorted { $0.timeMicros > $1.timeMicros }.prefix(12).map {
      "\(($0.timeMicros - question.nowMicros) / 1_000_000) s channel \($0.channel) offer "
        + "\($0.offer ?? -1)\($0.isReserved ? " reserved" : "")\($0.isLapsed ? " lapsed" : "")"
    }
    return "\(question.touches.count) contacts: \(touches.joined(separator: ", "));"
      + " caps \(question.catalogue.caps.map { "\($0)" })"
  }

  // MARK: One offer

  private func obstacle(
    to place: Int, _ question: Question
  ) -> (obstacle: Obstacle, rule: OracleRule)? {
    let offer = question.catalogue.offers[place]
    let isNormal = offer.offerClass == .normal
    if offer.state != .live || question.today < Int(offer.startDay)
      || question.today >= Int(offer.endDay)
    {
      return (.life, .life)
    }
    if isNormal, offer.holdouts & question.held != 0 { return (.holdout, .holdout) }
    if offer.offerClass != .transactional, !isAllowed(offer.purpose, question) {
      return (.consent, .consent)
    }
    if isCapped(place, question) { return (.cap, .cap) }
    if offer.offerClass != .transactional, isQuietHour(question) { return (.quiet, .quietHours) }
    guard isNormal else { return nil }
    if isQuietPeriod(question) { return (.quiet, .quietPeriod) }
    return isRefused(place, question) ? (.quiet, .refusals) : nil
  }

  /// The latest that was said holds, of equal times what forbids more; a consent ends.
  private func isAllowed(_ purpose: Offers.Purpose, _ question: Question) -> Bool {
    let said = question.person.consents.filter {
      $0.channel.rawValue == question.channel && $0.purpose.rawValue == purpose.rawValue + 1
    }
    var holds: Consent?
    for consent in said {
      guard let before = holds else {
        holds = consent
        continue
      }
      func rank(_ one: Consent) -> (Int64, UInt8, Int64) {
        let end = one.expiresMicros == 0 ? Int64.max : one.expiresMicros
        return (one.timeMicros, one.status.rawValue, -end)
      }
      if rank(consent) > rank(before) { holds = consent }
    }
    if question.terms.consent == .optOut { return holds.map { $0.status == .granted } ?? true }
    guard let holds, holds.status == .granted else { return false }
    return holds.expiresMicros == 0 || question.nowMicros < holds.expiresMicros
  }

  private func isCapped(_ place: Int, _ question: Question) -> Bool {
    question.catalogue.offers[place].offerClass == .normal
      && question.catalogue.caps.contains { isReached($0, place, question) }
  }

  private func isReached(_ cap: Cap, _ place: Int, _ question: Question) -> Bool {
    let offers = question.catalogue.offers
    switch cap.scope {
    case .global: break
    case .channel: if cap.of >= 0, Int(cap.of) != Int(question.channel) - 1 { return false }
    case .family: if cap.of >= 0, Int(cap.of) != Int(offers[place].family) { return false }
    case .offer: if cap.of >= 0, Int(cap.of) != place { return false }
    }
    let counted = question.touches.filter { touch in
      let isSame =
        switch cap.scope {
        case .global: true
        case .channel: touch.channel == question.channel
        case .family: touch.offer.map { offers[$0].family == offers[place].family } ?? false
        case .offer: touch.offer == place
        }
      let isKind =
        switch cap.event {
        case .decided: true
        case .delivered: !touch.isLapsed
        case .seen: touch.isSeen || touch.isReserved
        }
      let isWithin =
        cap.calendarDays > 0
        ? touch.day > question.today - Int(cap.calendarDays)
        : touch.timeMicros > question.nowMicros - cap.windowMicros
      return isSame && isKind && (isWithin || touch.isReserved)
    }
    return counted.count >= Int(cap.limit)
  }

  private func isQuietHour(_ question: Question) -> Bool {
    let from = Int(question.terms.quietFrom)
    let to = Int(question.terms.quietTo)
    let minute = zone.minute(question.nowMicros)
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to
  }

  private func isQuietPeriod(_ question: Question) -> Bool {
    question.catalogue.quietPeriods.contains { period in
      func isOf(_ channel: UInt8) -> Bool { period.channels & 1 << (channel - 1) != 0 }
      guard isOf(question.channel) else { return false }
      return question.touches.contains {
        isOf($0.channel) && !$0.isLapsed && $0.timeMicros + period.micros > question.nowMicros
      }
    }
  }

  private func isRefused(_ place: Int, _ question: Question) -> Bool {
    let offers = question.catalogue.offers
    return question.catalogue.suppressions.contains { rule in
      let count = question.refusals.count {
        let isSame =
          rule.scope == .family
          ? offers[$0.offer].family == offers[place].family : $0.offer == place
        return isSame && $0.timeMicros + rule.windowMicros > question.nowMicros
      }
      return count >= Int(rule.refusals)
    }
  }

  // MARK: What rules look at

  private func question(about decision: DecisionRecord, _ catalogue: Catalogue) -> Question {
    let customer = Array(decision.customer.utf8)
    let now = decision.told.timeMicros
    let person = people[customer] ?? OraclePerson()
    var held: UInt64 = 0
    for (bit, holdout) in catalogue.holdouts.enumerated() where !holdout.isClosed {
      let bucket = oracleBucket(key: holdout.key, customer: customer)
      if Double(bucket) < holdout.percent * 100 { held |= 1 << UInt64(bit) }
    }
    var places: [String: Int] = [:]
    for (place, words) in catalogue.words.enumerated() { places[words.id] = place }
    var touches = person.contacts.map { contacts[$0] }.filter(\.counts).map { contact in
      let isReserved = contact.state == .reserved && now < contact.untilMicros
      let isLapsed = contact.state == .failed || contact.state == .reserved && !isReserved
      return OracleTouch(
        timeMicros: contact.timeMicros, day: zone.day(contact.timeMicros),
        channel: contact.channel, offer: places[contact.offer], isReserved: isReserved,
        isLapsed: isLapsed, isSeen: contact.state == .seen)
    }
    touches += touchesOfOthers(person, places)
    let refusals = person.contacts.compactMap { place -> (timeMicros: Int64, offer: Int)? in
      guard let time = contacts[place].refusedMicros, let offer = places[contacts[place].offer]
      else { return nil }
      return (time, offer)
    }
    return Question(
      catalogue: catalogue, nowMicros: now, today: zone.day(now),
      channel: decision.channel.rawValue, person: person, held: held, touches: touches,
      refusals: refusals)
  }

  /// What arrived, and what was sent and not heard of since; a message about its arrival or failure
  /// belongs to the newest one that was sent so and not told of yet.
  private func touchesOfOthers(_ person: OraclePerson, _ places: [String: Int]) -> [OracleTouch] {
    var sent: [Event] = []
    var all: [Event] = []
    for message in person.messages {
      if message.kind == .contactSent {
        sent.append(message)
        continue
      }
      if let place = sent.lastIndex(where: {
        $0.channel == message.channel && $0.name == message.name
      }) {
        sent.remove(at: place)
      }
      if message.kind == .contactDelivered { all.append(message) }
    }
    return (all + sent).map {
      OracleTouch(
        timeMicros: $0.timeMicros, day: zone.day($0.timeMicros), channel: $0.channel?.rawValue ?? 1,
        offer: places[$0.name], isReserved: false, isLapsed: false, isSeen: false)
    }
  }

  // MARK: Budgets

  /// Whether an offer has a budget of its own or of a campaign.
  private func isBudgeted(_ place: Int, _ catalogue: Catalogue) -> Bool {
    catalogue.offers[place].hasBudget
      || catalogue.campaigns.contains { $0.budget.isSet && $0.offers.contains(place) }
  }

  /// After a decision: what is spent and reserved against what there is.
  mutating func checkBudgets(_ decision: DecisionRecord) {
    guard let catalogue else { return }
    let now = decision.told.timeMicros
    for choice in decision.chosen where Int(choice.place) < catalogue.offers.count {
      let place = Int(choice.place)
      let id = catalogue.words[place].id
      let budget = catalogue.offers[place].budget
      if budget.isSet {
        checkBudget(
          budget, id, now, spent: purses[id]?.spent ?? [], open: purses[id]?.open ?? [])
      }
      for campaign in catalogue.campaigns
      where campaign.budget.isSet && campaign.offers.contains(place) {
        let open = campaign.offers.flatMap { purses[catalogue.words[$0].id]?.open ?? [] }
        checkBudget(
          campaign.budget, campaign.id, now, spent: campaignSpent[campaign.id] ?? [], open: open)
      }
    }
  }

  private mutating func checkBudget(
    _ budget: Budget, _ id: String, _ now: Int64, spent all: [OracleExpense], open places: [Int]
  ) {
    let today = zone.day(now)
    let open = places.map { contacts[$0] }.filter { $0.closeMicros > now && !$0.isRestored }
    var first = Int.min
    if budget.days > 0 {
      let start = Int(budget.startDay)
      let days = Int(budget.days)
      first = today < start ? .min : start + (today - start) / days * days
    }
    let spent = all.filter { $0.day >= first }
    let minor = spent.reduce(0) { $0 + $1.minor } + open.reduce(0) { $0 + $1.liabilityMinor }
    if budget.moneyMinor >= 0, minor > budget.moneyMinor {
      object(.budget, "\(minor) spent and reserved of \(budget.moneyMinor) for \(id)")
    }
    if budget.count >= 0, Int64(spent.count + open.count) > budget.count {
      object(.budget, "\(spent.count + open.count) given of \(budget.count) of \(id)")
    }
  }
}
