// Which columns of a file say what of a customer, and how what stands there is read.

internal import Wire

struct CustomerColumns: Equatable {
  /// What a column can say, by the name of its option.
  enum Field: String, CaseIterable {
    case source
    case cost = "acquisition-cost"
    case country, language, birthday, channel, tier
    case tierUntil = "tier-until"

    fileprivate var help: String {
      switch self {
      case .source: "column of where customers came from"
      case .cost: "column of what it cost to win them"
      case .country: "column of the country, ISO 3166"
      case .language: "column of the language, ISO 639-1"
      case .birthday: "column of the birthday"
      case .channel: "column of the preferred channel"
      case .tier: "column of the tier: " + Tier.allCases.map(\.name).joined(separator: ", ")
      case .tierUntil: "column of the last day the tier is held"
      }
    }
  }

  static let options = Field.allCases.map { Option($0.rawValue, "COLUMN", $0.help) }

  var customer: Int
  /// The columns that are there.
  var places: [Field: Int]
  /// All columns as the header names them.
  var names: [String]

  /// Finds the columns the command line names.
  init(_ arguments: Arguments, header names: [String]) throws(CommandError) {
    self.names = names
    customer = try TableColumns.place(
      of: arguments.value("customer") ?? TableColumns.Wanted().customer, option: "customer",
      in: names)
    places = [:]
    for field in Field.allCases {
      guard let name = arguments.value(field.rawValue) else { continue }
      places[field] = try TableColumns.place(of: name, option: field.rawValue, in: names)
    }
  }

  /// Refuses options that do not go together, before any file is opened.
  static func check(_ arguments: Arguments) throws(CommandError) {
    for name in ["date", "amount", "order", "category", "until"] where arguments.flag(name) {
      throw .usage("--\(name) is about orders and does not go with --customers")
    }
    guard Field.allCases.contains(where: { arguments.flag($0.rawValue) }) else {
      let list = Field.allCases.map { "--\($0.rawValue)" }.joined(separator: ", ")
      throw .usage("--customers needs at least one of \(list)")
    }
    if arguments.flag(Field.tierUntil.rawValue) && !arguments.flag(Field.tier.rawValue) {
      throw .usage("--tier-until goes with --tier")
    }
  }
}

/// Reads what cells of customers hold.
enum CustomerCell {
  static func source(_ text: ArraySlice<UInt8>) throws(RowFault) -> String {
    if text.count > Limits.identifierSizeMax { throw .sourceTooLong }
    if text.contains(where: { $0 < 32 || $0 == 127 }) { throw .sourceControl }
    return String(decoding: text, as: UTF8.self)
  }

  static func cost(
    _ text: ArraySlice<UInt8>, currency: String, digits: UInt8
  ) throws(RowFault) -> AcquisitionCost {
    let minor: Int64
    do throws(RowFault) {
      minor = try AmountText.minorUnits(text, digits: Int(digits))
    } catch {
      // What is said of negative amounts is about orders.
      throw error == .amountNegative ? .costNegative : error
    }
    return AcquisitionCost(amountMinor: minor, currency: currency, minorDigits: digits)
  }

  /// Two letters within a range.
  static func code(
    _ text: ArraySlice<UInt8>, _ letters: ClosedRange<UInt8>, or fault: RowFault
  ) throws(RowFault) -> String {
    guard text.count == 2, text.allSatisfy({ letters.contains($0) }) else { throw fault }
    return String(decoding: text, as: UTF8.self)
  }

  /// `1980-05-17`, or `05-17` without the year.
  static func birthday(_ text: ArraySlice<UInt8>) throws(RowFault) -> Birthday {
    let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    let widths = parts.map(\.count)
    guard widths == [4, 2, 2] || widths == [2, 2],
      parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } })
    else { throw .birthdayUnreadable }
    let numbers = parts.map { $0.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 48) } }
    let (month, day) = (numbers[numbers.count - 2], numbers[numbers.count - 1])
    let year = numbers.count == 3 ? numbers[0] : 0
    guard numbers.count == 2 || year > 0,
      let birthday = Birthday(year: year, month: UInt8(month), day: UInt8(day))
    else { throw .birthdayNonexistent }
    return birthday
  }

  static func channel(_ text: ArraySlice<UInt8>) throws(RowFault) -> Channel {
    guard let channel = Channel.allCases.first(where: { text.elementsEqual($0.name.utf8) }) else {
      throw .channelUnknown
    }
    return channel
  }

  static func tier(_ text: ArraySlice<UInt8>) throws(RowFault) -> Tier {
    guard let tier = Tier.allCases.first(where: { text.elementsEqual($0.name.utf8) }) else {
      throw .tierUnknown
    }
    return tier
  }

  /// The last day a tier is held; day 0 is the one that stands for no end.
  static func lastDay(_ text: ArraySlice<UInt8>) throws(RowFault) -> UInt16 {
    let day = try TimeText(text)
    guard day.seconds == nil else { throw .dateUnreadable }
    guard (1...Limits.dayMax).contains(day.day) else { throw .tierDayOutOfRange }
    return UInt16(day.day)
  }
}
