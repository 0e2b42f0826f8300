// The refit of what offers are worth: from the decisions that are remembered, on the workbench. What was
// reported and what came back since are in it as they are today.

import Offers
import Policies
public import Wire

/// Learns what offers are worth from a value of the store.
public struct PolicyJob: Sendable {
  let store: Store

  /// Fewest decisions a policy is learnt from.
  static let rowsMin = 500

  /// Learns and judges.
  ///
  /// - Returns: the reply, and the arms to adopt; none when it is not surely better.
  public func run() -> (reply: RefitPolicyReply, arms: [AdoptPolicyRequest.Arm]) {
    var reply = RefitPolicyReply()
    var log = LogReader(store)
    do throws(Refusal) {
      try log.read()
    } catch {
      reply.reason = "the decisions cannot be read: \(error)"
      return (reply, [])
    }
    reply.rows = UInt64(log.net.count)
    reply.arms = UInt32(log.arms.count)
    guard log.net.count >= Self.rowsMin else {
      reply.reason =
        "\(log.net.count) decisions have an outcome, at least \(Self.rowsMin) are needed"
      return (reply, [])
    }
    do throws(PolicyError) {
      let refit = try PolicyRefit(log.table(), net: log.net, log.choices)
      reply.difference = refit.difference.value
      reply.low = refit.difference.interval.lowerBound
      reply.high = refit.difference.interval.upperBound
      guard refit.isBetter else {
        reply.reason = "it is not surely better than the policy in force, which stays"
        return (reply, [])
      }
      reply.adopted = true
      reply.reason = "it is surely better than the policy before"
      return (
        reply,
        zip(log.arms, refit.coefficients).map { AdoptPolicyRequest.Arm(arm: $0, means: $1) }
      )
    } catch {
      reply.reason = "\(error)"
      return (reply, [])
    }
  }
}

/// Reads the closed decisions as a table.
private struct LogReader {
  let store: Store
  /// The arms that were chosen, rising; the actions of the table.
  var arms: [UInt32] = [0]
  var net: [Double] = []
  var choices = RefitChoices()
  private var rows: [Row] = []

  private struct Row {
    var action: Int
    var propensity: Double
    var gross: Double
    var customer: UInt32
    var features: [Float]
  }

  init(_ store: Store) { self.store = store }

  mutating func read() throws(Refusal) {
    let offering = store.offering
    guard let learner = offering.learner else { return }
    var places: [DecisionPlace] = []
    var seen: Set<UInt32> = [0]
    var place = offering.oldest
    while offering.holds(place) {
      if offering.state(of: place) == .learnt {
        places.append(place)
        seen.insert(offering.field(UInt32.self, DecisionHead.arm, of: place))
      }
      place = offering.place(after: place)
    }
    arms = seen.sorted()
    let actions = Dictionary(uniqueKeysWithValues: arms.enumerated().map { ($1, $0) })
    for place in places {
      let record = try offering.withBody(of: place) { bytes throws(Refusal) in
        var reader = FrameReader(bytes)
        return try DecisionRecord(from: &reader)
      }
      guard let shelf = offering.shelf(ofVersion: record.told.catalogue) else { continue }
      add(record, place, shelf, learner, actions)
    }
  }

  private mutating func add(
    _ record: DecisionRecord, _ place: DecisionPlace, _ shelf: OfferShelf, _ learner: Learner,
    _ actions: [UInt32: Int]
  ) {
    let offering = store.offering
    let propensity = record.told.choices.first?.propensity ?? record.told.propensity
    let arm = offering.field(UInt32.self, DecisionHead.arm, of: place)
    guard propensity > 0, let action = actions[arm] else { return }
    var margin = offering.field(Double.self, DecisionHead.margin, of: place)
    if offering.field(UInt8.self, DecisionHead.isReported, of: place) == 0 {
      // What came back after the window's end counts too.
      margin =
        store.orderedMajor(of: place)
        * offering.field(Double.self, DecisionHead.marginRate, of: place)
    }
    let y = margin - offering.field(Double.self, DecisionHead.cost, of: place)
    let x = LearnerFeatures(record.features.span)
    let basket =
      record.basketMinor < 0 ? Double.nan : Double(record.basketMinor) * store.majorPerMinor
    let none = learner.score(arm: 0, features: x).mean
    var (present, largest) = (0, 0.0)
    choices.append(action: 0, cost: 0)
    for candidate in record.candidates where candidate.propensity > 0 {
      let offer = Int(candidate.place)
      guard offer < shelf.arms.count, let number = actions[shelf.arms[offer]] else { continue }
      let terms = shelf.catalogue.offers[offer]
      let cost =
        terms.expectedCost(basket: basket, meanSpend: .nan, scale: shelf.catalogue.scale)
        + terms.contactCost
      choices.append(action: number, cost: cost)
      let value = learner.score(arm: Int(shelf.arms[offer]), features: x).mean - none - cost
      if value > largest { (present, largest) = (number, value) }
    }
    choices.close(present: present)
    net.append(y)
    rows.append(
      Row(
        action: action, propensity: min(propensity, 1),
        gross: y + offering.field(Double.self, DecisionHead.expectedCost, of: place),
        customer: offering.field(UInt32.self, DecisionHead.customer, of: place),
        features: record.features))
  }

  func table() throws(PolicyError) -> LoggedTable {
    var table = LoggedTable(actionCount: arms.count, width: Features.count)
    table.reserveCapacity(rows.count)
    var x = [Double](repeating: 0, count: Features.count)
    for row in rows {
      for place in x.indices { x[place] = Double(row.features[place]) }
      try table.append(
        action: row.action, propensity: row.propensity, reward: row.gross,
        cluster: UInt64(row.customer), features: x.span)
    }
    return table
  }
}

extension Engine {
  /// What the server refits offers from by itself; nil where nothing was decided.
  public func policyJob() -> PolicyJob? {
    store.offering.decisionCount > 0 ? PolicyJob(store: store) : nil
  }

  mutating func adoptPolicy(_ body: inout FrameReader) throws(Refusal) {
    let request = try AdoptPolicyRequest(from: &body)
    try body.requireEnd()
    let known = store.offering.learner?.armCount ?? 0
    guard request.arms.allSatisfy({ $0.arm < known && $0.means.count == LearnerFeatures.count })
    else { throw Refusal(.invalidField, "the policy has arms that are not there") }

    for arm in request.arms {
      var means = LearnerFeatures(repeating: 0)
      for place in 0..<LearnerFeatures.count { means[place] = arm.means[place] }
      store.offering.learner?.adopt(arm: Int(arm.arm), means: means)
    }
    store.offering.markLearning()
  }
}
