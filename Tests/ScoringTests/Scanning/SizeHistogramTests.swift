// The histogram from which quantiles of a count are told, and what was believed wrongly of scans.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("SizeHistogram")
struct SizeHistogramTests {
  @Test(
    "a number with digits behind the point is told within half a percent, a small whole one as it is"
  )
  func digits() {
    var chance = SeededGenerator(seed: 1)
    for number in 0..<4_000 {
      let value =
        number < 512 ? Double(number) : Double.random(in: 0.01...1_000, using: &chance)
      for signed in [value, -value] {
        var histogram = SizeHistogram()
        histogram.add(signed)
        let told = histogram.quantile(0.5)
        #expect(abs(told - signed) <= (number < 512 ? 0 : 0.005 * value), "\(signed): \(told)")
      }
    }
  }

  @Test("numbers of both signs and zero take memory by their sizes, not by what lies between them")
  func memory() {
    var histogram = SizeHistogram()
    for value in [0, 5, -5, 1e9, -1e9, 1e-9] { histogram.add(value) }
    #expect(histogram.bucketCount <= 6 * 256)
    var other = SizeHistogram()
    for value in [-5, 7] as [Double] { other.add(value) }
    other.append(histogram)
    #expect(other.bucketCount <= 6 * 256)
    let told = [0, 0.13, 0.5, 0.51, 0.8, 1].map { other.quantile($0) }
    #expect(abs(told[0] + 1e9) <= 5e6 && told[1] == -5 && told[2] == 0 && told[5] > 9.9e8)
    #expect(abs(told[3] - 1e-9) <= 5e-12 && told[4] == 7)
  }

  @Test("what is given back after the day that is asked about is no part of the returned share")
  func laterReturns() throws {
    var shop = try EngineHarness()
    _ = shop.record("a", "1", day: 19_900, minor: 1_000)
    _ = shop.giveBack("a", "1", as: "r", day: 19_910, minor: 250)
    _ = shop.giveBack("a", "1", as: "s", day: 19_950, minor: 500)
    for (day, share) in [(19_905, 0), (19_910, 0.25), (19_949, 0.25), (19_950, 0.75)]
      as [(Int, Double)]
    {
      let told = try shop.select("", ["customer", "returned_share"]) {
        $0.terms.asOfMicros = EngineHarness.noon(day)
      }
      #expect(told.numbers(1) == [share], "day \(day)")
    }
  }
}
