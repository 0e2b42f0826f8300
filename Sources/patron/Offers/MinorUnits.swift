// Amounts of a catalogue's currency, to people and from the command line.

internal import Wire

/// A currency's digits, and its name.
struct MinorUnits {
  let currency: String
  let digits: UInt8

  init(currency: String, digits: UInt8) {
    self.currency = currency
    self.digits = digits
  }

  init(_ hello: HelloReply) { self.init(currency: hello.currency, digits: hello.minorDigits) }

  /// Minor units in major ones.
  func major(_ minor: Int64) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return Double(minor) / scale
  }

  /// Minor units for people, without the currency.
  func text(_ minor: Int64) -> String { Numbers.fixed(major(minor), Int(digits)) }

  /// Minor units of an option's value; nil where it was not given.
  func minor(
    _ text: String?, option: String, negative: Bool = false
  ) throws(CommandError) -> Int64? {
    guard let text else { return nil }
    let isNegative = negative && text.hasPrefix("-")
    do throws(RowFault) {
      let digitsOnly = isNegative ? text.dropFirst() : text[...]
      let minor = try AmountText.minorUnits(Array(digitsOnly.utf8)[...], digits: Int(digits))
      return isNegative ? -minor : minor
    } catch {
      throw .usage("--\(option) is '\(text)': \(error.reason)")
    }
  }
}
