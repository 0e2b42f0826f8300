// What is printed: the table for people and the JSON for programs, from the same values.

import Foundation

/// The whole result.
struct Report: Encodable {
  var fill: FillReport
  var seed: UInt64
  var horizonDays: Double
  var runs: [RunReport] = []
  /// The server's exit code, where it was ours.
  var serverExitCode: Int32?

  var isGood: Bool { runs.allSatisfy(\.isGood) && serverExitCode ?? 0 == 0 }
}

/// Latencies in microseconds.
struct LatencyReport: Encodable {
  var count: UInt64
  var p50, p90, p99, p999, max: Double

  init?(_ histogram: LatencyHistogram) {
    guard histogram.count > 0 else { return nil }
    count = histogram.count
    p50 = Double(histogram.quantile(0.5)) / 1e3
    p90 = Double(histogram.quantile(0.9)) / 1e3
    p99 = Double(histogram.quantile(0.99)) / 1e3
    p999 = Double(histogram.quantile(0.999)) / 1e3
    max = Double(histogram.max) / 1e3
  }
}

/// One load and its audit.
struct RunReport: Encodable {
  var connections: Int
  /// Nil in the open loop.
  var pipeline: Int?
  var rate: Double?
  var orderShare: Double
  var keys: String
  var seconds: Double
  var requests: UInt64
  var requestsPerSecond: Double
  /// Processor time of the server, all its threads, by request.
  var serverNanosPerRequest: Double?
  /// Share of the time for which the load's own thread was busy; near 1 the load is the limit.
  var loadBusy: Double
  var scores: LatencyReport?
  var orders: LatencyReport?
  var decisions: LatencyReport?
  var outcomes: LatencyReport?
  var decide: DecisionReport?
  /// How late the open loop handed requests over, 99th percentile in microseconds.
  var lateP99: Double?
  var errors: [String: Int]
  var sampled: Int
  var wrong: Int
  var undecided: Int
  var complaints: [String]

  var isGood: Bool { errors.isEmpty && wrong == 0 && requests > 0 }

  init(_ plan: LoadPlan, _ result: LoadResult, _ audit: AuditResult) {
    connections = plan.connections
    pipeline = plan.rate == nil ? plan.pipeline : nil
    rate = plan.rate
    orderShare = plan.orders
    keys = plan.keys.description
    seconds = result.seconds
    requests = result.completed
    let time = max(result.seconds, 1e-9)
    requestsPerSecond = Double(result.completed) / time
    serverNanosPerRequest = result.serverNanos.map {
      Double($0) / Double(max(1, result.completed))
    }
    loadBusy = Double(result.loadNanos) / 1e9 / time
    scores = LatencyReport(result.scores)
    orders = LatencyReport(result.orders)
    decisions = LatencyReport(result.decisions)
    outcomes = LatencyReport(result.outcomes)
    decide = plan.decisions.map { DecisionReport($0, result) }
    if plan.rate != nil { lateP99 = Double(result.lateness.quantile(0.99)) / 1e3 }
    errors = result.errors
    var audit = audit
    audit.add(result.tally.audit)
    sampled = audit.sampled
    wrong = audit.wrong
    undecided = audit.undecided
    complaints = audit.complaints
  }
}

/// Decisions of a load.
struct DecisionReport: Encodable {
  var offers: Int
  var isGreedy: Bool
  var outcomeShare: Double
  var perSecond: Double
  /// Processor time of the server, all its threads, by decision, in microseconds.
  var serverMicros: Double?
  /// Bytes of the journal by decision, outcomes included; nil when a snapshot took journals away.
  var journalBytes: Double?
  /// Of the decisions looked at: the share that chose an offer, and that was held out.
  var chosenShare: Double
  var heldOutShare: Double
  /// Offers that came as far as a score, by decision.
  var candidates: Double

  init(_ plan: DecisionPlan, _ result: LoadResult) {
    let tally = result.tally
    let looked = Double(max(1, tally.audit.sampled))
    (offers, isGreedy, outcomeShare) = (plan.offers, plan.isGreedy, plan.outcomes)
    perSecond = Double(tally.completed) / max(result.seconds, 1e-9)
    serverMicros = result.serverNanos.map { Double($0) / 1e3 / Double(max(1, tally.completed)) }
    chosenShare = Double(tally.chosen) / looked
    heldOutShare = Double(tally.heldOut) / looked
    candidates = Double(tally.candidates) / looked
  }

  /// Notes by how much the journal grew over the whole load.
  mutating func journalBytes(_ bytes: Int64, _ result: LoadResult) {
    guard bytes > 0, result.tally.all > 0 else { return }
    journalBytes = Double(bytes) / Double(result.tally.all)
  }
}

enum Table {
  static func fill(_ report: Report) -> String {
    let fill = report.fill
    let rate = grouped(Double(fill.orders) / max(fill.seconds, 1e-9))
    return """
      \(grouped(Double(fill.customers))) simulated customers (seed \(report.seed)) with \
      \(grouped(Double(fill.orders))) orders, recorded in \(fixed(fill.seconds, 1)) s: \(rate) a \
      second; \(fixed(fill.bytesPerCustomer, 1)) bytes a customer, \
      \(fixed(fill.bytesPerOrder, 1)) an order. Horizon \(fixed(report.horizonDays, 0)) days.
      Latencies in microseconds; CPU is the server's, in nanoseconds by request.
      """
  }

  static let head =
    [
      pad("load", 26), pad("requests/s", -11), pad("CPU", -7), pad("busy", -6), pad("what", -8),
      pad("p50", -9), pad("p90", -9), pad("p99", -9), pad("p99.9", -9), pad("max", -10),
      pad("audited", -9), pad("wrong", -6), pad("errors", -7),
    ].joined()

  static func rows(_ run: RunReport) -> String {
    let shape =
      run.pipeline.map { "\(run.connections)/\($0)" }
      ?? "\(run.connections) at \(grouped(run.rate ?? 0))/s"
    let share = run.orderShare > 0 ? ", \(fixed(run.orderShare * 100, 1)) % orders" : ""
    let errors = run.errors.values.reduce(0, +)
    var lines: [String] = []
    let kinds = [
      ("scores", run.scores), ("decided", run.decisions), ("orders", run.orders),
      ("outcomes", run.outcomes),
    ]
    for (what, latency) in kinds {
      guard let latency else { continue }
      let isFirst = lines.isEmpty
      var cells = [
        pad(isFirst ? shape + share : "", 26),
        pad(isFirst ? grouped(run.requestsPerSecond) : "", -11),
        pad(isFirst ? run.serverNanosPerRequest.map { grouped($0) } ?? "-" : "", -7),
        pad(isFirst ? "\(fixed(run.loadBusy * 100, 0)) %" : "", -6), pad(what, -8),
      ]
      for value in [latency.p50, latency.p90, latency.p99, latency.p999] {
        cells.append(pad(fixed(value, 1), -9))
      }
      cells.append(pad(fixed(latency.max, 0), -10))
      if isFirst {
        cells.append(pad(grouped(Double(run.sampled)), -9))
        cells.append(pad("\(run.wrong)", -6))
        cells.append(pad("\(errors)", -7))
      }
      lines.append(cells.joined())
    }
    if let decide = run.decide { lines.append(line(decide)) }
    if let late = run.lateP99 {
      lines.append("  99 % of the requests were handed over at most \(fixed(late, 1)) us late")
    }
    if run.undecided > 0 {
      lines.append(
        "  \(run.undecided) answers were not judged: too many orders of the customer under way")
    }
    for (error, count) in run.errors.sorted(by: { $0.key < $1.key }) {
      lines.append("  error, \(count) times: \(error)")
    }
    for complaint in run.complaints { lines.append("  WRONG: \(complaint)") }
    return lines.joined(separator: "\n")
  }

  private static func line(_ run: DecisionReport) -> String {
    let micros = run.serverMicros.map { "\(fixed($0, 2)) us of the server" } ?? "-"
    let bytes = run.journalBytes.map { "\(grouped($0)) bytes of journal" } ?? "-"
    return "  \(run.offers) offers, \(run.isGreedy ? "the best" : "drawn"): "
      + "\(grouped(run.perSecond)) decisions/s, \(micros) and \(bytes) each; "
      + "\(fixed(run.chosenShare * 100, 1)) % chose one of \(fixed(run.candidates, 1)) scored, "
      + "\(fixed(run.heldOutShare * 100, 1)) % held out"
  }

  /// Text in a column; a negative width aligns to the right.
  static func pad(_ text: String, _ width: Int) -> String {
    let gap = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? gap + text : text + gap
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  /// A whole number with a comma every three digits.
  static func grouped(_ value: Double) -> String {
    var text = ""
    for (index, digit) in fixed(value, 0).reversed().enumerated() {
      if index > 0 && index % 3 == 0 && digit != "-" { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
