// From a record to what is to be recorded of a customer: every field checked, nothing sent. The same for
// --dry-run, for the first pass of --strict and for the import itself.

internal import Wire

struct CustomerRowChecker {
  let columns: CustomerColumns
  /// What costs are in.
  let currency: String
  let minorDigits: UInt8

  /// What became of a row.
  enum Checked {
    case customer(RecordProfilesRequest.Row)
    case bad(BadRow)
  }

  /// Checks the record a reader stands on; an empty cell keeps what is known.
  func check<Source>(_ reader: CSVReader<Source>) -> Checked {
    if let bad = reader.recordFault(columns: columns.names) { return .bad(bad) }
    // The field a thrown fault is about.
    var column = columns.customer
    do throws(RowFault) {
      let customer = try reader.identifier(column)
      var change = ProfileChange()
      var (tier, lastDay) = (Tier?.none, UInt16?.none)
      for field in CustomerColumns.Field.allCases {
        guard let place = columns.places[field] else { continue }
        let text = reader.trimmed(place)
        if text.isEmpty { continue }
        column = place
        switch field {
        case .source: change.source = .set(try CustomerCell.source(text))
        case .cost:
          change.acquisitionCost = .set(
            try CustomerCell.cost(text, currency: currency, digits: minorDigits))
        case .country:
          change.country = .set(try CustomerCell.code(text, 65...90, or: .countryUnreadable))
        case .language:
          change.language = .set(try CustomerCell.code(text, 97...122, or: .languageUnreadable))
        case .birthday: change.birthday = .set(try CustomerCell.birthday(text))
        case .channel: change.channel = .set(try CustomerCell.channel(text))
        case .tier: tier = try CustomerCell.tier(text)
        case .tierUntil:
          if tier == nil { throw .tierMissing }
          lastDay = try CustomerCell.lastDay(text)
        }
      }
      if let tier { change.tier = .set(HeldTier(tier, untilDay: lastDay ?? 0)) }
      return .customer(RecordProfilesRequest.Row(customer: customer, change))
    } catch {
      return .bad(reader.badRow(error, in: column, of: columns.names))
    }
  }

  /// The fault of a row that the server refused.
  func refused<Source>(_ reader: CSVReader<Source>, _ status: Status) -> BadRow {
    // Only a birthday can lie out of the range of times.
    let column = status == .timeOutOfRange ? columns.places[.birthday] : nil
    return reader.badRow(.refused(status), in: column ?? columns.customer, of: columns.names)
  }
}
