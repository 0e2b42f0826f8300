// Polynomials piece by piece, looked up lane by lane. What is tabulated is Models' business; it builds
// the tables, and knows how far they may be trusted.
//
// A table has rows, one for each number of orders; a row has pieces, one for each step of ln(1 + T/scale);
// a piece has some polynomials of degree 5. A piece that must not be used holds numbers that are none, and
// so has every answer from it: whoever asked finds out by that. The last piece of a table is of that kind
// and answers for whatever lies outside.

import CLinux

/// How a table of polynomials lies in memory.
public enum PieceTable {
  /// Coefficients of a polynomial.
  public static let terms = 6

  /// Where lanes find their pieces.
  struct Place {
    /// The first coefficient of each lane's piece.
    let start: LaneBits
    /// How far from the middle of the piece, in pieces: −½ to ½.
    let offset: DoubleLanes
  }

  /// 2^52, which leaves the nearest whole number in the low bits.
  static let magic = 4_503_599_627_370_496.0

  /// Finds the pieces.
  ///
  /// Whoever asks has checked that the table holds so many pieces.
  ///
  /// - Parameters:
  ///   - rows: whole numbers, at least 0, where inside.
  ///   - length: ln(1 + T/scale), at least 0, where inside.
  ///   - perLength: pieces by length.
  ///   - pieces: of a row.
  ///   - stride: coefficients of a piece.
  ///   - outside: the number of the table's last piece.
  ///   - inside: the lanes whose row and piece are in the table.
  /// - Returns: where the pieces are.
  @inline(__always)
  static func place(
    rows: DoubleLanes, length: DoubleLanes, perLength: Double, pieces: Double, stride: Double,
    outside: Double, inside: SIMDMask<SIMD8<Int64>>
  ) -> Place {
    let position = length * perLength
    let piece = (position + magic) - magic
    let number = fused(rows, DoubleLanes(repeating: pieces), piece)
    let last = DoubleLanes(repeating: outside)
    // Whatever was handed in, no piece before the first or behind the last is looked up.
    let known = last.replacing(
      with: number, where: inside .& number .>= DoubleLanes.zero .& number .< last)
    let start = (known * stride + magic).bits & LaneBits(repeating: (1 << 52) - 1)
    return Place(start: start, offset: position - piece)
  }

  /// The lanes whose number of orders is whole and not above a limit, and whose age is not either.
  @inline(__always)
  static func inside(
    _ x: DoubleLanes, _ age: DoubleLanes, _ rowsMax: Double, _ ageMax: Double
  ) -> SIMDMask<SIMD8<Int64>> {
    let whole = (x + magic) - magic
    // Written so that what is not a number is outside.
    return x .== whole .& x .>= DoubleLanes.zero .& x .<= DoubleLanes(repeating: rowsMax)
      .& age .>= DoubleLanes.zero .& age .<= DoubleLanes(repeating: ageMax)
  }

  /// The values of a polynomial.
  ///
  /// - Parameters:
  ///   - table: all coefficients.
  ///   - place: as `place` found it.
  ///   - number: of the polynomial within its piece.
  /// - Returns: one value for each lane.
  @inline(__always)
  static func value(
    _ table: Span<Double>, _ place: Place, number: Int
  ) -> DoubleLanes {
    let first = number * terms
    let v = place.offset
    let square = v * v
    let low = fused(gather(table, place.start, first + 1), v, gather(table, place.start, first))
    let middle = fused(
      gather(table, place.start, first + 3), v, gather(table, place.start, first + 2))
    let high = fused(
      gather(table, place.start, first + 5), v, gather(table, place.start, first + 4))
    return fused(fused(high, square, middle), square, low)
  }

  /// Where whole numbers lie, those of lanes that do not count at 0.
  @inline(__always)
  static func start(
    _ numbers: DoubleLanes, where counts: SIMDMask<SIMD8<Int64>>, stride: Double
  ) -> LaneBits {
    (DoubleLanes.zero.replacing(with: numbers, where: counts) * stride + magic).bits
      & LaneBits(repeating: (1 << 52) - 1)
  }

  /// One number for each lane.
  @inline(__always)
  static func gather(_ table: Span<Double>, _ start: LaneBits, _ add: Int) -> DoubleLanes {
    #if WIDE
      // As below. Left alone, the compiler makes whole loads and shuffles, which wait for one unit. An empty
      // table has no places.
      let places = SIMD8<Int64>(truncatingIfNeeded: start)
      return unsafe table.withUnsafeBufferPointer { numbers in
        unsafe numbers.baseAddress.map { unsafe linux_gather($0 + add, places) } ?? .zero
      }
    #else
      var lanes = DoubleLanes.zero
      for lane in 0..<8 {
        // Every caller's starts lie in the table: what does not is kept to its first or last entry.
        lanes[lane] = unsafe table[unchecked: Int(truncatingIfNeeded: start[lane]) &+ add]
      }
      return lanes
    #endif
  }
}

/// Columns of numbers, one behind the other in one span.
enum BlockColumns {
  /// An octet of a column.
  @inline(__always)
  static func load(_ columns: Span<Double>, _ column: Int, _ octet: Int, width: Int) -> DoubleLanes
  {
    // Kernels check that there are so many columns of that width, and no octet beyond it.
    unsafe columns.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: (column &* width &+ octet &* 8) &* 8, as: DoubleLanes.self)
  }

  /// The same of columns that can be written.
  @inline(__always)
  static func load(
    _ columns: borrowing MutableSpan<Double>, _ column: Int, _ octet: Int, width: Int
  ) -> DoubleLanes {
    // As above.
    unsafe columns.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: (column &* width &+ octet &* 8) &* 8, as: DoubleLanes.self)
  }

  /// Writes an octet of a column.
  @inline(__always)
  static func store(
    _ lanes: DoubleLanes, _ columns: inout MutableSpan<Double>, _ column: Int, _ octet: Int,
    width: Int
  ) {
    for lane in 0..<8 {
      // As above.
      unsafe columns[unchecked: column &* width &+ octet &* 8 &+ lane] = lanes[lane]
    }
  }

  /// Adds to an octet of a column.
  @inline(__always)
  static func add(
    _ lanes: DoubleLanes, _ columns: inout MutableSpan<Double>, _ column: Int, _ octet: Int,
    width: Int
  ) {
    store(load(columns, column, octet, width: width) + lanes, &columns, column, octet, width: width)
  }
}
