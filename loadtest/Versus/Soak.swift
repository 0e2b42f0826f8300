// Full load for long, with an eye on the server's memory. Not here: the load; see BlockGenerator.

import Platform

/// What a server's memory did under full load.
struct Soak: ModeReport {
  struct Row: Encodable {
    var seconds: Double
    var perSecond: Double
    var serverNanosPerRequest: Double?
    var residentBytes: Int
  }

  let customers: Int
  let shape: String
  private(set) var rows: [Row] = []
  private(set) var audit = AuditCount()
  /// The last row's resident bytes less the first's.
  private(set) var grownBytes = 0

  struct AuditCount: Encodable {
    var sampled = 0
    var wrong = 0
    var complaints: [String] = []
    var errors: [String: Int] = [:]
  }

  private static let parts = 10

  /// Loads.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - seconds: how long in all.
  ///   - progress: what is told meanwhile.
  /// - Returns: memory by tenths of it.
  /// - Throws: `Failure` when the server cannot be started, filled or loaded.
  static func run(
    _ options: Options, seconds: Double, progress: (String) -> Void
  ) throws(Failure) -> Soak {
    let shape = Shape(connections: options.connections, pipeline: options.pipeline)
    let server = try FilledServer(options)
    let contestant = try Contestant.patron(.scores, server)
    if options.pins { try Versus.pin([contestant]) }
    let plan = BlockPlan(
      shape: shape, duration: seconds / Double(parts), warmUp: 0, keys: options.keys,
      seed: options.seed)
    var generator = try BlockGenerator(
      plan, contestant.format, customers: options.customers, address: contestant.address,
      server: contestant.processID)
    var soak = Soak(customers: options.customers, shape: "\(shape)")
    var judged = AuditResult()
    for part in 1...parts {
      progress("part \(part) of \(parts)")
      let result = try generator.run()
      judged.add(contestant.judge(result.kept))
      soak.audit.errors.merge(result.errors, uniquingKeysWith: +)
      soak.rows.append(
        Row(
          seconds: seconds * Double(part) / Double(parts), perSecond: result.perSecond,
          serverNanosPerRequest: result.serverNanosPerRequest,
          residentBytes: try LocalProcess.residentBytes(of: server.server.processID)))
    }
    soak.audit.sampled = judged.sampled
    soak.audit.wrong = judged.wrong
    soak.audit.complaints = judged.complaints
    if let first = soak.rows.first, let last = soak.rows.last {
      soak.grownBytes = last.residentBytes - first.residentBytes
    }
    return soak
  }

  var isGood: Bool {
    audit.wrong == 0 && audit.errors.isEmpty && rows.allSatisfy { $0.perSecond > 0 }
  }

  var table: String {
    var lines = [
      "\(Table.grouped(Double(customers))) customers, scores at \(shape), closed loop", "",
      [
        Table.pad("after", -9), Table.pad("requests/s", -12), Table.pad("CPU, ns", -9),
        Table.pad("resident bytes", -17),
      ].joined(),
    ]
    for row in rows {
      lines.append(
        [
          Table.pad("\(Table.fixed(row.seconds, row.seconds < 100 ? 1 : 0)) s", -9),
          Table.pad(Table.grouped(row.perSecond), -12),
          Table.pad(row.serverNanosPerRequest.map { Table.grouped($0) } ?? "-", -9),
          Table.pad(Table.grouped(Double(row.residentBytes)), -17),
        ].joined())
    }
    lines += ["", "from the first to the last: \(Table.grouped(Double(grownBytes))) bytes"]
    lines += ["\(Table.grouped(Double(audit.sampled))) answers recomputed, \(audit.wrong) wrong"]
    lines += audit.errors.sorted { $0.key < $1.key }.map {
      "  error, \($0.value) times: \($0.key)"
    }
    lines += audit.complaints.map { "  WRONG: \($0)" }
    return lines.joined(separator: "\n")
  }
}
