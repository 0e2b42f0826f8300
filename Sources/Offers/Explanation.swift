// Reasons in words: for the shop's staff, and what a customer may be told. Not here: how a reason was
// found.

internal import Rules

/// Sentences about a decision.
public enum Explanation {
  /// The reason for the shop's staff.
  ///
  /// - Parameters:
  ///   - reason: of the offer.
  ///   - offer: its place.
  ///   - catalogue: the version that was decided by.
  /// - Returns: one sentence, with the clause, the cap or the numbers.
  public static func staff(_ reason: Reason, of offer: Int, in catalogue: Catalogue) -> String {
    switch reason {
    case .notLive(.live):
      let terms = catalogue.offers[offer]
      let start = terms.startDay == .min ? "ever" : CivilDay.text(terms.startDay)
      let end = terms.endDay == .max ? "ever" : CivilDay.text(terms.endDay)
      return "It lives from \(start) to before \(end)."
    case .notLive(let state): return "It is \(state.word)."
    case .holdout(let place):
      let holdout = catalogue.holdouts[place]
      let whom = holdout.level == .global ? "everything" : "\(holdout.level.word) \(holdout.of)"
      return "The customer is in the control group of \(whom) (\(plain(holdout.percent)) %)."
    case .consent(let channel, let purpose):
      return "There is no consent to \(purpose.word) by \(channel.word)."
    case .rule(let layer, let clause, let isUnknown):
      let text = catalogue.clause(clause, of: offer, layer)?.text ?? ""
      return isUnknown
        ? "It is not known whether \(text) (\(layer.word))." : "Not so: \(text) (\(layer.word))."
    case .cap(let place, let freesAt):
      return "\(sentence(catalogue.caps[place], in: catalogue)) are reached; "
        + (freesAt == .max ? "there are never any." : "there is room at \(time(freesAt)).")
    case .quiet(let cause, let until):
      let why =
        switch cause {
        case .hours: "These are quiet hours"
        case .contact: "There was a contact not long ago"
        case .refusals: "It was refused too often"
        }
      return "\(why); it is quiet until \(time(until))."
    case .budget(let free, let needed, let isCount, let campaign):
      let whose = campaign < 0 ? "" : " of \(catalogue.campaigns[campaign].id)"
      return isCount
        ? "Of \(campaign < 0 ? "its" : "the") budget\(whose) \(free) are left."
        : "\(campaign < 0 ? "Its" : "The") budget\(whose) has \(money(free, catalogue)) left and it may "
          + "cost \(money(needed, catalogue))."
    case .exclusive(let other):
      return "It does not go together with \(catalogue.words[other].id), which was chosen."
    case .notInPlacement: return "It is not for this placement and channel."
    case .negativeUplift(let uplift, let score):
      return uplift.isFinite
        ? "No offer is at least as good: it is expected to bring \(amount(uplift)), "
          + "and scores \(amount(score))."
        : "What it brings could not be estimated."
    case .ranked(let position, let gap):
      return "Number \(position) by score, "
        + (gap >= 0
          ? "\(amount(gap)) below what was chosen." : "and the draw fell on what scores less.")
    case .explored(let propensity):
      return "Drawn to learn from it, with probability \(share(propensity))."
    case .chosen: return "Chosen: the best that was possible."
    }
  }

  /// The reason for the customer: true, and nothing about groups, scores or money.
  ///
  /// - Parameters:
  ///   - reason: of the offer.
  ///   - offer: its place.
  ///   - catalogue: the version that was decided by.
  /// - Returns: one sentence.
  public static func customer(_ reason: Reason, of offer: Int, in catalogue: Catalogue) -> String {
    switch reason {
    case .chosen, .explored:
      let text = catalogue.words[offer].customerText
      return text.isEmpty ? "We thought you might like this." : text
    case .consent(let channel, _): return "You have not agreed to hear from us by \(channel.word)."
    case .cap, .quiet: return "You have heard from us not long ago."
    case .rule(.eligibility, _, _), .rule(.suitability, _, _):
      return "The terms of this offer are not met."
    case .rule(.applicability, _, _): return "This offer is not for now."
    default: return "This offer is not available here at the moment."
    }
  }

  private static func sentence(_ cap: Cap, in catalogue: Catalogue) -> String {
    let what: String
    switch cap.scope {
    case .global: what = ""
    case .channel:
      what = cap.of < 0 ? " by this channel" : " by \(Channel.allCases[Int(cap.of)].word)"
    case .family: what = cap.of < 0 ? " of its family" : " of \(catalogue.families[Int(cap.of)])"
    case .offer: what = cap.of < 0 ? " of it" : " of \(catalogue.words[Int(cap.of)].id)"
    }
    let seconds = cap.windowMicros / 1_000_000
    let window =
      cap.calendarDays > 0
      ? "\(cap.calendarDays) calendar day\(cap.calendarDays == 1 ? "" : "s")"
      : seconds % 86_400 == 0 && seconds > 86_400
        ? "\(seconds / 86_400) days"
        : seconds % 3_600 == 0 ? "\(seconds / 3_600) hours" : "\(seconds) seconds"
    return "\(cap.limit) \(cap.event.word)\(what) within \(window)"
  }

  private static func time(_ micros: Int64) -> String {
    let moment = Moment(utcMicros: micros)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "\(CivilDay.text(moment.today)) \(two(moment.minute / 60)):\(two(moment.minute % 60)) UTC"
  }

  private static func money(_ minor: Int64, _ catalogue: Catalogue) -> String {
    "\(amount(Double(minor) / catalogue.scale)) \(catalogue.currency)"
  }

  /// Two digits behind the point.
  static func amount(_ number: Double) -> String {
    let cents = (abs(number) * 100).rounded()
    guard cents < 1e15 else { return "\(number)" }
    let whole = Int64(cents)
    let rest = whole % 100
    return "\(number < 0 && whole > 0 ? "−" : "")\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  private static func share(_ number: Double) -> String {
    "\((number * 10_000).rounded() / 10_000)"
  }
}

extension Decision {
  /// The money behind an offer's score, part by part, from the arguments it was decided by.
  ///
  /// - Parameters:
  ///   - offer: its place.
  ///   - request: what was asked.
  ///   - facts: what was known.
  ///   - standing: contacts.
  ///   - budget: the use of its budget.
  ///   - estimate: what was believed of it.
  ///   - catalogue: the version that was decided by.
  /// - Returns: parts that sum up to the offer's score in the workspace.
  public static func parts(
    of offer: Int, _ request: DecisionRequest, facts: borrowing Facts,
    standing: borrowing Standing, budget: BudgetUse, estimate: OfferEstimate,
    in catalogue: borrowing Catalogue
  ) -> ScoreParts {
    let terms = catalogue.offers[offer]
    let cost = terms.expectedCost(
      basket: facts[.basket], meanSpend: facts[.meanSpend], scale: catalogue.scale)
    let fatigue =
      catalogue.channels[Int(request.channel.rawValue)].fatigue
      * standing.fatigue(at: request.moment.nowMicros)
    return Arbitration.parts(
      uplift: Arbitration.clipped(estimate.uplift, basket: basket(facts)), offer: terms, cost: cost,
      price: budget.price, fatigue: fatigue)
  }
}

extension DecisionWorkspace {
  /// How many offers ended with each reason, by its code.
  public var funnel: [Int] {
    var counts = [Int](repeating: 0, count: Reason.codeCount)
    for reason in reasons { counts[Int(reason.code)] += 1 }
    return counts
  }

  /// How much more the first choice scores than the best that was not chosen, no offer included, in
  /// major units; nil without a scored choice.
  public var marginToRunnerUp: Double? {
    guard let first = choices.first, !first.score.isNaN else { return nil }
    var runnerUp = 0.0
    for place in reasons.indices {
      if case .ranked = reasons[place], scores[place] > runnerUp { runnerUp = scores[place] }
    }
    return first.score - runnerUp
  }
}
