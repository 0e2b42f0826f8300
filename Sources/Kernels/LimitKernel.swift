// How fast this processor can multiply and add at all: what benchmarks hold loops against.

/// Work that nothing but the arithmetic units limits.
public enum LimitKernel {
  /// Multiplies and adds in ten chains that do not wait for one another.
  ///
  /// - Parameter steps: how many times 16 numbers are multiplied and added, a multiple of 10.
  /// - Returns: a number that depends on all of it.
  public static func multiplyAdds(_ steps: Int) -> Float {
    typealias Sums = SIMD16<Float>
    let x = Sums(repeating: 0.999)
    var (a, b, c, d, e) = (x, x, x, x, x)
    var (f, g, h, i, j) = (x, x, x, x, x)
    for _ in 0..<steps / 10 {
      a = fused(a, x, x)
      b = fused(b, x, x)
      c = fused(c, x, x)
      d = fused(d, x, x)
      e = fused(e, x, x)
      f = fused(f, x, x)
      g = fused(g, x, x)
      h = fused(h, x, x)
      i = fused(i, x, x)
      j = fused(j, x, x)
    }
    let sum = a + b + c + d + e + f + g + h + i + j
    return sum[0] + sum[15]
  }
}
