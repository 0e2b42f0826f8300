// ISO 8601 dates and times as files hold them. Which instant a local time is, ShopZone knows.

/// A date, perhaps a time of day, perhaps an offset.
struct TimeText: Equatable {
  /// Days since 1970-01-01 as written.
  var day: Int
  /// Seconds since midnight as written; nil for a date alone.
  var seconds: Int?
  /// Microseconds on top; finer fractions are dropped.
  var micros = 0
  /// Seconds east of Greenwich; nil for the shop's local time.
  var offset: Int?

  /// Reads `YYYY-MM-DD`, then perhaps `T` or a space and `HH:MM[:SS[.fraction]]`, then perhaps
  /// `Z`, `UTC`, `±HH:MM`, `±HHMM` or `±HH`, also behind a space.
  init(_ text: ArraySlice<UInt8>) throws(RowFault) {
    guard !text.isEmpty else { throw .dateEmpty }
    var rest = text
    let year = Self.number(&rest, digits: 4)
    let first = rest.popFirst()
    let month = Self.number(&rest, digits: 2)
    let second = rest.popFirst()
    guard let year, let month, let date = Self.number(&rest, digits: 2),
      first == UInt8(ascii: "-"), second == UInt8(ascii: "-")
    else { throw .dateUnreadable }
    guard let calendarDay = CalendarDay(year: year, month: month, day: date) else {
      throw .dateNonexistent
    }
    day = calendarDay.number
    guard let separator = rest.popFirst() else { return }
    guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: "t") || separator == 32
    else { throw .dateUnreadable }
    try readTime(&rest)
    try readOffset(&rest)
  }

  private mutating func readTime(_ rest: inout ArraySlice<UInt8>) throws(RowFault) {
    let hour = Self.number(&rest, digits: 2)
    let colon = rest.popFirst()
    guard let hour, let minute = Self.number(&rest, digits: 2), colon == UInt8(ascii: ":") else {
      throw .timeUnreadable
    }
    var second = 0
    if rest.first == UInt8(ascii: ":") {
      rest.removeFirst()
      guard let number = Self.number(&rest, digits: 2) else { throw .timeUnreadable }
      second = number
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        try readFraction(&rest)
      }
    }
    guard hour < 24, minute < 60, second < 60 else { throw .timeNonexistent }
    seconds = hour * 3_600 + minute * 60 + second
  }

  private mutating func readFraction(_ rest: inout ArraySlice<UInt8>) throws(RowFault) {
    var scale = 100_000
    var digits = 0
    while let byte = rest.first, (48...57).contains(byte) {
      micros += Int(byte - 48) * scale
      scale /= 10
      digits += 1
      rest.removeFirst()
    }
    if digits == 0 { throw .timeUnreadable }
  }

  private mutating func readOffset(_ rest: inout ArraySlice<UInt8>) throws(RowFault) {
    if rest.first == 32 { rest.removeFirst() }
    guard let sign = rest.popFirst() else { return }
    switch sign {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): offset = 0
    case UInt8(ascii: "U"):
      guard rest.elementsEqual("TC".utf8) else { throw .offsetUnreadable }
      rest.removeAll()
      offset = 0
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard let hours = Self.number(&rest, digits: 2) else { throw .offsetUnreadable }
      if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
      let minutes = rest.isEmpty ? 0 : Self.number(&rest, digits: 2)
      guard let minutes, minutes < 60, hours <= 18 else { throw .offsetUnreadable }
      offset = (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    default: throw .timeUnreadable
    }
    if !rest.isEmpty { throw .offsetUnreadable }
  }

  /// Takes exactly so many digits from the front.
  private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> Int? {
    guard rest.count >= digits else { return nil }
    var value = 0
    for byte in rest.prefix(digits) {
      guard (48...57).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 48)
    }
    rest.removeFirst(digits)
    return value
  }
}
