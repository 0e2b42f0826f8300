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

  /// Whether somebody has no order.
  ///
  /// - Parameter lines: the customers.
  /// - Returns: whether one of them has none; every place of a line counts.
  public static func hasOrderless(_ lines: Span<SIMD16<UInt32>>) -> Bool {
    var found = SIMD8<UInt16>.zero
    let none = SIMD8<UInt16>(repeating: CustomerLines.noDay)
    for octet in lines.indices {
      let isNone = CustomerLines.firstDays(lines, octet) .== none
      found = found.replacing(with: none, where: isNone)
    }
    return found != SIMD8<UInt16>.zero
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
    let whole = values.count & ~7
    var result = Sums()
    let (sum, least, most) = sumsOfFinite(values, whole)
    if sum.isFinite {
      // Had there been a number that is not finite, the sum were not.
      (result.sum, result.known) = (sum, whole)
      if whole > 0 { (result.least, result.most) = (least, most) }
    } else {
      result = sumsOfSome(values, whole)
    }
    var row = whole
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

  // Two sums take turns, so that an octet does not wait for the one before it. Both functions add in the
  // same order, and every build does: neither has a step that is rounded once where it could be twice.

  /// Adds up octets whose numbers are all finite; otherwise the sum is not.
  @inline(__always)
  private static func sumsOfFinite(
    _ values: Span<Double>, _ whole: Int
  ) -> (sum: Double, least: Double, most: Double) {
    var (sum, otherSum) = (DoubleLanes.zero, DoubleLanes.zero)
    var least = DoubleLanes(repeating: .infinity)
    var most = DoubleLanes(repeating: -.infinity)
    var (otherLeast, otherMost) = (least, most)
    var row = 0
    while row < whole & ~15 {
      let (lanes, others) = (load(values, row), load(values, row &+ 8))
      sum += lanes
      otherSum += others
      least = least.replacing(with: lanes, where: lanes .< least)
      otherLeast = otherLeast.replacing(with: others, where: others .< otherLeast)
      most = most.replacing(with: lanes, where: lanes .> most)
      otherMost = otherMost.replacing(with: others, where: others .> otherMost)
      row &+= 16
    }
    if row < whole {
      let lanes = load(values, row)
      sum += lanes
      least = least.replacing(with: lanes, where: lanes .< least)
      most = most.replacing(with: lanes, where: lanes .> most)
    }
    least = least.replacing(with: otherLeast, where: otherLeast .< least)
    most = most.replacing(with: otherMost, where: otherMost .> most)
    return (linux_sum(sum + otherSum), linux_least(least), linux_most(most))
  }

  /// Adds up octets, some of whose numbers may not be finite.
  @inline(never)
  private static func sumsOfSome(_ values: Span<Double>, _ whole: Int) -> Sums {
    var (sum, otherSum) = (DoubleLanes.zero, DoubleLanes.zero)
    var counts = DoubleLanes.zero
    var least = DoubleLanes(repeating: .infinity)
    var most = DoubleLanes(repeating: -.infinity)
    let limit = DoubleLanes(repeating: .greatestFiniteMagnitude)
    var row = 0
    while row < whole {
      let lanes = load(values, row)
      let isKnown = (lanes .<= limit) .& (lanes .>= -limit)
      (sum, otherSum) = (otherSum, sum.replacing(with: sum + lanes, where: isKnown))
      counts = counts.replacing(with: counts + 1, where: isKnown)
      // What is no number is neither smaller nor larger than another.
      let number = DoubleLanes(repeating: .nan).replacing(with: lanes, where: isKnown)
      least = least.replacing(with: number, where: number .< least)
      most = most.replacing(with: number, where: number .> most)
      row &+= 8
    }
    return Sums(
      known: Int(linux_sum(counts)), sum: linux_sum(sum + otherSum), least: linux_least(least),
      most: linux_most(most))
  }

  /// Eight values from a row on, which the caller knows to be there.
  @inline(__always)
  private static func load(_ values: Span<Double>, _ row: Int) -> DoubleLanes {
    unsafe values.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: row &* 8, as: DoubleLanes.self)
  }
}
