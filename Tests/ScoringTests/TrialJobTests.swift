// What a catalogue would do: that a trial changes nothing, and that what it foretells comes true where
// everybody is then really asked, in its sequence.

import Models
import Support
import Testing
import Wire

@testable import Scoring

@Suite("TrialJob")
struct TrialJobTests {
  /// The job of a trial, or why there is none.
  func job(
    _ request: TryCatalogueRequest, _ harness: inout EngineHarness
  ) -> Result<TrialJob, Refusal> {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.tryCatalogue.rawValue, tag: 7, in: &frame)
    try? request.write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else { return .failure(Refusal(.badFrame, "no frame")) }
    let outcome = harness.engine.execute(header, frame.bytes, at: harness.nowMicros, into: &out)
    if case .asked(.analysis(let job as TrialJob)) = outcome { return .success(job) }
    guard case .refused(let status) = outcome else {
      return .failure(Refusal(.taskFailed, "no refusal"))
    }
    return .failure(Refusal(status, ""))
  }

  private static let budgets =
    #""campaigns": [{"id": "k", "offers": ["b", "c"], "budget": {"money": 190}}], "caps": [{"scope": "global", "limit": 3, "days": 7}], "holdouts": [{"level": "global", "key": "g", "percent": 10}],"#

  private static func catalogue(_ more: String = "", top: Int = 1) -> String {
    func coupon(_ value: Int, _ budget: String = "") -> String {
      #""reward": {"kind": "discount_amount", "value": \#(value)}"# + budget
    }
    return EngineHarness.catalogue(
      [
        EngineHarness.offer("a", coupon(3, #", "budget": {"count": 40}"#)),
        EngineHarness.offer("b", coupon(4)), EngineHarness.offer("c", coupon(2)),
        EngineHarness.offer("d", #""eligibility": "orders >= 3""#),
        EngineHarness.offer(
          "e", coupon(1, #", "budget": {"money": 30, "days": 30}, "start": "2024-09-20""#)),
      ], rest: budgets + more, placements: #"{"id": "checkout", "top": \#(top)}"#)
  }

  /// A shop with customers, of whom some were decided for already; its offers are worth something.
  private func shop(_ catalogue: String, customers: Int) throws -> EngineHarness {
    var harness = try EngineHarness()
    for number in 0..<customers {
      for order in 0...(number % 4) {
        _ = harness.record(
          "c\(number)", "\(number)-\(order)", day: 19_800 + number % 150 + order * 9,
          minor: Int64(1_000 + 37 * number))
      }
    }
    guard harness.put(catalogue).body != nil else { throw EngineHarness.Missing() }
    let arms = (1...5 as ClosedRange<UInt32>).map { arm in
      AdoptPolicyRequest.Arm(
        arm: arm, means: [4 + Double(arm)] + [Double](repeating: 0.3 * Double(arm) - 1, count: 31))
    }
    let isAdopted = harness.own(.adoptPolicy, AdoptPolicyRequest(arms: arms))
    guard isAdopted else { throw EngineHarness.Missing() }
    for number in 0..<customers / 10 { _ = try harness.made("c\(number * 7 % customers)") }
    return harness
  }

  private func really(
    _ customer: TrialCustomer, _ flags: DecideFlags, _ harness: inout EngineHarness
  ) throws -> DecideReply {
    let store = harness.engine.store
    let bytes = EngineHarness.copy(
      store.identifiers.bytes(at: store.customers[customer.row].identifier))
    let decision = harness.decide(String(decoding: bytes, as: UTF8.self), flags) {
      $0.key = customer.key
    }
    guard let reply = decision.body else { throw EngineHarness.Missing() }
    return reply
  }

  @Test(
    "a trial changes nothing, and is what happens when all are asked in its sequence",
    arguments: [DecideFlags.greedy, []], [1, 2])
  func same(flags: DecideFlags, top: Int) throws {
    var harness = try shop(Self.catalogue(top: top), customers: 300)
    var request = TryCatalogueRequest(channel: .site)
    request.flags = flags
    let (hash, sequence) = (harness.engine.store.stateHash(), harness.engine.sequence)
    let trial = try job(request, &harness).get()
    let told = try trial.reply()
    // As one block after the other, and each customer alone: budgets are exact in all of them.
    #expect(try trial.reply(blockSize: 1) == told)
    #expect(try trial.reply(blockSize: 97) == told)
    let (hashAfter, sequenceAfter) = (harness.engine.store.stateHash(), harness.engine.sequence)
    #expect(hashAfter == hash && sequenceAfter == sequence)
    #expect(told.isInForce && told.customers == 300 && told.population == 300)

    var chosen = [UInt64](repeating: 0, count: 5)
    var (offered, heldOut): (UInt64, UInt64) = (0, 0)
    for customer in trial.customers() {
      let reply = try really(customer, flags, &harness)
      if reply.told.flags.contains(.heldOut) { heldOut += 1 }
      if !reply.told.choices.isEmpty { offered += 1 }
      for choice in reply.told.choices {
        guard let place = told.offers.firstIndex(where: { $0.offer == choice.offer }) else {
          throw EngineHarness.Missing()
        }
        chosen[place] += 1
      }
    }
    #expect(told.offers.map(\.chosen) == chosen)
    #expect(told.offered == offered && told.heldOut == heldOut)
    #expect(told.without.reduce(0, +) == told.customers - offered)
    for offer in told.offers {
      #expect(offer.reasons.reduce(0, +) == 300)
      let line = try harness.stand(of: offer.offer)
      if offer.budget.saturation != nil {
        #expect(offer.budget.takenMinor == line.spentMinor + line.reservedMinor)
        #expect(offer.budget.takenCount == line.givenCount + line.reservedCount)
      }
    }
    // The budgets were used up on the way, or the test would say little.
    #expect(told.campaigns[0].budget.takenMinor > 18_000)
    #expect(told.campaigns[0].budget.takenMinor <= 19_000)
    #expect(told.offers[0].budget.takenCount == 40 && told.offers[0].reasons[6] > 0)
  }

  @Test("another catalogue is tried before it is put, with offers that never were")
  func other() throws {
    var harness = try shop(Self.catalogue(), customers: 120)
    let text = EngineHarness.catalogue([
      EngineHarness.offer("a"), EngineHarness.offer("new", family: "a"),
      EngineHarness.offer(
        "z", #""class": "mandatory", "eligibility": "orders == 1", "contact_cost": 0.5"#),
    ])
    let hash = harness.engine.store.stateHash()
    var request = TryCatalogueRequest(catalogue: text, placement: "checkout", channel: .site)
    request.flags = .greedy
    let trial = try job(request, &harness).get()
    let told = try trial.reply()
    let after = harness.engine.store.stateHash()
    #expect(after == hash && !told.isInForce && told.catalogue == 2)
    #expect(harness.put(text).body?.version == 2)
    var chosen: [String: UInt64] = [:]
    for customer in trial.customers() {
      for choice in try really(customer, .greedy, &harness).told.choices {
        chosen[choice.offer, default: 0] += 1
      }
    }
    #expect(told.offers.map(\.chosen) == ["a", "new", "z"].map { chosen[$0] ?? 0 })
    #expect(told.offers[2].chosen == 30 && told.offers[2].cost == 15)
  }

  @Test(
    "a trial knows sources that only the tried catalogue speaks of, costs, and tiers while they are held"
  )
  func ties() throws {
    var harness = try EngineHarness()
    let today = 20_000
    for number in 0..<30 {
      _ = harness.record("c\(number)", "1", day: 19_990)
      let cost = AcquisitionCost(amountMinor: Int64(number) * 100, currency: "EUR", minorDigits: 2)
      let tier = HeldTier(
        number % 2 == 0 ? .gold : .bronze, untilDay: UInt16(number < 10 ? today - 1 : today))
      let change = ProfileChange(
        source: number % 3 == 0 ? .set("search") : .keep, acquisitionCost: .set(cost),
        tier: .set(tier))
      #expect(harness.profile("c\(number)", change)?.recorded == 1)
    }
    let conditions = [
      #"source == \"search\""#, "acquisition_cost < 5", "tier >= silver", "tier is unknown",
    ]
    let text = EngineHarness.catalogue(
      conditions.enumerated().map {
        EngineHarness.offer(
          "o\($0.offset)", #""class": "mandatory", "eligibility": "\#($0.element)""#)
      }, placements: #"{"id": "checkout", "top": 9}"#)
    var request = TryCatalogueRequest(catalogue: text, placement: "checkout", channel: .site)
    (request.top, request.flags) = (9, .greedy)
    let told = try job(request, &harness).get().reply()
    #expect(told.customers == 30)
    // Every third; the first five; the even ones from 10 on; those before 10.
    #expect(told.offers.map(\.chosen) == [10, 5, 10, 10])
  }

  @Test("before the first catalogue one can be tried, and none cannot")
  func first() throws {
    var harness = try EngineHarness()
    _ = harness.record("ann", "1", day: 19_990)
    guard case .failure(let refusal) = job(TryCatalogueRequest(channel: .site), &harness) else {
      throw EngineHarness.Missing()
    }
    #expect(refusal.status == .noCatalogue)
    let request = TryCatalogueRequest(catalogue: Self.catalogue(), channel: .site)
    let told = try job(request, &harness).get().reply()
    #expect(told.catalogue == 1 && told.customers == 1 && told.placement == "checkout")
  }

  @Test("the margin is the sum of what is believed of each choice, with the posterior's interval")
  func margin() throws {
    var harness = try shop(Self.catalogue(), customers: 200)
    var request = TryCatalogueRequest(channel: .site)
    request.flags = .greedy
    let trial = try job(request, &harness).get()
    let told = try trial.reply()
    var sum = 0.0
    for customer in trial.customers() {
      for choice in try really(customer, .greedy, &harness).told.choices { sum += choice.uplift }
    }
    #expect(abs(told.margin.value - sum) < 1e-6 * abs(sum), "\(told.margin) \(sum)")
    let parts = told.offers.reduce(0) { $0 + ($1.margin.isKnown ? $1.margin.value : 0) }
    #expect(abs(parts - sum) < 1e-6 * abs(sum))
    #expect(told.margin.low < sum && sum < told.margin.high)
    // Errors of coefficients do not cancel out over customers: the interval grows with their number.
    request.customers = 50
    let few = try job(request, &harness).get().reply()
    #expect(few.customers == 50 && few.population == 200)
    let widths = [told, few].map { ($0.margin.high - $0.margin.low) / Double($0.offered) }
    #expect(abs(widths[0] / widths[1] - 1) < 0.5, "\(widths)")
  }

  @Test("what is wrong is refused with its place")
  func refusals() throws {
    var harness = try shop(Self.catalogue(), customers: 5)
    func refusal(_ request: TryCatalogueRequest, _ harness: inout EngineHarness) throws -> Refusal {
      do throws(Refusal) {
        _ = try job(request, &harness).get().reply()
      } catch {
        return error
      }
      throw EngineHarness.Missing()
    }
    var found = try refusal(TryCatalogueRequest(placement: "till", channel: .site), &harness)
    #expect(found.status == .unknownPlacement && found.offset == 49)
    #expect(found.sentence == "the catalogue's placements are checkout")
    found = try refusal(
      TryCatalogueRequest(
        catalogue: "\n\n" + Self.catalogue().replacing("0.4", with: "4"), channel: .site), &harness)
    #expect(found.status == .badCatalogue && found.offset == 50)
    #expect(found.sentence.hasPrefix("line 3, column 55: margin_rate"))
    found = try refusal(
      TryCatalogueRequest(
        catalogue: Self.catalogue().replacing("EUR", with: "USD"), channel: .site), &harness)
    #expect(found.status == .currencyMismatch)
    var request = TryCatalogueRequest(channel: .site)
    request.flags = .dryRun
    found = try refusal(request, &harness)
    #expect(found.status == .invalidField)
    request = TryCatalogueRequest(channel: .site)
    request.atMicros = -1
    found = try refusal(request, &harness)
    #expect(found.status == .timeOutOfRange)
    request = TryCatalogueRequest(channel: .site)
    request.top = 31
    found = try refusal(request, &harness)
    #expect(found.status == .invalidField)
  }
}
