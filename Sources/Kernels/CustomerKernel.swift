// What scans read of customers as columns of numbers, and the sums of columns: plain loops that become lanes.
// Unsafe code: each loop runs over as many rows as its columns were required to have at the beginning.

/// The columns that follow from customers' orders alone, and sums over columns.
public enum CustomerKernel {
  /// The first day of who has no order.
  public static let noDay = UInt16.max

  /// Orders, the first included; 0 for who has none.
  ///
  /// - Parameters:
  ///   - x: days with an order after the first one.
  ///   - firstDays: of the first orders, or ``noDay``.
  ///   - column: gets a number for each customer.
  /// - Precondition: all are equally long.
  public static func orders(
    _ x: Span<UInt32>, _ firstDays: Span<UInt16>, into column: inout MutableSpan<Double>
  ) {
    let count = x.count
    precondition(firstDays.count == count && column.count == count, "Columns are equally long.")
    for row in 0..<count {
      let orders = unsafe Double(Int64(x[unchecked: row])) + 1
      unsafe column[unchecked: row] = firstDays[unchecked: row] == noDay ? 0 : orders
    }
  }

  /// Days from a day of each customer to today; NaN for who has no order.
  ///
  /// - Parameters:
  ///   - days: of each customer.
  ///   - firstDays: of the first orders, or ``noDay``.
  ///   - today: the day.
  ///   - column: gets a number for each customer.
  /// - Precondition: all are equally long.
  public static func days(
    since days: Span<UInt16>, _ firstDays: Span<UInt16>, today: Int32,
    into column: inout MutableSpan<Double>
  ) {
    let count = days.count
    precondition(firstDays.count == count && column.count == count, "Columns are equally long.")
    for row in 0..<count {
      let since = unsafe Double(today &- Int32(days[unchecked: row]))
      unsafe column[unchecked: row] = firstDays[unchecked: row] == noDay ? .nan : since
    }
  }

  /// What customers spent; NaN for who has no order.
  ///
  /// - Parameters:
  ///   - first: sums of the first days, minor units.
  ///   - repeats: sums of the later days, minor units.
  ///   - x: days with an order after the first one, where the mean of an order is wanted; else none.
  ///   - firstDays: of the first orders, or ``noDay``.
  ///   - majorPerMinor: major units by minor unit.
  ///   - column: gets a number for each customer, in major units.
  /// - Precondition: all are equally long.
  public static func spend(
    _ first: Span<Int64>, _ repeats: Span<Int64>, per x: Span<UInt32>, _ firstDays: Span<UInt16>,
    majorPerMinor: Double, into column: inout MutableSpan<Double>
  ) {
    let count = first.count
    precondition(
      repeats.count == count && firstDays.count == count && column.count == count
        && (x.isEmpty || x.count == count), "Columns are equally long.")
    for row in 0..<count {
      // Added as numbers that cannot overflow.
      let sum = unsafe (Double(first[unchecked: row]) + Double(repeats[unchecked: row]))
      unsafe column[unchecked: row] =
        firstDays[unchecked: row] == noDay ? .nan : sum * majorPerMinor
    }
    if x.isEmpty { return }
    for row in 0..<count {
      unsafe column[unchecked: row] /= Double(Int64(x[unchecked: row])) + 1
    }
  }

  /// Takes out the numbers of those who have no order.
  ///
  /// - Parameters:
  ///   - firstDays: of the first orders, or ``noDay``.
  ///   - column: loses the numbers of the others; NaN stands in their places.
  /// - Precondition: both are equally long.
  public static func forget(_ firstDays: Span<UInt16>, in column: inout MutableSpan<Double>) {
    let count = firstDays.count
    precondition(column.count == count, "Columns are equally long.")
    for row in 0..<count {
      let value = unsafe column[unchecked: row]
      unsafe column[unchecked: row] = firstDays[unchecked: row] == noDay ? .nan : value
    }
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
