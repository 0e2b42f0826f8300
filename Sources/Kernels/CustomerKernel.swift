// What scans read of customers as columns of numbers, and the sums of columns: plain loops that become lanes.
// Unsafe code: each loop runs over as many octets as its columns were required to have at the beginning.

import CLinux

/// The columns that follow from customers' orders alone, and sums over columns.
///
/// Customers come in lines of eight, see CustomerLines; a column has a number for each of them.
public enum CustomerKernel {
  /// Orders, the first included; 0 for who has none.
  ///
  /// - Parameters:
  ///   - lines: the customers.
  ///   - column: gets a number for each.
  /// - Precondition: the column is as long as eight times the lines.
  public static func orders(_ lines: Span<SIMD16<UInt32>>, into column: inout MutableSpan<Double>) {
    precondition(column.count == lines.count &* 8, "A column has a number for each customer.")
    for octet in lines.indices {
      CustomerLines.prefetch(lines, behind: octet)
      let orders = linux_numbers_of_words(CustomerLines.repeatOrders(lines, octet)) + 1
      let isKnown = CustomerLines.known(CustomerLines.firstDays(lines, octet))
      put(DoubleLanes.zero.replacing(with: orders, where: isKnown), octet, &column)
    }
  }

  /// Days from each customer's last order to today, or from the first; NaN for who has no order.
  ///
  /// - Parameters:
  ///   - lines: the customers.
  ///   - isLast: whether it is the last order that days are counted from.
  ///   - today: the day.
  ///   - column: gets a number for each.
  /// - Precondition: the column is as long as eight times the lines.
  public static func days(
    _ lines: Span<SIMD16<UInt32>>, sinceLast isLast: Bool, today: UInt16,
    into column: inout MutableSpan<Double>
  ) {
    precondition(column.count == lines.count &* 8, "A column has a number for each customer.")
    let today = DoubleLanes(repeating: Double(today))
    for octet in lines.indices {
      CustomerLines.prefetch(lines, behind: octet)
      let first = CustomerLines.firstDays(lines, octet)
      let days = isLast ? CustomerLines.lastDays(lines, octet) : first
      let since = today - linux_numbers_of_words(linux_words_of(days))
      let isKnown = CustomerLines.known(first)
      put(DoubleLanes(repeating: .nan).replacing(with: since, where: isKnown), octet, &column)
    }
  }

  /// What customers spent; NaN for who has no order.
  ///
  /// - Parameters:
  ///   - lines: the customers.
  ///   - first: sums of the first days, minor units.
  ///   - repeats: sums of the later days, minor units.
  ///   - isMean: whether it is the mean of an order that is wanted.
  ///   - majorPerMinor: major units by minor unit.
  ///   - column: gets a number for each, in major units.
  /// - Precondition: there are sums for each line; the column is as long as eight times the lines.
  public static func spend(
    _ lines: Span<SIMD16<UInt32>>, _ first: Span<SIMD8<Int64>>, _ repeats: Span<SIMD8<Int64>>,
    mean isMean: Bool, majorPerMinor: Double, into column: inout MutableSpan<Double>
  ) {
    precondition(
      first.count == lines.count && repeats.count == lines.count
        && column.count == lines.count &* 8, "Columns are equally long.")
    for octet in lines.indices {
      CustomerLines.prefetch(lines, behind: octet)
      CustomerLines.prefetch(repeats, behind: octet)
      CustomerLines.prefetch(first, behind: octet)
      // Added as numbers that cannot overflow.
      let (firstSum, laterSum) = unsafe (first[unchecked: octet], repeats[unchecked: octet])
      let sum = linux_numbers_of(firstSum) + linux_numbers_of(laterSum)
      var spend = sum * majorPerMinor
      if isMean { spend /= linux_numbers_of_words(CustomerLines.repeatOrders(lines, octet)) + 1 }
      let isKnown = CustomerLines.known(CustomerLines.firstDays(lines, octet))
      put(DoubleLanes(repeating: .nan).replacing(with: spend, where: isKnown), octet, &column)
    }
  }

  /// Takes out the numbers of those who have no order.
  ///
  /// - Parameters:
  ///   - lines: the customers.
  ///   - column: keeps the numbers of those who have one; NaN stands in the places of the others.
  /// - Precondition: the column is as long as eight times the lines.
  public static func forget(_ lines: Span<SIMD16<UInt32>>, in column: inout MutableSpan<Double>) {
    precondition(column.count == lines.count &* 8, "A column has a number for each customer.")
    for octet in lines.indices {
      // Within the column, which has eight numbers for each line.
      let values = unsafe column.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: octet &* 64, as: DoubleLanes.self)
      let isKnown = CustomerLines.known(CustomerLines.firstDays(lines, octet))
      put(DoubleLanes(repeating: .nan).replacing(with: values, where: isKnown), octet, &column)
    }
  }

  /// Writes eight numbers of a column, which has eight for each line.
  @inline(__always)
  private static func put(
    _ lanes: DoubleLanes, _ octet: Int, _ column: inout MutableSpan<Double>
  ) {
    var bytes = unsafe column.mutableBytes
    unsafe bytes.storeBytes(of: lanes, toUncheckedByteOffset: octet &* 64, as: DoubleLanes.self)
  }

  /// The sums of a column.
  public struct Sums {
    /// How many numbers are finite.
    public var known = 0
    /// Their sum.
    public var sum = 0.0
    /// The least of them; infinite where there is none.
    public var least = Double.infinity
    /// The largest of them; negative and infinite where there is none.
    public var most = -Double.infinity
  }

  /// Adds up a column; what is not finite is left out.
  ///
  /// - Parameter values: the column.
  /// - Returns: its sums, the same for the same column whatever this processor is.
  public static func sums(_ values: Span<Double>) -> Sums {
    var sums = DoubleLanes.zero
    var counts = DoubleLanes.zero
    var least = DoubleLanes(repeating: .infinity)
    var most = DoubleLanes(repeating: -.infinity)
    let limit = DoubleLanes(repeating: .greatestFiniteMagnitude)
    let one = DoubleLanes(repeating: 1)
    let whole = values.count & ~7
    var row = 0
    while row < whole {
      // Within the values: `row` is at most their number less eight.
      let lanes = unsafe values.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: row &* 8, as: DoubleLanes.self)
      let isKnown = (lanes .<= limit) .& (lanes .>= -limit)
      let known = DoubleLanes.zero.replacing(with: lanes, where: isKnown)
      sums += known
      counts += DoubleLanes.zero.replacing(with: one, where: isKnown)
      least = least.replacing(with: known, where: isKnown .& (known .< least))
      most = most.replacing(with: known, where: isKnown .& (known .> most))
      row &+= 8
    }
    var result = Sums()
    for lane in 0..<8 {
      result.sum += sums[lane]
      result.known += Int(counts[lane])
      result.least = min(result.least, least[lane])
      result.most = max(result.most, most[lane])
    }
    while row < values.count {
      let value = unsafe values[unchecked: row]
      if value.isFinite {
        result.sum += value
        result.known += 1
        result.least = min(result.least, value)
        result.most = max(result.most, value)
      }
      row &+= 1
    }
    return result
  }
}
