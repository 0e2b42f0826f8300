// Whether full answers are right: each is put beside the decision that takes the best, asked for by
// itself and kept nowhere. Those were recomputed elsewhere.

import Client
import Platform
import Wire

extension Contestant {
  /// How far a score may be from the decision's, as a share: it is found in single precision.
  private static let tolerance = 1e-4

  /// Asks for each answer again, as a decision.
  static func compareWithDecisions(
    _ kept: [KeptReply], of address: SocketAddress
  ) -> AuditResult {
    var result = AuditResult()
    do {
      var client = try PatronClient(
        connectingTo: address, name: "loadtest", timeoutMillis: 30_000)
      for reply in kept {
        result.sampled += 1
        var reader = FrameReader(reply.body.rawBytes)
        let answer = try RecommendReply(from: &reader)
        let told = try client.decide(dryDecision(for: reply.customer)).told
        guard let fault = difference(answer, told) else { continue }
        result.complain("customer \(Population.name(reply.customer)): \(fault): \(answer), \(told)")
      }
    } catch {
      result.complain("answers cannot be put beside decisions: \(error)")
    }
    return result
  }

  private static func dryDecision(for customer: Int) -> DecideRequest {
    let asked = RequestKind.recommendation(for: customer)
    var request = DecideRequest(
      customer: asked.customer, placement: asked.placement, channel: asked.channel,
      flags: [.dryRun, .greedy])
    (request.top, request.basketMinor, request.lines) = (asked.top, asked.basketMinor, asked.lines)
    return request
  }

  /// What is not the same; nil when all is.
  static func difference(_ answer: RecommendReply, _ told: ToldDecision) -> String? {
    func isNear(_ one: Double, _ other: Double, _ share: Double) -> Bool {
      abs(one - other) <= share * (1 + max(abs(one), abs(other)))
    }
    let pairs = [
      (answer.aliveProbability, told.aliveProbability),
      (answer.churnProbability, told.churnProbability),
      (answer.expectedOrders, told.expectedOrders), (answer.expectedSpend, told.expectedSpend),
      (answer.lifetimeValue, told.lifetimeValue),
    ]
    if !pairs.allSatisfy({ isNear($0.0, $0.1, 1e-9) }) { return "other scores" }
    if answer.segment != told.segment { return "another segment" }
    if answer.flags != told.flags.intersection(RecommendReply.flagsTold) { return "other flags" }
    for (offer, choice) in zip(answer.offers, told.choices) {
      guard isNear(offer.score, choice.score, tolerance) else { return "another offer's score" }
      // Of two that are worth the same either may come first, and what follows hangs on it.
      if offer.offer != choice.offer { return nil }
    }
    return answer.offers.count == told.choices.count ? nil : "another number of offers"
  }
}

extension AuditResult {
  /// Counts something wrong, and keeps the first ones' words.
  fileprivate mutating func complain(_ words: String) {
    wrong += 1
    if complaints.count < Self.complaintsMax { complaints.append(words) }
  }
}
