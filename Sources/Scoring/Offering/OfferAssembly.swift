// The part of an assembly that is about offers: their references are checked, their indexes built.

import Policies
import Wire

/// What is checked or indexed of offers, each a task of its own.
enum OfferTask: CaseIterable {
  case checkContacts
  case checkOutcomes
  case checkEnrolments
  case checkDecisions
  case indexOutcomes
}

/// Does the tasks over a store that was loaded.
struct OfferAssembly {
  let store: Store

  private var offering: Offering { store.offering }

  func perform(_ task: OfferTask) throws(SectionError) -> [Index.Part] {
    switch task {
    case .checkContacts: try checkContacts()
    case .checkOutcomes: try checkOutcomes()
    case .checkEnrolments: try checkEnrolments()
    case .checkDecisions: try checkDecisions()
    case .indexOutcomes:
      let outcomes = offering.outcomes
      var hashes: [UInt64] = []
      hashes.reserveCapacity(outcomes.count)
      for number in 0..<UInt32(outcomes.count) { hashes.append(outcomes[number].identity) }
      var builder = IndexBuilder(parts: 0..<Index.partCount)
      builder.count(hashes.span)
      builder.endCounting()
      builder.deal(hashes.span)
      return try builder.build("outcome") { outcomes[$0].identity == outcomes[$1].identity }
    }
    return []
  }

  /// Whether a time, a sum or a count is what it can be, and can be reckoned with without a second look.
  private static func isPlain(_ number: Int64) -> Bool { (0...1 << 60).contains(number) }

  private func checkContacts() throws(SectionError) {
    let offering = offering
    guard offering.heads.count <= store.customers.count else {
      throw SectionError("more customers have dealings with offers than there are")
    }
    for number in 0..<UInt32(offering.heads.count) {
      let heads = offering.heads[number]
      guard heads.contacts.isWithin(offering.contacts.count),
        heads.enrolments.isWithin(offering.enrolments.count)
      else { throw SectionError("the dealings of customer \(number) are not there") }
    }
    for number in 0..<UInt32(offering.contacts.count) {
      let entry = offering.contacts[number]
      guard entry.previous.isWithin(offering.contacts.count),
        entry.account < offering.accounts.count,
        Channel(rawValue: entry.channel) != nil, ContactEntry.State(rawValue: entry.state) != nil,
        (0...Limits.amountMax).contains(entry.liabilityMinor), Self.isPlain(entry.timeMicros),
        Self.isPlain(entry.untilMicros), Self.isPlain(entry.refusedMicros)
      else { throw SectionError("contact \(number) refers to what is not there") }
    }
    try checkLists()
    try checkCampaigns()
    for number in 0..<UInt32(offering.accounts.count) {
      let entry = offering.accounts[number]
      guard entry.name < store.facts.names.count else {
        throw SectionError("account \(number) has a name that is not there")
      }
      let sums = [
        entry.spentMinor, entry.reservedMinor, entry.givenCount, entry.reservedCount,
        entry.costMinor, Int64(clamping: entry.chosen), Int64(clamping: entry.learnt),
      ]
      let counts = [
        entry.delivered, entry.shown, entry.clicked, entry.accepted, entry.refused, entry.redeemed,
      ]
      guard sums.allSatisfy(Self.isPlain), counts.allSatisfy({ $0 < 1 << 31 }),
        entry.formerPrice.isFinite, entry.formerPrice >= 0
      else { throw SectionError("account \(number) has sums that nobody can reach") }
    }
  }

  private func checkCampaigns() throws(SectionError) {
    let table = offering.campaignAccounts
    for number in 0..<UInt32(table.count) {
      let entry = table[number]
      guard entry.name < store.facts.names.count, Self.isPlain(entry.spentMinor),
        Self.isPlain(entry.givenCount)
      else { throw SectionError("the account of campaign \(number) is none") }
    }
  }

  /// Whether every contact stands in one list, once: a list without an end would be walked for ever.
  private func checkLists() throws(SectionError) {
    let offering = offering
    var isSeen = [Bool](repeating: false, count: offering.contacts.count)
    for customer in 0..<UInt32(offering.heads.count) {
      var next = offering.heads[customer].contacts
      while let number = next.number {
        guard !isSeen[Int(number)] else {
          throw SectionError("contact \(number) stands in a list twice")
        }
        isSeen[Int(number)] = true
        next = offering.contacts[number].previous
      }
    }
  }

  private func checkOutcomes() throws(SectionError) {
    let offering = offering
    for number in 0..<UInt32(offering.outcomes.count) {
      let entry = offering.outcomes[number]
      guard entry.customer < store.customers.count,
        entry.account.isWithin(offering.accounts.count), OutcomeKind(rawValue: entry.kind) != nil,
        Self.isPlain(entry.timeMicros), (0...Limits.amountMax).contains(entry.orderMinor),
        (-Limits.amountMax...Limits.amountMax).contains(entry.marginMinor),
        (0...Limits.amountMax).contains(entry.costMinor)
      else { throw SectionError("outcome \(number) refers to what is not there") }
    }
  }

  private func checkEnrolments() throws(SectionError) {
    let offering = offering
    for number in 0..<UInt32(offering.enrolments.count) {
      let entry = offering.enrolments[number]
      guard entry.previous.isWithin(Int(number)), entry.customer < store.customers.count,
        entry.campaign < store.facts.names.count, Self.isPlain(entry.timeMicros)
      else { throw SectionError("enrolment \(number) refers to what is not there") }
    }
  }

  /// How many offers a body chose; nil for what is no body.
  private static func choices(_ bytes: RawSpan) -> Int? {
    do throws(Refusal) {
      return try DecisionBody(bytes).choiceCount
    } catch {
      return nil
    }
  }

  /// What the head of each decision refers to; bodies are as a record of the journal had them.
  private func checkDecisions() throws(SectionError) {
    let offering = offering
    guard Self.isPlain(Int64(clamping: offering.decisionCount)),
      offering.lastCloseMicros == .min || Self.isPlain(offering.lastCloseMicros),
      offering.formerPriceMicros == .min || Self.isPlain(offering.formerPriceMicros)
    else { throw SectionError("the times of the decisions are none") }
    let closing = offering.closing
    var isClosingFound = closing.position == offering.decisions.halves[closing.half].end
    for half in 0..<2 {
      for position in try offering.decisions.halves[half].positions() {
        let place = DecisionPlace(half: half, position: Int(position))
        if place == closing { isClosingFound = true }
        let entries = offering.decisions.halves[half]
        let size = entries.reply(at: position).byteCount
        guard size > DecisionHead.size else {
          throw SectionError("the decision at \(position) is too short")
        }
        let features = Int(offering.field(UInt16.self, DecisionHead.features, of: place))
        guard offering.field(UInt32.self, DecisionHead.customer, of: place) < store.customers.count,
          Int(offering.field(UInt32.self, DecisionHead.arm, of: place))
            < (offering.learner?.armCount ?? 0),
          DecisionHead.size + features + 4 * 32 <= size,
          let choices = offering.withBody(of: place, Self.choices),
          Int(offering.field(UInt32.self, DecisionHead.choiceCount, of: place)) == choices,
          Self.isPlain(
            offering.field(Int64.self, DecisionHead.accepted, of: place)),
          offering.field(Link.self, DecisionHead.firstContact, of: place).number
            .map({ Int($0) + choices <= offering.contacts.count }) ?? (choices == 0)
        else { throw SectionError("the decision at \(position) refers to what is not there") }
      }
    }
    guard isClosingFound else {
      throw SectionError("the oldest open decision is not there")
    }
  }
}
