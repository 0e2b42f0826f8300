// A sample of the damages that `patron-simulate --flip` does to every byte.

import Simulation
import Testing

@Suite("DamagedFiles")
struct DamagedFilesTests {
  @Test("a damaged byte is refused or passed over, a cut journal gives the whole batches before it")
  func sample() throws {
    let survey = try DamageSurvey(firstSeed: 1, threads: 1, stride: 2_503, batches: 12)
    let findings = try survey.run()
    #expect(findings.count == 4)
    for (what, outcome) in findings {
      #expect(outcome.tries > 0, "\(what)")
      #expect(outcome.violations.isEmpty, "\(what): \(outcome.violations.first ?? "")")
    }
  }
}
