// Whether decisions kept the rules, found from the journal alone: every rule is counted anew, by brute
// force and from its specification, and nothing of the engine is asked but the catalogue's JSON reader.
// What is remembered is in OracleMemory, what is checked in OracleChecks.

import Offers
import Platform
public import Wire

/// A rule that a decision can break.
public enum OracleRule: String, CaseIterable, Sendable {
  /// The catalogue's version that is cited is not the one in force.
  case version
  /// An offer that is not live, not yet or not any more.
  case life
  /// A customer who is held back.
  case holdout
  /// No consent.
  case consent
  /// A cap that is reached.
  case cap
  /// The channel's quiet hours.
  case quietHours
  /// Quiet after a contact.
  case quietPeriod
  /// Refused too often.
  case refusals
  /// More spent and reserved than there is.
  case budget
  /// A probability that is none.
  case propensity
  /// The wrong placement or channel.
  case placement
  /// Two offers in one answer that exclude one another, or one twice.
  case slate
  /// More offers than were asked for.
  case count
  /// A condition over what ties the customer to the shop that does not hold.
  case condition
  /// A reason that does not hold, or hides another.
  case reasons
}

/// A rule that was broken, and where.
public struct OracleViolation: Sendable, CustomStringConvertible {
  /// The rule.
  public var rule: OracleRule
  /// The record of the decision.
  public var sequence: UInt64
  /// What is wrong.
  public var description: String
}

/// What an oracle has seen.
public struct OracleTally: Sendable {
  /// Decisions.
  public var decisions = 0
  /// Offers that were chosen.
  public var chosen = 0
  /// Outcomes that were taken.
  public var outcomes = 0
  /// How often each reason was told, by code.
  public var reasons = [Int](repeating: 0, count: Reason.codeCount)
  /// How often each rule was broken.
  public var broken: [OracleRule: Int] = [:]
  /// What the codes of reasons are called.
  public static let reasonNames = (0..<UInt8(Reason.codeCount)).map(Reason.name(ofCode:))

  /// Violations, kept or not.
  public var violations: Int { broken.values.reduce(0, +) }

  /// No decisions.
  public init() {}

  /// Adds another's counts.
  ///
  /// - Parameter other: of other decisions.
  public mutating func add(_ other: OracleTally) {
    decisions += other.decisions
    chosen += other.chosen
    outcomes += other.outcomes
    broken.merge(other.broken, uniquingKeysWith: +)
    for code in reasons.indices { reasons[code] += other.reasons[code] }
  }
}

/// The judge of a journal's decisions.
public struct DecisionOracle {
  private static let keptMax = 20
  /// How far a clock may be ahead.
  static let skewMicros: Int64 = 300_000_000

  /// The first violations.
  public private(set) var violations: [OracleViolation] = []
  /// What was seen.
  public private(set) var tally = OracleTally()

  var zone = OracleZone()
  /// The catalogue in force.
  var catalogue: Catalogue?
  /// The identifiers of all offers there ever were: receipts tell them by number.
  var accounts: [String] = []
  var people: [[UInt8]: OraclePerson] = [:]
  /// Everything that was ever offered here, and where a decision's begin.
  var contacts: [OracleContact] = []
  var decided: [CommandKey: Int] = [:]
  /// The value of what was ordered for a decision, by its key.
  var ordered: [CommandKey: Int64] = [:]
  /// Of each offer, what may still be redeemed, and what was.
  var purses: [String: OraclePurse] = [:]
  /// Of each campaign with a budget, what was redeemed of its offers.
  var campaignSpent: [String: [OracleExpense]] = [:]
  var outcomeNames: Set<[UInt8]> = []
  var eventNames: Set<[UInt8]> = []
  var sequence: UInt64 = 0

  /// An oracle that has seen nothing.
  public init() {}

  /// Reads the next record of the journal.
  ///
  /// - Parameters:
  ///   - sequence: its number.
  ///   - timeMicros: its time, microseconds since 1970 UTC.
  ///   - frame: the accepted frame.
  /// - Throws: a `Refusal` for a frame that cannot be read.
  public mutating func read(
    sequence: UInt64, timeMicros: Int64, frame: [UInt8]
  ) throws(Refusal) {
    self.sequence = sequence
    let bytes = frame.rawBytes
    guard case .frame(let header) = try Frame.cut(bytes, sizeMax: Limits.frameSizeMax) else {
      throw Refusal(.badFrame, "record \(sequence) holds no whole frame")
    }
    var body = FrameReader(bytes, from: FrameHeader.size)
    switch Verb(rawValue: header.verb) {
    case .declareShop: zone = OracleZone(try DeclareShopRequest(from: &body).transitions)
    case .putCatalogue: try put(try PutCatalogueRequest(from: &body))
    case .amendOffer: try amend(try AmendOfferRequest(from: &body))
    case .recordProfiles: remember(try RecordProfilesRequest(from: &body))
    case .recordConsents: remember(try RecordConsentsRequest(from: &body), at: timeMicros)
    case .recordEvents: remember(try RecordEventsRequest(from: &body), at: timeMicros)
    case .recordOutcomes: remember(try RecordOutcomesRequest(from: &body), at: timeMicros)
    case .recordDecision:
      let decision = try DecisionRecord(from: &body)
      count(decision)
      check(decision)
      remember(decision)
      checkBudgets(decision)
    default: break
    }
  }

  private mutating func count(_ decision: DecisionRecord) {
    tally.decisions += 1
    tally.chosen += decision.told.choices.count
    for code in decision.told.reasons where Int(code) < tally.reasons.count {
      tally.reasons[Int(code)] += 1
    }
  }

  mutating func countOutcome() { tally.outcomes += 1 }

  mutating func object(_ rule: OracleRule, _ what: String) {
    tally.broken[rule, default: 0] += 1
    guard violations.count < Self.keptMax else { return }
    violations.append(
      OracleViolation(
        rule: rule, sequence: sequence, description: "record \(sequence), \(rule): \(what)"))
  }

  private mutating func put(_ request: PutCatalogueRequest) throws(Refusal) {
    do throws(JSONError) {
      let next = try Catalogue(Array(request.catalogue.utf8), replacing: catalogue)
      // In the order of their identifiers, as bytes.
      for words in next.words where !accounts.contains(words.id) { accounts.append(words.id) }
      // A budget for other days begins anew.
      for (place, words) in next.words.enumerated() {
        guard let before = catalogue, let old = before.place(of: words.id) else { continue }
        if before.offers[old].startDay != next.offers[place].startDay
          || before.offers[old].budgetDays != next.offers[place].budgetDays
        {
          purses[words.id]?.spent = []
        }
      }
      for id in campaignSpent.keys where !next.campaigns.contains(where: { $0.id == id }) {
        campaignSpent[id] = nil
      }
      for campaign in next.campaigns {
        let old = catalogue?.campaigns.first { $0.id == campaign.id }
        if let old,
          old.budget.startDay != campaign.budget.startDay
            || old.budget.days != campaign.budget.days
        {
          campaignSpent[campaign.id] = nil
        }
      }
      catalogue = next
    } catch {
      throw Refusal(.badCatalogue, "\(error)")
    }
  }

  private mutating func amend(_ request: AmendOfferRequest) throws(Refusal) {
    do throws(CatalogueChangeError) {
      catalogue = try catalogue?.amended(
        request.offer, to: OfferState(rawValue: request.state.rawValue) ?? .draft)
    } catch {
      throw Refusal(.unknownOffer, "\(error)")
    }
  }
}
