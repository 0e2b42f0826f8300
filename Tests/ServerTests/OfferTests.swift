// Offers over a connection: a checkout, what comes of it, and what a crash leaves of both. What is
// decided and why is the engine's, and tested there.

import Client
import Server
import Support
import Testing
import Wire

@Suite("Offer")
struct OfferTests {
  private func basket(_ customer: String = "C-1", key: CommandKey = .none) -> DecideRequest {
    var request = DecideRequest(
      key: key, customer: customer, placement: "checkout", channel: .site, flags: .categoriesKnown)
    (request.basketMinor, request.categories) = (8000, ["shoes"])
    return request
  }

  private func outcomes(_ rows: [RecordOutcomesRequest.Row]) -> RecordOutcomesRequest {
    RecordOutcomesRequest(currency: "USD", minorDigits: 2, outcomes: rows)
  }

  @Test("a checkout is answered, told again, given its outcome, and stands in the log")
  func checkout() throws {
    let server = try LiveServer()
    var client = try server.client()
    #expect(try client.catalogue() == CatalogueReply())
    #expect(try client.putCatalogue(Frames.catalogue).version == 1)
    let decided = try client.decide(basket())
    let propensities = decided.told.choices.map(\.propensity)
    #expect(propensities.allSatisfy { $0 > 0 && $0 <= 1 })
    #expect(decided.told.reasons.count == 2 && decided.offers.isEmpty)
    let explained = try client.explain(decision: decided.decision)
    #expect(explained.told == decided.told && explained.decision == decided.decision)
    #expect(explained.offers.map(\.offer) == ["gift", "socks"])
    #expect(explained.offers.map(\.reason) == decided.told.reasons)

    let now = try client.ping()
    let accepted = RecordOutcomesRequest.Row(
      decision: decided.decision, identifier: "o", kind: .ended, timeMicros: now,
      orderMinor: 7250, marginMinor: 3000)
    #expect(try client.recordOutcomes(outcomes([accepted])).recorded == 1)
    #expect(try client.recordOutcomes(outcomes([accepted])).duplicates == 1)
    let page = try client.decisions()
    let row = try #require(page.decisions.first)
    #expect(page.total == 1 && page.next == 1)
    #expect(row.state == 1 && row.outcome == 30 && row.customer == "C-1")
    #expect(row.action == decided.told.choices.first?.offer ?? "")
    #expect(row.propensity == propensities.first ?? decided.told.propensity)
  }

  @Test("the same request with its key is answered the same, over any connection, after any crash")
  func repeats() throws {
    let server = try LiveServer(options: ["--decision-sync"])
    var client = try server.client()
    _ = try client.putCatalogue(Frames.catalogue)
    let key = client.nextKey()
    let decided = try client.decide(basket(key: key))
    #expect(try client.decide(basket(key: key)) == decided)
    let hash = try server.stateHash()
    try server.crash()
    try server.start()
    #expect(try server.stateHash() == hash)
    var other = try server.client()
    #expect(try other.decide(basket(key: key)) == decided)
    #expect(try other.catalogue().decisions == 1)
    do throws(ClientError) {
      _ = try other.decide(basket("C-2", key: key))
      Issue.record("the key was taken for another request")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.status == .keyReused)
    }
  }

  @Test("an outcome finds its decision by the receipt alone, where a crash took the decision")
  func lost() throws {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.putCatalogue(Frames.catalogue)
    let now = try client.ping()
    let receipt = Receipt(
      key: CommandKey(producer: 7, number: 8), timeMicros: now, catalogue: 1, channel: .site,
      choices: [.init(account: 0, liabilityMinor: 200, counts: true)], customer: Array("C-9".utf8))
    let redeemed = RecordOutcomesRequest.Row(
      decision: receipt.text, identifier: "till", kind: .redeemed, timeMicros: now, costMinor: 150)
    #expect(try client.recordOutcomes(outcomes([redeemed])).recorded == 1)
    #expect(try client.catalogue().offers[0].spentMinor == 150)
    #expect(try client.catalogue().offers[0].reservedMinor == 0)
  }

  @Test("a dry run changes nothing, and a paused offer is not chosen any more")
  func questions() throws {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.putCatalogue(Frames.catalogue)
    let hash = try server.stateHash()
    var question = basket()
    question.flags.formUnion([.dryRun, .explain])
    let told = try client.decide(question)
    #expect(told.decision.isEmpty && told.offers.count == 2)
    #expect(try server.stateHash() == hash)
    #expect(try client.amendOffer("socks", to: .paused).live == 1)
    #expect(try client.amendOffer("gift", to: .paused).version == 3)
    for number in 0..<50 {
      let decided = try client.decide(basket("K-\(number)"))
      #expect(decided.told.choices.isEmpty && decided.told.reasons == [0, 0])
    }
  }

  @Test("a wrong catalogue is refused with line and column, and the one before stays")
  func wrongCatalogue() throws {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.putCatalogue(Frames.catalogue)
    do throws(ClientError) {
      _ = try client.putCatalogue(Frames.catalogue.replacing("0.35", with: "3.5"))
      Issue.record("the catalogue was taken")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.status == .badCatalogue)
      #expect(refusal.sentence.hasPrefix("line 1, column 36"), "\(refusal)")
    }
    let catalogue = try client.catalogue()
    #expect(catalogue.version == 1 && catalogue.catalogue == Frames.catalogue)
  }

  @Test("a report on a campaign is answered from the workbench, an unknown one is refused")
  func campaign() throws {
    let server = try LiveServer()
    var client = try server.client()
    let campaigns = #""campaigns": [{"id": "feet", "offers": ["socks"]}], "offers""#
    _ = try client.putCatalogue(Frames.catalogue.replacing("\"offers\"", with: campaigns))
    for number in 0..<20 { _ = try client.decide(basket("K-\(number)")) }
    let reply = try client.campaign("feet")
    let all = try #require(reply.groups.first)
    #expect(all.treated.customers == 20 && all.control.customers == 0 && !all.hasComparison)
    #expect(reply.offers.map(\.offer) == ["socks"] && reply.openWindows == 20)
    #expect(try client.campaign().campaigns.map(\.campaign) == ["feet"])
    do throws(ClientError) {
      _ = try client.campaign("hands")
      Issue.record("there is such a campaign")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.status == .unknownCampaign)
    }
  }

  @Test("a catalogue is tried on the workbench, and the one in force stays as it is")
  func trial() throws {
    let server = try LiveServer()
    try server.furnish()
    var client = try server.client()
    let hash = try server.stateHash()
    var request = TryCatalogueRequest(channel: .site)
    (request.basketMinor, request.flags) = (8_000, .greedy)
    let present = try client.tryCatalogue(request)
    #expect(present.isInForce && present.catalogue == 1 && present.customers == 1)
    #expect(present.offers.map(\.offer) == ["gift", "socks"])
    request.catalogue = Frames.catalogue.replacing("\"live\"", with: "\"paused\"")
    let paused = try client.tryCatalogue(request)
    #expect(!paused.isInForce && paused.catalogue == 2 && paused.offered == 0)
    #expect(paused.without[0] == 1 && paused.offers.allSatisfy { $0.state == .paused })
    request.catalogue = Frames.catalogue.replacing("0.35", with: "3.5")
    do throws(ClientError) {
      _ = try client.tryCatalogue(request)
      Issue.record("the catalogue was tried")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.status == .badCatalogue)
      #expect(refusal.sentence.hasPrefix("line 1, column 36"), "\(refusal)")
    }
    #expect(try client.catalogue().version == 1)
    #expect(try server.stateHash() == hash)
  }
}
