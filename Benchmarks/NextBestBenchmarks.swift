// Group «next best»: the best three of 64 offers by 32 features, with their costs and what excludes
// what, in every build of the kernels, beside as many multiplications and additions as the sums alone
// take.

import Kernels
import Models

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

enum NextBestBenchmarks {
  private static let (groups, customers, passes, top) = (4, 64, 2_000, 3)
  private static let offers = groups * 16

  /// What a call is given.
  private struct Shop {
    let weights: [SIMD16<Float>]
    let terms: [SIMD16<Float>]
    let excluding: [SIMD4<UInt64>]
    let x: [Float]
    let bases: [Float]
    let limits: [Float]
    let fatigues: [Float]
    let open: [SIMD4<UInt64>]
  }

  private static func make() -> Shop {
    var random = SeededRandom(seed: 1)
    func vectors(_ count: Int, _ range: ClosedRange<Float>) -> [SIMD16<Float>] {
      (0..<count).map { _ in .random(in: range, using: &random) }
    }
    func numbers(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
      (0..<count).map { _ in .random(in: range, using: &random) }
    }
    // Fixed cost, redemption, rate, most, contact, lever, 1/lever, price.
    let terms = (0..<groups).flatMap { _ in
      vectors(1, 0...1) + vectors(1, 0...1) + vectors(1, 0...0.05) + vectors(1, 0...2)
        + vectors(1, 0.1...0.1) + vectors(1, 1.5...1.5) + vectors(1, 2 / 3...2 / 3)
        + vectors(1, 1...1)
    }
    // Families of four: of every second one only one offer can be made.
    let excluding = (0..<offers).map { offer in
      let family: UInt64 = 0b1111 << UInt64(offer / 4 * 4)
      return SIMD4<UInt64>(offer / 4 % 2 == 0 ? family : 1 << UInt64(offer), 0, 0, 0)
    }
    let open = (0..<customers).map { _ in
      (0..<offers).reduce(into: SIMD4<UInt64>.zero) { open, offer in
        if Double.random(in: 0...1, using: &random) < 0.8 { open[0] |= 1 << UInt64(offer) }
      }
    }
    return Shop(
      weights: aligned(vectors(groups * 33, -1...1)), terms: aligned(terms), excluding: excluding,
      x: numbers(customers * 32, -1...1), bases: numbers(customers, 0...100),
      limits: numbers(customers, 1...100), fatigues: numbers(customers, 0...0.5), open: open)
  }

  /// The same vectors where a line of the cache begins, as they lie in a catalogue.
  private static func aligned(_ vectors: [SIMD16<Float>]) -> [SIMD16<Float>] {
    // Arrays begin at any of four places of a line; those in the way are kept until one is right.
    var tried: [[SIMD16<Float>]] = []
    for more in 1...64 {
      var copy: [SIMD16<Float>] = []
      copy.reserveCapacity(vectors.count + more)
      copy += vectors
      // Only the address is looked at.
      let address = unsafe copy.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      if address % 64 == 0 { return copy }
      tried.append(copy)
    }
    return vectors
  }

  static func run(_ bench: inout Bench) throws {
    let group = "next best, \(top) of \(offers) by 32"
    guard bench.wants(group) else { return }
    let shop = make()
    var chosen = [Int32](repeating: 0, count: customers * top)
    var scores = [Float](repeating: 0, count: customers * top)
    var uplifts = scores
    var sums = aligned([SIMD16<Float>](repeating: .zero, count: groups * customers))
    let amount = Double(customers * passes)
    // 16 sums of single precision at a time, and ten chains.
    let steps = Int(amount) * groups * 32 / 10 * 10
    var contestants: [Contestant] = []
    var limit = { (steps: Int) in Kernels.LimitKernel.multiplyAdds(steps) }
    let levels = Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
    for level in levels.sorted(by: { $0.rawValue > $1.rawValue }) {
      for (name, together) in [("64 customers a call", customers), ("one", 1)] {
        contestants.append(
          Contestant("\(level), \(name)", amount: amount) {
            for _ in 0..<passes {
              pass(level, shop, together, &chosen, &scores, &uplifts, &sums)
            }
            return chosen.reduce(0) { $0 &+ UInt64(truncatingIfNeeded: $1) }
          })
      }
    }
    #if arch(x86_64)
      if Processor.level == .v4 { limit = { KernelsV4.LimitKernel.multiplyAdds($0) } }
      if Processor.level == .v3 { limit = { KernelsV3.LimitKernel.multiplyAdds($0) } }
    #endif
    contestants.append(
      Contestant("only multiplying and adding", amount: amount) {
        UInt64(limit(steps).bitPattern)
      })
    try bench.compare(group, .nanosecondsEach, contestants)
    let lines = bench.lines.filter { $0.group == group }
    guard !bench.isQuiet, let least = lines.last?.least else { return }
    for line in lines.dropLast() {
      print(
        "  \(line.name): \((line.least / least * 100).rounded() / 100) times the limit, least by least"
      )
    }
  }

  /// One pass over all customers, so many to a call.
  private static func pass(
    _ level: Processor.Level, _ shop: Shop, _ together: Int, _ chosen: inout [Int32],
    _ scores: inout [Float], _ uplifts: inout [Float], _ sums: inout [SIMD16<Float>]
  ) {
    var numbers = chosen.mutableSpan
    var some = scores.mutableSpan
    var others = uplifts.mutableSpan
    var room = sums.mutableSpan
    for start in stride(from: 0, to: customers, by: together) {
      let taken = start..<start + together
      let x = shop.x.span.extracting(droppingFirst: start)
      let bases = shop.bases.span.extracting(taken)
      let limits = shop.limits.span.extracting(taken)
      let fatigues = shop.fatigues.span.extracting(taken)
      let open = shop.open.span.extracting(taken)
      switch level {
      #if arch(x86_64)
        case .v4:
          KernelsV4.OfferKernel.choose(
            weights: shop.weights.span, terms: shop.terms.span, excluding: shop.excluding.span,
            x: x, columns: 32, apart: customers, bases: bases, limits: limits, fatigues: fatigues,
            open: open, top: top, chosen: &numbers, scores: &some, uplifts: &others, sums: &room)
        case .v3:
          KernelsV3.OfferKernel.choose(
            weights: shop.weights.span, terms: shop.terms.span, excluding: shop.excluding.span,
            x: x, columns: 32, apart: customers, bases: bases, limits: limits, fatigues: fatigues,
            open: open, top: top, chosen: &numbers, scores: &some, uplifts: &others, sums: &room)
      #endif
      default:
        Kernels.OfferKernel.choose(
          weights: shop.weights.span, terms: shop.terms.span, excluding: shop.excluding.span,
          x: x, columns: 32, apart: customers, bases: bases, limits: limits, fatigues: fatigues,
          open: open, top: top, chosen: &numbers, scores: &some, uplifts: &others, sums: &room)
      }
    }
  }
}
