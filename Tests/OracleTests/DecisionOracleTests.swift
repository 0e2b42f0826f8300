// Random lives of decisions before the oracle, and whether the oracle sees what it is there for: for every
// rule a journal is changed so that a decision in it breaks the rule.

import Foundation
import Platform
import Simulation
import Support
import Testing
import Wire

@testable import DecisionOracle

@Suite("DecisionOracle")
struct DecisionOracleTests {
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"

  /// Lives of which a few tests need the journals, by their seeds.
  private static let journals: [UInt64: DecisionLife.Report] = {
    var lives: [UInt64: DecisionLife.Report] = [:]
    for seed in 1...6 as ClosedRange<UInt64> {
      lives[seed] = try? DecisionLife.live(seed: seed, decisions: 700, keepsJournal: true)
    }
    return lives
  }()

  // Whole lives of the length in which a million are made are the simulation's, and the long form's.
  @Test(
    "no consent, cap, quiet, holdout, budget or date is violated in random lives of decisions",
    arguments: seeds(isLong ? 50 : 8))
  func lives(seed: UInt64) throws {
    let report =
      try (Self.isLong ? nil : Self.journals[seed])
      ?? DecisionLife.live(
        seed: seed, decisions: Self.isLong ? DecisionLife.decisionsPerLife : 700)
    print("seed \(seed): \(report.tally.decisions) decisions, \(report.tally.chosen) chosen")
    #expect(report.violations.isEmpty, "\(report.violations)")
    #expect(report.refused < report.tally.decisions / 20, "\(report.refusals)")
  }

  @Test("all reasons are told, and most commands are taken, in lives as they are drawn")
  func breadth() throws {
    var tally = OracleTally()
    for life in Self.journals.values { tally.add(life.tally) }
    #expect(tally.violations == 0 && tally.decisions == 6 * 700)
    #expect(tally.chosen > tally.decisions / 5 && tally.outcomes > tally.decisions / 10)
    for code in tally.reasons.indices { #expect(tally.reasons[code] > 20, "code \(code)") }
  }

  @Test("the hash of holdouts is that of the specification")
  func hash() {
    for (key, customer, bucket) in [
      ("global-2026", "customer-1", 3_900), ("global-2026", "customer-2", 1_592),
      ("offer:win-back", "customer-1", 7_843), ("global-2026", "クライアント", 2_818),
      ("global-2026", "", 3_093),
    ] {
      #expect(oracleBucket(key: key, customer: Array(customer.utf8)) == bucket)
    }
    #expect(oracleHash(Array("global-2026\u{1f}customer-1".utf8)) == 0x63d8_652c_4e77_03d8)
  }

  @Test(
    "an engine made from a snapshot and given the records goes on as the one that decided",
    arguments: seeds(isLong ? 10 : 4))
  func states(seed: UInt64) throws {
    // Both states are hashed after every record.
    let decisions = Self.isLong ? 250 : 80
    let report = try DecisionLife.live(seed: seed, decisions: decisions, snapshotEvery: 13)
    #expect(report.tally.decisions == decisions)
  }

  // MARK: Whether it bites

  @Test("it objects to a journal in which a rule is broken", arguments: OracleRule.allCases)
  func bites(rule: OracleRule) throws {
    for seed in Self.journals.keys.sorted() {
      let life = try #require(Self.journals[seed])
      try #require(life.tally.violations == 0)
      var oracle = DecisionOracle()
      for record in life.journal {
        guard let frame = try Self.altered(record.frame, against: rule) else { continue }
        // A catalogue that was changed may not fit the one before.
        try? oracle.read(
          sequence: record.sequence, timeMicros: record.timeMicros, frame: frame)
      }
      if oracle.tally.broken[rule, default: 0] > 0 { return }
    }
    Issue.record("nothing was found against \(rule)")
  }

  /// A record changed so that what was decided by it, or after it, breaks a rule; nil leaves it out.
  private static func altered(_ frame: [UInt8], against rule: OracleRule) throws -> [UInt8]? {
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax)
    else { return frame }
    var body = FrameReader(frame.rawBytes, from: FrameHeader.size)
    switch Verb(rawValue: header.verb) {
    case .amendOffer where rule == .version: return nil
    case .recordConsents where rule == .consent: return nil
    case .recordProfiles where rule == .condition: return nil
    case .putCatalogue:
      var request = try PutCatalogueRequest(from: &body)
      request.catalogue = altered(request.catalogue, against: rule)
      return try Self.frame(.putCatalogue, request)
    case .recordDecision:
      var decision = try DecisionRecord(from: &body)
      alter(&decision, against: rule)
      return try Self.frame(.recordDecision, decision)
    default: return frame
    }
  }

  private static func altered(_ catalogue: String, against rule: OracleRule) -> String {
    func number(_ text: Substring) -> Int { Int(text) ?? 0 }
    switch rule {
    case .life: return catalogue.replacing(#""state": "live""#, with: #""state": "paused""#)
    case .holdout:
      return catalogue.replacing(#/"percent": (\d+)/#) {
        "\"percent\": \(min(50, number($0.1) + 5))"
      }
    case .cap:
      return catalogue.replacing(#/"limit": (\d+)/#) { "\"limit\": \(number($0.1) / 2)" }
    case .quietHours:
      return catalogue.replacing(#/"quiet_to": "(\d\d):/#) {
        let hour = (number($0.1) + 2) % 24
        return "\"quiet_to\": \"\(hour < 10 ? "0" : "")\(hour):"
      }
    case .quietPeriod:
      return catalogue.replacing(#/"hours": (\d+)}/#) { "\"hours\": \(number($0.1) * 9)}" }
    case .refusals:
      return catalogue.replacing(
        #/"refusals": \d+, "days": \d+/#, with: #""refusals": 1, "days": 900"#)
    case .budget:
      return catalogue.replacing(#/"(money|count)": (\d+)/#) {
        "\"\($0.1)\": \(number($0.2) / 2)"
      }
    default: return catalogue
    }
  }

  private static func alter(_ decision: inout DecisionRecord, against rule: OracleRule) {
    guard !decision.chosen.isEmpty else { return }
    switch rule {
    case .propensity: decision.told.choices[0].propensity = 0
    case .placement: decision.placement = decision.placement == 0 ? 1 : 0
    case .slate:
      decision.told.choices.append(decision.told.choices[0])
      decision.chosen.append(decision.chosen[0])
    case .count: decision.top = 1
    case .reasons: decision.told.reasons[Int(decision.chosen[0].place)] = 10
    default: break
    }
  }

  private static func frame(_ verb: Verb, _ request: some Message) throws -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 1, in: &out)
    try request.write(to: &out)
    Frame.end(mark, in: &out)
    var bytes: [UInt8] = []
    bytes.append(bytes: out.bytes)
    return bytes
  }
}
