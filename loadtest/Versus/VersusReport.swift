// A comparison as a table and as JSON, from the same values; and whether the goals were reached.

import Foundation

/// Everything a comparison has shown.
struct VersusReport: ModeReport {
  struct Row: Encodable {
    var shape: String
    var contestant: String
    var perSecond: Spread?
    /// Processor time of the server, all its threads, by request.
    var serverNanosPerRequest: Spread?
    /// Share of the time for which the generator was busy; near 1 it is the limit.
    var loadBusy: Spread?
    /// Processor time of the generator by request.
    var loadNanosPerRequest: Spread?
    var latency: LatencyReport?
    var sampled: Int
    var wrong: Int
    var complaints: [String]
    var errors: [String: Int]
  }

  let customers: Int
  let orders: Int
  let rounds: Int
  let duration: Double
  let isPinned: Bool
  let rows: [Row]
  /// All ratios by name; those with a goal also where they were not measured.
  let goals: [String: GoalReport]

  private enum CodingKeys: String, CodingKey {
    case customers, orders, rounds, duration, isPinned, rows, goals
  }
  private let ratios: [(name: String, spread: Spread)]

  init(
    _ options: Options, _ plan: VersusPlan, _ fill: FillReport, contestants: [String],
    _ tallies: [Shape: [String: Tally]]
  ) {
    (customers, orders) = (fill.customers, fill.orders)
    (rounds, duration, isPinned) = (plan.rounds, options.duration, options.pins)
    var rows: [Row] = []
    for shape in plan.shapes {
      for name in contestants {
        guard let tally = tallies[shape]?[name] else { continue }
        rows.append(
          Row(
            shape: "\(shape)", contestant: name,
            perSecond: Spread(tally.perSecond.compactMap(\.self)),
            serverNanosPerRequest: Spread(tally.serverNanos.compactMap(\.self)),
            loadBusy: Spread(tally.loadBusy), loadNanosPerRequest: Spread(tally.loadNanos),
            latency: LatencyReport(tally.latency),
            sampled: tally.audit.sampled, wrong: tally.audit.wrong,
            complaints: tally.audit.complaints, errors: tally.errors))
      }
    }
    self.rows = rows
    ratios = Self.ratios(plan.shapes, tallies)
    var goals: [String: GoalReport] = [:]
    for goal in Goal.all { goals[goal.name] = GoalReport(nil, goal: goal.goal) }
    for ratio in ratios {
      goals[ratio.name] = GoalReport(ratio.spread, goal: goals[ratio.name]?.goal)
    }
    self.goals = goals
  }

  /// Rivals over Patron in processor time, Patron over rivals in throughput.
  static func ratios(
    _ shapes: [Shape], _ tallies: [Shape: [String: Tally]]
  ) -> [(name: String, spread: Spread)] {
    var ratios: [(name: String, spread: Spread)] = []
    for shape in shapes {
      for kind in RequestKind.allCases {
        let patron = kind.rawValue
        // Each kind has an echo of its own frames.
        for (rival, name) in [("redis", "redis"), ("echo", kind.echoName)] {
          guard let one = tallies[shape]?[patron], let other = tallies[shape]?[name] else {
            continue
          }
          if let spread = Spread(other.serverNanos, over: one.serverNanos) {
            ratios.append((Goal.processor(rival, patron, shape), spread))
          }
          if let spread = Spread(one.perSecond, over: other.perSecond) {
            ratios.append((Goal.throughput(patron, rival, shape), spread))
          }
        }
      }
    }
    return ratios
  }

  /// Whether every answer was right and nothing failed.
  var isGood: Bool {
    rows.allSatisfy { $0.wrong == 0 && $0.errors.isEmpty && $0.perSecond != nil }
  }

  /// The goals that were not reached, each with a sentence.
  var missedGoals: [String] {
    Goal.all.compactMap { goal in
      let spread = ratios.first { $0.name == goal.name }?.spread
      switch goal.verdict(spread) {
      case .reached: return nil
      case .missed:
        return "\(goal.name) is \(Table.fixed(spread?.median ?? 0, 2)), the goal is \(goal.goal)"
      case .notMeasured: return "\(goal.name) was not measured, the goal is \(goal.goal)"
      }
    }
  }

  // MARK: For people

  var table: String {
    var lines = [
      "\(Table.grouped(Double(customers))) customers, \(Table.grouped(Double(orders))) orders; "
        + "\(rounds) rounds of \(Table.fixed(duration, 1)) s, all in turns; "
        + (isPinned ? "servers on processor 0, load on processor 1" : "not pinned")
        + "; median (least ... most); CPU in ns by request, latency in us",
      "",
      [
        Table.pad("load", 7), Table.pad("server", 10), Table.pad("requests/s", -35),
        Table.pad("CPU", -26), Table.pad("load's", -8), Table.pad("busy", -6), Table.pad("p50", -9),
        Table.pad("p99", -9),
        Table.pad("p99.9", -9), Table.pad("audited", -9), Table.pad("wrong", -6),
        Table.pad("errors", -7),
      ].joined(),
    ]
    for row in rows { lines += Self.lines(row) }
    lines += ["", Table.pad("ratio", 34) + "median (least ... most)      goal"]
    for ratio in ratios {
      lines.append(
        Table.pad(ratio.name, 34) + Table.pad(Self.text(ratio.spread, 2), 29)
          + Self.verdict(ratio.name, ratio.spread))
    }
    for goal in Goal.all where !ratios.contains(where: { $0.name == goal.name }) {
      lines.append(
        Table.pad(goal.name, 34) + Table.pad("not measured", 29) + Self.verdict(goal.name, nil))
    }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ row: Row) -> [String] {
    var cells = [
      Table.pad(row.shape, 7), Table.pad(row.contestant, 10),
      Table.pad(text(row.perSecond, 0), -35),
      Table.pad(text(row.serverNanosPerRequest, 0), -26),
      Table.pad(row.loadNanosPerRequest.map { Table.grouped($0.median) } ?? "-", -8),
      Table.pad(row.loadBusy.map { "\(Table.fixed($0.median * 100, 0)) %" } ?? "-", -6),
    ]
    for value in [row.latency?.p50, row.latency?.p99, row.latency?.p999] {
      cells.append(Table.pad(value.map { Table.fixed($0, 1) } ?? "-", -9))
    }
    cells += [
      Table.pad(Table.grouped(Double(row.sampled)), -9), Table.pad("\(row.wrong)", -6),
      Table.pad("\(row.errors.values.reduce(0, +))", -7),
    ]
    return [cells.joined()]
      + row.errors.sorted { $0.key < $1.key }.map { "  error, \($0.value) times: \($0.key)" }
      + row.complaints.map { "  WRONG: \($0)" }
  }

  private static func verdict(_ name: String, _ spread: Spread?) -> String {
    guard let goal = Goal.all.first(where: { $0.name == name }) else { return "" }
    switch goal.verdict(spread) {
    case .reached: return "\(goal.goal)"
    case .missed: return "\(goal.goal), MISSED"
    case .notMeasured: return "\(goal.goal), not measured"
    }
  }

  static func text(_ spread: Spread?, _ digits: Int) -> String {
    guard let spread else { return "-" }
    let figures = [spread.median, spread.least, spread.most].map {
      digits == 0 ? Table.grouped($0) : Table.fixed($0, digits)
    }
    return "\(figures[0]) (\(figures[1]) ... \(figures[2]))"
  }
}
