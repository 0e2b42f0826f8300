// Why an offer was chosen, or why not: exactly one reason each. Sentences are in Explanation.

/// Why it is quiet.
public enum QuietCause: UInt8, Sendable {
  /// The channel's quiet hours.
  case hours
  /// A contact not long ago.
  case contact
  /// Too many refusals.
  case refusals
}

/// The terminal reason of one offer, in the order of the stages.
public enum Reason: Equatable, Sendable {
  /// Its state is not live, or the day is before its start or not before its end.
  case notLive(OfferState)
  /// The customer is held back by this holdout.
  case holdout(Int)
  /// There is no consent.
  case consent(Channel, Purpose)
  /// A clause of a condition is no or unknown.
  case rule(ConditionLayer, clause: Int, isUnknown: Bool)
  /// A cap is reached; when it frees, in microseconds since 1970 UTC, or `Int64.max`.
  case cap(Int, freesAt: Int64)
  /// It is quiet until then, in microseconds since 1970 UTC.
  case quiet(QuietCause, until: Int64)
  /// The budget does not cover it: minor units, or how many; the campaign whose it is, or −1 for the
  /// offer's own.
  case budget(free: Int64, needed: Int64, isCount: Bool, campaign: Int = -1)
  /// Another offer of its group or family was chosen, and places were left.
  case exclusive(with: Int)
  /// It is not for this placement or channel.
  case notInPlacement
  /// No offer is at least as good: its uplift, and its score, which is not above 0 or not a number.
  case negativeUplift(uplift: Double, score: Double)
  /// Others were better, or the draw fell on others: its rank by score from 1, and how much less than
  /// the last that was chosen it scores, in major units; 0 and 0 until ``findRanks(in:scores:last:)``.
  case ranked(position: Int, gap: Double)
  /// Chosen by the draw, though not the best by score, with this probability.
  case explored(Double)
  /// Chosen.
  case chosen

  /// One byte: the number of the stage, 0 to 12.
  public var code: UInt8 {
    switch self {
    case .notLive: 0
    case .holdout: 1
    case .consent: 2
    case .rule: 3
    case .cap: 4
    case .quiet: 5
    case .budget: 6
    case .exclusive: 7
    case .notInPlacement: 8
    case .negativeUplift: 9
    case .ranked: 10
    case .explored: 11
    case .chosen: 12
    }
  }

  /// How many codes there are.
  public static let codeCount = 13

  /// What a code is called.
  ///
  /// - Parameter code: 0 to 12.
  /// - Returns: as `NOT_LIVE`; empty for another number.
  public static func name(ofCode code: UInt8) -> String {
    let names = [
      "NOT_LIVE", "HOLDOUT", "CONSENT", "RULE", "CAP", "QUIET", "BUDGET", "EXCLUSIVE",
      "NOT_IN_PLACEMENT", "NEGATIVE_UPLIFT", "RANKED", "EXPLORED", "CHOSEN",
    ]
    return Int(code) < names.count ? names[Int(code)] : ""
  }

  /// Whether the offer was chosen.
  public var isChosen: Bool { code >= 11 }

  /// Fills in the ranks of those that were neither chosen nor barred.
  ///
  /// They are among all that were chosen, could have been, or gave way to what was chosen; of equal ones
  /// the lower place comes first.
  ///
  /// - Parameters:
  ///   - reasons: of all offers, by place.
  ///   - scores: S of each that has one, else NaN, in major units.
  ///   - last: that of the last that was chosen, 0 where none was.
  /// - Precondition: there are as many scores as reasons.
  public static func findRanks(in reasons: inout [Reason], scores: [Double], last: Double) {
    precondition(scores.count == reasons.count, "each offer has a score or none")
    func height(_ place: Int) -> Double { scores[place].isNaN ? -.infinity : scores[place] }
    let sorted = reasons.indices.filter { reasons[$0].takesRank }
      .sorted { height($0) != height($1) ? height($0) > height($1) : $0 < $1 }
    let reference = last.isNaN ? 0 : last
    for (rank, place) in sorted.enumerated() where reasons[place].code == 10 {
      reasons[place] = .ranked(
        position: rank + 1, gap: reference - (scores[place].isNaN ? 0 : scores[place]))
    }
  }

  private var takesRank: Bool {
    switch self {
    case .ranked, .explored, .chosen, .exclusive: true
    default: false
    }
  }
}
