// The program: options, a server, the population, the loads, the report, the exit code.

import Foundation
import Models
import Platform

@main
struct Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == EchoServer.command { exit(serveEchoes(arguments.last)) }
    do throws(Failure) {
      let options = try Options(arguments)
      if options.wantsHelp {
        print(Options.help)
        return
      }
      let isGood =
        if let mode = options.mode { try run(mode, options) } else { try run(options) }
      exit(isGood ? 0 : 1)
    } catch {
      say("\(error)")
      exit(error.exitCode)
    }
  }

  /// The hidden command.
  private static func serveEchoes(_ bodySize: String?) -> Int32 {
    do {
      try EchoServer.serve(bodySize: bodySize.flatMap(Int.init) ?? 0) { address in
        FileHandle.standardOutput.write(Data("listening on \(address)\n".utf8))
      }
      return 0
    } catch {
      say("the echo server failed: \(error)")
      return 1
    }
  }

  /// Compares and the like; everything that has servers of its own and no report of this file's.
  private static func run(_ mode: Mode, _ options: Options) throws(Failure) -> Bool {
    switch mode {
    case .versus(let plan): return try versus(plan, options)
    case .curve(let sizes):
      return try tell(Curve.run(options, sizes, progress: showStep), options)
    case .soak(let seconds):
      return try tell(Soak.run(options, seconds: seconds, progress: showStep), options)
    case .half(let work): return try tell(HalfLoad.run(options, work, progress: showStep), options)
    case .scan: return try tell(ScanLoad.run(options, progress: showStep), options)
    }
  }

  private static func tell(_ report: some ModeReport, _ options: Options) throws(Failure) -> Bool {
    showStep("")
    if options.isJSON { try printJSON(report) } else { print(report.table) }
    fflush(nil)
    if !report.isGood { say("NOT GOOD, see above") }
    return report.isGood
  }

  private static func versus(_ plan: VersusPlan, _ options: Options) throws(Failure) -> Bool {
    if plan.rivals != .echo && plan.redis == nil && RedisServer.program == nil {
      say("SKIPPED: there is no redis-server; apt-get install redis-server, or give --redis")
      return !options.hasGoals
    }
    let report = try Versus.run(options, plan, progress: showStep)
    let isGood = try tell(report, options)
    guard options.hasGoals else { return isGood }
    for missed in report.missedGoals { say("MISSED: \(missed)") }
    return isGood && report.missedGoals.isEmpty
  }

  /// An address that was given as text.
  static func address(_ text: String) throws(Failure) -> SocketAddress {
    let address: SocketAddress?
    do {
      address = try SocketAddress.resolve(text).first
    } catch {
      throw .failed("\(error)")
    }
    guard let address else { throw .failed("\(text) is no address") }
    return address
  }

  /// A line on standard error.
  static func say(_ line: String) {
    FileHandle.standardError.write(Data("loadtest: \(line)\n".utf8))
  }

  static func printJSON(_ report: some Encodable) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } catch {
      throw .failed("the report cannot be written: \(error)")
    }
  }

  /// Loads and prints.
  ///
  /// - Returns: whether every answer was right and nothing failed.
  private static func run(_ options: Options) throws(Failure) -> Bool {
    guard let text = options.address else {
      let server = try LocalServer()
      if options.isPinned { try server.pin() }
      let report = try load(options, server.address, server.processID)
      return try finish(report, exitCode: server.stop(), options)
    }
    if options.isPinned { throw .usage("--pin is for a server of the load test's own") }
    return try finish(try load(options, try address(text), nil), exitCode: nil, options)
  }

  private static func load(
    _ options: Options, _ address: SocketAddress, _ server: Int32?
  ) throws(Failure) -> Report {
    let today = Int32(SystemClock().calendarMicros() / Generator.dayMicros)
    let population = try options.population(today: today)
    let fill = try Filling.fill(address, with: population, progress: showProgress)
    if let decisions = options.decisions {
      try DecisionShop.open(address, to: population, decisions, seed: options.seed)
    }
    var report = Report(fill: fill, seed: options.seed, horizonDays: options.horizonDays)
    if !options.isJSON { print(Table.fill(report), Table.head, separator: "\n\n") }
    var log = OrderLog()
    for plan in plans(options) {
      var plan = plan
      if let first = report.runs.first?.decide {
        plan.rate = max(1, first.perSecond / 2)
      }
      let journalBytes = plan.decisions == nil ? nil : try Filling.journalBytes(of: address)
      var generator = try Generator(
        plan, population: population, address: address, server: server, log: log)
      let result = try generator.run()
      log = generator.log
      let auditor = Auditor(population: population, generation: fill.generation, log: log)
      var run = RunReport(plan, result, auditor.audit(result.samples))
      if let journalBytes {
        run.decide?.journalBytes(try Filling.journalBytes(of: address) - journalBytes, result)
      }
      report.runs.append(run)
      if !options.isJSON { print(Table.rows(run)) }
      fflush(nil)
    }
    return report
  }

  /// The loads that were asked for.
  private static func plans(_ options: Options) -> [LoadPlan] {
    let plan = LoadPlan(
      connections: options.connections, pipeline: options.pipeline, writers: options.writers,
      rate: options.rate,
      duration: options.duration, warmUp: options.warmUp, orders: options.orders,
      decisions: options.decisions, keys: options.keys, audit: options.audit, seed: options.seed)
    // The second is an open loop at half the rate of the first.
    if options.decisions != nil && options.rate == nil { return [plan, plan] }
    guard options.isMatrix else { return [plan] }
    var plans: [LoadPlan] = []
    for orders in options.orders > 0 ? [0, options.orders] : [0] {
      for connections in [1, 50] {
        for pipeline in [1, 16] {
          var plan = plan
          (plan.connections, plan.pipeline, plan.orders) = (connections, pipeline, orders)
          plan.seed &+= UInt64(plans.count)
          plans.append(plan)
        }
      }
    }
    return plans
  }

  private static func finish(
    _ report: Report, exitCode: Int32?, _ options: Options
  ) throws(Failure) -> Bool {
    var report = report
    report.serverExitCode = exitCode
    if options.isJSON {
      try printJSON(report)
    } else {
      if let exitCode, exitCode != 0 { print("the server ended with code \(exitCode)") }
      print(report.isGood ? "all answers right, no errors" : "NOT GOOD, see above")
    }
    return report.isGood
  }

  static func showProgress(_ share: Double) {
    showStep(share < 1 ? "filling: \(Int(share * 100)) %" : "")
  }

  /// Says what is being done, where somebody looks on.
  static func showStep(_ step: String) {
    guard isatty(2) == 1 else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(step)".utf8))
  }
}
