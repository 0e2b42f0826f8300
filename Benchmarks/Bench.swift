// How things are timed: rounds, interleaved where two are compared, and what is told of them.
// Not here: what is timed.

import Platform

/// One thing to time.
struct Contestant {
  let name: String
  /// What one pass handles, in `unit`: how many customers, rows, bytes.
  let amount: Double
  /// One pass; what it returns keeps the compiler from leaving the work out.
  let pass: () throws -> UInt64

  init(_ name: String, amount: Double, pass: @escaping () throws -> UInt64) {
    self.name = name
    self.amount = amount
    self.pass = pass
  }
}

/// How times are told.
enum Unit: String, Encodable {
  case nanosecondsEach = "ns each"
  case microsecondsEach = "us each"
  case millisecondsEach = "ms each"
  case megabytesPerSecond = "MB/s"
  case gigabytesPerSecond = "GB/s"
  case bytesEach = "B each"
  case times = "times"

  func value(seconds: Double, amount: Double) -> Double {
    switch self {
    case .nanosecondsEach: seconds / amount * 1e9
    case .microsecondsEach: seconds / amount * 1e6
    case .millisecondsEach: seconds / amount * 1e3
    case .megabytesPerSecond: amount / seconds / 1e6
    case .gigabytesPerSecond: amount / seconds / 1e9
    // What is told and not timed.
    case .bytesEach, .times: amount
    }
  }

  /// How many times better the first value is than the second.
  func ratio(_ value: Double, to other: Double) -> Double {
    switch self {
    case .nanosecondsEach, .microsecondsEach, .millisecondsEach, .bytesEach, .times: other / value
    case .megabytesPerSecond, .gigabytesPerSecond: value / other
    }
  }
}

/// One line of the result.
struct Line: Encodable {
  let group: String
  let name: String
  let unit: Unit
  let rounds: Int
  let median: Double
  let least: Double
  let most: Double
  /// How many times better it is than the group's last line; nil for that line.
  var ratio: Double?
  let comparedWith: String?
}

/// Runs groups of contestants.
struct Bench {
  let filter: String?
  let isQuick: Bool
  /// Whether lines are not printed as they come.
  let isQuiet: Bool
  private(set) var lines: [Line] = []
  /// Grows with every pass, so that no pass is for nothing.
  private(set) var checksum: UInt64 = 0

  init(filter: String?, isQuick: Bool, isQuiet: Bool) {
    self.filter = filter
    self.isQuick = isQuick
    self.isQuiet = isQuiet
  }

  /// Rounds by group; the median of an odd number is one of them.
  private var rounds: Int { isQuick ? 3 : 7 }

  func wants(_ group: String) -> Bool {
    filter.map { group.lowercased().contains($0.lowercased()) } ?? true
  }

  /// Times contestants against the last of them, in turn within every round.
  ///
  /// - Parameters:
  ///   - group: its name.
  ///   - unit: how times are told.
  ///   - byProcessor: whether processor time is told, which a busy machine stretches less; for passes
  ///     that neither wait nor share out their work.
  ///   - prepare: called, untimed, before every pass.
  ///   - contestants: at least one; one pass of each warms up.
  /// - Throws: what a pass throws.
  mutating func compare(
    _ group: String, _ unit: Unit, byProcessor: Bool = false, prepare: () throws -> Void = {},
    _ contestants: [Contestant]
  ) throws {
    var values = [[Double]](repeating: [], count: contestants.count)
    for round in 0...rounds {
      for (index, contestant) in contestants.enumerated() {
        try prepare()
        let start = SuspendingClock.now
        let startNanos = try ProcessFacts.processorNanoseconds()
        checksum &+= try contestant.pass()
        let nanos = try ProcessFacts.processorNanoseconds() - startNanos
        let (whole, atto) = start.duration(to: .now).components
        // Round 0 warms up.
        if round == 0 { continue }
        let seconds = byProcessor ? Double(nanos) / 1e9 : Double(whole) + Double(atto) / 1e18
        values[index].append(unit.value(seconds: seconds, amount: contestant.amount))
      }
    }
    let base = Self.median(values[values.count - 1])
    for (index, contestant) in contestants.enumerated() {
      let median = Self.median(values[index])
      let isBase = index == contestants.count - 1
      let line = Line(
        group: group, name: contestant.name, unit: unit, rounds: rounds, median: median,
        least: values[index].min() ?? 0, most: values[index].max() ?? 0,
        ratio: isBase ? nil : unit.ratio(median, to: base),
        comparedWith: isBase ? nil : contestants[contestants.count - 1].name)
      lines.append(line)
      if !isQuiet { Output.line(line) }
    }
  }

  /// Tells one figure that was not timed here.
  mutating func tell(_ group: String, _ name: String, _ unit: Unit, _ value: Double) {
    let line = Line(
      group: group, name: name, unit: unit, rounds: 1, median: value, least: value, most: value,
      ratio: nil, comparedWith: nil)
    lines.append(line)
    if !isQuiet { Output.line(line) }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }
}
