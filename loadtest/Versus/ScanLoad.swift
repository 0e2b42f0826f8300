// What a load and scans of all customers do to each other: the load alone, both, the scans alone, in turns. Not
// here: the scans' connection; see ScanCompanion.

import Platform
import Wire

/// The usual load and scans beside each other.
struct ScanLoad: ModeReport {
  /// One kind of request, alone and beside scans; microseconds.
  struct Row: Encodable {
    var kind: String
    var alone: LatencyReport?
    var beside: LatencyReport?
    /// How many times it is beside scans what it is alone, round by round.
    var ratioP50, ratioP99, ratioP999: Spread?
  }

  /// The load's rate, alone and beside scans.
  struct Load: Encodable {
    var alone: Spread?
    var beside: Spread?
    var ratio: Spread?
  }

  /// How fast scans go.
  struct Scans: Encodable {
    var perSecond: Spread?
    var customersPerSecond: Spread?
  }

  let customers: Int
  let shape: String
  /// Requests a second of the open loop; nil is the closed one.
  let rate: Double?
  let rounds: Int
  let processors: Processors
  private(set) var rows: [Row] = []
  private(set) var requestsPerSecond = Load()
  private(set) var scansAlone = Scans()
  private(set) var scansBeside = Scans()
  /// Beside the load over alone, in customers a second.
  private(set) var scansRatio: Spread?
  private(set) var errors: [String: Int] = [:]
  private(set) var sampled = 0
  private(set) var wrong = 0
  private(set) var complaints: [String] = []

  /// Who runs where.
  enum Processors: String, Encodable {
    case free = "not pinned"
    /// A load stands for clients that are elsewhere: it keeps to one processor, and leaves the server all others.
    case loadKeeps = "load on the last processor, the server on all"
    case apart = "server on processor 0, load on processor 1"
  }

  /// Rounds as they are measured.
  struct Measured {
    var alone: [LoadResult] = []
    var beside: [LoadResult] = []
    var scansAlone: [ScanWork] = []
    var scansBeside: [ScanWork] = []
  }

  /// Loads.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - progress: what is told meanwhile.
  /// - Returns: everything that was measured.
  /// - Throws: `Failure` when the server cannot be started, filled or loaded.
  static func run(_ options: Options, progress: (String) -> Void) throws(Failure) -> ScanLoad {
    let filled = try FilledServer(options)
    let server = filled.server
    let processors = try place(server, options)
    var report = ScanLoad(
      customers: options.customers,
      shape: "\(Shape(connections: options.connections, pipeline: options.pipeline))",
      rate: options.rate, rounds: options.rounds, processors: processors)
    var measured = Measured()
    var log = OrderLog()
    for round in 0..<options.rounds {
      for isBeside in [false, true] {
        progress("round \(round + 1) of \(options.rounds)\(isBeside ? ", beside scans" : "")")
        let companion = isBeside ? try ScanCompanion(server.address) : nil
        let plan = LoadPlan(
          connections: options.connections, pipeline: options.pipeline, rate: options.rate,
          duration: options.duration, warmUp: options.warmUp, orders: options.orders,
          keys: options.keys, audit: options.audit,
          seed: options.seed &+ UInt64(2 * round + (isBeside ? 1 : 0)))
        var generator = try Generator(
          plan, population: filled.population, address: server.address, server: server.processID,
          log: log,
          companion: companion)
        let result = try generator.run()
        log = generator.log
        let auditor = Auditor(
          population: filled.population, generation: filled.fill.generation, log: log)
        report.add(result, auditor.audit(result.samples))
        if let companion {
          measured.beside.append(result)
          measured.scansBeside.append(companion.work)
        } else {
          measured.alone.append(result)
        }
      }
      progress("round \(round + 1) of \(options.rounds), scans alone")
      let companion = try ScanCompanion(server.address)
      try companion.runAlone(for: options.duration)
      measured.scansAlone.append(companion.work)
    }
    report.settle(measured)
    return report
  }

  private static func place(_ server: LocalServer, _ options: Options) throws(Failure) -> Processors
  {
    if options.pins {
      try server.pin()
      return .apart
    }
    if options.isUnpinned || ProcessFacts.coreCount < 2 { return .free }
    Thread.stay(onCore: ProcessFacts.coreCount - 1)
    return .loadKeeps
  }

  private mutating func add(_ result: LoadResult, _ audit: AuditResult) {
    errors.merge(result.errors, uniquingKeysWith: +)
    sampled += audit.sampled
    wrong += audit.wrong
    complaints += audit.complaints
  }

  /// Makes figures of what was measured.
  mutating func settle(_ measured: Measured) {
    for work in measured.scansAlone + measured.scansBeside {
      errors.merge(work.errors, uniquingKeysWith: +)
    }
    for (kind, path) in [("scores", \LoadResult.scores), ("orders", \LoadResult.orders)] {
      let (alone, beside) = (
        measured.alone.map { $0[keyPath: path] }, measured.beside.map { $0[keyPath: path] }
      )
      guard alone.contains(where: { $0.count > 0 }) else { continue }
      func ratio(_ share: Double) -> Spread? {
        func figures(_ all: [LatencyHistogram]) -> [Double?] {
          all.map { $0.count > 0 ? Double($0.quantile(share)) : nil }
        }
        return Spread(figures(beside), over: figures(alone))
      }
      rows.append(
        Row(
          kind: kind, alone: LatencyReport(Self.sum(alone)),
          beside: LatencyReport(Self.sum(beside)),
          ratioP50: ratio(0.5), ratioP99: ratio(0.99), ratioP999: ratio(0.999)))
    }
    func rates(_ all: [LoadResult]) -> [Double?] {
      all.map { $0.seconds > 0 ? Double($0.completed) / $0.seconds : nil }
    }
    let (alone, beside) = (rates(measured.alone), rates(measured.beside))
    requestsPerSecond = Load(
      alone: Spread(alone.compactMap(\.self)), beside: Spread(beside.compactMap(\.self)),
      ratio: Spread(beside, over: alone))
    scansAlone = Self.scans(measured.scansAlone)
    scansBeside = Self.scans(measured.scansBeside)
    scansRatio = Spread(
      measured.scansBeside.map(\.customersPerSecond),
      over: measured.scansAlone.map(\.customersPerSecond))
  }

  private static func sum(_ all: [LatencyHistogram]) -> LatencyHistogram {
    var sum = LatencyHistogram()
    for one in all { sum.add(one) }
    return sum
  }

  private static func scans(_ all: [ScanWork]) -> Scans {
    Scans(
      perSecond: Spread(all.compactMap(\.scansPerSecond)),
      customersPerSecond: Spread(all.compactMap(\.customersPerSecond)))
  }

  var isGood: Bool {
    wrong == 0 && errors.isEmpty && requestsPerSecond.ratio != nil && scansRatio != nil
  }

  var table: String {
    let how =
      rate.map { "open, at \(Table.grouped($0)) requests/s" } ?? "closed, \(shape)"
    var lines = [
      "\(Table.grouped(Double(customers))) customers; \(how); \(rounds) rounds in turns; "
        + processors.rawValue,
      "",
      [
        Table.pad("latency, us", 26), Table.pad("p50", -10), Table.pad("p99", -10),
        Table.pad("p99.9", -10), Table.pad("max", -10),
      ].joined(),
    ]
    func times(_ name: String, _ report: LatencyReport?) -> String {
      let all = [report?.p50, report?.p99, report?.p999, report?.max]
      return
        ([Table.pad(name, 26)]
        + all.map { Table.pad($0.map { Table.fixed($0, 1) } ?? "-", -10) }).joined()
    }
    for row in rows {
      lines.append(times(row.kind, row.alone))
      lines.append(times("  beside scans", row.beside))
      let ratios = [row.ratioP50, row.ratioP99, row.ratioP999].map {
        Table.pad($0.map { Table.fixed($0.median, 2) } ?? "-", -10)
      }
      lines.append(([Table.pad("  times as long, median", 26)] + ratios).joined())
    }
    func spread(_ name: String, _ value: Spread?, _ digits: Int) -> String {
      Table.pad(name, 44) + Table.pad(VersusReport.text(value, digits), -34)
    }
    lines += [
      "", spread("requests/s, alone", requestsPerSecond.alone, 0),
      spread("requests/s, beside scans", requestsPerSecond.beside, 0),
      spread("  of alone", requestsPerSecond.ratio, 2),
      spread("scans/s, alone", scansAlone.perSecond, 2),
      spread("scans/s, beside the load", scansBeside.perSecond, 2),
      spread("customers/s scanned, alone", scansAlone.customersPerSecond, 0),
      spread("customers/s scanned, beside the load", scansBeside.customersPerSecond, 0),
      spread("  of alone", scansRatio, 2), "",
      "\(Table.grouped(Double(sampled))) answers recomputed, \(wrong) wrong",
    ]
    lines += errors.sorted { $0.key < $1.key }.map { "  error, \($0.value) times: \($0.key)" }
    lines += complaints.map { "  WRONG: \($0)" }
    return lines.joined(separator: "\n")
  }
}
