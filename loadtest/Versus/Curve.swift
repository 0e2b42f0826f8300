// What a request costs by the number of customers: servers of all sizes at once, taking turns. Not
// here: the load; see BlockGenerator.

import Platform

/// The cost of scores by the size of the shop.
struct Curve: ModeReport {
  struct Row: Encodable {
    var customers: Int
    var orders: Int
    var fillSeconds: Double
    var perSecond: Spread?
    /// Processor time of the server, all its threads, by request.
    var serverNanosPerRequest: Spread?
    /// That over the first size's, round by round.
    var overFirst: Spread?
    /// Resident bytes after filling and before the load, less the empty server's, by customer; his
    /// orders are in it.
    var residentBytesPerCustomer: Double
    /// What the server says its customers take.
    var bytesPerCustomer: Double
    var sampled: Int
    var wrong: Int
    var complaints: [String]
    var errors: [String: Int]
  }

  let shape: String
  let rounds: Int
  let isPinned: Bool
  private(set) var rows: [Row] = []

  /// Measures.
  ///
  /// - Parameters:
  ///   - options: of the command line.
  ///   - sizes: numbers of customers.
  ///   - progress: what is told meanwhile.
  /// - Returns: everything that was measured.
  /// - Throws: `Failure` when a server cannot be started, filled or loaded.
  static func run(
    _ options: Options, _ sizes: [Int], progress: (String) -> Void
  ) throws(Failure) -> Curve {
    let shape = Shape(connections: options.connections, pipeline: options.pipeline)
    var servers: [FilledServer] = []
    var contestants: [Contestant] = []
    var resident: [Int] = []
    for size in sizes {
      let server = try FilledServer(options, customers: size)
      contestants.append(try .patron(.scores, server))
      resident.append(
        try LocalProcess.residentBytes(of: server.server.processID) - server.emptyBytes)
      servers.append(server)
    }
    if options.pins { try Versus.pin(contestants) }
    var tallies = sizes.map { _ in Tally() }
    for round in 0..<options.rounds {
      for turn in sizes.indices {
        let place = (turn + round) % sizes.count
        progress("round \(round + 1) of \(options.rounds), \(sizes[place]) customers")
        tallies[place].add(
          try contestants[place].load(options, shape, round: round, customers: sizes[place]))
      }
    }
    var curve = Curve(shape: "\(shape)", rounds: options.rounds, isPinned: options.pins)
    for (place, size) in sizes.enumerated() {
      let (tally, fill) = (tallies[place], servers[place].fill)
      curve.rows.append(
        Row(
          customers: size, orders: fill.orders, fillSeconds: fill.seconds,
          perSecond: Spread(tally.perSecond.compactMap(\.self)),
          serverNanosPerRequest: Spread(tally.serverNanos.compactMap(\.self)),
          overFirst: Spread(tally.serverNanos, over: tallies[0].serverNanos),
          residentBytesPerCustomer: Double(resident[place]) / Double(size),
          bytesPerCustomer: fill.bytesPerCustomer, sampled: tally.audit.sampled,
          wrong: tally.audit.wrong, complaints: tally.audit.complaints, errors: tally.errors))
    }
    return curve
  }

  var isGood: Bool {
    rows.allSatisfy { $0.wrong == 0 && $0.errors.isEmpty && $0.perSecond != nil }
  }

  var table: String {
    var lines = [
      "scores at \(shape), \(rounds) rounds, all sizes in turns; "
        + (isPinned ? "servers on processor 0, load on processor 1" : "not pinned")
        + "; median (least ... most)",
      "",
      [
        Table.pad("customers", -11), Table.pad("orders", -12), Table.pad("filled in", -11),
        Table.pad("requests/s", -35), Table.pad("CPU, ns", -26), Table.pad("over the first", -24),
        Table.pad("resident/customer", -19), Table.pad("audited", -9), Table.pad("wrong", -7),
      ].joined(),
    ]
    for row in rows {
      lines.append(
        [
          Table.pad(Table.grouped(Double(row.customers)), -11),
          Table.pad(Table.grouped(Double(row.orders)), -12),
          Table.pad("\(Table.fixed(row.fillSeconds, 1)) s", -11),
          Table.pad(VersusReport.text(row.perSecond, 0), -35),
          Table.pad(VersusReport.text(row.serverNanosPerRequest, 0), -26),
          Table.pad(VersusReport.text(row.overFirst, 2), -24),
          Table.pad(Table.fixed(row.residentBytesPerCustomer, 1), -19),
          Table.pad(Table.grouped(Double(row.sampled)), -9), Table.pad("\(row.wrong)", -7),
        ].joined())
      lines += row.errors.sorted { $0.key < $1.key }.map { "  error, \($0.value) times: \($0.key)" }
      lines += row.complaints.map { "  WRONG: \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}
