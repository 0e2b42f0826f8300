// The functions over lanes against the system's library, in units in the last place.

import Glibc
import Testing

@testable import Models

@Suite("LaneMath")
struct LaneMathTests {
  /// Debug builds look at fewer points, release builds at a million.
  static var points: Int {
    #if DEBUG
      8_000
    #else
      1_000_000
    #endif
  }

  /// The largest distance between two functions, in units in the last place of the result.
  static func worst(
    seed: UInt64, over range: ClosedRange<Double>, logarithmic: Bool,
    _ lanes: (Lanes) -> Lanes, _ exact: (Double) -> Double
  ) -> (ulps: Double, place: Double) {
    var random = SeededRandom(seed: seed)
    var worst = (ulps: 0.0, place: 0.0)
    for _ in 0..<points / Lanes.scalarCount {
      var x = Lanes.zero
      for lane in 0..<Lanes.scalarCount {
        x[lane] =
          logarithmic
          ? Glibc.exp(
            Double.random(
              in: Glibc.log(range.lowerBound)...Glibc.log(range.upperBound), using: &random))
          : Double.random(in: range, using: &random)
      }
      let result = lanes(x)
      for lane in 0..<Lanes.scalarCount {
        let truth = exact(x[lane])
        let ulps = abs(result[lane] - truth) / truth.ulp
        if !(ulps <= worst.ulps) { worst = (ulps.isNaN ? .infinity : ulps, x[lane]) }
      }
    }
    return worst
  }

  @Test("log is within 2.5 units in the last place", arguments: [1, 2])
  func log(seed: UInt64) {
    let wide = Self.worst(
      seed: seed, over: 1e-300...1e300, logarithmic: true, LaneMath.log, Glibc.log)
    let near = Self.worst(
      seed: seed, over: 0.5...2, logarithmic: false, LaneMath.log, Glibc.log)
    print("log: \(wide) \(near), seed \(seed)")
    #expect(wide.ulps <= 2.5 && near.ulps <= 2.5)
  }

  @Test("log1p is within 2.5 units in the last place", arguments: [1, 2])
  func log1p(seed: UInt64) {
    let wide = Self.worst(
      seed: seed, over: 1e-300...1e100, logarithmic: true, LaneMath.log1p, Glibc.log1p)
    let near = Self.worst(
      seed: seed, over: 1e-3...10, logarithmic: true, LaneMath.log1p, Glibc.log1p)
    print("log1p: \(wide) \(near), seed \(seed)")
    #expect(wide.ulps <= 2.5 && near.ulps <= 2.5)
  }

  @Test("exp is within 2.5 units in the last place", arguments: [1, 2])
  func exp(seed: UInt64) {
    let wide = Self.worst(
      seed: seed, over: -708...709, logarithmic: false, LaneMath.exp, Glibc.exp)
    let near = Self.worst(
      seed: seed, over: -2...2, logarithmic: false, LaneMath.exp, Glibc.exp)
    print("exp: \(wide) \(near), seed \(seed)")
    #expect(wide.ulps <= 2.5 && near.ulps <= 2.5)
  }

  @Test("expm1 is within 2.5 units in the last place", arguments: [1, 2])
  func expm1(seed: UInt64) {
    let wide = Self.worst(
      seed: seed, over: -100...700, logarithmic: false, LaneMath.expm1, Glibc.expm1)
    let near = Self.worst(
      seed: seed, over: -3...3, logarithmic: false, LaneMath.expm1, Glibc.expm1)
    let small = Self.worst(
      seed: seed, over: 1e-300...0.5, logarithmic: true, LaneMath.expm1, Glibc.expm1)
    let negative = Self.worst(
      seed: seed, over: 1e-300...0.5, logarithmic: true, { LaneMath.expm1(-$0) },
      { Glibc.expm1(-$0) })
    print("expm1: \(wide) \(near) \(small) \(negative), seed \(seed)")
    #expect(wide.ulps <= 2.5 && near.ulps <= 2.5 && small.ulps <= 2.5 && negative.ulps <= 2.5)
  }

  @Test("exp of something far below is zero, expm1 minus one")
  func underflow() {
    for x in [-708.5, -1000, -1e6, -1e300] {
      #expect(LaneMath.exp(Lanes(repeating: x))[3] == 0)
      #expect(LaneMath.expm1(Lanes(repeating: x))[3] == -1)
    }
  }
}
