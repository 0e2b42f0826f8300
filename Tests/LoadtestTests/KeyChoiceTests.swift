// Whether customers are asked for as often as the distributions say.

import Foundation
import Models
import Testing

@testable import loadtest

@Suite("KeyChoice")
struct KeyChoiceTests {
  @Test("Zipf's ranks come as often as their power says", arguments: [0.5, 1, 1.1, 3])
  func zipf(exponent: Double) {
    let (count, draws) = (50, 100_000)
    let sampler = ZipfSampler(exponent: exponent, count: count)
    var random = SeededRandom(seed: 7)
    var seen = [Int](repeating: 0, count: count + 1)
    for _ in 0..<draws { seen[sampler.next(&random)] += 1 }
    let whole = (1...count).reduce(0) { $0 + pow(Double($1), -exponent) }
    for rank in 1...count {
      let expected = Double(draws) * pow(Double(rank), -exponent) / whole
      #expect(
        abs(Double(seen[rank]) - expected) < 5 * expected.squareRoot() + 1,
        "rank \(rank) of exponent \(exponent), seed 7")
    }
  }

  @Test("every customer can be asked for, and nobody else", arguments: ["uniform", "zipf:0.3"])
  func coverage(text: String) throws {
    let distribution = try #require(KeyDistribution(text))
    var choice = KeyChoice(distribution, count: 30)
    var random = SeededRandom(seed: 8)
    let numbers = Set((0..<3_000).map { _ in choice.next(&random) })
    #expect(numbers == Set(0..<30), "seed 8")
  }
}
