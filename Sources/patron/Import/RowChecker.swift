// From a record to an order: every field checked, nothing sent. The same for --dry-run, for the
// first pass of --strict and for the import itself.

internal import Wire

/// What the rows of a file are read by.
struct ImportSettings {
  var columns: TableColumns
  var currency: String
  var minorDigits: UInt8
  /// Later days are left out; nil for none.
  var untilDay: Int?
  /// The last day an order may carry.
  var lastDay: Int
}

/// What became of a row.
enum CheckedRow {
  case order(RecordOrdersRequest.Order)
  /// An order, or a part of it, of one category.
  case line(RecordOrdersRequest.Order, category: String)
  /// Its day is after `--until`.
  case skipped
  case bad(BadRow)
}

struct RowChecker {
  let settings: ImportSettings
  private var zone: ShopZone
  private var occurrences = OccurrenceTable()
  private var latestDay = (number: -1, text: "")

  init(_ settings: ImportSettings, zone: ShopZone) {
    self.settings = settings
    self.zone = zone
  }

  /// Checks the record a reader stands on.
  mutating func check<Source>(_ reader: CSVReader<Source>) -> CheckedRow {
    let columns = settings.columns
    if let bad = reader.recordFault(columns: columns.names) { return .bad(bad) }
    // The field a thrown fault is about.
    var column = columns.customer
    do throws(RowFault) {
      let customer = try reader.identifier(column)
      column = columns.date
      let time = try TimeText(reader.trimmed(column))
      let micros = try instant(of: time)
      let day = zone.day(ofMicros: micros)
      guard ShopZone.days.contains(day) else { throw .dateOutOfRange }
      guard day <= settings.lastDay else { throw .dateInFuture }
      column = columns.amount
      let amount = try AmountText.minorUnits(
        reader.trimmed(column), digits: Int(settings.minorDigits))
      var order: String?
      if let place = columns.order {
        column = place
        order = try reader.identifier(place)
      }
      var category: String?
      if let place = columns.category, !reader.trimmed(place).isEmpty {
        column = place
        category = try reader.identifier(place)
      }
      if let until = settings.untilDay, day > until { return .skipped }
      let checked = RecordOrdersRequest.Order(
        customer: customer, order: order ?? madeIdentifier(customer, day, amount),
        timeMicros: micros, amountMinor: amount)
      return category.map { .line(checked, category: $0) } ?? .order(checked)
    } catch {
      return .bad(reader.badRow(error, in: column, of: columns.names))
    }
  }

  /// The fault of a row that the server refused.
  func refused<Source>(_ reader: CSVReader<Source>, _ status: Status) -> BadRow {
    let columns = settings.columns
    let column =
      switch status {
      case .timeOutOfRange: columns.date
      case .amountOverflow: columns.amount
      default: columns.customer
      }
    return reader.badRow(.refused(status), in: column, of: columns.names)
  }

  // MARK: Fields

  /// Noon of the day for a date alone; the shop's local time where there is no offset.
  private mutating func instant(of time: TimeText) throws(RowFault) -> Int64 {
    guard ShopZone.days.contains(time.day) else { throw .dateOutOfRange }
    let seconds = time.seconds ?? 43_200
    guard let offset = time.offset else {
      return zone.micros(ofDay: time.day, seconds: seconds, micros: time.micros)
    }
    return Int64(time.day * 86_400 + seconds - offset) * 1_000_000 + Int64(time.micros)
  }

  /// `1997-01-12/1200/2`: the day, the amount in minor units, the occurrence of both for this
  /// customer in this file.
  private mutating func madeIdentifier(_ customer: String, _ day: Int, _ amount: Int64) -> String {
    if latestDay.number != day { latestDay = (day, CalendarDay(number: day).text) }
    let hash = OccurrenceTable.hash(customer.utf8, day: day, amountMinor: amount)
    return "\(latestDay.text)/\(amount)/\(occurrences.next(hash))"
  }
}
