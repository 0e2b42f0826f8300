// From estimates to choices: scores in incremental margin, the draw with exact propensities, slates.
// Who may take part at all was found in Decision.

internal import Policies

/// The parts of a score, in major units, that sum up to it.
public struct ScoreParts: Equatable, Sendable {
  /// Expected margin of sales that would not have been without the offer: what is left of the uplift
  /// without the two costs below.
  public var sales: Double
  /// Expected cost of the reward, not above 0.
  public var reward: Double
  /// Cost of the contact, not above 0.
  public var contact: Double
  /// What the lever adds or takes.
  public var lever: Double
  /// −λ·E[cost]: the price of scarce money.
  public var scarcity: Double
  /// −φ·fatigue.
  public var fatigue: Double

  /// S.
  public var score: Double { sales + reward + contact + lever + scarcity + fatigue }
}

/// The arithmetic of arbitration.
public enum Arbitration {
  /// Estimates beyond so many baskets are cut.
  public static let basketsMax = 100.0

  /// lev(τ, L): τ·L if τ ≥ 0, else τ/L, so that a lever above 1 always lifts.
  ///
  /// - Parameters:
  ///   - uplift: τ, in major units.
  ///   - lever: L, 0.5 to 2.
  /// - Returns: major units.
  @inlinable
  public static func levered(_ uplift: Double, _ lever: Double) -> Double {
    uplift >= 0 ? uplift * lever : uplift / lever
  }

  /// Cuts an estimate that no basket could explain.
  ///
  /// - Parameters:
  ///   - uplift: τ.
  ///   - basket: the value of the basket, or else the mean spend; NaN if neither is known.
  /// - Returns: τ, at most a hundred baskets away from 0.
  @inlinable
  public static func clipped(_ uplift: Double, basket: Double) -> Double {
    guard basket > 0 else { return uplift }
    let most = basketsMax * basket
    return min(max(uplift, -most), most)
  }

  /// S = lev(τ, L) − λ·E[cost] − φ·fatigue, part by part.
  ///
  /// - Parameters:
  ///   - uplift: τ, cut already.
  ///   - offer: its terms.
  ///   - cost: E[cost].
  ///   - price: λ.
  ///   - fatigue: φ times the contacts of the last seven days.
  /// - Returns: the parts.
  public static func parts(
    uplift: Double, offer: Offer, cost: Double, price: Double, fatigue: Double
  ) -> ScoreParts {
    ScoreParts(
      sales: uplift + cost + offer.contactCost, reward: -cost, contact: -offer.contactCost,
      lever: levered(uplift, offer.lever) - uplift, scarcity: -price * cost, fatigue: -fatigue)
  }
}

extension Standing {
  /// Counted contacts of the last seven days.
  public func fatigue(at nowMicros: Int64) -> Double {
    var count = 0.0
    for contact in contacts
    where contact.isCounted(as: .delivered) && contact.timeMicros > nowMicros - 7 * 86_400_000_000 {
      count += 1
    }
    return count
  }
}

/// Where the value of the basket is not known, that of an order stands for it.
func basket(_ facts: borrowing Facts) -> Double {
  facts[.basket] > 0 ? facts[.basket] : facts[.meanSpend]
}

extension DecisionWorkspace {
  /// Finds the score and its deviation of every offer that is open.
  mutating func score(
    _ request: DecisionRequest, _ facts: borrowing Facts, _ standing: borrowing Standing,
    _ budgets: Span<BudgetUse>, _ estimates: Span<OfferEstimate>, in catalogue: borrowing Catalogue,
    telling decision: inout Decision
  ) {
    let fatigue =
      catalogue.channels[Int(request.channel.rawValue)].fatigue
      * standing.fatigue(at: request.moment.nowMicros)
    let scale = catalogue.scale
    let reference = basket(facts)
    let offers = catalogue.offers.span
    var left = open
    while let place = left.popFirst() {
      let estimate = estimates[place]
      guard estimate.uplift.isFinite, estimate.variance.isFinite, estimate.variance >= 0 else {
        if offers[place].offerClass == .normal { decision.droppedCount += 1 }
        continue
      }
      let uplift = Arbitration.clipped(estimate.uplift, basket: reference)
      if uplift != estimate.uplift { decision.suspectCount += 1 }
      let lever = offers[place].lever
      let cost = offers[place].expectedCost(
        basket: facts[.basket], meanSpend: facts[.meanSpend], scale: scale)
      let score =
        Arbitration.levered(uplift, lever) - budgets[place].price * cost - fatigue
      guard score.isFinite else {
        decision.droppedCount += 1
        continue
      }
      scores[place] = score
      scored.insert(place)
      // Not levered: a draw whose width changed where the uplift changes its sign would make an offer less
      // probable that has become better. The lever's two slopes, L and 1/L, have the geometric mean 1.
      deviations[place] = estimate.variance.squareRoot()
    }
  }

  /// Chooses: what must be delivered first, then by score or draw, then the fallback.
  mutating func choose(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue,
    telling decision: inout Decision
  ) {
    let placement = catalogue.placements[request.placement]
    let top = request.top == 0 ? placement.top : request.top
    takeServed(catalogue.sets.mandatory, request, standing, top, catalogue)
    takeServed(catalogue.sets.transactional, request, standing, top, catalogue)
    let isServed = !choices.isEmpty
    let explores = request.explores && catalogue.explores
    var none = 1.0
    var alone = 0.0
    var isFirst = true
    while choices.count < top {
      gather(request, catalogue)
      if isFirst { decision.candidateCount = arms.count - 1 }
      guard arms.count > 1 else { break }
      let best = best()
      let arm = explores ? draw(request, catalogue.epsilon) : best
      if !explores { armShares[arm] = 1 }
      let isBest = armMeans[arm] >= armMeans[best]
      if isFirst {
        for other in 1..<arms.count { propensities[arms[other]] = armShares[other] }
        none = armShares[0]
        if placement.fallback >= 0 { alone = propensities[placement.fallback] }
      }
      isFirst = false
      decision.propensity *= armShares[arm]
      if !isBest { decision.isExplored = true }
      guard arm > 0 else { break }
      take(arms[arm], propensity: armShares[arm], isBest: isBest, top, request, standing, catalogue)
    }
    if !isServed, placement.fallback >= 0 {
      takeFallback(
        placement.fallback, none: none, alone: alone, top, explores, request, standing,
        catalogue, telling: &decision)
    }
    decision.count = choices.count
  }

  /// Takes what must be delivered whatever its score, by place.
  private mutating func takeServed(
    _ offers: OfferSet, _ request: DecisionRequest, _ standing: borrowing Standing, _ top: Int,
    _ catalogue: borrowing Catalogue
  ) {
    var left = open & offers & catalogue.sets.fitting(request)
    while choices.count < top, let place = left.popFirst() {
      // The one before may have taken its family's place, or its campaign's money.
      guard open.contains(place), !excluded.contains(place) else { continue }
      take(place, propensity: 1, isBest: true, top, request, standing, catalogue)
    }
  }

  /// The fallback stands for no offer, so it comes in two ways: drawn itself, or instead of none.
  private mutating func takeFallback(
    _ place: Int, none: Double, alone: Double, _ top: Int, _ explores: Bool,
    _ request: DecisionRequest, _ standing: borrowing Standing, _ catalogue: borrowing Catalogue,
    telling decision: inout Decision
  ) {
    if choices.isEmpty {
      let free = (open & catalogue.sets.fitting(request)) - excluded
      guard free.contains(place) else { return }
      take(place, propensity: 1, isBest: true, top, request, standing, catalogue)
      var ending = 1.0
      if explores, alone > 0, top > 1 {
        // How probably nothing would have followed it.
        gather(request, catalogue)
        if arms.count > 1 {
          _ = draw(request, catalogue.epsilon)
          ending = armShares[0]
        }
      }
      // A sum of shares may be above 1 by a rounding.
      decision.propensity = min(none + alone * ending, 1)
      choices[0].propensity = decision.propensity
      decision.isFallback = true
    } else if choices.count == 1, choices[0].offer == place {
      decision.propensity = min(decision.propensity + none, 1)
      choices[0].propensity = min(choices[0].propensity + none, 1)
    }
  }

  /// The arms: no offer first, then every normal offer that can still be chosen.
  private mutating func gather(_ request: DecisionRequest, _ catalogue: borrowing Catalogue) {
    arms.removeAll(keepingCapacity: true)
    armMeans.removeAll(keepingCapacity: true)
    armDeviations.removeAll(keepingCapacity: true)
    arms.append(-1)
    armMeans.append(0)
    armDeviations.append(request.noneDeviation)
    var left = scored & catalogue.sets.normal & catalogue.sets.fitting(request)
    left = left - excluded
    while let place = left.popFirst() {
      arms.append(place)
      armMeans.append(scores[place])
      armDeviations.append(deviations[place])
    }
    armShares.removeAll(keepingCapacity: true)
    for _ in arms.indices { armShares.append(0) }
  }

  /// The best arm; of equal ones the first, and no offer is the very first.
  private func best() -> Int {
    var best = 0
    for arm in armMeans.indices where armMeans[arm] > armMeans[best] { best = arm }
    return best
  }

  private mutating func take(
    _ place: Int, propensity: Double, isBest: Bool, _ top: Int, _ request: DecisionRequest,
    _ standing: borrowing Standing, _ catalogue: borrowing Catalogue
  ) {
    choices.append(
      Choice(offer: place, propensity: propensity, score: scores[place], isBest: isBest))
    // Its own place keeps it from being chosen twice; where no place is left, none was taken away.
    var losing = OfferSet()
    if choices.count < top { losing = catalogue.sets.excluded[place] }
    losing.insert(place)
    losing = losing - excluded
    excluded = excluded | losing
    while let other = losing.popFirst() { excludedBy[other] = Int16(place) }
    if choices.count < top {
      draw(on: catalogue.offers[place], in: catalogue)
      closeCapped(request, standing, in: catalogue)
    }
  }

  /// Draws one of the gathered arms; its probability and the others' are in `armShares`.
  private mutating func draw(_ request: DecisionRequest, _ epsilon: Double) -> Int {
    // Taken out while the integral's memory is written beside them.
    var (means, deviations, shares): ([Double], [Double], [Double]) = ([], [], [])
    swap(&means, &armMeans)
    swap(&deviations, &armDeviations)
    swap(&shares, &armShares)
    var found = shares.mutableSpan
    _ = thompson.findPropensities(
      means: means.span, deviations: deviations.span, floor: epsilon, into: &found)
    // The first place is drawn as a single offer would be.
    let hash = choices.isEmpty ? request.hash : XXHash64.hash(request.hash &+ UInt64(choices.count))
    let arm = Thompson.choose(found.span, hash: hash) ?? 0
    swap(&means, &armMeans)
    swap(&deviations, &armDeviations)
    swap(&shares, &armShares)
    return arm
  }

  /// Gives the offers that were open their reasons.
  mutating func tell(
    _ request: DecisionRequest, _ estimates: Span<OfferEstimate>, in catalogue: borrowing Catalogue
  ) {
    let fitting = catalogue.sets.fitting(request)
    give(open - fitting) { _ in .notInPlacement }
    var left = (open & fitting) - excluded
    while let place = left.popFirst() {
      let score = scores[place]
      if catalogue.sets.normal.contains(place), !(score > 0) {
        reasons[place] = .negativeUplift(uplift: estimates[place].uplift, score: score)
      } else {
        reasons[place] = .ranked(position: 0, gap: 0)
      }
    }
    left = open & excluded
    while let place = left.popFirst() {
      reasons[place] = .exclusive(with: Int(excludedBy[place]))
    }
    for choice in choices {
      reasons[choice.offer] = choice.isBest ? .chosen : .explored(choice.propensity)
    }
  }

  /// Fills in the ranks among the reasons; no decision depends on them, so none waits for them.
  public mutating func findRanks() {
    Reason.findRanks(in: &reasons, scores: scores, last: choices.last?.score ?? 0)
  }
}
