// What decisions ask of a customer's facts. Nothing here allocates but what is said to.

import Wire

extension Store {
  // MARK: Person

  /// What is known of a customer as a person; nil where nothing was ever recorded.
  func profile(of customer: UInt32) -> ProfileEntry? {
    facts.heads(of: customer).profile.number.map { facts.profiles[$0] }
  }

  /// What ties a customer to the shop; blank where nothing is known of it.
  func ties(of customer: UInt32) -> TiesEntry {
    facts.heads(of: customer).profile.number.map { facts.ties(of: $0) } ?? TiesEntry()
  }

  // MARK: Order lines

  /// Order lines looked at when sums are told: the newest recorded ones.
  static let linesReadMax = 4096

  /// Whether a customer ever bought of a category; an order that came back counts too.
  ///
  /// - Complexity: the customer's order lines.
  func hasBought(_ customer: UInt32, category: UInt32) -> Bool {
    var next = facts.heads(of: customer).lines
    while let number = next.number {
      let line = facts.lines[number]
      if line.category == category { return true }
      next = line.previous
    }
    return false
  }

  /// What a customer bought by category, those with most money first, in an array.
  func boughtCategories(by customer: UInt32) -> [BoughtCategory] {
    var sums: [UInt32: BoughtCategory] = [:]
    var next = facts.heads(of: customer).lines
    var left = Self.linesReadMax
    while left > 0, let number = next.number {
      let line = facts.lines[number]
      var sum =
        sums[line.category]
        ?? BoughtCategory(category: "", quantity: 0, amountMinor: 0, lastDay: -1)
      sum.quantity += UInt64(line.quantity)
      sum.amountMinor += line.amountMinor
      sum.lastDay = max(sum.lastDay, Int32(orders[line.order].day))
      sums[line.category] = sum
      next = line.previous
      left -= 1
    }
    // Of equal sums the older name: the sequence must not hang on a dictionary's.
    let sorted = sums.sorted { ($1.value.amountMinor, $0.key) < ($0.value.amountMinor, $1.key) }
    return sorted.prefix(Limits.categoriesToldMax).map { code, sum in
      var sum = sum
      sum.category = facts.names.text(Link(code))
      return sum
    }
  }

  // MARK: Events

  /// Events looked at in one list of a customer: the newest recorded ones.
  ///
  /// It bounds what a decision costs; whoever had more contacts than this is beyond every cap.
  static let eventsReadMax = 256

  /// Shows a customer's contacts, the newest recorded first, until somebody has seen enough.
  ///
  /// - Parameters:
  ///   - customer: the row.
  ///   - body: is given an entry; false ends it.
  @inline(__always)
  func forEachContact(of customer: UInt32, _ body: (EventEntry) -> Bool) {
    forEachEvent(facts.heads(of: customer).contacts, body)
  }

  @inline(__always)
  private func forEachEvent(_ list: Link, _ body: (EventEntry) -> Bool) {
    var next = list
    var left = Self.eventsReadMax
    while left > 0, let number = next.number {
      let entry = facts.events[number]
      if !body(entry) { return }
      next = entry.previous
      left -= 1
    }
  }

  /// The cart that a customer left behind: its latest change, unless it was emptied or something was
  /// ordered on that day or later.
  func cartLeft(by customer: UInt32) -> EventEntry? {
    var latest: EventEntry?
    forEachEvent(facts.heads(of: customer).carts) { entry in
      if entry.timeMicros > latest?.timeMicros ?? .min { latest = entry }
      return true
    }
    guard let latest, latest.kind == EventKind.cartChanged.rawValue,
      let day = calendar?.day(ofMicros: latest.timeMicros)
    else { return nil }
    let row = customers[customer]
    return row.lastDay == CustomerRow.noDay || row.lastDay < day ? latest : nil
  }

  /// When a customer last looked at a category, or at any; nil where not among what is looked at.
  func viewedMicros(by customer: UInt32, category: UInt32? = nil) -> Int64? {
    var latest: Int64?
    forEachEvent(facts.heads(of: customer).views) { entry in
      if category == nil || entry.name.number == category {
        latest = max(latest ?? .min, entry.timeMicros)
      }
      return true
    }
    return latest
  }

  /// Whether a complaint of a customer is open.
  func hasOpenComplaint(_ customer: UInt32) -> Bool {
    facts.heads(of: customer).openComplaints > 0
  }

  /// The newest recorded events of each kind, the latest first, in an array.
  func newestEvents(of customer: UInt32) -> [Event] {
    let heads = facts.heads(of: customer)
    var all: [Event] = []
    for list in [heads.carts, heads.views, heads.contacts, heads.complaints] {
      let end = all.count + Limits.eventsToldMax
      forEachEvent(list) { entry in
        if let kind = EventKind(rawValue: entry.kind) {
          all.append(
            Event(
              kind, timeMicros: entry.timeMicros, name: facts.names.text(entry.name),
              channel: Channel(rawValue: entry.channel), amountMinor: entry.amountMinor,
              lines: entry.lines))
        }
        return all.count < end
      }
    }
    // Of one time in the sequence above, for sorting alone would not say.
    return all.enumerated().sorted {
      ($1.element.timeMicros, $0.offset) < ($0.element.timeMicros, $1.offset)
    }.map(\.element)
  }

  // MARK: Consent

  /// The number of a customer's standing for a channel and a purpose; a customer has at most one
  /// for each.
  func standing(of customer: UInt32, _ channel: Channel, _ purpose: Purpose) -> UInt32? {
    var next = facts.heads(of: customer).standings
    while let number = next.number {
      let standing = facts.standings[number]
      if standing.channel == channel.rawValue && standing.purpose == purpose.rawValue {
        return number
      }
      next = standing.next
    }
    return nil
  }

  /// Whether a customer may be contacted: what holds is a consent that has not ended.
  func allows(
    _ customer: UInt32, _ channel: Channel, _ purpose: Purpose, at nowMicros: Int64
  ) -> Bool {
    guard let number = standing(of: customer, channel, purpose) else { return false }
    return facts.consents[facts.standings[number].present].allows(at: nowMicros)
  }

  /// A customer's standings by channel and purpose, in an array.
  func standings(of customer: UInt32) -> [ConsentStanding] {
    var all: [ConsentStanding] = []
    var next = facts.heads(of: customer).standings
    while let number = next.number {
      all.append(facts.standings[number])
      next = all[all.count - 1].next
    }
    return all.sorted { ($0.channel, $0.purpose) < ($1.channel, $1.purpose) }
  }

  /// An entry with its names, for a reply; nil for one that no build has written.
  func consent(_ entry: ConsentEntry, of standing: ConsentStanding) -> Consent? {
    guard let channel = Channel(rawValue: standing.channel),
      let purpose = Purpose(rawValue: standing.purpose),
      let status = ConsentStatus(rawValue: entry.status)
    else { return nil }
    return Consent(
      channel, purpose, status, timeMicros: entry.timeMicros, expiresMicros: entry.expiresMicros,
      source: facts.names.text(entry.source), textVersion: facts.names.text(entry.textVersion))
  }
}
