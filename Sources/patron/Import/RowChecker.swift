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
    if let fault = reader.fault { return bad(reader, fault.reason, at: fault.offset) }
    if let offset = Self.invalidUTF8(reader.bytes[reader.record]) {
      return bad(reader, .notUTF8, at: offset)
    }
    guard reader.fields.count == columns.names.count else {
      return wrongCount(reader)
    }
    // The field a thrown fault is about.
    var column = columns.customer
    do throws(RowFault) {
      let customer = try identifier(reader, column)
      column = columns.date
      let time = try TimeText(trimmed(reader, column))
      let micros = try instant(of: time)
      let day = zone.day(ofMicros: micros)
      guard ShopZone.days.contains(day) else { throw .dateOutOfRange }
      guard day <= settings.lastDay else { throw .dateInFuture }
      column = columns.amount
      let amount = try AmountText.minorUnits(
        trimmed(reader, column), digits: Int(settings.minorDigits))
      var order: String?
      if let place = columns.order {
        column = place
        order = try identifier(reader, place)
      }
      var category: String?
      if let place = columns.category, !trimmed(reader, place).isEmpty {
        column = place
        category = try identifier(reader, place)
      }
      if let until = settings.untilDay, day > until { return .skipped }
      let checked = RecordOrdersRequest.Order(
        customer: customer, order: order ?? madeIdentifier(customer, day, amount),
        timeMicros: micros, amountMinor: amount)
      return category.map { .line(checked, category: $0) } ?? .order(checked)
    } catch {
      return bad(reader, error, in: column)
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
    return badRow(reader, .refused(status), in: column)
  }

  // MARK: Fields

  private func trimmed<Source>(_ reader: CSVReader<Source>, _ column: Int) -> ArraySlice<UInt8> {
    var text = reader.content(of: reader.fields[column])
    while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
    while let last = text.last, last == 32 || last == 9 { text.removeLast() }
    return text
  }

  private func identifier<Source>(
    _ reader: CSVReader<Source>, _ column: Int
  ) throws(RowFault) -> String {
    let text = trimmed(reader, column)
    if text.isEmpty { throw .identifierEmpty }
    if text.count > Limits.identifierSizeMax { throw .identifierTooLong }
    if text.contains(where: { $0 < 32 || $0 == 127 }) { throw .identifierControl }
    return String(decoding: text, as: UTF8.self)
  }

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

  // MARK: Faults

  private func bad<Source>(
    _ reader: CSVReader<Source>, _ fault: RowFault, at offset: Int
  ) -> CheckedRow {
    let place = reader.place(of: offset)
    return .bad(BadRow(fault: fault, line: place.line, column: place.column))
  }

  private func bad<Source>(
    _ reader: CSVReader<Source>, _ fault: RowFault, in column: Int
  ) -> CheckedRow {
    .bad(badRow(reader, fault, in: column))
  }

  private func badRow<Source>(
    _ reader: CSVReader<Source>, _ fault: RowFault, in column: Int
  ) -> BadRow {
    let field = reader.fields[column]
    let place = reader.place(of: field.offset)
    return BadRow(
      fault: fault, line: place.line, column: place.column,
      field: (column + 1, settings.columns.names[column]),
      found: BadRow.shortened(reader.content(of: field)))
  }

  private func wrongCount<Source>(_ reader: CSVReader<Source>) -> CheckedRow {
    let wanted = settings.columns.names.count
    let isMany = reader.fields.count > wanted
    // The first field that is too many, or the end of the row.
    let offset = isMany ? reader.fields[wanted].offset : reader.record.count
    let place = reader.place(of: offset)
    return .bad(
      BadRow(
        fault: isMany ? .tooManyFields : .tooFewFields, line: place.line, column: place.column,
        found: "\(reader.fields.count) instead of \(wanted)"))
  }

  /// Offset of the first byte that is no UTF-8, or nil.
  static func invalidUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
    if bytes.allSatisfy({ $0 < 0x80 }) { return nil }
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error: return offset
      case .emptyInput: return nil
      }
    }
  }
}
