// The comparison: contestants started and filled alike, rounds in which all take turns, ratios within
// each round. Not here: how it is printed; see VersusReport.

import Foundation
import Models
import Platform
import Wire

/// Beside whom Patron is put.
enum Rivals: String {
  case redis
  case echo
  case all
}

/// What is compared, and how long.
struct VersusPlan: Equatable {
  var rivals: Rivals
  var rounds = 5
  var shapes = VersusPlan.shapes
  /// A Redis that runs already.
  var redis: String?

  static let shapes = [(50, 64), (50, 16), (50, 1)].map {
    Shape(connections: $0.0, pipeline: $0.1)
  }
}

/// The servers of a comparison, ended with it.
struct Versus: ~Copyable {
  private let options: Options
  private let plan: VersusPlan
  private let server: LocalServer
  private var redis: RedisServer?
  private var echo: LocalProcess?
  private var contestants: [Contestant] = []
  private var fill = FillReport()

  /// Compares.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - plan: who and how long.
  ///   - progress: what is told meanwhile.
  /// - Returns: everything that was measured.
  /// - Throws: `Failure` when a server cannot be started, filled or loaded.
  static func run(
    _ options: Options, _ plan: VersusPlan, progress: (String) -> Void
  ) throws(Failure) -> VersusReport {
    var versus = try Versus(options, plan)
    do throws(Failure) {
      try versus.prepare()
      let report = try versus.measure(progress)
      versus.stop()
      return report
    } catch {
      versus.stop()
      throw error
    }
  }

  private init(_ options: Options, _ plan: VersusPlan) throws(Failure) {
    (self.options, self.plan) = (options, plan)
    server = try LocalServer()
  }

  private func stop() {
    _ = server.stop()
    redis?.stop()
    _ = echo?.stop()
  }

  /// Starts and fills everybody.
  private mutating func prepare() throws(Failure) {
    let kind = RequestKind.scores
    let today = Int32(SystemClock().calendarMicros() / Generator.dayMicros)
    let population = try options.population(today: today)
    fill = try Filling.fill(server.address, with: population, progress: Main.showProgress)
    contestants.append(
      try .patron(kind, server, population, generation: fill.generation, today: today))
    if plan.rivals != .echo {
      let redis = try startRedis()
      self.redis = redis
      let stored = try StoredBodies.scores(
        of: server.address, customers: population.count, population.termsFields)
      try redis.fill(stored)
      contestants.append(.redis(kind, redis, stored, generation: fill.generation))
    }
    if plan.rivals != .redis {
      let echo = try LocalProcess(
        LocalProcess.beside("loadtest"), [EchoServer.command, "\(kind.bodySize)"], isHeard: true)
      self.echo = echo
      guard let address = echo.address() else { throw .failed("the echo server did not start") }
      contestants.append(try .echo(kind, address, echo, population.termsFields))
    }
    if options.pins {
      for contestant in contestants {
        if let processID = contestant.processID { try LocalProcess.pin(processID, to: 0) }
      }
      try LocalProcess.pin(ProcessFacts.processID, to: 1)
    }
  }

  private func startRedis() throws(Failure) -> RedisServer {
    if let text = plan.redis { return RedisServer(at: try Main.address(text)) }
    guard let program = RedisServer.program else { throw .failed("there is no redis-server") }
    return try RedisServer(program: program)
  }

  private borrowing func measure(_ progress: (String) -> Void) throws(Failure) -> VersusReport {
    var tallies: [Shape: [String: Tally]] = [:]
    for round in 0..<plan.rounds {
      for shape in plan.shapes {
        progress("round \(round + 1) of \(plan.rounds), \(shape)")
        // Whoever came first comes last the next time.
        for turn in contestants.indices {
          let contestant = contestants[(turn + round) % contestants.count]
          var tally = tallies[shape]?[contestant.name] ?? Tally()
          let load = BlockPlan(
            shape: shape, duration: options.duration, warmUp: options.warmUp, keys: options.keys,
            seed: options.seed &+ UInt64(round))
          var generator = try BlockGenerator(
            load, contestant.format, customers: options.customers, address: contestant.address,
            server: contestant.processID)
          let result = try generator.run()
          tally.add(result, contestant.judge(result.kept))
          tallies[shape, default: [:]][contestant.name] = tally
        }
      }
    }
    return VersusReport(
      options, plan, fill, contestants: contestants.map(\.name), tallies)
  }
}

/// What one contestant showed at one shape, round by round.
struct Tally {
  var perSecond: [Double?] = []
  var serverNanos: [Double?] = []
  var loadBusy: [Double] = []
  var latency = LatencyHistogram()
  var errors: [String: Int] = [:]
  var audit = AuditResult()

  /// Adds a round.
  mutating func add(_ result: BlockResult, _ audit: AuditResult) {
    // What was measured beside errors means nothing.
    let isGood = result.errors.isEmpty && result.completed > 0
    perSecond.append(isGood ? result.perSecond : nil)
    serverNanos.append(isGood ? result.serverNanosPerRequest : nil)
    loadBusy.append(Double(result.loadNanos) / 1e9 / max(result.seconds, 1e-9))
    latency.add(result.latency)
    errors.merge(result.errors, uniquingKeysWith: +)
    self.audit.add(audit)
  }
}
