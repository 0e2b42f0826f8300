// Conditions that ask for ranges of orders and days: answered from customers' lines as they lie in memory.

import CLinux

/// Which customers lie within ranges.
public enum FilterKernel {
  /// Customers at once, at most.
  public static let rowsMax = 1024

  /// The words of `rowsMax` customers, a bit each.
  public typealias Words = InlineArray<16, UInt64>

  /// Finds customers by their orders and days.
  ///
  /// Both ends of a range belong to it; nobody lies within one whose ends cross.
  ///
  /// - Parameters:
  ///   - lines: the customers, see CustomerLines.
  ///   - repeats: where x lies.
  ///   - first: where the day of the first order lies; 65,535 is the day of no order.
  ///   - last: where the day of the last order lies.
  ///   - hasOrderless: whether those who have no order are found too, wherever their numbers lie.
  /// - Returns: a bit for each customer of the lines that is found; the others are 0.
  /// - Precondition: there are at most `rowsMax` customers.
  public static func find(
    _ lines: Span<SIMD16<UInt32>>, repeats: (least: UInt32, most: UInt32),
    first: (least: UInt16, most: UInt16), last: (least: UInt16, most: UInt16), hasOrderless: Bool
  ) -> Words {
    precondition(lines.count <= rowsMax / 8, "The words have a bit for each customer.")
    let orderless: UInt8 = hasOrderless ? .max : 0
    var words = Words(repeating: 0)
    var word = 0
    var octet = 0
    while octet < lines.count {
      let end = min(octet &+ 8, lines.count)
      var found: UInt64 = 0
      while octet < end {
        CustomerLines.prefetch(lines, behind: octet)
        let firstDays = CustomerLines.firstDays(lines, octet)
        let within =
          linux_words_between(CustomerLines.repeatOrders(lines, octet), repeats.least, repeats.most)
          & linux_shorts_between(firstDays, first.least, first.most)
          & linux_shorts_between(CustomerLines.lastDays(lines, octet), last.least, last.most)
        let none = linux_shorts_between(firstDays, CustomerLines.noDay, CustomerLines.noDay)
        found |= UInt64(within & ~none | none & orderless) &<< UInt64((octet & 7) &* 8)
        octet &+= 1
      }
      words[word] = found
      word &+= 1
    }
    return words
  }
}
