// Lives of the whole server, a handful of seeds each time the tests run; patron-simulate lives as
// many as one likes.

import Simulation
import Support
import Testing

@Suite("World")
struct WorldTests {
  @Test("nothing acknowledged is lost, and nothing else is there", arguments: seeds(2))
  func lives(seed: UInt64) {
    let report = Campaign.life(seed: seed, requestsMax: 30)
    #expect(report.violation == nil, "\(report.violation?.description ?? "")")
    #expect(report.tally.crashRuns > 0 && report.tally.replies > 0)
  }

  @Test(
    "sixty-four clients, decisions and outcomes among what they ask, and crashes: the journal keeps every rule",
    arguments: seeds(1))
  func offers(seed: UInt64) {
    let report = Campaign.life(seed: seed, requestsMax: 200, offers: true)
    #expect(report.violation == nil, "\(report.violation?.description ?? "")")
    #expect(report.tally.decisions > 10 && report.tally.crashRuns > 0)
    #expect(report.tally.kept > 0, "the server finds segments by itself")
  }

  @Test(
    "segments are defined, found, asked for in parts, watched and cancelled, among crashes: all agrees"
  )
  func observed() {
    var tally = Tally()
    for seed in seeds(3) {
      let report = Campaign.life(seed: seed, requestsMax: 50, observers: true)
      #expect(report.violation == nil, "\(report.violation?.description ?? "")")
      tally.add(report.tally)
    }
    // One life alone may have none of one kind.
    if tally.lives > 1 {
      #expect(tally.told > 0 && tally.kept > 0 && tally.cancelled > 0, "\(tally)")
    }
  }

  @Test("a seed is a whole life: twice the same, to the last byte of every reply")
  func determinism() {
    let first = Campaign.life(seed: 11, requestsMax: 20, keepsStory: true)
    let second = Campaign.life(seed: 11, requestsMax: 20, keepsStory: true)
    #expect(first.digest == second.digest)
    #expect(first.tally == second.tally)
    #expect(first.story == second.story)
    #expect(Campaign.life(seed: 12, requestsMax: 20).digest != first.digest)
  }

  @Test("each mutant is caught", arguments: Mutant.allCases)
  func mutants(mutant: Mutant) throws {
    let outcome = try Campaign(firstSeed: 1, crashRuns: 3_000, mutant: mutant).run()
    #expect(!outcome.violations.isEmpty, "\(mutant.rawValue): \(outcome.tally.crashRuns) runs")
  }

  @Test("calls of the disk fail, once and for ever after, and nothing acknowledged is lost")
  func failingCalls() throws {
    let outcome = try FailingCalls(seed: 1).run(requests: 60, stride: 31)
    #expect(outcome.violations.isEmpty, "\(outcome.violations.first?.description ?? "")")
    #expect(outcome.faults >= 30, "a fault that never strikes shows nothing")
    #expect(outcome.restarts > 0 && outcome.refusals > 0)
  }
}
