// What decisions ask of a customer's facts. Nothing here allocates but what is said to.

import Wire

extension Store {
  // MARK: Person

  /// What is known of a customer as a person; nil where nothing was ever recorded.
  func profile(of customer: UInt32) -> ProfileEntry? {
    facts.heads(of: customer).profile.number.map { facts.profiles[$0] }
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
