// The comparison: contestants started and filled alike, rounds in which all take turns, ratios within
// each round. Not here: how it is printed; see VersusReport.

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
  /// Whether offers are for everybody.
  var isPlain = false

  static let shapes = [(50, 64), (50, 16), (50, 1)].map {
    Shape(connections: $0.0, pipeline: $0.1)
  }
}

/// A Patron that was filled.
final class FilledServer {
  let server: LocalServer
  let population: Population
  let today: Int32
  let fill: FillReport
  /// Resident bytes before anything was recorded.
  let emptyBytes: Int

  /// Starts and fills one.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - customers: how many; nil is what the options say.
  /// - Throws: `Failure` when it cannot be.
  init(_ options: Options, customers: Int? = nil) throws(Failure) {
    today = Int32(SystemClock().calendarMicros() / Generator.dayMicros)
    population = try options.population(customers, today: today)
    server = try LocalServer()
    emptyBytes = try LocalProcess.residentBytes(of: server.processID)
    fill = try Filling.fill(server.address, with: population, progress: Main.showProgress)
  }
}

enum Versus {
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
    let server = try FilledServer(options)
    let contestants = try contestants(server, plan, seed: options.seed)
    if options.pins { try pin(contestants) }
    var tallies: [Shape: [String: Tally]] = [:]
    for round in 0..<plan.rounds {
      for shape in plan.shapes {
        progress("round \(round + 1) of \(plan.rounds), \(shape)")
        // Whoever came first comes last the next time.
        for turn in contestants.indices {
          let contestant = contestants[(turn + round) % contestants.count]
          var tally = tallies[shape]?[contestant.name] ?? Tally()
          tally.add(try contestant.load(options, shape, round: round))
          tallies[shape, default: [:]][contestant.name] = tally
        }
      }
    }
    return VersusReport(
      options, plan, server.fill, contestants: contestants.map(\.name), tallies)
  }

  /// Patron, and whom it is put beside, filled alike.
  private static func contestants(
    _ server: FilledServer, _ plan: VersusPlan, seed: UInt64
  ) throws(Failure) -> [Contestant] {
    var contestants: [Contestant] = []
    let population = server.population
    try DecisionShop.open(
      server.server.address, to: population,
      DecisionPlan(offers: RequestKind.offers, isPlain: plan.isPlain),
      seed: seed)
    for kind in RequestKind.allCases { contestants.append(try .patron(kind, server)) }
    // What is stored is the plain score.
    let kind = RequestKind.scores
    if plan.rivals != .echo {
      let redis = try startRedis(plan.redis)
      let stored = try StoredBodies.scores(
        of: server.server.address, customers: population.count, population.termsFields)
      try redis.fill(stored)
      contestants.append(.redis(kind, redis, stored, generation: server.fill.generation))
    }
    if plan.rivals != .redis {
      for kind in RequestKind.allCases {
        let echo = try LocalProcess(
          LocalProcess.beside("loadtest"), [EchoServer.command, "\(kind.bodySize)"], isHeard: true)
        guard let address = echo.address() else { throw .failed("the echo server did not start") }
        contestants.append(try .echo(kind, address, echo, population.termsFields))
      }
    }
    return contestants
  }

  private static func startRedis(_ text: String?) throws(Failure) -> RedisServer {
    if let text { return RedisServer(at: try Main.address(text)) }
    guard let program = RedisServer.program else { throw .failed("there is no redis-server") }
    return try RedisServer(program: program)
  }

  /// Servers on processor 0, this program on processor 1.
  static func pin(_ contestants: [Contestant]) throws(Failure) {
    guard ProcessFacts.coreCount > 1 else { throw .failed("--pin needs two processors") }
    for contestant in contestants {
      if let processID = contestant.processID { try LocalProcess.pin(processID, to: 0) }
    }
    try LocalProcess.pin(ProcessFacts.processID, to: 1)
  }
}

/// What one contestant showed at one shape, round by round.
struct Tally {
  var perSecond: [Double?] = []
  var serverNanos: [Double?] = []
  var loadBusy: [Double] = []
  /// Processor time of the generator by request.
  var loadNanos: [Double] = []
  var latency = LatencyHistogram()
  var errors: [String: Int] = [:]
  var audit = AuditResult()

  /// Adds a round.
  mutating func add(_ judged: (result: BlockResult, audit: AuditResult)) {
    let (result, audit) = judged
    // What was measured beside errors means nothing.
    let isGood = result.errors.isEmpty && result.completed > 0
    perSecond.append(isGood ? result.perSecond : nil)
    serverNanos.append(isGood ? result.serverNanosPerRequest : nil)
    loadBusy.append(Double(result.loadNanos) / 1e9 / max(result.seconds, 1e-9))
    loadNanos.append(Double(result.loadNanos) / Double(max(1, result.completed)))
    latency.add(result.latency)
    errors.merge(result.errors, uniquingKeysWith: +)
    self.audit.add(audit)
  }
}

extension Tally {
  var isGood: Bool {
    errors.isEmpty && audit.wrong == 0 && perSecond.allSatisfy { $0 != nil }
  }
}
