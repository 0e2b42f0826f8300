// Φ and φ/Φ of the integral beside exact ones; what comes of them is in ThompsonTests.

import Models
import Testing

@testable import Policies

@Suite("WinIntegral")
struct WinIntegralTests {
  @Test("Φ by lanes is within 1e-6 and never 0")
  func cumulative() {
    var worst = 0.0
    for step in -4_000...4_000 {
      let z = Double(Float(step) / 400)
      let here = NormalLanes.cumulative(SIMD8(repeating: Float(z)))[0]
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
      let (cumulative, hazard) = NormalLanes.normal(SIMD8(repeating: Float(z)))
      worst = max(worst, abs(Double(cumulative[0] * hazard[0]) - Normal.density(z)))
    }
    print("largest error of φ: \(worst)")
    #expect(worst < 5e-6)
  }
}
