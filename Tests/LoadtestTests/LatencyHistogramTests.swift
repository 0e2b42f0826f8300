// The histogram against sorted lists.

import Models
import Testing

@testable import loadtest

@Suite("LatencyHistogram")
struct LatencyHistogramTests {
  @Test("a quantile is never short and at most 1 % long", arguments: [1, 2, 3] as [UInt64])
  func quantiles(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var histogram = LatencyHistogram()
    // Nanoseconds from 1 to about ten seconds, equally many in every octave.
    var times = (0..<20_000).map { _ in UInt64(1) << (random.next() % 33) + random.next() % 1_000 }
    for time in times { histogram.record(time) }
    times.sort()
    for share in [0.001, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = times[max(0, Int((share * Double(times.count)).rounded(.up)) - 1)]
      let told = histogram.quantile(share)
      #expect(told >= exact, "seed \(seed), share \(share)")
      #expect(Double(told) <= Double(exact) * 1.01 + 1, "seed \(seed), share \(share)")
    }
    #expect(histogram.max == times.last)
  }

  @Test("times below 128 ns are exact")
  func shortTimes() {
    for time in 0..<128 as Range<UInt64> {
      var histogram = LatencyHistogram()
      histogram.record(time)
      histogram.record(10_000)
      #expect(histogram.quantile(0.5) == time)
    }
  }

  @Test("what is longer than the last bucket is counted, and the maximum stays exact")
  func longTimes() {
    var histogram = LatencyHistogram()
    histogram.record(1 << 50)
    #expect(histogram.count == 1)
    #expect(histogram.max == 1 << 50)
  }

  @Test("two histograms add up to the one of both")
  func sum() {
    var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for time in 1...1_000 as ClosedRange<UInt64> {
      if time % 3 == 0 { one.record(time * 77) } else { other.record(time * 77) }
      both.record(time * 77)
    }
    one.add(other)
    for share in [0.1, 0.5, 0.99] { #expect(one.quantile(share) == both.quantile(share)) }
    #expect(one.count == both.count)
  }

  @Test("without any time every quantile is 0")
  func empty() {
    #expect(LatencyHistogram().quantile(0.99) == 0)
  }
}
