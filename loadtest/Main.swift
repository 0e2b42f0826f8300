// The program: options, a server, the population, the loads, the report, the exit code.

import Foundation
import Models
import Platform

@main
struct Main {
  static func main() {
    do throws(Failure) {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      if options.wantsHelp {
        print(Options.help)
        return
      }
      exit(try run(options) ? 0 : 1)
    } catch {
      FileHandle.standardError.write(Data("loadtest: \(error)\n".utf8))
      exit(error.exitCode)
    }
  }

  /// Loads and prints.
  ///
  /// - Returns: whether every answer was right and nothing failed.
  private static func run(_ options: Options) throws(Failure) -> Bool {
    guard let text = options.address else {
      let server = try LocalServer()
      let report: Report
      do throws(Failure) {
        if options.isPinned { try server.pin() }
        report = try load(options, server.address, server.processID)
      } catch {
        _ = server.stop()
        throw error
      }
      return finish(report, exitCode: server.stop(), options)
    }
    if options.isPinned { throw .usage("--pin is for a server of the load test's own") }
    let address: SocketAddress?
    do {
      address = try SocketAddress.resolve(text).first
    } catch {
      throw .failed("\(error)")
    }
    guard let address else { throw .failed("\(text) is no address") }
    return finish(try load(options, address, nil), exitCode: nil, options)
  }

  private static func load(
    _ options: Options, _ address: SocketAddress, _ server: Int32?
  ) throws(Failure) -> Report {
    let today = Int32(SystemClock().calendarMicros() / Generator.dayMicros)
    let terms: ScoreTerms
    do throws(ModelError) {
      terms = try ScoreTerms(
        horizonDays: options.horizonDays, discountRatePerYear: options.discountRate,
        margin: options.margin)
    } catch {
      throw .usage("\(error)")
    }
    let population = try Population(
      count: options.customers, seed: options.seed, today: today, terms: terms)
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

  private static func finish(_ report: Report, exitCode: Int32?, _ options: Options) -> Bool {
    var report = report
    report.serverExitCode = exitCode
    if options.isJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      if let bytes = try? encoder.encode(report) { print(String(decoding: bytes, as: UTF8.self)) }
    } else {
      if let exitCode, exitCode != 0 { print("the server ended with code \(exitCode)") }
      print(report.isGood ? "all answers right, no errors" : "NOT GOOD, see above")
    }
    return report.isGood
  }

  private static func showProgress(_ share: Double) {
    guard isatty(2) == 1 else { return }
    let line = share < 1 ? "\rfilling: \(Int(share * 100)) %" : "\r\u{1b}[K"
    FileHandle.standardError.write(Data(line.utf8))
  }
}
