// Tables of what customers are expected to do: asked for by the loop when a question is put often, made
// on the workbench, and kept here beside the state. Without one a score is computed by the exact
// functions, slower and the same to nine digits.

public import Models

/// A table to be made elsewhere: a value of the store and the horizon it is for.
public struct TableJob: Sendable {
  let store: Store
  let adopted: AdoptedModel
  let generation: UInt32
  let horizon: ScoreHorizon

  /// Customers of more repeat orders than all but one in twenty thousand have are left to the exact
  /// functions, which take some hundred times as long.
  private static let shareOutside = 1.0 / 20_000
  /// A table is no smaller than for this many, for a shop grows.
  private static let repeatOrdersLeast = 31
  /// How long a table is to last, in days.
  private static let lastingDays = 400.0

  /// Makes the table.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: what the engine is to keep.
  public func run(on crew: any FitCrew = Alone()) -> MadeTable {
    var counts = [Int](repeating: 0, count: OutlookTables.repeatOrdersMaxRange.upperBound + 1)
    var firstDay = UInt16.max
    for block in store.customers.chunks.blocks.indices {
      for customer in store.customers.values(inBlock: block, { ($0.repeatOrders, $0.firstDay) })
      where customer.1 != CustomerRow.noDay {
        counts[min(Int(customer.0), counts.count - 1)] += 1
        firstDay = min(firstDay, customer.1)
      }
    }
    var outside = Int(Double(counts.reduce(0, +)) * Self.shareOutside)
    var most = counts.count - 1
    while most > Self.repeatOrdersLeast, counts[most] <= outside {
      outside -= counts[most]
      most -= 1
    }
    let age = firstDay == .max ? 0 : Double(max(0, store.newestOrderDay - Int32(firstDay)))
    // By the clock of the seasons a year has its usual length, and a part of it may be longer.
    let ageMax = min(65_535, (age + Self.lastingDays) * 1.25)
    return MadeTable(
      generation: generation, horizon: horizon,
      tables: OutlookTables(
        adopted.model, horizon, repeatOrdersMax: most, ageDaysMax: ageMax, crew: crew))
  }
}

/// What a table's job came to.
public struct MadeTable: Sendable {
  let generation: UInt32
  let horizon: ScoreHorizon
  /// Nil where the parameters are better left to the exact functions.
  let tables: OutlookTables?
}

/// The tables that are in use, and those that are wanted.
struct TableShelf {
  /// One horizon of the present model.
  private struct Entry {
    let horizon: ScoreHorizon
    var asked = 0
    var tables: OutlookTables?
    var isOrdered = false
  }

  /// Horizons that are remembered; the one that was asked for least makes room.
  private static let entriesMax = 8
  /// Customers that must be asked about before a table pays.
  private static let askedLeast = 512

  private var generation: UInt32 = 0
  private var entries: [Entry] = []
  /// The horizon of a table that is to be made next; at most one at a time is.
  private var wanted: ScoreHorizon?
  private var isMaking = false

  /// The tables of a horizon, if there are any.
  func tables(_ horizon: ScoreHorizon, _ generation: UInt32) -> OutlookTables? {
    guard generation == self.generation else { return nil }
    return entries.first { $0.horizon == horizon }?.tables
  }

  /// Notes that customers were asked about.
  mutating func note(_ count: Int, _ horizon: ScoreHorizon, _ generation: UInt32) {
    if generation != self.generation {
      entries.removeAll()
      self.generation = generation
    }
    var place = entries.firstIndex { $0.horizon == horizon }
    if place == nil {
      if entries.count == Self.entriesMax {
        let least = entries.indices.min { entries[$0].asked < entries[$1].asked } ?? 0
        entries.remove(at: least)
        // Whoever was asked for long ago must not stay for ever.
        for place in entries.indices { entries[place].asked /= 2 }
      }
      entries.append(Entry(horizon: horizon))
      place = entries.count - 1
    }
    guard let place else { return }
    entries[place].asked += count
    if !isMaking && !entries[place].isOrdered && entries[place].asked >= Self.askedLeast {
      entries[place].isOrdered = true
      isMaking = true
      wanted = horizon
    }
  }

  /// The horizon a table is wanted for; told once.
  mutating func takeWanted() -> ScoreHorizon? { wanted.take() }

  /// Keeps what was made, if it is still of use.
  mutating func keep(_ made: MadeTable) {
    isMaking = false
    guard made.generation == generation,
      let place = entries.firstIndex(where: { $0.horizon == made.horizon })
    else { return }
    entries[place].tables = made.tables
  }
}

extension Engine {
  /// A table that is worth making; asked for once, and then to be answered by `keep`.
  public mutating func tableJob() -> TableJob? {
    guard let horizon = tables.takeWanted(), let adopted = store.model else { return nil }
    return TableJob(
      store: store, adopted: adopted, generation: store.generation, horizon: horizon)
  }

  /// Keeps a table that was made.
  ///
  /// - Parameter made: what the job came to.
  public mutating func keep(_ made: MadeTable) {
    tables.keep(made)
    queries.forgetQuestion()
    recommendations.forgetReady()
  }
}
