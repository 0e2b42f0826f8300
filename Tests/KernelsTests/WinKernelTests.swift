// Φ and φ/Φ beside exact ones, and each build of the kernels beside the baseline's; what comes of them is
// in ThompsonTests.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("WinKernel")
struct WinKernelTests {
  @Test("Φ by lanes is within 1e-6 and never 0")
  func cumulative() {
    var worst = 0.0
    for step in -4_000...4_000 {
      let z = Double(Float(step) / 400)
      let here = Kernels.NormalLanes.cumulative(SIMD8(repeating: Float(z)))[0]
      worst = max(worst, abs(Double(here) - Normal.cumulative(z)))
      #expect(here > 0)
    }
    print("largest error of Φ: \(worst)")
    #expect(worst < 1e-6)
  }

  @Test("φ by lanes is within 5e-6")
  func density() {
    var worst = 0.0
    for step in -3_200...3_200 {
      let z = Double(Float(step) / 400)
      let (cumulative, hazard) = Kernels.NormalLanes.normal(SIMD8(repeating: Float(z)))
      worst = max(worst, abs(Double(cumulative[0] * hazard[0]) - Normal.density(z)))
    }
    print("largest error of φ: \(worst)")
    #expect(worst < 5e-6)
  }

  /// Arms with unlike means and deviations, and what a build makes of them.
  private static let arms: [SIMD8<Double>] = {
    var random = SeededRandom(seed: 1)
    var arms: [SIMD8<Double>] = []
    for _ in 0..<8 {
      var (mean, deviation) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
      for lane in 0..<8 {
        mean[lane] = random.normal()
        deviation[lane] = 0.1 + abs(random.normal())
      }
      arms += [mean, deviation, 1 / deviation]
    }
    return arms
  }()

  private static func shares(_ level: Processor.Level) -> [Float] {
    var work = [SIMD8<Float>](repeating: .zero, count: 8 * 7)
    var shares = [Float](repeating: 0, count: 64)
    var room = work.mutableSpan
    var found = shares.mutableSpan
    switch level {
    #if arch(x86_64)
      case .v4:
        _ = KernelsV4.WinKernel.integrate(
          from: -2, to: 8, panelMax: 3, arms.span, work: &room, into: &found)
      case .v3:
        _ = KernelsV3.WinKernel.integrate(
          from: -2, to: 8, panelMax: 3, arms.span, work: &room, into: &found)
    #endif
    default:
      _ = Kernels.WinKernel.integrate(
        from: -2, to: 8, panelMax: 3, arms.span, work: &room, into: &found)
    }
    return shares
  }

  @Test("every build that this processor can run gives the same shares, to a rounding")
  func builds() {
    print("this processor: \(Processor.level)")
    let baseline = Self.shares(.baseline)
    #expect(abs(baseline.reduce(0, +) - 1) < 0.01)
    for level in Processor.Level.allCases where level.rawValue <= Processor.level.rawValue {
      for (one, other) in zip(baseline, Self.shares(level)) {
        #expect(abs(one - other) < 1e-5)
      }
    }
  }
}
