// What answers to decide say in sum, and whether each holds together: decisions are drawn from the
// server's beliefs, so they are not recomputed here.

import Wire

/// Decisions that were looked at.
struct DecisionTally: Equatable {
  /// Replies read while it was measured, looked at or not.
  var completed: UInt64 = 0
  /// All replies, those before and after the measuring included.
  var all: UInt64 = 0
  private(set) var audit = AuditResult()
  /// Those that chose an offer.
  private(set) var chosen = 0
  /// Those of customers who are held out.
  private(set) var heldOut = 0
  /// Offers that came as far as a score, over all.
  private(set) var candidates = 0

  /// Codes of the reasons behind all stages that look at one offer by itself.
  private static let exclusiveCode: UInt8 = 7
  private static let notInPlacementCode: UInt8 = 8
  private static let chosenCodes: ClosedRange<UInt8> = 11...12

  /// Looks at a decision.
  mutating func add(_ reply: DecideReply, _ plan: DecisionPlan) {
    audit.sampled += 1
    let told = reply.told
    if !told.choices.isEmpty { chosen += 1 }
    if told.flags.contains(.heldOut) { heldOut += 1 }
    candidates += told.reasons.count { $0 >= Self.exclusiveCode && $0 != Self.notInPlacementCode }
    guard let fault = Self.fault(reply, plan) else { return }
    audit.wrong += 1
    if audit.complaints.count < AuditResult.complaintsMax {
      audit.complaints.append("\(fault): \(reply)")
    }
  }

  /// The first thing that cannot be; nil when all is well.
  private static func fault(_ reply: DecideReply, _ plan: DecisionPlan) -> String? {
    let told = reply.told
    if reply.decision.isEmpty { return "no receipt" }
    if told.reasons.count != plan.offers { return "not a reason for each offer" }
    if !(told.propensity > 0 && told.propensity <= 1) { return "no probability" }
    if told.choices.count > 1 { return "more offers than asked for" }
    if told.flags.contains(.drawn) == plan.isGreedy { return "drawn and not greedy, or neither" }
    if told.flags.contains(.heldOut) && !told.choices.isEmpty { return "an offer, but held out" }
    let chosen = told.reasons.count { chosenCodes.contains($0) }
    return chosen == told.choices.count ? nil : "the reasons do not tell what was chosen"
  }
}
