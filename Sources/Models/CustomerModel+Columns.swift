// Scans: what the models say of all customers of a chunk, from its columns of orders, days and spend.

internal import Kernels

extension CustomerModel {
  /// Scores of whole columns of customers.
  ///
  /// The same as `score(_:_:_:into:)` says of each of them, to a relative error below 1e-9. A customer's
  /// numbers do not depend on the neighbours, nor on what else is asked for. Of a customer without an order
  /// they are those of a first order on the day; a customer whose last order is after the day gets numbers
  /// that are none. With tables and an even clock all is looked up by day; whoever has more orders or is older
  /// than what is there, and everybody under a season, is asked about as by `score(_:_:_:into:)`.
  ///
  /// - Parameters:
  ///   - columns: the customers.
  ///   - kinds: which scores.
  ///   - day: of the scores, since 1970-01-01, below 65,535.
  ///   - horizon: made under this model's calibration from this day.
  ///   - tables: made of this model and this horizon; without them all is exact, and slow.
  ///   - majorPerMinor: major units of the currency by minor unit; 0.01 for cents.
  ///   - scores: the columns that are asked for one behind the other, in the order of ``ScoreKinds``, each
  ///     as long as the customers'; other columns are neither computed nor written.
  /// - Precondition: there is room for all scores, the tables are of this horizon, there are amounts where
  ///   spend or value is asked for, and there is no correction, which needs more than these columns, where
  ///   orders or value are.
  public func score(
    _ columns: borrowing CustomerColumns, _ kinds: ScoreKinds, asOf day: UInt16,
    _ horizon: ScoreHorizon, _ tables: OutlookTables?, majorPerMinor: Double,
    into scores: inout MutableSpan<Double>
  ) {
    let count = columns.count
    precondition(scores.count >= kinds.count * count, "A column has one score for each customer.")
    precondition(
      kinds.isDisjoint(with: [.spend, .value])
        || columns.repeatSpendMinor.count == columns.lines.count,
      "Spend needs amounts.")
    precondition(
      calibration.correction == nil || kinds.isDisjoint(with: [.orders, .value]),
      "A correction needs recent orders.")
    precondition(
      tables == nil || tables?.horizon == horizon, "A table is of one horizon.")
    let scan = ColumnScan(
      places: InlineArray { number in
        kinds.column(of: ScoreKinds(rawValue: 1 << UInt8(number))).map { $0 * count } ?? -1
      }, day: day, majorPerMinor: majorPerMinor)
    var strays = Strays()
    var start = 0
    while start < count {
      let taken = min(ColumnScan.blockRows, count - start)
      scan.block(
        columns, start..<start + taken, self, horizon, tables, &strays, into: &scores)
      start += taken
    }
    scan.ask(columns, self, horizon, tables, &strays, into: &scores)
  }
}

/// Rows that are to be asked about one by one.
private struct Strays {
  /// So many are asked about together.
  static let rowsMax = 32

  var rows = InlineArray<32, Int>(repeating: 0)
  var count = 0
}

/// What a scan asks of every customer.
///
/// The model and what hangs on it are handed down: to keep them here would count a dozen references up and
/// down for each batch.
private struct ColumnScan {
  /// Where the columns of the five scores begin; below 0 where they are not asked for.
  let places: InlineArray<5, Int>
  let day: UInt16
  let majorPerMinor: Double

  /// Rows that are worked on together: what one model of a blend wrote is near when the next one adds to it.
  static let blockRows = 1024

  /// Scores a block of rows, and leaves some of them to be asked about.
  func block(
    _ columns: borrowing CustomerColumns, _ rows: Range<Int>, _ model: CustomerModel,
    _ horizon: ScoreHorizon, _ tables: OutlookTables?, _ strays: inout Strays,
    into scores: inout MutableSpan<Double>
  ) {
    var marks = InlineArray<128, UInt8>(repeating: .max)
    if let days = tables?.days, !days.isEmpty, let level = tables?.level,
      let share = tables?.overlay.perModel
    {
      marks = InlineArray(repeating: 0)
      var bits = marks.mutableSpan
      let spend = ColumnSpend(model.spend, day: day, majorPerMinor: majorPerMinor)
      find(columns, rows, days, spend, share: share, level, &scores, &bits)
    }
    for octet in 0..<(rows.count + 7) / 8 where marks[octet] != 0 {
      for bit in 0..<min(8, rows.count - octet * 8) where marks[octet] >> bit & 1 != 0 {
        let row = rows.lowerBound + octet * 8 + bit
        let (first, last) = (columns.firstDay(row), columns.lastDay(row))
        if first != .max && (last > day || first > last) {
          for kind in 0..<5 where places[kind] >= 0 { scores[places[kind] + row] = .nan }
          continue
        }
        strays.rows[strays.count] = row
        strays.count += 1
        if strays.count == Strays.rowsMax {
          ask(columns, model, horizon, tables, &strays, into: &scores)
        }
      }
    }
  }

  /// Looks rows up by day, and marks who is not there.
  private func find(
    _ columns: borrowing CustomerColumns, _ rows: Range<Int>, _ days: [DayTable],
    _ spend: ColumnSpend, share: Double, _ level: Processor.Level,
    _ scores: inout MutableSpan<Double>, _ marks: inout MutableSpan<UInt8>
  ) {
    let whole = rows.count / 8 * 8
    if whole > 0 {
      let start = rows.lowerBound
      for number in days.indices {
        days[number].find(
          columns.extracting(start / 8..<(start + whole) / 8), spend, share: share, level,
          places: InlineArray { places[$0] < 0 ? -1 : places[$0] + start }, adds: number > 0,
          into: &scores, marks: &marks)
      }
    }
    guard whole < rows.count else { return }
    // The last octet holds places that nobody has.
    let start = rows.lowerBound + whole
    let taken = rows.count - whole
    let few = columns.extracting(start / 8..<start / 8 + 1)
    var found = InlineArray<40, Double>(repeating: 0)
    var room = found.mutableSpan
    var mark = InlineArray<1, UInt8>(repeating: 0)
    var bits = mark.mutableSpan
    for number in days.indices {
      days[number].find(
        few, spend, share: share, level,
        places: InlineArray { places[$0] < 0 ? -1 : $0 * 8 }, adds: number > 0, into: &room,
        marks: &bits)
    }
    marks[whole / 8] = bits[0]
    for kind in 0..<5 where places[kind] >= 0 {
      for place in 0..<taken { scores[places[kind] + start + place] = room[kind * 8 + place] }
    }
  }

  /// Asks about rows as everybody asks, and forgets them.
  @inline(never)
  func ask(
    _ columns: borrowing CustomerColumns, _ model: CustomerModel, _ horizon: ScoreHorizon,
    _ tables: OutlookTables?, _ strays: inout Strays, into scores: inout MutableSpan<Double>
  ) {
    guard strays.count > 0 else { return }
    var subjects = InlineArray<32, ScoreSubject>(repeating: ScoreSubject(history: .new))
    for place in 0..<strays.count where columns.firstDay(strays.rows[place]) != .max {
      subjects[place] = subject(
        columns, strays.rows[place], model.calibration.clock)
    }
    var found = InlineArray<32, CustomerScore>(
      repeating: CustomerScore(
        aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
        lifetimeValue: 0))
    var room = found.mutableSpan
    model.score(subjects.span.extracting(0..<strays.count), horizon, tables, into: &room)
    for place in 0..<strays.count {
      let (score, row) = (room[place], strays.rows[place])
      if places[0] >= 0 { scores[places[0] + row] = score.aliveProbability }
      if places[1] >= 0 { scores[places[1] + row] = score.churnProbability }
      if places[2] >= 0 { scores[places[2] + row] = score.expectedOrders }
      if places[3] >= 0 { scores[places[3] + row] = score.expectedSpendPerOrder }
      if places[4] >= 0 { scores[places[4] + row] = score.lifetimeValue }
    }
    strays.count = 0
  }

  /// A customer with an order.
  private func subject(
    _ columns: borrowing CustomerColumns, _ row: Int, _ clock: SeasonClock
  ) -> ScoreSubject {
    let x = columns.repeatOrders(row)
    var subject = ScoreSubject(
      history: PurchaseHistory(
        repeatOrders: Double(x), firstDay: Double(columns.firstDay(row)),
        lastDay: Double(columns.lastDay(row)), asOf: Double(day),
        clock: clock))
    if x > 0 && !columns.repeatSpendMinor.isEmpty {
      subject.meanSpend =
        Double(columns.repeatSpendMinor[row >> 3][row & 7]) / Double(x) * majorPerMinor
    }
    return subject
  }
}
