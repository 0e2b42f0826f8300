// What else than one load can be asked for, and the options it brings along. Not here: the options of
// every load; see Options.

import Models
import Platform

/// What is done instead of one load.
enum Mode: Equatable {
  case versus(VersusPlan)
}

/// What was said on the command line of the modes, before it is known which it is.
struct ModeWords: Equatable {
  var rivals: Rivals?
  var rounds: Int?
  var redis: String?
  /// Options whose default differs from mode to mode.
  var hasConnections = false
  var hasPipeline = false
  var hasDuration = false

  static let names = ["--versus", "--rounds", "--redis"]
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
    default: words.redis = value
    }
  }

  /// Puts together what was said.
  mutating func settleMode() throws(Failure) {
    mode = try chosenMode()
    guard let mode else {
      for (isSaid, name) in [
        (words.rounds != nil, "--rounds"), (words.redis != nil, "--redis"),
        (hasGoals, "--goals"), (isUnpinned, "--no-pin"),
      ] where isSaid { throw .usage("\(name) needs --versus") }
      return
    }
    if isUnpinned && isPinned { throw .usage("--pin and --no-pin exclude each other") }
    for (isSaid, name) in [
      (address != nil, "--address"), (decisions != nil, "--decide"), (isMatrix, "--matrix"),
      (rate != nil, "--rate"), (writers > 0, "--writers"),
    ] where isSaid { throw .usage("\(name) does not go with this; it starts servers of its own") }
    if !words.hasDuration { duration = 2 }
    if case .versus = mode, hasGoals, shapes != VersusPlan.shapes {
      throw .usage("--goals needs all shapes")
    }
  }

  private func chosenMode() throws(Failure) -> Mode? {
    if let rivals = words.rivals {
      if words.redis != nil && rivals == .echo { throw .usage("--redis does not go with echo") }
      return .versus(
        VersusPlan(
          rivals: rivals, rounds: words.rounds ?? 5, shapes: shapes, redis: words.redis))
    }
    return nil
  }

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
    case .versus: return ProcessFacts.coreCount > 1
    case nil: return false
    }
  }

  /// The customers.
  func population(today: Int32) throws(Failure) -> Population {
    let terms: ScoreTerms
    do throws(ModelError) {
      terms = try ScoreTerms(
        horizonDays: horizonDays, discountRatePerYear: discountRate, margin: margin)
    } catch {
      throw .usage("\(error)")
    }
    return try Population(count: customers, seed: seed, today: today, terms: terms)
  }
}
