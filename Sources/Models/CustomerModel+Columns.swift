// Scans: what the models say of all customers of a chunk, from its columns of orders and days.

extension CustomerModel {
  /// P(alive) and expected orders of whole columns of customers.
  ///
  /// The relative error is below 1e-9. A customer's numbers do not depend on the neighbours.
  ///
  /// - Parameters:
  ///   - repeatOrders: x.
  ///   - firstDays: days of the first orders, since 1970-01-01.
  ///   - lastDays: days of the last orders, not before the first and not after the day.
  ///   - day: of the scores, since 1970-01-01.
  ///   - horizon: made under this model's calibration from this day.
  ///   - tables: made of this model and this horizon.
  ///   - alive: becomes P(alive).
  ///   - orders: becomes the expected orders within the horizon.
  /// - Precondition: all columns are equally long, the tables are of this horizon, and there is no correction,
  ///   which would need more than these columns.
  public func aliveAndOrders(
    repeatOrders: Span<UInt32>, firstDays: Span<UInt16>, lastDays: Span<UInt16>, asOf day: UInt16,
    _ horizon: ScoreHorizon, _ tables: OutlookTables, alive: inout MutableSpan<Double>,
    orders: inout MutableSpan<Double>
  ) {
    let count = repeatOrders.count
    precondition(
      firstDays.count == count && lastDays.count == count && alive.count == count
        && orders.count == count, "Columns are equally long.")
    precondition(tables.horizon == horizon, "A table is of one horizon.")
    precondition(calibration.correction == nil, "A correction needs recent orders.")
    let columns = DayColumns(
      repeatOrders: repeatOrders, firstDays: firstDays, lastDays: lastDays, day: day,
      clock: calibration.clock)
    if let days = tables.days {
      scan(columns, horizon, days, tables, &alive, &orders)
    } else {
      scan(columns, horizon, tables, &alive, &orders)
    }
  }

  /// By blocks, for whatever is tabulated.
  private func scan(
    _ columns: borrowing DayColumns, _ horizon: ScoreHorizon, _ tables: OutlookTables,
    _ alive: inout MutableSpan<Double>, _ orders: inout MutableSpan<Double>
  ) {
    let (share, factor) = (tables.overlay.perModel, tables.overlay.level)
    var block = ScoreBlock()
    var start = 0
    while start < columns.count {
      block.look(columns, from: start, tables)
      let found = block.found
      for place in 0..<min(ScoreBlock.customersMax, columns.count - start) {
        let row = start + place
        alive[row] = found[place] * share
        orders[row] = found[ScoreBlock.customersMax * 2 + place] * share * factor
        if orders[row].isNaN {
          let score = exact(columns.history(row), horizon)
          (alive[row], orders[row]) = (score.aliveProbability, score.expectedOrders)
        }
      }
      start += ScoreBlock.customersMax
    }
  }

  /// By days.
  private func scan(
    _ columns: borrowing DayColumns, _ horizon: ScoreHorizon, _ days: DayTable,
    _ tables: OutlookTables, _ alive: inout MutableSpan<Double>,
    _ orders: inout MutableSpan<Double>
  ) {
    let whole = columns.count / Lanes.scalarCount * Lanes.scalarCount
    var areIn = true
    if whole > 0 {
      areIn = days.aliveAndOrders(
        x: columns.repeatOrders.extracting(0..<whole),
        first: columns.firstDays.extracting(0..<whole),
        last: columns.lastDays.extracting(0..<whole), day: columns.day, tables.level,
        alive: &alive, orders: &orders)
    }
    if whole < columns.count {
      // The last few in an octet of their own.
      var x = InlineArray<8, UInt32>(repeating: columns.repeatOrders[whole])
      var first = InlineArray<8, UInt16>(repeating: columns.firstDays[whole])
      var last = InlineArray<8, UInt16>(repeating: columns.lastDays[whole])
      for place in 0..<columns.count - whole {
        x[place] = columns.repeatOrders[whole + place]
        first[place] = columns.firstDays[whole + place]
        last[place] = columns.lastDays[whole + place]
      }
      var foundAlive = InlineArray<8, Double>(repeating: 0)
      var foundOrders = InlineArray<8, Double>(repeating: 0)
      var living = foundAlive.mutableSpan
      var expected = foundOrders.mutableSpan
      let isIn = days.aliveAndOrders(
        x: x.span, first: first.span, last: last.span, day: columns.day, tables.level,
        alive: &living, orders: &expected)
      areIn = areIn && isIn
      for place in 0..<columns.count - whole {
        alive[whole + place] = living[place]
        orders[whole + place] = expected[place]
      }
    }
    if areIn { return }
    for row in 0..<columns.count where orders[row].isNaN {
      let score = exact(columns.history(row), horizon)
      (alive[row], orders[row]) = (score.aliveProbability, score.expectedOrders)
    }
  }

  private func exact(_ history: PurchaseHistory, _ horizon: ScoreHorizon) -> CustomerScore {
    score(ScoreSubject(history: history), horizon)
  }
}

/// The columns of a scan.
struct DayColumns: ~Escapable {
  let repeatOrders: Span<UInt32>
  let firstDays: Span<UInt16>
  let lastDays: Span<UInt16>
  let day: UInt16
  let clock: SeasonClock

  @_lifetime(copy repeatOrders, copy firstDays, copy lastDays)
  init(
    repeatOrders: Span<UInt32>, firstDays: Span<UInt16>, lastDays: Span<UInt16>, day: UInt16,
    clock: SeasonClock
  ) {
    self.repeatOrders = repeatOrders
    self.firstDays = firstDays
    self.lastDays = lastDays
    self.day = day
    self.clock = clock
  }

  var count: Int { repeatOrders.count }

  func history(_ row: Int) -> PurchaseHistory {
    PurchaseHistory(
      repeatOrders: Double(repeatOrders[row]), firstDay: Double(firstDays[row]),
      lastDay: Double(lastDays[row]), asOf: Double(day), clock: clock)
  }
}
