// Everything that can be wrong with a row of a file, and how one bad row is told.

internal import Wire

/// Why a row is bad; rows are counted by it.
struct RowFault: Error, Hashable {
  /// A short clause for the summary.
  let reason: String

  private init(_ reason: String) { self.reason = reason }

  // The record as such.
  static let quoteInside = RowFault("a quote inside an unquoted field")
  static let textAfterQuote = RowFault("text behind a closing quote")
  static let quoteOpen = RowFault("a quote that is never closed")
  static let recordTooLong = RowFault("a row longer than 65536 bytes")
  static let notUTF8 = RowFault("not valid UTF-8")
  static let tooFewFields = RowFault("too few fields")
  static let tooManyFields = RowFault("too many fields")

  // Identifiers.
  static let identifierEmpty = RowFault("an empty identifier")
  static let identifierTooLong = RowFault("an identifier longer than 64 bytes")
  static let identifierControl = RowFault("a control character in an identifier")

  // Times.
  static let dateEmpty = RowFault("an empty date")
  static let dateUnreadable = RowFault("a date that is not YYYY-MM-DD")
  static let dateNonexistent = RowFault("a date that does not exist")
  static let timeUnreadable = RowFault("a time that is not HH:MM:SS")
  static let timeNonexistent = RowFault("a time that does not exist")
  static let offsetUnreadable = RowFault("an offset that is not Z or ±HH:MM")
  static let dateOutOfRange = RowFault("a date before 1970 or after 2149")
  static let dateInFuture = RowFault("a date in the future")

  // Amounts.
  static let amountEmpty = RowFault("an empty amount")
  static let amountUnreadable = RowFault("an amount that is not a decimal number")
  static let amountHasComma = RowFault("an amount with a comma")
  static let amountHasExponent = RowFault("an amount with an exponent")
  static let amountNegative = RowFault("a negative amount")
  static let amountTooPrecise = RowFault("an amount with too many decimals")
  static let amountTooLarge = RowFault("an amount that is too large")

  // Customers.
  static let sourceTooLong = RowFault("a source longer than 64 bytes")
  static let sourceControl = RowFault("a control character in a source")
  static let costNegative = RowFault("a negative cost")
  static let countryUnreadable = RowFault("a country that is not two capital letters")
  static let languageUnreadable = RowFault("a language that is not two small letters")
  static let birthdayUnreadable = RowFault("a birthday that is not YYYY-MM-DD or MM-DD")
  static let birthdayNonexistent = RowFault("a birthday that does not exist, or is before 1850")
  static let channelUnknown = RowFault("a channel that is not known")
  static let tierUnknown = RowFault("a tier that is not known")
  static let tierMissing = RowFault("a last day without a tier")
  static let tierDayOutOfRange = RowFault("a last day before 1970-01-02 or after 2149-06-05")

  /// The server did not take the row.
  static func refused(_ status: Status) -> RowFault {
    RowFault("refused by the server: \(status.name)")
  }

  /// What the user should do about it, where the reason does not say it.
  var advice: String? {
    switch self {
    case .amountNegative: "what comes back is recorded with record returns"
    case .amountHasComma: "write 1200.50 without separators"
    case .quoteInside: "quote the whole field and double the quotes in it"
    case .recordTooLong: "a quote may be missing"
    case .channelUnknown:
      "it must be one of \(Channel.allCases.map(\.name).joined(separator: ", "))"
    case .tierUnknown: "it must be one of \(Tier.allCases.map(\.name).joined(separator: ", "))"
    default: nil
    }
  }
}

/// One bad row: where, why, and the row itself.
struct BadRow: Equatable {
  var fault: RowFault
  /// The physical line and the character in it, both from 1.
  var line: Int
  var column: Int
  /// The column of the table, from 1, and its name, where one is at fault.
  var field: (number: Int, name: String)?
  /// What stands there, shortened; empty where it helps nobody.
  var found = ""

  static func == (one: BadRow, other: BadRow) -> Bool {
    one.fault == other.fault && one.line == other.line && one.column == other.column
      && one.field?.number == other.field?.number && one.field?.name == other.field?.name
      && one.found == other.found
  }

  /// `orders.csv:7:12: column 3 (amount): a negative amount, '-5'; …`.
  func sentence(file: String) -> String {
    var text = "\(file):\(line):\(column): "
    if let field { text += "column \(field.number) (\(field.name)): " }
    text += fault.reason
    if !found.isEmpty { text += ", '\(found)'" }
    if let advice = fault.advice { text += "; \(advice)" }
    return text
  }

  /// A field's bytes for a message: at most 40 characters, without line ends.
  static func shortened(_ bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(200), as: UTF8.self)
    let visible = text.map { $0.isNewline ? " " : $0 }
    return String(visible.prefix(40)) + (visible.count > 40 ? "…" : "")
  }
}
