// `patron verify`: reads every byte of a data directory and says what could be restored from it.
// Changes nothing. Also the words in which a repair is announced.

internal import Durability
internal import Foundation
internal import Platform
internal import Scoring
internal import Server

enum Verify {
  static let command = Command(
    name: "verify", summary: "check every byte of a data directory", synopsis: "DIR",
    options: [],
    details: """
      Reads all files, restores the state in memory as a start would, and tells what that gives, or
      what a repair would have to give up. No server may be using the directory.

      Exit codes: 0 everything can be restored, 1 the directory cannot be read, 2 wrong usage, 3
      something is damaged.
      """,
    run: { _ in })

  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") || words.contains("-h") {
      Console.out(command.helpText)
      return 0
    }
    guard words.count == 1, let directory = words.first, !directory.hasPrefix("-") else {
      Console.error("patron verify: name one directory")
      return 2
    }
    guard FileManager.default.fileExists(atPath: directory) else {
      Console.error("patron verify: there is no directory \(directory)")
      return 1
    }
    do {
      let storage = try DirectoryStorage(path: directory)
      return try verify(storage)
    } catch let error as SystemError where error.isInUse {
      Console.error("patron verify: a server uses this directory; end it first: \(directory)")
      return 1
    } catch {
      Console.error("patron verify: \(error)")
      return 1
    }
  }

  private static func verify(_ storage: DirectoryStorage) throws -> Int32 {
    let start = SystemClock().monotonicMicros()
    let reports = try inspect(storage)
    let width = reports.map(\.name.count).max() ?? 0
    for report in reports { Console.out(line(of: report, width)) }
    let bytes = reports.reduce(0) { $0 + $1.byteCount }
    let seconds = Double(SystemClock().monotonicMicros() - start) / 1e6
    Console.out(
      "\(Numbers.grouped(UInt64(bytes))) bytes in \(reports.count) files read in "
        + "\(Numbers.fixed(seconds, 2)) s")

    var isDamaged = reports.contains { $0.damage != nil }
    var randomness: any Randomness = SystemRandomness()
    do throws(ServerError) {
      let recovered = try Recovered.recover(
        from: storage, randomness: &randomness, threads: ProcessFacts.coreCount, isTrial: true
      ) { _ in }
      for notice in recovered.facts.notices { Console.out("notice: \(notice)") }
      Console.out(text(of: recovered))
    } catch {
      isDamaged = true
      Console.out("a start would refuse: \(error)")
      if let plan = try planRepair(of: storage) {
        for line in lines(of: plan) { Console.out("with --repair: \(line)") }
      }
    }
    return isDamaged ? 3 : 0
  }

  private static func line(of report: FileReport, _ width: Int) -> String {
    let name = report.name.padding(toLength: width, withPad: " ", startingAt: 0)
    let size = Numbers.grouped(UInt64(report.byteCount))
    let pad = String(repeating: " ", count: max(0, 15 - size.count))
    return "\(name)\(pad)\(size)  \(what(report))"
  }

  private static func what(_ report: FileReport) -> String {
    let begun = report.created.map { ", begun \(time($0))" } ?? ""
    let damage = report.damage.map { "; DAMAGED: \($0)" } ?? ""
    switch report.kind {
    case .snapshot:
      return "state after record \(report.sequences?.upperBound ?? 0), \(report.count) blocks"
        + begun + damage
    case .journal:
      let records =
        report.sequences.map { "records \($0.lowerBound)–\($0.upperBound)" } ?? "no records"
      let torn =
        report.tornBytes > 0
        ? "; \(report.tornBytes) bytes at its end were never acknowledged" : ""
      return records + begun + torn + damage
    case .unfinished: return "never finished; a start removes it"
    case .other: return "not ours"
    }
  }

  private static func text(of recovered: Recovered) -> String {
    let engine = Engine(recovered.parts)
    let begin =
      recovered.facts.snapshotSequence == 0
      ? "the journal" : "snapshot \(recovered.facts.snapshotSequence)"
    return """
      can be restored: \(begin) and \(recovered.facts.recordCount) records, up to record \
      \(engine.sequence) of \(time(engine.timeMicros))
      \(Numbers.grouped(UInt64(engine.store.customerCount))) customers, \
      \(Numbers.grouped(UInt64(engine.store.orderCount))) orders, state hash \
      \(String(engine.store.stateHash(), radix: 16))
      """
  }

  /// What a repair keeps and gives up, a sentence a line.
  ///
  /// - Parameter plan: the repair.
  /// - Returns: the sentences.
  static func lines(of plan: RepairPlan) -> [String] {
    var lines = ["the reason is: \(plan.reason)"]
    let begin =
      plan.snapshotSequence.map { "snapshot \($0)" }
      ?? (plan.lastSequence == 0 ? "nothing" : "the journal's beginning")
    lines.append("it begins with \(begin) and keeps everything up to record \(plan.lastSequence)")
    if let lost = plan.givenUp {
      lines.append("it gives up records \(lost.lowerBound)–\(lost.upperBound)")
    } else {
      lines.append("no file tells of later records, but there may have been some")
    }
    if plan.readableCount > 0, let times = plan.readableTimes {
      lines.append(
        "\(plan.readableCount) of these can be read (\(time(times.lowerBound)) to "
          + "\(time(times.upperBound))), but follow others that cannot")
    }
    for name in plan.setAside { lines.append("it sets \(name) aside as damaged-\(name)") }
    return lines
  }

  private static func time(_ micros: Int64) -> String {
    Date(timeIntervalSince1970: Double(micros) / 1e6).formatted(.iso8601)
  }
}
