// Latencies at half the load that goes: first a closed loop that shows how much that is, then open
// ones at half of it, alone and beside other work of the server, in turns. Not here: the load.

import Platform
import Wire

/// Latencies at half load.
struct HalfLoad: ModeReport {
  struct Row: Encodable {
    /// What it was beside; empty for alone.
    var beside: String
    var perSecond: Spread?
    var serverNanosPerRequest: Spread?
    var latency: LatencyReport?
    /// How late the blocks were handed over, 99th percentile in microseconds.
    var lateP99: Double
    /// How often each was done meanwhile.
    var done: [String: Int]
    var errors: [String: Int]
    var sampled: Int
    var wrong: Int
    var complaints: [String]
  }

  let customers: Int
  let shape: String
  let rounds: Int
  let isPinned: Bool
  /// Requests a second of the closed loop, and of the open ones.
  private(set) var full = 0.0
  private(set) var rate = 0.0
  private(set) var rows: [Row] = []

  /// Loads.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - work: what the server does beside the load; empty for nothing.
  ///   - progress: what is told meanwhile.
  /// - Returns: everything that was measured.
  /// - Throws: `Failure` when the server cannot be started, filled or loaded.
  static func run(
    _ options: Options, _ work: [BesideWork], progress: (String) -> Void
  ) throws(Failure) -> HalfLoad {
    let shape = Shape(connections: options.connections, pipeline: options.pipeline)
    let server = try FilledServer(options)
    let contestant = try Contestant.patron(.scores, server)
    if options.pins { try Versus.pin([contestant]) }
    var half = HalfLoad(
      customers: options.customers, shape: "\(shape)", rounds: options.rounds,
      isPinned: options.pins)
    progress("closed loop")
    let closed = try contestant.load(options, shape, round: 0).result
    guard closed.errors.isEmpty else { throw .failed("the closed loop failed: \(closed.errors)") }
    half.full = closed.perSecond
    half.rate = max(1, half.full / 2)
    var kinds: [[BesideWork]] = [[]]
    if !work.isEmpty { kinds.append(work) }
    var tallies = kinds.map { _ in Tally() }
    var lateness = kinds.map { _ in LatencyHistogram() }
    var done: [[String: Int]] = kinds.map { _ in [:] }
    for round in 0..<options.rounds {
      for place in kinds.indices {
        progress("round \(round + 1) of \(options.rounds)\(place > 0 ? ", beside other work" : "")")
        let plan = BlockPlan(
          shape: shape, rate: half.rate, duration: options.duration, warmUp: options.warmUp,
          keys: options.keys, seed: options.seed &+ UInt64(round) &+ 1)
        let companion =
          kinds[place].isEmpty
          ? nil
          : try Companion(
            kinds[place], kind: server.population.model.kind, today: server.today,
            contestant.address)
        var generator = try BlockGenerator(
          plan, contestant.format, customers: options.customers, address: contestant.address,
          server: contestant.processID, companion: companion)
        var result = try generator.run()
        result.errors.merge(companion?.errors ?? [:], uniquingKeysWith: +)
        tallies[place].add((result, contestant.judge(result.kept)))
        lateness[place].add(result.lateness)
        for (work, count) in companion?.done ?? [:] {
          done[place][work.rawValue, default: 0] += count
        }
      }
    }
    for place in kinds.indices {
      let tally = tallies[place]
      half.rows.append(
        Row(
          beside: kinds[place].map(\.rawValue).joined(separator: ", "),
          perSecond: Spread(tally.perSecond.compactMap(\.self)),
          serverNanosPerRequest: Spread(tally.serverNanos.compactMap(\.self)),
          latency: LatencyReport(tally.latency),
          lateP99: Double(lateness[place].quantile(0.99)) / 1e3, done: done[place],
          errors: tally.errors, sampled: tally.audit.sampled, wrong: tally.audit.wrong,
          complaints: tally.audit.complaints))
    }
    return half
  }

  var isGood: Bool {
    rows.allSatisfy { $0.wrong == 0 && $0.errors.isEmpty && $0.perSecond != nil }
  }

  var table: String {
    var lines = [
      "\(Table.grouped(Double(customers))) customers; scores at \(shape), closed: "
        + "\(Table.grouped(full)) requests/s; open, in blocks, at \(Table.grouped(rate)); "
        + "\(rounds) rounds in turns; "
        + (isPinned ? "server on processor 0, load on processor 1" : "not pinned"),
      "",
      [
        Table.pad("beside", 26), Table.pad("CPU, ns", -26), Table.pad("p50, us", -10),
        Table.pad("p99", -10), Table.pad("p99.9", -10), Table.pad("max", -10),
        Table.pad("late, p99", -11), Table.pad("audited", -9), Table.pad("wrong", -7),
      ].joined(),
    ]
    for row in rows {
      let times = [row.latency?.p50, row.latency?.p99, row.latency?.p999, row.latency?.max]
      lines.append(
        ([
          Table.pad(row.beside.isEmpty ? "nothing" : row.beside, 26),
          Table.pad(VersusReport.text(row.serverNanosPerRequest, 0), -26),
        ] + times.map { Table.pad($0.map { Table.fixed($0, 1) } ?? "-", -10) } + [
          Table.pad(Table.fixed(row.lateP99, 1), -11),
          Table.pad(Table.grouped(Double(row.sampled)), -9), Table.pad("\(row.wrong)", -7),
        ]).joined())
      if !row.done.isEmpty {
        let done = row.done.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        lines.append("  done meanwhile: " + done.joined(separator: ", "))
      }
      lines += row.errors.sorted { $0.key < $1.key }.map { "  error, \($0.value) times: \($0.key)" }
      lines += row.complaints.map { "  WRONG: \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}
