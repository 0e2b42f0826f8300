// A decision on its way into the journal: the frame of its record, written field after field as
// protocol.md has it, «decision record».

import Offers
import Policies
import Wire

extension DecisionDesk {
  /// Writes the record of what lies on the desk.
  ///
  /// - Parameters:
  ///   - decision: what was decided.
  ///   - question: what was asked.
  ///   - request: the same as the decision took it.
  ///   - customer: the identifier.
  ///   - shelf: the catalogue it was decided by.
  ///   - store: the state it was decided in.
  mutating func writeRecord(
    _ decision: Decision, _ question: DecisionQuestion, _ request: DecisionRequest,
    _ customer: RawSpan, on shelf: OfferShelf, in store: borrowing Store
  ) {
    // Taken out while the rest of the desk is read.
    var out = ByteBuffer(capacity: 0)
    swap(&out, &record)
    out.truncate(to: 0)
    let mark = Frame.begin(verb: Verb.recordDecision.rawValue, tag: 0, in: &out)
    question.key.write(to: &out)
    out.append(question.check)
    out.append(UInt8(customer.byteCount))
    out.append(bytes: customer)
    let start = out.count
    writeTold(decision, request, question, on: shelf, store.generation, to: &out)
    told = start..<out.count
    out.append(UInt8(question.placement))
    out.append(question.channel.rawValue)
    out.append(question.top)
    out.append(question.basketMinor)
    out.append(decision.held)
    out.append(decision.campaigns)
    out.append(missing)
    out.append(Float(noneDeviation))
    out.append(UInt8(x.count))
    for place in x.indices { out.append(x[place]) }
    out.append(UInt8(workspace.choices.count))
    for place in workspace.choices.indices {
      writeChosen(workspace.choices[place], request, on: shelf, in: store, to: &out)
    }
    out.append(UInt16(workspace.reasons.count))
    for place in workspace.reasons.indices { write(workspace.reasons[place], to: &out) }
    writeCandidates(on: shelf, to: &out)
    Frame.end(mark, in: &out)
    swap(&out, &record)
  }

  private func writeTold(
    _ decision: Decision, _ request: DecisionRequest, _ question: DecisionQuestion,
    on shelf: OfferShelf, _ generation: UInt32, to out: inout ByteBuffer
  ) {
    var flags = self.flags
    if decision.isHeldOut { flags.insert(.heldOut) }
    if decision.isFallback { flags.insert(.fallback) }
    if decision.isExplored { flags.insert(.explored) }
    if request.explores && shelf.catalogue.explores { flags.insert(.drawn) }
    if decision.suspectCount > 0 { flags.insert(.suspect) }
    if decision.droppedCount > 0 { flags.insert(.dropped) }
    if question.flags.contains(.dryRun) { flags.insert(.dryRun) }
    out.append(request.moment.nowMicros)
    out.append(flags.rawValue)
    out.append(decision.version)
    out.append(generation)
    out.append(segment.rawValue)
    out.append(scores.alive)
    out.append(scores.churn)
    out.append(scores.expectedOrders)
    out.append(scores.expectedSpend)
    out.append(scores.lifetimeValue)
    out.append(decision.propensity)
    out.append(UInt8(workspace.choices.count))
    for place in workspace.choices.indices {
      let choice = workspace.choices[place]
      let identifier = shelf.identifiers[choice.offer]
      out.append(UInt8(identifier.count))
      out.append(bytes: identifier.rawSpan)
      out.append(UInt8(choice.isBest ? 1 : 0))
      out.append(choice.propensity)
      out.append(choice.score)
      out.append(estimates[choice.offer].uplift)
    }
    out.append(UInt16(workspace.reasons.count))
    for place in workspace.reasons.indices { out.append(workspace.reasons[place].code) }
  }

  private func writeChosen(
    _ choice: Choice, _ request: DecisionRequest, on shelf: OfferShelf,
    in store: borrowing Store, to out: inout ByteBuffer
  ) {
    let place = choice.offer
    out.append(UInt16(place))
    out.append(shelf.catalogue.offers[place].liabilityMinor)
    out.append(costs[place])
    let parts = Decision.parts(
      of: place, request, facts: facts, standing: standing, budget: budgets[place],
      estimate: estimates[place], in: shelf.catalogue)
    out.append(parts.sales)
    out.append(parts.reward)
    out.append(parts.contact)
    out.append(parts.lever)
    out.append(parts.scarcity)
    out.append(parts.fatigue)
    guard let contributions = store.contributions(of: shelf.arms[place], LearnerFeatures(x.span))
    else {
      out.append(UInt8(0))
      out.append(0.0)
      return
    }
    let all = contributions.span
    // The largest by magnitude, sorted as they come.
    var told = InlineArray<5, Int>(repeating: 0)
    var count = 0
    var rest = 0.0
    for feature in all.indices {
      let amount = abs(all[feature])
      rest += all[feature]
      if count == told.count, !(amount > abs(all[told[count - 1]])) { continue }
      count = min(count + 1, told.count)
      var place = count - 1
      while place > 0, amount > abs(all[told[place - 1]]) {
        told[place] = told[place - 1]
        place -= 1
      }
      told[place] = feature
    }
    out.append(UInt8(count))
    for place in told.indices {
      rest -= all[told[place]]
      out.append(UInt8(told[place]))
      out.append(all[told[place]])
    }
    out.append(rest)
  }

  /// What belongs to a reason, behind its size.
  private func write(_ reason: Reason, to out: inout ByteBuffer) {
    switch reason {
    case .notLive(let state):
      out.append(UInt8(1))
      out.append(state.rawValue)
    case .holdout(let place):
      out.append(UInt8(1))
      out.append(UInt8(clamping: place))
    case .consent(let channel, let purpose):
      out.append(UInt8(2))
      out.append(channel.rawValue)
      out.append(purpose.rawValue)
    case .rule(let layer, let clause, let isUnknown):
      out.append(UInt8(3))
      out.append(layer.rawValue)
      out.append(UInt8(clamping: clause))
      out.append(UInt8(isUnknown ? 1 : 0))
    case .cap(let place, let freesAt):
      out.append(UInt8(9))
      out.append(UInt8(clamping: place))
      out.append(freesAt)
    case .quiet(let cause, let until):
      out.append(UInt8(9))
      out.append(cause.rawValue)
      out.append(until)
    case .budget(let free, let needed, let isCount, let campaign):
      out.append(UInt8(campaign < 0 ? 17 : 18))
      out.append(free)
      out.append(needed)
      out.append(UInt8(isCount ? 1 : 0))
      if campaign >= 0 { out.append(UInt8(clamping: campaign)) }
    case .exclusive(let other):
      out.append(UInt8(2))
      out.append(UInt16(clamping: other))
    // What belongs to these stands with the candidates.
    case .notInPlacement, .negativeUplift, .ranked, .explored, .chosen: out.append(UInt8(0))
    }
  }

  /// All offers that came as far as a score.
  private func writeCandidates(on shelf: OfferShelf, to out: inout ByteBuffer) {
    let count = out.count
    var candidates: UInt16 = 0
    out.append(candidates)
    let (scores, propensities) = (workspace.scores.span, workspace.propensities.span)
    let estimates = estimates.span
    for place in scores.indices where !scores[place].isNaN {
      candidates += 1
      out.append(UInt16(place))
      let (mean, deviation) = (
        Float(estimates[place].uplift), Float(estimates[place].variance.squareRoot())
      )
      out.append(SIMD4(mean, deviation, Float(scores[place]), Float(propensities[place])))
    }
    out.patch(candidates, at: count)
  }
}

extension Store {
  /// What each feature adds to an arm's uplift; nil before anything can be learnt.
  ///
  /// The learner is asked where it lies: it is larger than a kilobyte.
  fileprivate func contributions(
    of arm: UInt32, _ features: LearnerFeatures
  ) -> InlineArray<32, Double>? {
    offering.learner?.contributions(arm: Int(arm), features: features).numbers
  }
}

extension Reason {
  /// The reason with a code and what a record says of it and of the offer, without a rank; nil for what
  /// no build has written.
  init?(code: UInt8, detail: [UInt8], candidate: DecisionCandidate?) {
    func number(_ place: Int, _ size: Int) -> UInt64 {
      var number: UInt64 = 0
      for offset in 0..<size where place + offset < detail.count {
        number |= UInt64(detail[place + offset]) << UInt64(8 * offset)
      }
      return number
    }
    func time(_ place: Int) -> Int64 { Int64(bitPattern: number(place, 8)) }
    switch code {
    case 0:
      guard let state = OfferState(rawValue: UInt8(number(0, 1))) else { return nil }
      self = .notLive(state)
    case 1: self = .holdout(Int(number(0, 1)))
    case 2:
      guard let channel = Offers.Channel(rawValue: UInt8(number(0, 1))),
        let purpose = Offers.Purpose(rawValue: UInt8(number(1, 1)))
      else { return nil }
      self = .consent(channel, purpose)
    case 3:
      guard let layer = ConditionLayer(rawValue: UInt8(number(0, 1))) else { return nil }
      self = .rule(layer, clause: Int(number(1, 1)), isUnknown: number(2, 1) != 0)
    case 4: self = .cap(Int(number(0, 1)), freesAt: time(1))
    case 5:
      guard let cause = QuietCause(rawValue: UInt8(number(0, 1))) else { return nil }
      self = .quiet(cause, until: time(1))
    case 6:
      self = .budget(
        free: time(0), needed: time(8), isCount: number(16, 1) != 0,
        campaign: detail.count > 17 ? Int(detail[17]) : -1)
    case 7: self = .exclusive(with: Int(number(0, 2)))
    case 8: self = .notInPlacement
    case 9:
      self = .negativeUplift(
        uplift: candidate.map { Double($0.mean) } ?? .nan,
        score: candidate.map { Double($0.score) } ?? .nan)
    case 10: self = .ranked(position: 0, gap: 0)
    case 11: self = .explored(candidate.map { Double($0.propensity) } ?? .nan)
    case 12: self = .chosen
    default: return nil
    }
  }
}
