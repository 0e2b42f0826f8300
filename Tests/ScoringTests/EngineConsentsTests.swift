// Consent: what holds, whatever the sequence in which it came; duplicates, refusals, limits.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Engine: consents")
struct EngineConsentsTests {
  private static let now = EngineHarness.noon(20_000)
  private static let second: Int64 = 1_000_000

  private static func consent(
    _ status: ConsentStatus, at seconds: Int64, until: Int64 = 0, source: String = "",
    channel: Channel = .email, purpose: Purpose = .marketing
  ) -> Consent {
    Consent(
      channel, purpose, status, timeMicros: now + seconds * second,
      expiresMicros: until == 0 ? 0 : now + until * second, source: source)
  }

  @Test("without a word there is no consent, and each channel and purpose has its own")
  func byDefault() throws {
    var shop = try EngineHarness()
    #expect(shop.allows("c") == false)
    _ = shop.consent("c", Self.consent(.granted, at: 0))
    #expect(shop.allows("c") == true)
    let row = shop.number(of: "c") ?? 0
    for channel in Channel.allCases {
      for purpose in Purpose.allCases {
        let expected = channel == .email && purpose == .marketing
        let store = shop.engine.store
        #expect(store.allows(row, channel, purpose, at: Self.now) == expected)
      }
    }
    #expect(shop.allows("other") == false)
  }

  @Test("a consent ends at the moment it expires, and not before")
  func expiry() throws {
    var shop = try EngineHarness()
    _ = shop.consent("c", Self.consent(.granted, at: -5, until: 10))
    for (second, allows) in [(9, true), (10, false), (11, false)] {
      let allowed = shop.allows("c", Int64(second))
      #expect(allowed == allows)
    }
  }

  @Test("what is older is kept and changes nothing; a revocation holds at once")
  func outOfOrder() throws {
    var shop = try EngineHarness()
    _ = shop.consent("c", Self.consent(.granted, at: -10))
    _ = shop.consent("c", Self.consent(.revoked, at: -20))
    #expect(shop.allows("c") == true)
    _ = shop.consent("c", Self.consent(.revoked, at: -9))
    #expect(shop.allows("c") == false)
    _ = shop.consent("c", Self.consent(.granted, at: -11))
    #expect(shop.allows("c") == false)
    #expect(shop.consents("c").consents.count == 4)
  }

  @Test("of one time revoked holds before denied before granted, and the earlier end of two")
  func ties() throws {
    for (weak, strong) in [
      (ConsentStatus.granted, ConsentStatus.denied), (.granted, .revoked), (.denied, .revoked),
    ] {
      for sequence in [[weak, strong], [strong, weak]] {
        var shop = try EngineHarness()
        for status in sequence { _ = shop.consent("c", Self.consent(status, at: 0)) }
        let row = shop.number(of: "c") ?? 0
        let store = shop.engine.store
        let number = try #require(store.standing(of: row, .email, .marketing))
        let facts = store.facts
        #expect(facts.consents[facts.standings[number].present].status == strong.rawValue)
      }
    }
    for ends in [[5, 9], [9, 5], [0, 5], [5, 0]] as [[Int64]] {
      var shop = try EngineHarness()
      for end in ends { _ = shop.consent("c", Self.consent(.granted, at: 0, until: end)) }
      #expect(shop.allows("c", 4) == true, "\(ends)")
      #expect(shop.allows("c", 5) == false, "\(ends)")
    }
  }

  @Test("all permutations of what was said come to one state", arguments: seeds(6))
  func permutations(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let said = (0..<5).map { _ in
      let status = ConsentStatus.allCases.randomElement(using: &chance) ?? .granted
      let time = Int64.random(in: -2...0, using: &chance)
      return Self.consent(
        status, at: time,
        until: status == .granted ? Int64.random(in: 1...3, using: &chance) : 0)
    }
    var outcomes: Set<[Bool]> = []
    for permutation in Self.permutations(of: said) {
      var shop = try EngineHarness()
      for consent in permutation { _ = shop.consent("c", consent) }
      outcomes.insert((0...4).map { shop.allows("c", $0) })
    }
    #expect(outcomes.count == 1, "SEED=\(seed)")
  }

  private static func permutations(of all: [Consent]) -> [[Consent]] {
    if all.count <= 1 { return [all] }
    return all.indices.flatMap { place in
      var rest = all
      let one = rest.remove(at: place)
      return permutations(of: rest).map { [one] + $0 }
    }
  }

  @Test("the same row is a duplicate, one that differs in anything is not")
  func duplicates() throws {
    var shop = try EngineHarness()
    let first = Self.consent(.granted, at: -5, until: 10, source: "till")
    #expect(shop.consent("c", first)?.recorded == 1)
    let hash = shop.engine.store.stateHash()
    #expect(shop.consent("c", first)?.duplicates == 1)
    #expect(shop.engine.store.stateHash() == hash)
    var others = [Consent](repeating: first, count: 7)
    others[0].channel = .sms
    others[1].purpose = .service
    (others[2].status, others[2].expiresMicros) = (.denied, 0)
    others[3].timeMicros -= 1
    others[4].expiresMicros += 1
    others[5].source = "site"
    others[6].textVersion = "2"
    for other in others { #expect(shop.consent("c", other)?.recorded == 1, "\(other)") }
    #expect(shop.consent("d", first)?.recorded == 1)
    for other in others { #expect(shop.consent("c", other)?.duplicates == 1, "\(other)") }
  }

  @Test("a time in the future is refused, and nothing is made of the row")
  func refused() throws {
    var shop = try EngineHarness()
    let hash = shop.engine.store.stateHash()
    let late = Self.consent(.granted, at: Int64(Limits.futureSecondsMax) + 1, source: "new")
    let early = Consent(.email, .marketing, .granted, timeMicros: -1)
    let endless = Consent(
      .email, .marketing, .granted, timeMicros: Self.now, expiresMicros: .max)
    for wrong in [late, early, endless] {
      #expect(shop.consent("c", wrong)?.refused == [.init(row: 0, status: .timeOutOfRange)])
    }
    #expect(shop.engine.store.stateHash() == hash)
    #expect(
      shop.consent("c", Self.consent(.granted, at: Int64(Limits.futureSecondsMax)))?.recorded == 1)
    var bare = try EngineHarness(declared: nil)
    let request = RecordConsentsRequest(consents: [.init(customer: "c", early)])
    #expect(bare.ask(.recordConsents, request, RecordReply.self) == .refused(.notDeclared))
  }

  @Test("a customer without orders is known by consent and unknown to scores")
  func withoutOrders() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    let stranger = shop.score("c").body
    _ = shop.consent("c", Self.consent(.granted, at: 0))
    #expect(shop.engine.store.customerCount == 1)
    #expect(shop.score("c").body == stranger)
    #expect(stranger?.known == false)
    // The first order makes the customer known, and leaves the consent.
    _ = shop.record("c", "1", day: 19_990)
    #expect(shop.score("c").body?.known == true)
    #expect(shop.engine.store.customerCount == 1)
    #expect(shop.allows("c") == true)
  }

  @Test("a long history is told in part, and each channel and purpose has its share")
  func bounded() throws {
    var shop = try EngineHarness()
    let rows = (0..<1100).map {
      RecordConsentsRequest.Row(customer: "c", Self.consent(.granted, at: -Int64($0)))
    }
    let request = RecordConsentsRequest(consents: rows)
    #expect(shop.ask(.recordConsents, request, RecordReply.self).body?.recorded == 1100)
    let long = shop.consents("c")
    #expect(long.consents.count == 1024 && long.leftOut)
    _ = shop.consent("c", Self.consent(.denied, at: 0, channel: .post))
    let told = shop.consents("c")
    #expect(told.consents.count == 513 && told.leftOut && told.consents.last?.channel == .post)
    #expect(shop.consents("nobody") == ConsentHistoryReply())
  }
}

extension EngineHarness {
  /// The row of a customer.
  mutating func number(of name: String) -> UInt32? { engine.row(of: Array(name.utf8).raw) }

  /// Whether the customer may be sent marketing by e-mail, so many seconds from now.
  mutating func allows(_ name: String, _ seconds: Int64 = 0) -> Bool {
    number(of: name).map {
      engine.store.allows($0, .email, .marketing, at: nowMicros + seconds * 1_000_000)
    } ?? false
  }

  mutating func consent(_ customer: String, _ consent: Consent) -> RecordReply? {
    ask(
      .recordConsents, RecordConsentsRequest(consents: [.init(customer: customer, consent)]),
      RecordReply.self
    ).body
  }

  mutating func consents(_ customer: String) -> ConsentHistoryReply {
    ask(
      .consentHistory, ConsentHistoryRequest(customer: customer), ConsentHistoryReply.self
    ).body ?? ConsentHistoryReply()
  }
}
