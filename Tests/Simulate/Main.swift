// tmp
import Platform
import Simulation

@main
struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let runs = arguments.first.flatMap { Int($0) } ?? 2_000
    let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
    let threads = arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1
    if runs == 0 {
      let report = Campaign.life(seed: seed, keepsStory: true)
      for line in report.story { print(line) }
      print(report.tally, report.digest, report.violation.map { "\($0)" } ?? "")
      return
    }
    if arguments.count > 3 {
      for mutant in Mutant.allCases {
        let begin = SystemClock().monotonicMicros()
        let outcome = try Campaign(
          firstSeed: seed, crashRuns: runs, threads: threads, mutant: mutant, violationsMax: 1000).run()
        let seconds = Double(SystemClock().monotonicMicros() - begin) / 1e6
        print(mutant.rawValue, outcome.violations.count, "of", outcome.tally.lives, "lives", outcome.tally.crashRuns, "runs", seconds, outcome.violations.first.map{"\($0)".prefix(300)} ?? "NONE")
      }
      return
    }
    let begin = SystemClock().monotonicMicros()
    let outcome = try Campaign(firstSeed: seed, crashRuns: runs, threads: threads, violationsMax: 5)
      .run()
    let seconds = Double(SystemClock().monotonicMicros() - begin) / 1e6
    print(
      outcome.tally, "last", outcome.lastSeed, seconds, "s",
      Double(outcome.tally.crashRuns) / seconds)
    for violation in outcome.violations { print(violation) }
  }
}
