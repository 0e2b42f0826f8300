// Group «next best»: the best three of 64 offers by 32 features, beside as many multiplications and additions
// as that takes at least.

import Kernels
import Models

#if arch(x86_64)
  import KernelsV4
#endif

enum NextBestBenchmarks {
  private static let (offers, features, customers, passes) = (64, 32, 64, 2_000)

  static func run(_ bench: inout Bench) throws {
    let group = "next best, 3 of \(offers) by \(features)"
    guard bench.wants(group) else { return }
    var random = SeededRandom(seed: 1)
    // Arrays of vectors begin where a line of the cache does.
    func vectors(_ count: Int, _ number: () -> Float) -> [SIMD16<Float>] {
      (0..<count / 16).map { _ in
        var lanes = SIMD16<Float>.zero
        for lane in 0..<16 { lanes[lane] = number() }
        return lanes
      }
    }
    let weights = vectors(offers * features) { Float(random.normal()) }
    let who = (0..<customers * features).map { _ in Float(random.normal()) }
    let eligible = vectors(offers) {
      Double.random(in: 0...1, using: &random) < 0.8 ? 0 : -.infinity
    }
    // 16 sums of single precision at a time.
    let steps = offers * features / 16
    let amount = Double(customers * passes)

    func pass(_ top: (Span<SIMD16<Float>>, Span<Float>, Span<SIMD16<Float>>) -> SIMD4<Int32>)
      -> UInt64
    {
      var sum: Int32 = 0
      for _ in 0..<passes {
        for customer in 0..<customers {
          let features = who.span.extracting(customer * features..<(customer + 1) * features)
          sum &+= top(weights.span, features, eligible.span)[0]
        }
      }
      return UInt64(truncatingIfNeeded: sum)
    }
    var contestants: [Contestant] = []
    var limit = { (steps: Int) in Kernels.LimitKernel.multiplyAdds(steps) }
    #if arch(x86_64)
      if Kernels.Processor.level == .v4 {
        contestants.append(
          Contestant("v4", amount: amount) {
            pass { KernelsV4.TopKernel.top($0, $1, eligible: $2).numbers }
          })
        limit = { KernelsV4.LimitKernel.multiplyAdds($0) }
      }
    #endif
    contestants.append(
      Contestant("baseline", amount: amount) {
        pass { Kernels.TopKernel.top($0, $1, eligible: $2).numbers }
      })
    contestants.append(
      Contestant("only multiplying and adding", amount: amount) {
        // Ten chains at a time.
        UInt64(limit(Int(amount) * steps / 10 * 10).bitPattern)
      })
    try bench.compare(group, .nanosecondsEach, contestants)
  }
}
