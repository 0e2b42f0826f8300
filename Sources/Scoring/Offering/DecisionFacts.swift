// What a decision knows: facts for conditions, consent and contacts, features, budgets, estimates. Filled
// in from the state for one customer; nothing is changed.

import Models
import Offers
import Policies
import Rules
import Wire

extension Store {
  /// Order lines and views looked at for a decision: the newest recorded ones.
  private static let looksReadMax = 256
  private static let microsPerDay = 86_400_000_000.0

  // MARK: Facts

  /// Fills in everything that is known of a customer and a request.
  ///
  /// - Parameters:
  ///   - number: the customer's row; nil for one of whom nothing is known.
  ///   - question: the request.
  ///   - moment: now.
  ///   - shelf: the catalogue.
  ///   - desk: its facts, standing, flags, segment and scores are filled.
  func know(
    _ number: UInt32?, _ question: DecisionQuestion, _ moment: Moment, _ shelf: OfferShelf,
    _ desk: inout DecisionDesk
  ) {
    var facts = Offers.Facts()
    desk.flags = []
    desk.scores = ToldScores()
    desk.standing.granted = ConsentSet()
    desk.standing.denied = ConsentSet()
    desk.standing.contacts.removeAll(keepingCapacity: true)
    desk.standing.refusals.removeAll(keepingCapacity: true)
    facts[.channel] = TextCode.of(question.channel.inCatalogue)
    facts[.placement] = TextCode.of(placement: question.placement)
    if question.basketMinor >= 0 {
      facts[.basket] = Double(question.basketMinor) * majorPerMinor
      facts[.basketLines] = Double(question.lines)
    }
    facts.isNewCustomer = number == nil ? .yes : .no
    facts.hasOpenComplaint = .no
    // Not as number.map(hasOpenComplaint): that would hold a copy of the whole store.
    if let number, hasOpenComplaint(number) { facts.hasOpenComplaint = .yes }
    if question.flags.contains(.categoriesKnown) {
      facts.knowsBasket = true
      for category in desk.categories {
        if let name = category.number, let code = shelf.codes[name] { facts.inBasket.insert(code) }
      }
    }
    facts[.orders] = 0
    if let number {
      desk.flags.insert(.known)
      readConsents(of: number, at: moment.nowMicros, &desk.standing)
      readContacts(of: number, moment, shelf, &desk)
      let channel = question.channel.inCatalogue
      if shelf.catalogue.profiling == .optIn
        ? desk.standing.granted[channel, .profiling]
        : !desk.standing.denied[channel, .profiling]
      {
        desk.flags.insert(.profiled)
      }
      readHistory(of: number, moment, &facts, &desk)
      readPerson(number, shelf, &facts)
      readTies(number, moment, shelf, &facts)
      readLooks(of: number, moment, shelf, &facts, &desk)
    }
    for channel in Offers.Channel.allCases {
      facts[consent: channel] =
        desk.standing.granted[channel, .marketing]
        ? .yes : desk.standing.denied[channel, .marketing] ? .no : .unknown
    }
    facts.consentsToProfiling = desk.flags.contains(.profiled) ? .yes : .no
    let birthday = number.flatMap { profile(of: $0) }
    facts.setCalendar(
      today: moment.today,
      birthday: birthday.flatMap {
        $0.birthDay > 0
          ? YearlyDay(month: Int($0.birthMonth), day: Int($0.birthDay)) : nil
      },
      birthYear: birthday.flatMap { $0.birthYear > 0 ? Int($0.birthYear) : nil },
      firstOrder: number.flatMap {
        customers[$0].firstDay == CustomerRow.noDay ? nil : Int32(customers[$0].firstDay)
      })
    // A search finds segments with scores, so what it found is not for who may not be judged by them.
    var mark: UInt8 = 0
    if let number, desk.flags.contains(.profiled) {
      mark = segmentation.mark(of: number, on: moment.today)
    }
    desk.segment = facts.setSegment(
      kept: Segment(mark: mark), vipValue: shelf.catalogue.vipValue)
    desk.facts = facts
  }

  /// Reads a customer's consents.
  ///
  /// - Returns: whether one of those that hold ends some day.
  @discardableResult
  func readConsents(of number: UInt32, at nowMicros: Int64, _ standing: inout Standing) -> Bool {
    var endsSome = false
    var next = facts.heads(of: number).standings
    while let place = next.number {
      let row = facts.standings[place]
      next = row.next
      guard let channel = Wire.Channel(rawValue: row.channel)?.inCatalogue,
        let purpose = Offers.Purpose(rawValue: row.purpose - 1)
      else { continue }
      let entry = facts.consents[row.present]
      if entry.allows(at: nowMicros) {
        standing.granted[channel, purpose] = true
        if entry.expiresMicros != 0 { endsSome = true }
      } else if entry.status != ConsentStatus.granted.rawValue {
        standing.denied[channel, purpose] = true
      }
    }
    return endsSome
  }

  /// The history of orders, and the scores that follow from it where they may be used.
  private func readHistory(
    of number: UInt32, _ moment: Moment, _ facts: inout Offers.Facts, _ desk: inout DecisionDesk
  ) {
    let row = customers[number]
    guard row.firstDay != CustomerRow.noDay, let day = UInt16(exactly: moment.today) else { return }
    let statistics = statistics(of: row, asOf: day)
    guard statistics.isKnown else { return }
    let orders = Double(statistics.repeatOrders) + 1
    facts[.orders] = orders
    facts[.daysSinceOrder] = Double(day - statistics.lastDay)
    facts[.age] = Double(day - statistics.firstDay)
    let total = totalSpend(statistics)
    facts[.totalSpend] = total
    facts[.meanSpend] = total / orders
    facts[.returnedShare] = returnedShare(of: row, netMajor: total)
    if statistics.repeatOrders > 0 {
      readDayOrders(of: row, asOf: day, into: &desk.days)
      facts[.typicalGap] = medianGap(&desk)
    }
    guard desk.flags.contains(.profiled), let model else { return }
    score(row, statistics, day, model, &facts, &desk)
  }

  private func score(
    _ row: CustomerRow, _ statistics: Statistics, _ day: UInt16, _ adopted: AdoptedModel,
    _ facts: inout Offers.Facts, _ desk: inout DecisionDesk
  ) {
    // The catalogue in force says with which margin.
    guard let margin = offering.shelf?.catalogue.marginRate else { return }
    if desk.horizon?.day != day || desk.horizon?.generation != generation
      || desk.horizon?.margin != margin
    {
      guard let horizon = DecisionDesk.horizon(day, margin, adopted.model.calibration)
      else { return }
      desk.horizon = (day, generation, margin, horizon)
      desk.tables = nil
    }
    guard let horizon = desk.horizon?.value else { return }
    let subject = subject(row, statistics, asOf: day, under: adopted.model.calibration)
    let score = adopted.model.score(subject, horizon, desk.tables)
    var churn = score.churnProbability
    if let layer = adopted.layer, layer.layer.applies(to: DecisionDesk.horizonDays),
      let history = churnHistory(of: row, asOf: day)
    {
      churn = layer.probability(of: history, purchaseChurn: churn)
    }
    desk.flags.insert(.scored)
    desk.scores.alive = score.aliveProbability
    desk.scores.churn = churn
    desk.scores.expectedOrders = score.expectedOrders
    facts[.alive] = score.aliveProbability
    facts[.churn] = churn
    facts[.expectedOrders] = score.expectedOrders
    if adopted.spendKnown {
      desk.flags.insert(.valued)
      desk.scores.expectedSpend = score.expectedSpendPerOrder
      desk.scores.lifetimeValue = score.lifetimeValue
      facts[.lifetimeValue] = score.lifetimeValue
    }
  }

  /// The value of all orders, what came back taken off, in major units.
  @inline(__always)
  func totalSpend(_ statistics: Statistics) -> Double {
    // Added as numbers that cannot overflow.
    (Double(statistics.firstSpendMinor) + Double(statistics.repeatSpendMinor)) * majorPerMinor
  }

  /// Which share of all orders' value came back up to a day.
  func returnedShare(of row: CustomerRow, netMajor: Double, asOf day: UInt16 = .max) -> Double {
    var back = 0.0
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.day <= day { back += Double(entry.amountMinor) * majorPerMinor }
      next = entry.previous
    }
    return back == 0 ? 0 : back / max(netMajor + back, 1e-9)
  }

  /// The median of the days between the newest orders on the desk, 32 gaps at most.
  func medianGap(_ desk: inout DecisionDesk) -> Double {
    let count = min(desk.days.count - 1, 32)
    guard count > 0 else { return .nan }
    desk.gaps.removeAll(keepingCapacity: true)
    for place in (desk.days.count - count)..<desk.days.count {
      let gap = Int(desk.days[place].day) - Int(desk.days[place - 1].day)
      // Kept sorted: there are few.
      var at = desk.gaps.count
      desk.gaps.append(gap)
      while at > 0, desk.gaps[at - 1] > gap {
        desk.gaps[at] = desk.gaps[at - 1]
        at -= 1
      }
      desk.gaps[at] = gap
    }
    let middle = count / 2
    return count % 2 == 1
      ? Double(desk.gaps[middle]) : Double(desk.gaps[middle - 1] + desk.gaps[middle]) / 2
  }

  private func readPerson(
    _ number: UInt32, _ shelf: OfferShelf, _ facts: inout Offers.Facts
  ) {
    (facts[.country], facts[.language], facts[.preferredChannel]) = person(number, shelf)
  }

  /// Where the customer came from and at what cost, and the tier while it is held.
  private func readTies(
    _ number: UInt32, _ moment: Moment, _ shelf: OfferShelf, _ facts: inout Offers.Facts
  ) {
    let ties = ties(of: number)
    if let source = ties.source.number {
      facts[.source] = shelf.codes[source] ?? TextCode.other
    }
    if let cost = ties.costMinor { facts[.acquisitionCost] = Double(cost) * majorPerMinor }
    if let held = ties.heldTier, held.isHeld(on: moment.today) {
      facts.tier = held.tier.inCatalogue
    }
  }

  /// A customer's country, language and preferred channel as codes of the catalogue.
  func person(
    _ number: UInt32, _ shelf: OfferShelf
  ) -> (country: Int32, language: Int32, channel: Int32) {
    var codes = (RuleCode.unknown, RuleCode.unknown, RuleCode.unknown)
    guard let entry = profile(of: number) else { return codes }
    if entry.country != 0 { codes.0 = shelf.letterCodes[entry.country] ?? TextCode.other }
    if entry.language != 0 { codes.1 = shelf.letterCodes[entry.language] ?? TextCode.other }
    if let channel = Wire.Channel(rawValue: entry.channel) {
      codes.2 = TextCode.of(channel.inCatalogue)
    }
    return codes
  }

  /// What was bought, looked at, left behind, and complained about.
  private func readLooks(
    of number: UInt32, _ moment: Moment, _ shelf: OfferShelf, _ facts: inout Offers.Facts,
    _ desk: inout DecisionDesk
  ) {
    let heads = self.facts.heads(of: number)
    (facts[.cartLeft], facts[.viewedLeft]) = daysLeft(by: number, moment)
    let boughtBits = readBought(heads, shelf, &facts.bought, among: desk.categories)
    let viewedBits = readViewed(heads, shelf, &facts.viewed, among: desk.categories)
    if !desk.categories.isEmpty {
      let count = Double(desk.categories.count)
      facts.boughtShare = Double(boughtBits.nonzeroBitCount) / count
      facts.viewedShare = Double(viewedBits.nonzeroBitCount) / count
    }
    facts[.daysSinceComplaint] = daysSinceComplaint(heads, moment)
  }

  /// Days since a customer last opened a complaint; NaN without one.
  func daysSinceComplaint(_ heads: FactHeads, _ moment: Moment) -> Double {
    var next = heads.complaints
    var opened = Int64.min
    while let place = next.number {
      let entry = self.facts.events[place]
      if entry.kind == EventKind.complaintOpened.rawValue { opened = max(opened, entry.timeMicros) }
      next = entry.previous
    }
    return opened > .min ? days(opened, moment) : .nan
  }

  /// Notes the categories of the newest order lines.
  ///
  /// - Returns: which of the basket's categories were among them, a bit each.
  func readBought(
    _ heads: FactHeads, _ shelf: OfferShelf, _ texts: inout TextSet, among categories: [Link] = []
  ) -> UInt32 {
    var bits: UInt32 = 0
    forEachBought(heads) { name in
      note(name, shelf, &texts, &bits, categories)
      return true
    }
    return bits
  }

  /// Notes the categories of the newest views; see `readBought`.
  func readViewed(
    _ heads: FactHeads, _ shelf: OfferShelf, _ texts: inout TextSet, among categories: [Link] = []
  ) -> UInt32 {
    var bits: UInt32 = 0
    forEachViewed(heads) { name in
      note(name, shelf, &texts, &bits, categories)
      return true
    }
    return bits
  }

  /// Shows the categories of the newest order lines until somebody has seen enough.
  @inline(__always)
  func forEachBought(_ heads: FactHeads, _ body: (UInt32) -> Bool) {
    var next = heads.lines
    var left = Self.looksReadMax
    while left > 0, let place = next.number {
      let line = facts.lines[place]
      if !body(line.category) { return }
      next = line.previous
      left -= 1
    }
  }

  /// Shows the categories of the newest views until somebody has seen enough.
  @inline(__always)
  func forEachViewed(_ heads: FactHeads, _ body: (UInt32) -> Bool) {
    var next = heads.views
    var left = Self.looksReadMax
    while left > 0, let place = next.number {
      let view = facts.events[place]
      if let name = view.name.number, !body(name) { return }
      next = view.previous
      left -= 1
    }
  }

  /// Days since a cart was left behind, and since something was looked at and not bought; NaN where
  /// neither is so.
  func daysLeft(by number: UInt32, _ moment: Moment) -> (cart: Double, viewed: Double) {
    var found = (cart: Double.nan, viewed: Double.nan)
    if let cart = cartLeft(by: number) { found.cart = days(cart.timeMicros, moment) }
    if let latest = viewedMicros(by: number), let day = calendar?.day(ofMicros: latest) {
      let row = customers[number]
      if row.lastDay == CustomerRow.noDay || row.lastDay < day {
        found.viewed = days(latest, moment)
      }
    }
    return found
  }

  @inline(__always)
  private func note(
    _ name: UInt32, _ shelf: OfferShelf, _ texts: inout TextSet, _ bits: inout UInt32,
    _ categories: [Link]
  ) {
    if let code = shelf.codes[name] { texts.insert(code) }
    for place in categories.indices where categories[place].number == name {
      bits |= 1 << UInt32(place)
    }
  }

  func days(_ micros: Int64, _ moment: Moment) -> Double {
    Double(max(0, moment.nowMicros - micros)) / Self.microsPerDay
  }

  // MARK: Contacts

  /// Contacts a customer has had within the reach of a rule, of which the newest are looked at.
  ///
  /// It bounds what a decision costs; no more come to a person.
  private static let contactsReadMax = 1_024

  /// A customer's contacts, decided here and told by others, the newest first, and refusals.
  ///
  /// Of the contacts of one state those that no rule can miss are left out: a limit is 32 at most, so 32
  /// of each channel are enough for it and for all, and 32 of each offer for that and for families.
  func readContacts(
    of number: UInt32, _ moment: Moment, _ shelf: OfferShelf, _ desk: inout DecisionDesk
  ) {
    let rules = shelf.contactRules
    desk.perOffer.removeAll(keepingCapacity: true)
    if rules.countsOffers {
      for _ in 0..<shelf.accounts.count * 4 { desk.perOffer.append(0) }
    }
    var perChannel = InlineArray<32, Int>(repeating: 0)
    let start = moment.nowMicros - rules.reachMicros
    var next = offering.heads(of: number).contacts
    var left = Self.contactsReadMax
    while left > 0, let place = next.number {
      let entry = offering.contacts[place]
      guard entry.latestMicros > start else { break }
      next = entry.previous
      left -= 1
      let offer = shelf.place(of: entry.account)
      let family = offer.map { shelf.catalogue.offers[$0].family } ?? .max
      let terms = offer.map { UInt16($0) } ?? .max
      if entry.refusedMicros > 0 {
        desk.standing.refusals.append(
          OfferRefusal(timeMicros: entry.refusedMicros, offer: terms, family: family))
      }
      let state = entry.present(at: moment.nowMicros)
      guard entry.flags & ContactEntry.counts != 0, state != .lapsed || rules.countsLapsed
      else { continue }
      // What was refused stands among the newer ones by that, so it is not one of the 32.
      if entry.refusedMicros == 0 {
        let channel = Int(entry.channel & 7) * 4 + Int(state.rawValue)
        perChannel[channel] += 1
        var isNeeded = perChannel[channel] <= CatalogueLimits.capLimitMax
        if rules.countsOffers, let offer {
          let key = offer * 4 + Int(state.rawValue)
          if desk.perOffer[key] < CatalogueLimits.capLimitMax {
            desk.perOffer[key] += 1
            isNeeded = true
          }
        }
        guard isNeeded else { continue }
      }
      insert(
        Contact(
          timeMicros: entry.timeMicros, day: Int32(entry.day), offer: terms, family: family,
          channel: Wire.Channel(rawValue: entry.channel)?.inCatalogue ?? .email, state: state),
        into: &desk.standing.contacts)
    }
    readOtherContacts(of: number, shelf, &desk)
  }

  /// Contacts that others made: sent ones, unless they failed; delivered ones whose sending nobody told.
  private func readOtherContacts(
    of number: UInt32, _ shelf: OfferShelf, _ desk: inout DecisionDesk
  ) {
    guard facts.heads(of: number).contacts != .none else { return }
    desk.followers.removeAll(keepingCapacity: true)
    forEachContact(of: number) { entry in
      let key = (channel: entry.channel, name: entry.name)
      if entry.kind == EventKind.contactSent.rawValue,
        let follower = desk.followers.firstIndex(where: { $0 == key })
      {
        // Told already when it arrived, or never to be told as it failed.
        desk.followers.remove(at: follower)
        return true
      }
      if entry.kind != EventKind.contactSent.rawValue { desk.followers.append(key) }
      guard entry.kind != EventKind.contactFailed.rawValue,
        let day = calendar?.day(ofMicros: entry.timeMicros)
      else { return true }
      var (offer, family) = (UInt16.max, UInt16.max)
      if let name = entry.name.number, let place = shelf.place(ofName: name) {
        (offer, family) = (UInt16(place), shelf.catalogue.offers[place].family)
      }
      insert(
        Contact(
          timeMicros: entry.timeMicros, day: Int32(day), offer: offer, family: family,
          channel: Wire.Channel(rawValue: entry.channel)?.inCatalogue ?? .email, state: .delivered),
        into: &desk.standing.contacts)
      return true
    }
  }

  /// The newest first; nearly all come in that sequence.
  private func insert(_ contact: Contact, into contacts: inout [Contact]) {
    var place = contacts.count
    contacts.append(contact)
    while place > 0, contacts[place - 1].timeMicros < contact.timeMicros {
      contacts[place] = contacts[place - 1]
      place -= 1
    }
    contacts[place] = contact
  }

  // MARK: Budgets and estimates

  /// What is gone of each budget, and what is believed of each offer.
  func judge(
    _ question: DecisionQuestion, _ moment: Moment, _ shelf: OfferShelf,
    _ desk: inout DecisionDesk
  ) {
    readBudgets(moment, shelf, &desk)
    let count = shelf.accounts.count
    if desk.estimates.count != count {
      let blank = OfferEstimate(uplift: 0, variance: 0)
      desk.estimates = [OfferEstimate](repeating: blank, count: count)
      desk.costs = [Double](repeating: 0, count: count)
    }
    // Taken off the desk while the rest of it is read.
    var x: [Float] = []
    swap(&x, &desk.x)
    var room = x.mutableSpan
    let own = desk.own
    desk.missing = Features.build(
      desk.facts, channel: question.channel.inCatalogue, own: own.span,
      ownMissing: question.ownMissing, in: shelf.catalogue,
      isPersonal: desk.flags.contains(.profiled) || !desk.flags.contains(.known), into: &room)
    swap(&x, &desk.x)
    estimate(shelf, &desk)
  }

  /// What is gone of each budget, and what it costs to use it.
  func readBudgets(_ moment: Moment, _ shelf: OfferShelf, _ desk: inout DecisionDesk) {
    let count = shelf.accounts.count
    let blank = BudgetUse()
    if desk.budgets.count != count {
      desk.budgets = [BudgetUse](repeating: blank, count: count)
    }
    for place in 0..<count { desk.budgets[place] = blank }
    for place in shelf.budgeted {
      desk.budgets[place] = offering.use(ofOffer: place, moment, shelf)
    }
    offering.fillCampaigns(moment, shelf, into: &desk.campaigns)
    for campaign in desk.campaigns.indices where desk.campaigns[campaign].price > 0 {
      for place in shelf.catalogue.campaigns[campaign].offers {
        desk.budgets[place].price += desk.campaigns[campaign].price
      }
    }
  }

  private func estimate(_ shelf: OfferShelf, _ desk: inout DecisionDesk) {
    // The learner is asked where it lies: it is larger than a kilobyte.
    guard let arms = offering.learner?.armCount else { return }
    if desk.means.count != arms {
      desk.means = [Double](repeating: 0, count: arms)
      desk.deviations = desk.means
    }
    var (means, deviations): ([Double], [Double]) = ([], [])
    swap(&means, &desk.means)
    swap(&deviations, &desk.deviations)
    var meanRoom = means.mutableSpan
    var deviationRoom = deviations.mutableSpan
    offering.learner?.scoreAll(
      LearnerFeatures(desk.x.span), means: &meanRoom, deviations: &deviationRoom)
    swap(&means, &desk.means)
    swap(&deviations, &desk.deviations)
    let none = desk.means[0]
    desk.noneDeviation = desk.deviations[0]
    let (basket, spend) = (desk.facts[.basket], desk.facts[.meanSpend])
    let scale = shelf.catalogue.scale
    let offers = shelf.catalogue.offers
    for place in offers.indices {
      let arm = Int(shelf.arms[place])
      let cost = offers[place].expectedCost(basket: basket, meanSpend: spend, scale: scale)
      let deviation = desk.deviations[arm]
      desk.costs[place] = cost
      // What is learnt is before costs: the terms say those, today's and not those of the past.
      desk.estimates[place] = OfferEstimate(
        uplift: desk.means[arm] - none - cost - offers[place].contactCost,
        variance: deviation * deviation)
    }
  }
}

extension Offering {
  /// What is gone of an offer's own budget; that of its campaigns is in CampaignAccounts.
  func use(ofOffer place: Int, _ moment: Moment, _ shelf: OfferShelf) -> BudgetUse {
    let offer = shelf.catalogue.offers[place]
    guard offer.hasBudget else { return BudgetUse() }
    let account = accounts[shelf.accounts[place]]
    let isPast = account.periodDay < offer.budget.period(on: moment.today)
    return BudgetUse(
      takenMinor: (isPast ? 0 : account.spentMinor) + account.reservedMinor,
      takenCount: (isPast ? 0 : account.givenCount) + account.reservedCount,
      price: offer.price(account, at: moment))
  }
}

extension ContactEntry {
  /// How far it has come by now; who is not heard of in time has lapsed.
  func present(at nowMicros: Int64) -> ContactState {
    switch State(rawValue: state) {
    case .reserved: nowMicros < untilMicros ? .reserved : .lapsed
    case .delivered: .delivered
    case .seen: .seen
    case .failed, nil: .lapsed
    }
  }
}
