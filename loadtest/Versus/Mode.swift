// What else than one load can be asked for, and the options it brings along. Not here: the options of
// every load; see Options.

import Models
import Platform

/// What is done instead of one load.
enum Mode: Equatable {
  /// Patron beside others.
  case versus(VersusPlan)
  /// Shops of several sizes beside each other.
  case curve([Int])
  /// Full load for so many seconds, with an eye on memory.
  case soak(Double)
  /// Half the load that goes, alone and beside other work.
  case half([BesideWork])
  /// The usual load, alone and beside scans of all customers.
  case scan
}

/// What a mode has shown.
protocol ModeReport: Encodable {
  var table: String { get }
  /// Whether every answer was right and nothing failed.
  var isGood: Bool { get }
}

/// What was said on the command line of the modes, before it is known which it is.
struct ModeWords: Equatable {
  var rivals: Rivals?
  var rounds: Int?
  var redis: String?
  var curve: [Int]?
  var soak: Double?
  var isHalf = false
  var isScan = false
  var isPlain = false
  var beside: [BesideWork]?
  /// Options whose default differs from mode to mode.
  var hasConnections = false
  var hasPipeline = false
  var hasDuration = false

  static let names = ["--versus", "--rounds", "--redis", "--curve", "--soak", "--beside"]
}

extension Options {
  /// Reads an option of a mode.
  mutating func readMode(_ name: String, _ value: String) throws(Failure) {
    switch name {
    case "--versus":
      guard let rivals = Rivals(rawValue: value) else {
        throw .usage("--versus is redis, echo or all, not '\(value)'")
      }
      words.rivals = rivals
    case "--rounds": words.rounds = try Self.whole(name, value, 1...1_000)
    case "--curve":
      var sizes: [Int] = []
      for part in value.split(separator: ",") { sizes.append(try Self.size(name, part)) }
      if sizes.isEmpty { throw .usage("--curve is a list such as 10k,100k,1M") }
      words.curve = sizes
    case "--soak": words.soak = try Self.seconds(name, value, 1...86_400)
    case "--beside":
      var work: [BesideWork] = []
      for part in value.split(separator: ",") {
        guard let one = BesideWork(rawValue: String(part)), !work.contains(one) else {
          throw .usage("--beside is snapshots, fit or snapshots,fit, not '\(value)'")
        }
        work.append(one)
      }
      words.beside = work
    default: words.redis = value
    }
  }

  /// A number of customers such as 10k or 1M.
  private static func size(_ name: String, _ text: Substring) throws(Failure) -> Int {
    let units: [(Character, Int)] = [("k", 1_000), ("M", 1_000_000)]
    let unit = units.first { text.last == $0.0 }
    guard let number = Int(unit == nil ? text : text.dropLast()),
      number >= 1, number <= customersMax / (unit?.1 ?? 1)
    else {
      throw .usage("\(name) has sizes such as 10k or 1M, at most \(customersMax), not '\(text)'")
    }
    return number * (unit?.1 ?? 1)
  }

  /// Puts together what was said.
  mutating func settleMode() throws(Failure) {
    let modes: [(isSaid: Bool, name: String)] = [
      (words.rivals != nil, "--versus"), (words.curve != nil, "--curve"),
      (words.soak != nil, "--soak"), (words.isHalf, "--half"), (words.isScan, "--scan"),
    ]
    let said = modes.filter(\.isSaid).map(\.name)
    if said.count > 1 { throw .usage("\(said[0]) and \(said[1]) exclude each other") }
    for (isSaid, name, needed) in [
      (words.redis != nil, "--redis", ["--versus"]), (words.isPlain, "--plain", ["--versus"]),
      (hasGoals, "--goals", ["--versus"]),
      (words.rounds != nil, "--rounds", ["--versus", "--curve", "--half", "--scan"]),
      (words.beside != nil, "--beside", ["--half"]),
      (isUnpinned, "--no-pin", modes.map(\.name)),
    ] where isSaid && !needed.contains(said.first ?? "") {
      throw .usage("\(name) needs \(needed.joined(separator: " or "))")
    }
    mode = try chosenMode()
    guard let mode else { return }
    if isUnpinned && isPinned { throw .usage("--pin and --no-pin exclude each other") }
    for (isSaid, name) in [
      (address != nil, "--address"), (decisions != nil, "--decide"), (isMatrix, "--matrix"),
      (rate != nil && mode != .scan, "--rate"), (writers > 0, "--writers"),
    ] where isSaid { throw .usage("\(name) does not go with \(said[0])") }
    switch mode {
    case .half, .scan: return
    case .versus, .curve, .soak: break
    }
    if !words.hasDuration { duration = 2 }
    if !words.hasPipeline { pipeline = 64 }
  }

  private func chosenMode() throws(Failure) -> Mode? {
    if let rivals = words.rivals {
      if words.redis != nil && rivals == .echo { throw .usage("--redis does not go with echo") }
      if hasGoals && shapes != VersusPlan.shapes { throw .usage("--goals needs all shapes") }
      return .versus(
        VersusPlan(
          rivals: rivals, rounds: rounds, shapes: shapes, redis: words.redis,
          isPlain: words.isPlain))
    }
    if let curve = words.curve { return .curve(curve) }
    if let soak = words.soak { return .soak(soak) }
    if words.isScan { return .scan }
    return words.isHalf ? .half(words.beside ?? []) : nil
  }

  /// How often all take turns.
  var rounds: Int { words.rounds ?? 5 }

  /// The shapes of a comparison: all, or the one that was asked for.
  private var shapes: [Shape] {
    guard words.hasConnections || words.hasPipeline else { return VersusPlan.shapes }
    return [
      Shape(connections: connections, pipeline: words.hasPipeline ? pipeline : 64)
    ]
  }

  /// Whether servers and load get a processor each.
  var pins: Bool {
    if isPinned || isUnpinned { return isPinned }
    switch mode {
    case .versus, .curve: return ProcessFacts.coreCount > 1
    // What a server does beside its loop needs a processor too.
    case .soak, .half, .scan, nil: return false
    }
  }

  /// The customers.
  func population(_ count: Int? = nil, today: Int32) throws(Failure) -> Population {
    let terms: ScoreTerms
    do throws(ModelError) {
      terms = try ScoreTerms(
        horizonDays: horizonDays, discountRatePerYear: discountRate, margin: margin)
    } catch {
      throw .usage("\(error)")
    }
    return try Population(count: count ?? customers, seed: seed, today: today, terms: terms)
  }
}
