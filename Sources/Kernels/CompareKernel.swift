// What conditions compare: columns of numbers with a number or with each other, a bit for each row.
// Unsafe code: columns are counted at the beginning, and loads stay within whole words of 64 rows.

import CLinux

/// Comparisons of columns.
public enum CompareKernel {
  /// Rows at once, at most.
  public static let rowsMax = 512

  /// The words of `rowsMax` rows, a bit each.
  public typealias Words = InlineArray<8, UInt64>

  /// Compares each number of a column with one.
  ///
  /// - Parameters:
  ///   - values: the column; what is infinite or no number is unknown.
  ///   - number: finite.
  ///   - relations: those that it holds for: 1 less, 2 equal, 4 greater, and sums of two of them.
  ///   - rows: how many, a multiple of 64, at most `rowsMax`.
  ///   - yes: gets the rows that it holds for.
  ///   - no: gets the rows that it does not hold for; who is unknown is in neither.
  /// - Precondition: the column has so many rows.
  public static func compare(
    _ values: Span<Double>, with number: Double, _ relations: UInt8, rows: Int,
    yes: inout Words, no: inout Words
  ) {
    precondition(rows & 63 == 0 && rows <= rowsMax && values.count >= rows, "There are the rows.")
    let other = DoubleLanes(repeating: number)
    switch relations {
    case 1, 6: each(values, rows, relations, &yes, &no) { value in linux_less(value, other) }
    case 3, 4: each(values, rows, relations, &yes, &no) { value in linux_at_most(value, other) }
    default: each(values, rows, relations, &yes, &no) { value in linux_equal(value, other) }
    }
  }

  /// Compares each number of a column with that of another.
  ///
  /// - Parameters:
  ///   - values: the column; what is infinite or no number is unknown.
  ///   - others: the other, finite or no numbers.
  ///   - relations: those that it holds for, as above.
  ///   - rows: how many, a multiple of 64, at most `rowsMax`.
  ///   - yes: gets the rows that it holds for.
  ///   - no: gets the rows that it does not hold for; who is unknown in either column is in neither.
  /// - Precondition: both columns have so many rows.
  public static func compare(
    _ values: Span<Double>, with others: Span<Double>, _ relations: UInt8, rows: Int,
    yes: inout Words, no: inout Words
  ) {
    precondition(
      rows & 63 == 0 && rows <= rowsMax && values.count >= rows && others.count >= rows,
      "There are the rows.")
    switch relations {
    case 1, 6: each(values, others, rows, relations, &yes, &no) { linux_less($0, $1) }
    case 3, 4: each(values, others, rows, relations, &yes, &no) { linux_at_most($0, $1) }
    default: each(values, others, rows, relations, &yes, &no) { linux_equal($0, $1) }
    }
  }

  @inline(__always)
  private static func each(
    _ values: Span<Double>, _ rows: Int, _ relations: UInt8, _ yes: inout Words, _ no: inout Words,
    _ test: (DoubleLanes) -> UInt8
  ) {
    let opposite: UInt64 = relations >= 4 ? .max : 0
    for word in 0..<rows &>> 6 {
      var (holds, known): (UInt64, UInt64) = (0, 0)
      for octet in 0..<8 {
        let value = load(values, word &* 64 &+ octet &* 8)
        holds |= UInt64(test(value)) &<< UInt64(octet &* 8)
        // Infinity less itself is no number, as what is none.
        known |= UInt64(linux_equal(value - value, .zero)) &<< UInt64(octet &* 8)
      }
      holds ^= opposite
      yes[word] = holds & known
      no[word] = ~holds & known
    }
  }

  @inline(__always)
  private static func each(
    _ values: Span<Double>, _ others: Span<Double>, _ rows: Int, _ relations: UInt8,
    _ yes: inout Words,
    _ no: inout Words, _ test: (DoubleLanes, DoubleLanes) -> UInt8
  ) {
    let opposite: UInt64 = relations >= 4 ? .max : 0
    for word in 0..<rows &>> 6 {
      var (holds, known): (UInt64, UInt64) = (0, 0)
      for octet in 0..<8 {
        let (value, other) = (
          load(values, word &* 64 &+ octet &* 8), load(others, word &* 64 &+ octet &* 8)
        )
        let difference = (value - value) + (other - other)
        holds |= UInt64(test(value, other)) &<< UInt64(octet &* 8)
        known |= UInt64(linux_equal(difference, .zero)) &<< UInt64(octet &* 8)
      }
      holds ^= opposite
      yes[word] = holds & known
      no[word] = ~holds & known
    }
  }

  @inline(__always)
  private static func load(_ values: Span<Double>, _ row: Int) -> DoubleLanes {
    // Within the rows: `row` is at most their number less eight.
    unsafe values.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: row &* 8, as: DoubleLanes.self)
  }
}
