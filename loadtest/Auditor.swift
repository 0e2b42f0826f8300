// Checks answers against the lives the load test made up and the orders it recorded. It knows
// nothing of the server but what the protocol promises.

import Models
import Wire

/// A score that was kept for the audit.
struct Sample {
  let customer: Int
  let connection: Int
  let sentTick: UInt64
  let answeredTick: UInt64
  /// The calendar days on which it was asked for and answered.
  let days: ClosedRange<Int32>
  let reply: ScoreReply
}

/// What an audit found.
struct AuditResult: Equatable {
  var sampled = 0
  var wrong = 0
  /// Answers with so many orders of the same customer under way that not all states were tried.
  var undecided = 0
  /// The first wrong answers in full.
  var complaints: [String] = []

  static let complaintsMax = 5

  mutating func add(_ other: AuditResult) {
    sampled += other.sampled
    wrong += other.wrong
    undecided += other.undecided
    complaints = Array((complaints + other.complaints).prefix(Self.complaintsMax))
  }
}

/// Recomputes answers.
struct Auditor {
  let population: Population
  let generation: UInt32
  private let log: OrderLog
  private var numbers: [Int: [Int]] = [:]

  /// The largest relative error of a score.
  static let tolerance = 1e-9
  /// Orders of one customer under way at once of which all subsets are tried.
  static let openMax = 12

  /// Makes an auditor.
  ///
  /// - Parameters:
  ///   - population: whose lives the server was told.
  ///   - generation: of the model the server adopted.
  ///   - log: what was recorded since.
  init(population: Population, generation: UInt32, log: OrderLog) {
    self.population = population
    self.generation = generation
    self.log = log
    for (number, entry) in log.entries.enumerated() {
      numbers[entry.customer, default: []].append(number)
    }
  }

  func audit(_ samples: [Sample]) -> AuditResult {
    var result = AuditResult()
    for sample in samples {
      result.sampled += 1
      switch judge(sample) {
      case .right: break
      case .undecided: result.undecided += 1
      case .wrong(let why):
        result.wrong += 1
        if result.complaints.count < AuditResult.complaintsMax { result.complaints.append(why) }
      }
    }
    return result
  }

  private enum Verdict {
    case right
    case undecided
    case wrong(String)
  }

  private func judge(_ sample: Sample) -> Verdict {
    let reply = sample.reply
    guard sample.days.contains(reply.asOfDay) else {
      return .wrong(
        "customer \(Population.name(sample.customer)): as of day \(reply.asOfDay), asked for on "
          + "day \(sample.days)")
    }
    let (certain, open) = orders(for: sample)
    // An order whose answer was still to come may be in the score or not: both are right.
    for subset in 0..<(1 << min(open.count, Self.openMax)) {
      let taken = open.indices.filter { subset >> $0 & 1 == 1 }.map { open[$0] }
      if fault(reply, certain + taken) == nil { return .right }
    }
    if open.count > Self.openMax { return .undecided }
    let why = fault(reply, certain) ?? ""
    return .wrong(
      "customer \(Population.name(sample.customer)): \(why); orders known \(certain), under way "
        + "\(open); the whole answer: \(reply)")
  }

  /// What the server knew for certain when it answered, and what it may have known.
  private func orders(for sample: Sample) -> (certain: [DatedAmount], open: [DatedAmount]) {
    var certain = population.orders(of: sample.customer)
    var open: [DatedAmount] = []
    for number in numbers[sample.customer] ?? [] {
      let entry = log.entries[number]
      if entry.connection == sample.connection {
        // Requests of one connection are executed in their order.
        if entry.sentTick < sample.sentTick { certain.append(entry.order) }
      } else if entry.answeredTick < sample.sentTick {
        certain.append(entry.order)
      } else if entry.sentTick < sample.answeredTick {
        open.append(entry.order)
      }
    }
    return (certain, open)
  }

  /// The first field that is not what these orders make it; nil when all are right.
  private func fault(_ reply: ScoreReply, _ orders: [DatedAmount]) -> String? {
    guard let account = Account(orders, asOf: reply.asOfDay) else { return "no order is known" }
    let facts: [(String, Int, Int)] = [
      ("known", reply.known ? 1 : 0, 1), ("spend known", reply.spendKnown ? 1 : 0, 1),
      ("generation", Int(reply.generation), Int(generation)),
      ("first order day", Int(reply.firstOrderDay), Int(account.firstDay)),
      ("x", Int(reply.repeatOrders), account.repeatOrders),
      ("t_x", Int(reply.recencyDays), Int(account.lastDay - account.firstDay)),
      ("T", Int(reply.ageDays), Int(reply.asOfDay - account.firstDay)),
    ]
    for (name, answered, right) in facts where answered != right {
      return "\(name) is \(answered), right is \(right)"
    }
    let mean = population.meanSpend(of: account)
    guard Self.agree(reply.meanSpend, mean) else {
      return "mean spend is \(reply.meanSpend), right is \(mean)"
    }
    let score = population.score(of: account, asOf: reply.asOfDay)
    let values = [
      ("P(alive)", reply.aliveProbability, score.aliveProbability),
      ("churn probability", reply.churnProbability, score.churnProbability),
      // The population's model has no churn layer.
      ("model churn probability", reply.modelChurnProbability, score.churnProbability),
      ("expected orders", reply.expectedOrders, score.expectedOrders),
      ("expected spend", reply.expectedSpend, score.expectedSpendPerOrder),
      ("lifetime value", reply.lifetimeValue, score.lifetimeValue),
    ]
    for (name, answered, right) in values where !Self.agree(answered, right) {
      return "\(name) is \(answered), right is \(right)"
    }
    return nil
  }

  /// Whether two numbers agree; NaN agrees with nothing.
  private static func agree(_ one: Double, _ other: Double) -> Bool {
    abs(one - other) <= tolerance * max(abs(one), abs(other))
  }
}
