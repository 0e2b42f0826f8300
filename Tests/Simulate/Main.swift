// The simulation from the command line. Not here: what a life is, and what must hold in it.

import Platform
import Simulation

@main
struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let runs = arguments.first.flatMap { Int($0) } ?? 2_000
    let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
    let threads = arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1
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
