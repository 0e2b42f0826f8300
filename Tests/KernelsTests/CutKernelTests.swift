// Where numbers lie among cuts, against counting them one by one, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("CutKernel")
struct CutKernelTests {
  /// Cuts, padded as the kernel takes them.
  private static func padded(_ own: [Double]) -> [Double] {
    var count = 1
    while count <= own.count { count *= 2 }
    return own + [Double](repeating: .infinity, count: count - own.count)
  }

  /// Where a number lies by the words of the documentation.
  private static func place(_ number: Double, _ cuts: [Double], _ factor: Double = 1) -> Int32 {
    guard number.isFinite else { return 0 }
    let below = cuts.count { $0 * factor < number }
    return Int32(2 * below + (cuts.contains { $0 * factor == number } ? 2 : 1))
  }

  private static func find(
    _ level: Processor.Level, _ numbers: [Double], _ cuts: [Double]
  ) -> [Int32] {
    var found = [Int32](repeating: -7, count: numbers.count + 1)
    var places = found.mutableSpan
    switch level {
    #if arch(x86_64)
      case .v4: KernelsV4.CutKernel.find(numbers.span, among: cuts.span, into: &places)
      case .v3: KernelsV3.CutKernel.find(numbers.span, among: cuts.span, into: &places)
    #endif
    default: Kernels.CutKernel.find(numbers.span, among: cuts.span, into: &places)
    }
    #expect(found[numbers.count] == -7, "what is behind stays as it was")
    return Array(found.dropLast())
  }

  private static func find(
    _ level: Processor.Level, _ numbers: [Double], _ factors: [Double], _ cuts: [Double]
  ) -> (odd: UInt64, places: [Int32]) {
    var found = [Int32](repeating: -7, count: numbers.count)
    var places = found.mutableSpan
    let odd: UInt64
    switch level {
    #if arch(x86_64)
      case .v4:
        odd = KernelsV4.CutKernel.find(
          numbers.span, or: 5, times: factors.span, or: .nan, among: cuts.span, into: &places)
      case .v3:
        odd = KernelsV3.CutKernel.find(
          numbers.span, or: 5, times: factors.span, or: .nan, among: cuts.span, into: &places)
    #endif
    default:
      odd = Kernels.CutKernel.find(
        numbers.span, or: 5, times: factors.span, or: .nan, among: cuts.span, into: &places)
    }
    return (odd, found)
  }

  private static func numbers(
    _ count: Int, _ cuts: [Double], _ random: inout SeededRandom
  ) -> [Double] {
    (0..<count).map { _ in
      switch Int.random(in: 0...7, using: &random) {
      case 0: [.nan, .infinity, -.infinity].randomElement(using: &random) ?? .nan
      case 1...3: cuts.randomElement(using: &random) ?? 0
      case 4: (cuts.randomElement(using: &random) ?? 0).nextUp
      default: .random(in: -60...60, using: &random)
      }
    }
  }

  @Test(
    "each number gets the place that counting the cuts below it gives",
    arguments: [0, 1, 2, 3, 7, 8, 15, 16, 17, 40, 64, 100, 512])
  func places(cutCount: Int) {
    var random = SeededRandom(seed: UInt64(cutCount) + 1)
    for count in [0, 1, 7, 8, 9, 63, 64] {
      let cuts = Set((0..<cutCount).map { _ in Double.random(in: -50...50, using: &random) })
        .sorted()
      let numbers = Self.numbers(count, cuts, &random)
      let wanted = numbers.map { Self.place($0, cuts) }
      for level in OfferKernelTests.levels {
        #expect(Self.find(level, numbers, Self.padded(cuts)) == wanted, "\(level), \(count)")
      }
    }
  }

  @Test(
    "among multiples, the places are those among the cuts times the factor, and other factors are told",
    arguments: [0, 1, 5, 16, 33, 64, 300])
  func multiples(cutCount: Int) {
    var random = SeededRandom(seed: UInt64(cutCount) + 9)
    for count in [1, 8, 13, 64] {
      let cuts = Set((0..<cutCount).map { _ in Double.random(in: -50...50, using: &random) })
        .sorted()
      let factors = (0..<count).map { _ in
        [0, -1, .nan, .infinity, 1e-200, 1, 0.25, 3, .random(in: 0.1...9, using: &random)]
          .randomElement(using: &random) ?? 1
      }
      let numbers = zip(Self.numbers(count, cuts, &random), factors).map { $0 * $1 }
      for level in OfferKernelTests.levels {
        let (odd, places) = Self.find(level, numbers, factors, Self.padded(cuts))
        for row in 0..<count {
          // What is no factor becomes the filling, which is none either.
          let isOdd = !(factors[row].isFinite && factors[row] > 1e-100)
          #expect(odd >> UInt64(row) & 1 == (isOdd ? 1 : 0), "\(level), \(factors[row])")
          if isOdd { continue }
          let number = numbers[row].isFinite ? numbers[row] : 5
          #expect(places[row] == Self.place(number, cuts, factors[row]), "\(level), \(number)")
        }
        #expect(count == 64 || odd >> UInt64(count) == 0)
      }
    }
  }
}
