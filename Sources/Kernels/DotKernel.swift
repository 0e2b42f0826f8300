// Many dot products with one vector: what all arms of a learner are worth to one customer.

/// Sums of products, row after row.
public enum DotKernel {
  /// Finds μ·x and √(s·x²) of each row.
  ///
  /// - Parameters:
  ///   - rows: eight octets for each row: μ, then s.
  ///   - x: four octets.
  ///   - means: its beginning becomes μ·x of each row.
  ///   - deviations: its beginning becomes √(s·x²) of each row.
  /// - Precondition: both spans hold a number for each row.
  public static func score(
    _ rows: Span<SIMD8<Double>>, _ x: InlineArray<4, SIMD8<Double>>,
    means: inout MutableSpan<Double>,
    deviations: inout MutableSpan<Double>
  ) {
    let (a, b, c, d) = (x[0], x[1], x[2], x[3])
    let (aa, bb, cc, dd) = (a * a, b * b, c * c, d * d)
    for row in 0..<rows.count / 8 {
      let at = 8 * row
      let low = fused(rows[at + 1], b, rows[at] * a)
      let high = fused(rows[at + 3], d, rows[at + 2] * c)
      means[row] = sum(low + high)
      let lowSquare = fused(rows[at + 5], bb, rows[at + 4] * aa)
      let highSquare = fused(rows[at + 7], dd, rows[at + 6] * cc)
      deviations[row] = sum(lowSquare + highSquare).squareRoot()
    }
  }

  @inline(__always)
  private static func sum(_ lanes: DoubleLanes) -> Double {
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}
