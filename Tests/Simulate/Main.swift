// The simulation from the command line: what was asked for, and what it came to. Not here: what a
// life is, and what must hold in it; see Simulation.

import DecisionOracle
import Foundation
import Platform
import Simulation

@main
struct Main {
  static func main() {
    do {
      let options = try Options([String](CommandLine.arguments.dropFirst()))
      if options.wantsHelp {
        print(Options.help)
        return
      }
      exit(try run(options) ? 0 : 1)
    } catch let error as UsageError {
      FileHandle.standardError.write(Data("patron-simulate: \(error)\n\n\(Options.help)\n".utf8))
      exit(2)
    } catch {
      FileHandle.standardError.write(Data("patron-simulate: \(error)\n".utf8))
      exit(1)
    }
  }

  /// Does what was asked for.
  ///
  /// - Returns: Whether all was as it must be.
  private static func run(_ options: Options) throws -> Bool {
    let seed = options.seed ?? UInt64(SystemClock().calendarMicros())
    let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
    let begin = SystemClock().monotonicMicros()
    let isRight: Bool
    switch options.mode {
    case .lives:
      var campaign = Campaign(
        firstSeed: seed, crashRuns: options.runs ?? 50_000, threads: threads, violationsMax: 10)
      campaign.faultPercent = options.faultPercent
      campaign.offers = options.offers
      isRight = tell(try campaign.run(), firstSeed: seed, since: begin)
    case .mutants: isRight = try mutants(seed, options.runs ?? 2_000, threads)
    case .replay(let seed): isRight = replay(seed, options)
    case .calls: isRight = try calls(options.seed ?? 1, options.stride)
    case .flip: isRight = try flip(options.seed ?? 1, threads, options.stride)
    case .decisions(let number):
      isRight = try decisions(number, seed, threads, options.snapshotEvery)
    }
    line("time", "\(String(format: "%.1f", Double(passed(since: begin)) / 1e6)) s")
    return isRight
  }

  // MARK: Modes

  private static func tell(
    _ outcome: Campaign.Outcome, firstSeed: UInt64, since begin: Int64
  ) -> Bool {
    let tally = outcome.tally
    line("seeds", "\(firstSeed) to \(outcome.lastSeed)")
    line("lives", count(tally.lives))
    line("crash runs", count(tally.crashRuns))
    line("of them crashed twice", count(tally.secondCrashes))
    line("lives went on after", "\(count(tally.restarts)) crashes")
    line("servers stopped in good order", count(tally.stops))
    line("calls of the disk", count(tally.storageCalls))
    line("of them failed", count(tally.faults))
    line("commands executed", count(tally.commands))
    line("decisions judged by the oracle", count(tally.decisions))
    line("commands sent again", count(tally.resent))
    line("snapshots", count(tally.snapshots))
    line("replies compared", count(tally.replies))
    line("questions in parts", "\(count(tally.told)), cancelled \(count(tally.cancelled))")
    line("violations", count(outcome.violations.count))
    let perSecond = Double(tally.crashRuns) * 1e6 / Double(passed(since: begin))
    line("crash runs a second", count(Int(perSecond)))
    for violation in outcome.violations { print("\n\(violation)") }
    if let first = outcome.violations.first {
      print(
        "\nswift run -c release patron-simulate --replay \(first.seed) shows it again, with --offers if "
          + "that was given")
    }
    return outcome.violations.isEmpty
  }

  private static func mutants(_ seed: UInt64, _ runs: Int, _ threads: Int) throws -> Bool {
    var caught = 0
    line("first seed", "\(seed)")
    for mutant in Mutant.allCases {
      let outcome = try Campaign(
        firstSeed: seed, crashRuns: runs, threads: threads, mutant: mutant, violationsMax: .max
      ).run()
      let tally = outcome.tally
      line(
        mutant.rawValue,
        "\(tally.violations) violations in \(tally.lives) lives, \(count(tally.crashRuns)) runs")
      if tally.violations > 0 { caught += 1 }
    }
    line("caught", "\(caught) of \(Mutant.allCases.count)")
    return caught == Mutant.allCases.count
  }

  private static func replay(_ seed: UInt64, _ options: Options) -> Bool {
    let report = Campaign.life(
      seed: seed, faultPercent: options.faultPercent, offers: options.offers, keepsStory: true)
    for sentence in report.story { print(sentence) }
    line("crash runs", count(report.tally.crashRuns))
    line("digest of all replies", String(report.digest, radix: 16))
    line("violation", report.violation?.description ?? "none")
    return report.violation == nil
  }

  private static func calls(_ seed: UInt64, _ stride: Int) throws -> Bool {
    let outcome = try FailingCalls(seed: seed).run(stride: stride)
    line("seed", "\(seed)")
    line("calls of the calm life", count(outcome.calls))
    line("lives with a failing call", count(outcome.lives))
    line("calls that failed", count(outcome.faults))
    line("servers that ended by it", count(outcome.restarts))
    line("requests refused by it", count(outcome.refusals))
    line("violations", count(outcome.violations.count))
    for violation in outcome.violations.prefix(10) { print("\n\(violation)") }
    return outcome.violations.isEmpty
  }

  private static func flip(_ seed: UInt64, _ threads: Int, _ stride: Int) throws -> Bool {
    let survey = try DamageSurvey(firstSeed: seed, threads: threads, stride: stride)
    var isRight = true
    for (what, outcome) in try survey.run() {
      line(
        what,
        "\(count(outcome.tries)): \(count(outcome.refused)) refused, "
          + "\(count(outcome.harmless)) right, \(outcome.violations.count) wrong")
      for violation in outcome.violations.prefix(5) { print("  \(violation)") }
      isRight = isRight && outcome.violations.isEmpty
    }
    return isRight
  }

  private static func decisions(
    _ number: Int, _ seed: UInt64, _ threads: Int, _ snapshotEvery: Int
  ) throws -> Bool {
    let outcome = try DecisionCampaign.run(
      firstSeed: seed, decisions: number, threads: threads, snapshotEvery: snapshotEvery)
    let tally = outcome.tally
    line("seeds", "\(seed) to \(outcome.lastSeed)")
    line("lives", count(outcome.lives))
    line("decisions", count(tally.decisions))
    line("offers chosen", count(tally.chosen))
    line("outcomes", count(tally.outcomes))
    line("commands refused whole", count(outcome.refused))
    for (code, name) in OracleTally.reasonNames.enumerated() {
      line("reason \(name)", count(tally.reasons[code]))
    }
    line("violations", count(tally.violations))
    for (seed, what) in outcome.violations.prefix(20) { print("\nseed \(seed): \(what)") }
    return outcome.violations.isEmpty
  }

  // MARK: Printing

  private static func passed(since begin: Int64) -> Int64 {
    max(1, SystemClock().monotonicMicros() - begin)
  }

  private static func line(_ name: String, _ value: String) {
    print(name.padding(toLength: max(50, name.count + 1), withPad: " ", startingAt: 0) + value)
  }

  /// A number with commas.
  private static func count(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
