// What is known of customers beside their orders, as a value, and everything that goes for all its
// tables alike: stamps, sections, sizes.

import Wire

/// Tables of facts; a shop without facts has them all empty.
struct Facts: Sendable {
  /// As many rows as there are customers, or fewer: who is not there has no facts.
  var heads = Table<FactHeads>()
  var standings = Table<ConsentStanding>()
  var consents = Table<ConsentEntry>()
  var names = NameTable()
  var profiles = Table<ProfileEntry>()
  /// As many rows as there are profiles, or fewer: who is not there has none.
  var ties = Table<TiesEntry>()
  var events = Table<EventEntry>()
  var lines = Table<LineEntry>()

  /// The chunks of every table and the sections they are kept in, in the sequence of the head.
  static var tables: [(kind: Section.Kind, chunks: WritableKeyPath<Facts, Chunks>)] {
    [
      (.factHeads, \.heads.chunks), (.consentStandings, \.standings.chunks),
      (.consents, \.consents.chunks), (.names, \.names.rows.chunks), (.profiles, \.profiles.chunks),
      (.events, \.events.chunks), (.orderLines, \.lines.chunks), (.ties, \.ties.chunks),
    ]
  }

  /// How many of the tables the head counts: the last one was not always there, and while it is empty a
  /// state is kept as if it never had been.
  var countedTables: Int { Self.tables.count - (ties.count == 0 ? 1 : 0) }

  var isEmpty: Bool { Self.tables.allSatisfy { self[keyPath: $0.chunks].count == 0 } }

  /// What there is of each kind; the heads belong to the customers.
  func told(_ indexes: FactIndexes) -> [StatusReply.FactTable] {
    [
      ("profiles", profiles.count, profiles.chunks.size + ties.chunks.size),
      (
        "consents", consents.count,
        consents.chunks.size + standings.chunks.size + indexes.consents.size
      ),
      ("events", events.count, events.chunks.size + indexes.events.size),
      ("order lines", lines.count, lines.chunks.size + indexes.lines.size),
      ("names", names.count, names.rows.chunks.size + names.arena.size + indexes.names.size),
    ].map { .init(name: $0.0, rows: UInt64($0.1), bytes: UInt64($0.2)) }
  }

  mutating func stamp(_ sequence: UInt64) {
    heads.chunks.stamp = sequence
    standings.chunks.stamp = sequence
    consents.chunks.stamp = sequence
    names.rows.chunks.stamp = sequence
    profiles.chunks.stamp = sequence
    ties.chunks.stamp = sequence
    events.chunks.stamp = sequence
    lines.chunks.stamp = sequence
    names.arena.stamp = sequence
  }

  /// A customer's heads; blank ones for a customer without facts.
  @inline(__always)
  func heads(of customer: UInt32) -> FactHeads {
    customer < heads.count ? heads[customer] : FactHeads()
  }

  /// Changes a customer's heads, which are made where there are none.
  mutating func setHeads(of customer: UInt32, _ row: FactHeads) {
    heads.chunks.grow(to: Int(customer) + 1)
    heads[customer] = row
  }

  /// What ties a profile's person to the shop; blank where nothing was ever told of it.
  @inline(__always)
  func ties(of profile: UInt32) -> TiesEntry {
    profile < ties.count ? ties[profile] : TiesEntry()
  }

  /// Changes what ties a profile's person to the shop; rows are made where there are none.
  mutating func setTies(of profile: UInt32, _ row: TiesEntry) {
    ties.chunks.grow(to: Int(profile) + 1)
    ties[profile] = row
  }
}

/// How facts are found; not saved.
struct FactIndexes: Sendable {
  var names = Index()
  var consents = Index()
  var events = Index()
  var lines = Index()
}
