// Lives of the whole server, a handful of seeds each time the tests run.

import Simulation
import Support
import Testing

@Suite("World")
struct WorldTests {
  @Test("nothing acknowledged is lost, nothing else appears", arguments: seeds(3))
  func lives(seed: UInt64) {
    let report = Campaign.life(seed: seed)
    #expect(report.violation == nil, "\(report.violation?.description ?? "")")
  }
}
