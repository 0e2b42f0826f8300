// The best three offers against a plain sort, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("TopKernel")
struct TopKernelTests {
  static func top(
    _ level: Processor.Level, _ weights: [SIMD16<Float>], _ features: [Float],
    _ eligible: [SIMD16<Float>]
  ) -> (numbers: SIMD4<Int32>, scores: SIMD4<Float>) {
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.TopKernel.top(weights.span, features.span, eligible: eligible.span)
      case .v3:
        KernelsV3.TopKernel.top(weights.span, features.span, eligible: eligible.span)
    #endif
    default: Kernels.TopKernel.top(weights.span, features.span, eligible: eligible.span)
    }
  }

  /// Sixteen numbers by sixteen.
  static func packed(_ numbers: [Float]) -> [SIMD16<Float>] {
    stride(from: 0, to: numbers.count, by: 16).map { start in
      var lanes = SIMD16<Float>.zero
      for lane in 0..<16 { lanes[lane] = numbers[start + lane] }
      return lanes
    }
  }

  @Test("the best three of the eligible offers are found, in their order", arguments: 1...60)
  func best(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let offers = 64 * Int.random(in: 1...4, using: &random)
    let features = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      // Small whole numbers are summed without roundings, and make equal scores.
      Float(Int.random(in: -3...3, using: &random))
    }
    let share = Double.random(in: 0...1, using: &random)
    let eligible: [Float] = (0..<offers).map { _ in
      Double.random(in: 0...1, using: &random) < share ? 0 : -.infinity
    }
    var weights = [Float](repeating: 0, count: offers * features.count)
    var scores = [Float](repeating: 0, count: offers)
    for offer in 0..<offers {
      for feature in features.indices {
        let weight = Float(Int.random(in: -2...2, using: &random))
        let place = (offer / 64 * features.count + feature) * 64 + offer % 64
        weights[place] = weight
        scores[offer] += weight * features[feature]
      }
    }
    let best = (0..<offers).filter { eligible[$0] == 0 }
      .sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(3)
    for level in Processor.Level.allCases where level.rawValue <= Processor.level.rawValue {
      let found = Self.top(level, Self.packed(weights), features, Self.packed(eligible))
      for place in 0..<3 {
        let wanted = place < best.count ? best[place] : -1
        #expect(found.numbers[place] == Int32(wanted), "seed \(seed), \(level), place \(place)")
        if wanted >= 0 { #expect(found.scores[place] == scores[wanted]) }
      }
    }
  }
}
