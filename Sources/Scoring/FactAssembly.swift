// The part of an assembly that is about facts: their references are checked, their indexes built.

import Wire

/// What is checked or indexed of the facts, each a task of its own.
enum FactTask: CaseIterable {
  case checkHeads
  case checkStandings
  case checkProfiles
  case checkTies
  case checkEvents
  case checkLines
  case indexLines
  case indexEvents
  case checkConsents
  case indexConsents
  case indexNames

  /// Whether it makes an index.
  var index: WritableKeyPath<FactIndexes, Index>? {
    switch self {
    case .indexConsents: \.consents
    case .indexNames: \.names
    case .indexEvents: \.events
    case .indexLines: \.lines
    default: nil
    }
  }
}

/// Does the tasks over a store that was loaded.
struct FactAssembly {
  let store: Store
  let indexKey: (UInt64, UInt64)

  private var facts: Facts { store.facts }

  func perform(_ task: FactTask) throws(SectionError) -> [Index.Part] {
    switch task {
    case .checkHeads: try checkHeads()
    case .checkStandings: try checkStandings()
    case .checkConsents: try checkConsents()
    case .checkProfiles: try checkProfiles()
    case .checkTies: try checkTies()
    case .checkEvents: try checkEvents()
    case .checkLines: try checkLines()
    case .indexLines:
      let lines = facts.lines
      return try index("order line", lines.count) { number throws(SectionError) in
        lines[number].identity
      } isSame: {
        lines[$0].order == lines[$1].order && lines[$0].line == lines[$1].line
      }
    case .indexEvents:
      let events = facts.events
      return try index("event", events.count) { number throws(SectionError) in
        events[number].identity
      } isSame: {
        events[$0].identity == events[$1].identity
      }
    case .indexConsents:
      let consents = facts.consents
      return try index("consent", consents.count) { number throws(SectionError) in
        consents[number].identity
      } isSame: {
        consents[$0].isSame(as: consents[$1])
      }
    case .indexNames: return try indexNames()
    }
    return []
  }

  // MARK: Indexes

  private func index(
    _ what: String, _ count: Int, hash: (UInt32) throws(SectionError) -> UInt64,
    isSame: (UInt32, UInt32) -> Bool
  ) throws(SectionError) -> [Index.Part] {
    var hashes: [UInt64] = []
    hashes.reserveCapacity(count)
    for number in 0..<count { hashes.append(try hash(UInt32(number))) }
    var builder = IndexBuilder(parts: 0..<Index.partCount)
    builder.count(hashes.span)
    builder.endCounting()
    builder.deal(hashes.span)
    return try builder.build(what, isSame: isSame)
  }

  private func indexNames() throws(SectionError) -> [Index.Part] {
    let (names, key) = (facts.names, indexKey)
    return try index("name", names.count) { number throws(SectionError) in
      guard names.arena.holds(names.rows[number].position) else {
        throw SectionError("name \(number) is not there")
      }
      return SipHash.hash(names.bytes(of: number), key: key)
    } isSame: {
      names.equals(names.bytes(of: $0), $1)
    }
  }

  // MARK: References

  private func checkHeads() throws(SectionError) {
    guard facts.heads.count <= store.customers.count else {
      throw SectionError("there are facts of more customers than there are")
    }
    let facts = facts
    for number in 0..<UInt32(facts.heads.count) {
      let heads = facts.heads[number]
      guard heads.standings.isWithin(facts.standings.count),
        heads.profile.isWithin(facts.profiles.count), heads.carts.isWithin(facts.events.count),
        heads.views.isWithin(facts.events.count), heads.contacts.isWithin(facts.events.count),
        heads.complaints.isWithin(facts.events.count), heads.lines.isWithin(facts.lines.count)
      else { throw SectionError("the facts of customer \(number) are not there") }
    }
  }

  private func checkEvents() throws(SectionError) {
    let facts = facts
    for number in 0..<UInt32(facts.events.count) {
      let entry = facts.events[number]
      guard entry.previous.isWithin(Int(number)), entry.name.isWithin(facts.names.count),
        EventKind(rawValue: entry.kind) != nil,
        entry.channel == 0 || Channel(rawValue: entry.channel) != nil
      else { throw SectionError("event \(number) refers to what is not there") }
    }
  }

  private func checkLines() throws(SectionError) {
    let facts = facts
    for number in 0..<UInt32(facts.lines.count) {
      let entry = facts.lines[number]
      guard entry.previous.isWithin(Int(number)), entry.order < store.orders.count,
        entry.category < facts.names.count
      else { throw SectionError("order line \(number) refers to what is not there") }
    }
  }

  private func checkProfiles() throws(SectionError) {
    let profiles = facts.profiles
    for number in 0..<UInt32(profiles.count) where !profiles[number].isSound {
      throw SectionError("profile \(number) is none")
    }
  }

  private func checkTies() throws(SectionError) {
    let facts = facts
    guard facts.ties.count <= facts.profiles.count else {
      throw SectionError("more customers have ties than have a profile")
    }
    for number in 0..<UInt32(facts.ties.count) {
      let row = facts.ties[number]
      guard row.isSound, row.source.isWithin(facts.names.count) else {
        throw SectionError("the ties of profile \(number) are none, or refer to what is not there")
      }
    }
  }

  private func checkStandings() throws(SectionError) {
    let facts = facts
    for number in 0..<UInt32(facts.standings.count) {
      let row = facts.standings[number]
      guard row.next.isWithin(Int(number)), let last = row.last.number,
        last < facts.consents.count, row.present < facts.consents.count,
        facts.consents[last].standing == number, facts.consents[row.present].standing == number,
        Channel(rawValue: row.channel) != nil, Purpose(rawValue: row.purpose) != nil
      else { throw SectionError("standing \(number) refers to what is not there") }
    }
  }

  private func checkConsents() throws(SectionError) {
    let facts = facts
    for number in 0..<UInt32(facts.consents.count) {
      let entry = facts.consents[number]
      guard entry.previous.isWithin(Int(number)), entry.standing < facts.standings.count,
        entry.previous.number.map({ facts.consents[$0].standing == entry.standing }) ?? true,
        entry.source.isWithin(facts.names.count), entry.textVersion.isWithin(facts.names.count),
        ConsentStatus(rawValue: entry.status) != nil
      else { throw SectionError("consent \(number) refers to what is not there") }
    }
  }
}
