// Decimal amounts against a naive reading of the same text.

import Testing

@testable import patron

private func read(_ text: String, _ digits: Int) -> Result<Int64, RowFault> {
  do {
    return .success(try AmountText.minorUnits(Array(text.utf8)[...], digits: digits))
  } catch {
    return .failure(error)
  }
}

@Suite("AmountText")
struct AmountTextTests {
  /// What a short text over «-.015» means, by splitting it.
  private func naive(_ text: String, _ digits: Int) -> Int64? {
    var rest = text[...]
    let isNegative = rest.first == "-"
    if isNegative { rest.removeFirst() }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy(\.isNumber) }),
      !parts.joined().isEmpty
    else { return nil }
    let decimals = parts.count == 2 ? parts[1] : ""
    guard decimals.dropFirst(digits).allSatisfy({ $0 == "0" }) else { return nil }
    let kept = decimals.prefix(digits)
    let zeros = String(repeating: "0", count: digits - kept.count)
    guard let value = Int64(parts[0] + kept + zeros) else { return parts[0].isEmpty ? 0 : nil }
    return isNegative && value > 0 ? nil : value
  }

  @Test("all texts of up to six characters are read as a naive reader reads them", arguments: 0...4)
  func exhaustive(digits: Int) {
    var texts = [""]
    var wrong: [String] = []
    var read = 0
    for _ in 0..<6 {
      texts = texts.flatMap { text in ["-", ".", "0", "1", "5"].map { text + $0 } }
      for text in texts {
        let value = try? AmountText.minorUnits(Array(text.utf8)[...], digits: digits)
        if value != naive(text, digits) { wrong.append(text) }
        if value != nil { read += 1 }
      }
    }
    #expect(wrong.isEmpty)
    #expect(read > 1_000)
  }

  @Test("the largest amount is read, the next one is not")
  func bounds() {
    #expect(read("10000000000000.00", 2) == .success(1_000_000_000_000_000))
    #expect(read("10000000000000.01", 2) == .failure(.amountTooLarge))
    #expect(read("1000000000000001", 0) == .failure(.amountTooLarge))
    #expect(read("000000000000000000000000000012.500000", 2) == .success(1_250))
  }

  @Test("currencies have their digits")
  func currencies() {
    #expect(Currency.minorDigits("JPY") == 0)
    #expect(Currency.minorDigits("KWD") == 3)
    #expect(Currency.minorDigits("CLF") == 4)
    #expect(Currency.minorDigits("EUR") == 2)
    #expect(read("12", Int(Currency.minorDigits("JPY"))) == .success(12))
    #expect(read("12.5", 0) == .failure(.amountTooPrecise))
    #expect(read("1.2345", 3) == .failure(.amountTooPrecise))
  }
}
