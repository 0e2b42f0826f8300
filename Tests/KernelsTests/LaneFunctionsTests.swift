// The functions over lanes of every build against the system's library, in units in the last place.

import Glibc
import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("LaneFunctions")
struct LaneFunctionsTests {
  typealias Function = (SIMD8<Double>) -> SIMD8<Double>

  /// Debug builds look at fewer points.
  static var points: Int {
    #if DEBUG
      8_000
    #else
      1_000_000
    #endif
  }

  /// The largest distance from a function, in units in the last place of the result.
  static func worst(
    seed: UInt64, in range: ClosedRange<Double>, isLogarithmic: Bool = false, _ lanes: Function,
    _ exact: (Double) -> Double
  ) -> Double {
    var random = SeededRandom(seed: seed)
    var worst = 0.0
    for _ in 0..<points / 8 {
      var x = SIMD8<Double>.zero
      for lane in 0..<8 {
        x[lane] =
          isLogarithmic
          ? Glibc.exp(
            .random(
              in: Glibc.log(range.lowerBound)...Glibc.log(range.upperBound), using: &random))
          : .random(in: range, using: &random)
      }
      let result = lanes(x)
      for lane in 0..<8 {
        let truth = exact(x[lane])
        let ulps = abs(result[lane] - truth) / truth.ulp
        worst = max(worst, ulps.isNaN ? .infinity : ulps)
      }
    }
    return worst
  }

  /// What each build that this processor can run has.
  static func builds() -> [(name: String, log: Function, exp: Function, less: Function)] {
    var builds: [(name: String, log: Function, exp: Function, less: Function)] = [
      (
        "baseline", { Kernels.LaneFunctions.log($0) }, { Kernels.LaneFunctions.exp($0) },
        { Kernels.LaneFunctions.expBoth($0).less }
      )
    ]
    #if arch(x86_64)
      if Processor.level.rawValue >= 3 {
        builds.append(
          (
            "v3", { KernelsV3.LaneFunctions.log($0) }, { KernelsV3.LaneFunctions.exp($0) },
            { KernelsV3.LaneFunctions.expBoth($0).less }
          ))
      }
      if Processor.level.rawValue >= 4 {
        builds.append(
          (
            "v4", { KernelsV4.LaneFunctions.log($0) }, { KernelsV4.LaneFunctions.exp($0) },
            { KernelsV4.LaneFunctions.expBoth($0).less }
          ))
      }
    #endif
    return builds
  }

  @Test(
    "log, exp and e^x − 1 are within 2 units in the last place in every build", arguments: [1, 2])
  func functions(seed: UInt64) {
    for build in Self.builds() {
      let log = Self.worst(
        seed: seed, in: 1e-300...1e300, isLogarithmic: true, build.log, Glibc.log)
      let near = Self.worst(seed: seed, in: 0.5...2, build.log, Glibc.log)
      let exp = Self.worst(seed: seed, in: -707...709, build.exp, Glibc.exp)
      let small = Self.worst(seed: seed, in: -2...2, build.exp, Glibc.exp)
      let less = Self.worst(seed: seed, in: -100...0, build.less, Glibc.expm1)
      let tiny = Self.worst(
        seed: seed, in: 1e-300...1, isLogarithmic: true, { 0 - build.less(0 - $0) },
        { -Glibc.expm1(-$0) })
      print(
        "\(build.name), seed \(seed), ulp: log \(log) \(near), exp \(exp) \(small), "
          + "expm1 \(less) \(tiny)")
      #expect(log <= 2 && near <= 2 && exp <= 2 && small <= 2 && less <= 2 && tiny <= 2)
    }
  }
}
