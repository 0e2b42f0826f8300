// The scores of a batch: whole columns by the models' tables, few rows apart, and one by one what needs more than
// the columns of orders.

import Models
import Offers
import Rules

extension ScanColumns {
  /// Rows that are fewer than this share of a batch are scored apart.
  private static let fewShare = 4

  /// Fills all scores for some rows, unknown ones for who has no order.
  mutating func fillScores(_ missing: RowSet) {
    let places = layout.scorePlaces
    defer {
      for case let place? in places { filled[place] = filled[place].union(missing) }
    }
    guard let scores = view.scores else {
      for case let place? in places {
        let start = start(of: place)
        missing.eachRow { row in numbers[start + row] = .nan }
      }
      return
    }
    let byColumns = kinds.intersection(scores.byColumns)
    if !byColumns.isEmpty { score(missing, byColumns, scores, places) }
    if byColumns != kinds { scoreSingly(missing, kinds.subtracting(byColumns), scores, places) }
    if !scores.adopted.spendKnown {
      for case let place? in places[3...4] {
        let start = start(of: place)
        missing.eachRow { row in numbers[start + row] = .nan }
      }
    }
    if let layer = scores.layer, let place = places[1] { correctChurn(missing, layer, place) }
  }

  /// Scores whole columns, or those of the rows if they are few.
  private mutating func score(
    _ missing: RowSet, _ kinds: ScoreKinds, _ scores: ScanScores, _ places: [Int?]
  ) {
    let wanted = missing.count
    let isFew = wanted < count / Self.fewShare
    if isFew { gather(missing) }
    let taken = isFew ? wanted : count
    // Taken out while the columns beside them are read.
    var (numbers, apart): ([Double], [Double]) = ([], [])
    swap(&numbers, &self.numbers)
    swap(&apart, &self.scores)
    if !isFew && taken == Self.rowsMax && kinds == self.kinds {
      // A whole batch is scored where its columns lie.
      var room = numbers.mutableSpan
      score(source, taken, kinds, scores, into: &room)
      // Hardly ever has somebody no order.
      if CustomerLoops.hasOrderless(source.lines(taken)) {
        for case let place? in places {
          let start = start(of: place)
          var all = numbers.mutableSpan
          var column = all._mutatingExtracting(start..<start + taken)
          CustomerLoops.forget(source.lines(taken), in: &column)
        }
      }
    } else {
      var room = apart.mutableSpan
      if isFew {
        score(few.source, taken, kinds, scores, into: &room)
      } else {
        score(source, taken, kinds, scores, into: &room)
      }
      for (number, place) in places.enumerated() {
        let kind = ScoreKinds(rawValue: 1 << UInt8(number))
        guard let place, let column = kinds.column(of: kind) else { continue }
        let found = apart.span.extracting(column * taken..<(column + 1) * taken)
        put(found, at: start(of: place), isFew: isFew, &numbers)
      }
    }
    swap(&numbers, &self.numbers)
    swap(&apart, &self.scores)
  }

  private func score(
    _ rows: RowSource, _ count: Int, _ kinds: ScoreKinds, _ scores: ScanScores,
    into room: inout MutableSpan<Double>
  ) {
    scores.adopted.model.score(
      CustomerColumns(
        lines: rows.lines(count),
        repeatSpendMinor: rows.repeatMinor(kinds.isDisjoint(with: [.spend, .value]) ? 0 : count),
        count: count), kinds, asOf: view.day, scores.horizon, scores.tables,
      majorPerMinor: view.majorPerMinor, into: &room)
  }

  /// Keeps scores, without those of who has no order.
  private func put(
    _ found: Span<Double>, at start: Int, isFew: Bool, _ numbers: inout [Double]
  ) {
    for place in found.indices {
      let row = isFew ? few.places[place] : place
      numbers[start + row] = source.firstDay(row) == CustomerRow.noDay ? .nan : found[place]
    }
  }

  private mutating func gather(_ missing: RowSet) {
    var number = 0
    missing.eachRow { row in
      few.places[number] = row
      few.source.set(source.statistics(row), at: number)
      number += 1
    }
  }

  /// Scores what a correction is part of, which looks at recent orders.
  private mutating func scoreSingly(
    _ missing: RowSet, _ kinds: ScoreKinds, _ scores: ScanScores, _ places: [Int?]
  ) {
    let calibration = scores.adopted.model.calibration
    missing.eachRow { row in
      let statistics = source.statistics(row)
      var score: CustomerScore?
      if statistics.isKnown {
        let subject = view.store.subject(
          view.store.customers[rows[row]], statistics, asOf: view.day, under: calibration)
        score = scores.adopted.model.score(subject, scores.horizon, scores.tables)
      }
      if kinds.contains(.orders), let place = places[2] {
        numbers[start(of: place) + row] = score?.expectedOrders ?? .nan
      }
      if kinds.contains(.value), let place = places[4] {
        numbers[start(of: place) + row] = score?.lifetimeValue ?? .nan
      }
    }
  }

  /// Lays the churn layer over what the purchase model says.
  private mutating func correctChurn(_ missing: RowSet, _ layer: AdoptedLayer, _ place: Int) {
    let start = start(of: place)
    missing.eachRow { row in
      guard source.firstDay(row) != CustomerRow.noDay,
        let history = view.store.churnHistory(
          of: view.store.customers[rows[row]], asOf: view.day)
      else { return }
      numbers[start + row] = layer.probability(of: history, purchaseChurn: numbers[start + row])
    }
  }

  /// What customers brought and will bring, less what it cost to win them.
  mutating func fillNetValue(_ missing: RowSet, _ start: Int) {
    let (spent, value) = (
      ScanColumn.number(NumberField.totalSpend.rawValue),
      ScanColumn.number(NumberField.lifetimeValue.rawValue)
    )
    fill(spent, for: missing)
    fill(value, for: missing)
    let (spentStart, valueStart) = (
      self.start(of: place(of: spent)), self.start(of: place(of: value))
    )
    missing.eachRow { row in
      let cost = view.acquisitionCost(of: rows[row])
      numbers[start + row] =
        view.margin * numbers[spentStart + row] + numbers[valueStart + row]
        - (cost.isNaN ? 0 : cost)
    }
  }
}

extension ScanView {
  /// What it cost to win a customer, in major units; NaN where it is unknown.
  func acquisitionCost(of number: UInt32) -> Double {
    store.ties(of: number).costMinor.map { Double($0) * majorPerMinor } ?? .nan
  }
}

extension ScanColumn {
  var isNetValue: Bool { self == .number(CustomerFields.More.netValue) }
}
