// Decimal amounts, exactly, to minor units; and how many digits a currency has.

internal import Wire

enum AmountText {
  /// Reads `12`, `12.5`, `+12.50`, `.5`, `-0.00`: a sign, digits, a point, digits.
  ///
  /// Decimals beyond the currency's are accepted where they are zeros. Nothing is rounded.
  static func minorUnits(
    _ text: ArraySlice<UInt8>, digits: Int
  ) throws(RowFault) -> Int64 {
    guard let first = text.first else { throw .amountEmpty }
    let isNegative = first == UInt8(ascii: "-")
    var rest = text
    if isNegative || first == UInt8(ascii: "+") { rest.removeFirst() }
    var value: Int64 = 0
    var digitsSeen = 0
    var decimals: Int?
    for byte in rest {
      switch byte {
      case 48...57:
        digitsSeen += 1
        if let count = decimals {
          decimals = count + 1
          if count >= digits {
            if byte != 48 { throw explain(rest, .amountTooPrecise) }
            continue
          }
        }
        value = value * 10 + Int64(byte - 48)
        if value > Limits.amountMax { throw explain(rest, .amountTooLarge) }
      case UInt8(ascii: ".") where decimals == nil: decimals = 0
      default: throw explain(rest, .amountUnreadable)
      }
    }
    guard digitsSeen > 0 else { throw .amountUnreadable }
    for _ in min(decimals ?? 0, digits)..<digits {
      value *= 10
      if value > Limits.amountMax { throw .amountTooLarge }
    }
    if isNegative && value > 0 { throw .amountNegative }
    return value
  }

  /// The reason for text that is no number at all goes before one about its size.
  private static func explain(_ text: ArraySlice<UInt8>, _ fault: RowFault) -> RowFault {
    var points = 0
    for byte in text {
      switch byte {
      case 48...57: continue
      case UInt8(ascii: "."): points += 1
      case UInt8(ascii: ","): return .amountHasComma
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        let isExponent = text.allSatisfy { (43...57).contains($0) || $0 | 32 == 101 }
        return isExponent && text.first != byte ? .amountHasExponent : .amountUnreadable
      default: return .amountUnreadable
      }
    }
    return points > 1 ? .amountUnreadable : fault
  }
}

enum Currency {
  /// Digits behind the decimal point, ISO 4217; 2 for those not listed.
  static func minorDigits(_ code: String) -> UInt8 {
    switch code {
    case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
      "VND", "VUV", "XAF", "XOF", "XPF":
      0
    case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
    case "CLF", "UYW": 4
    default: 2
    }
  }
}
