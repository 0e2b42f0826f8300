// The catalogue of offers: put catalogue, amend offer, read catalogue.

import Offers
import Policies
import Wire

extension Engine {
  mutating func putCatalogue(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    _ = try CommandKey(from: &body)
    let at = body.offset
    let text = try body.readLongText("catalogue")
    try body.requireEnd()
    _ = try requireCalendar()
    let bytes = text.array
    let catalogue: Catalogue
    do throws(JSONError) {
      catalogue = try Catalogue(bytes, replacing: store.offering.shelf?.catalogue)
    } catch {
      throw Refusal(.badCatalogue, at: at, "\(error)")
    }
    guard store.currency.isEmpty || store.currency == catalogue.currency,
      store.currency.isEmpty || Int(store.minorDigits) == catalogue.minorDigits
    else {
      throw Refusal(
        .currencyMismatch, at: at,
        "the shop's currency is \(store.currency) with \(store.minorDigits) digits, the "
          + "catalogue's \(catalogue.currency) with \(catalogue.minorDigits)")
    }
    let words =
      catalogue.words.map(\.id) + catalogue.campaigns.map(\.id) + catalogue.texts
      + catalogue.families
    guard store.facts.names.hasRoom(for: words.count),
      store.offering.accounts.count + catalogue.offers.count < Int(UInt32.max) - 1
    else { throw Refusal(.tableFull, at: at, "there is no room for more names") }

    if store.currency.isEmpty {
      store.currency = catalogue.currency
      store.minorDigits = UInt8(catalogue.minorDigits)
    }
    put(catalogue, bytes)
    changeReply().write(to: &out)
  }

  mutating func amendOffer(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let request = try AmendOfferRequest(from: &body)
    try body.requireEnd()
    let at = FrameHeader.size + CommandKey.size
    let shelf = try requireShelf()
    let next: Catalogue
    do throws(CatalogueChangeError) {
      next = try shelf.catalogue.amended(
        request.offer, to: OfferState(rawValue: request.state.rawValue) ?? .draft)
    } catch {
      switch error {
      case .unknownOffer: throw Refusal(.unknownOffer, at: at, "\(error)")
      case .impossible: throw Refusal(.invalidField, at: at, "\(error)")
      }
    }
    store.offering.shelf = shelf.amended(next, in: store.offering.accounts)
    store.offering.markCatalogue()
    changeReply().write(to: &out)
  }

  func requireShelf() throws(Refusal) -> OfferShelf {
    guard let shelf = store.offering.shelf else {
      throw Refusal(.noCatalogue, "no catalogue of offers was put yet")
    }
    return shelf
  }

  private func changeReply() -> CatalogueChangeReply {
    let catalogue = store.offering.shelf?.catalogue
    return CatalogueChangeReply(
      sequence: store.sequence + 1, version: catalogue?.version ?? 0,
      offers: UInt32(catalogue?.offers.count ?? 0),
      live: UInt32(catalogue?.offers.count { $0.state == .live } ?? 0))
  }

  /// Puts a checked catalogue in force: its words get numbers, new offers an account and an arm.
  private mutating func put(_ catalogue: Catalogue, _ text: [UInt8]) {
    if store.offering.learner == nil {
      store.offering.learner = Learner(store.learnerSettings(catalogue))
      store.offering.markLearning()
    }
    var known: [UInt32: UInt32] = [:]
    for account in 0..<UInt32(store.offering.accounts.count) {
      known[store.offering.accounts[account].name] = account
    }
    var accounts: [UInt32] = []
    for place in catalogue.offers.indices {
      let name = number(of: catalogue.words[place].id)
      let family = number(of: catalogue.families[Int(catalogue.offers[place].family)])
      accounts.append(known[name] ?? store.offering.open(name, family: family))
    }
    var campaigns: [UInt32] = []
    var campaignAccounts: [Link] = []
    for campaign in catalogue.campaigns {
      let name = number(of: campaign.id)
      campaigns.append(name)
      campaignAccounts.append(
        campaign.budget.isSet ? store.offering.openAccount(ofCampaign: name) : .none)
    }
    var codes: [UInt32: Int32] = [:]
    for text in catalogue.texts where text.utf8.count <= Limits.nameSizeMax {
      codes[number(of: text)] = catalogue.code(of: text)
    }
    if let shelf = store.offering.shelf {
      store.offering.older.append(shelf)
      if store.offering.older.count >= Offering.shelvesMax { store.offering.older.removeFirst() }
    }
    store.offering.shelf = OfferShelf(
      catalogue, text: text, textVersion: catalogue.version, accounts: accounts,
      in: store.offering.accounts, campaigns: campaigns, campaignAccounts: campaignAccounts,
      codes: codes)
    store.offering.markCatalogue()
  }

  /// The number of a text of 1 to 64 bytes, which is kept where it was not.
  private mutating func number(of text: String) -> UInt32 {
    var bytes = ByteBuffer()
    for byte in text.utf8 { bytes.append(byte) }
    return makeName(bytes.bytes).number ?? 0
  }

  // MARK: Query

  func readCatalogue(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    try body.requireEnd()
    var reply = CatalogueReply()
    if let shelf = store.offering.shelf {
      let catalogue = shelf.catalogue
      reply.version = catalogue.version
      reply.currency = catalogue.currency
      reply.minorDigits = UInt8(catalogue.minorDigits)
      reply.catalogue = String(decoding: shelf.text, as: UTF8.self)
      reply.decisions = store.offering.decisionCount
      let moment = try requireCalendar().moment(at: nowMicros) ?? Moment(utcMicros: nowMicros)
      for place in catalogue.offers.indices {
        reply.offers.append(store.offering.line(of: place, on: shelf, at: moment))
      }
      for place in catalogue.campaigns.indices where catalogue.campaigns[place].budget.isSet {
        reply.campaigns.append(store.offering.budgetLine(ofCampaign: place, on: shelf, at: moment))
      }
    }
    try reply.write(to: &out)
  }
}

extension Offering {
  fileprivate mutating func open(_ name: UInt32, family: UInt32) -> UInt32 {
    var account = OfferAccount(name: name)
    account.arm = UInt32(learner?.addArm(family: family + 1) ?? 0)
    markLearning()
    reasonCounts += [UInt64](repeating: 0, count: Self.reasonCount)
    return accounts.append(account)
  }

  fileprivate func line(of place: Int, on shelf: OfferShelf, at moment: Moment) -> OfferLine {
    let offer = shelf.catalogue.offers[place]
    let words = shelf.catalogue.words[place]
    let account = accounts[shelf.accounts[place]]
    var line = OfferLine(
      offer: words.id, name: words.name,
      state: OfferStage(rawValue: offer.state.rawValue) ?? .draft)
    line.budgetMinor = offer.budgetMinor
    line.spentMinor = account.spentMinor
    line.reservedMinor = account.reservedMinor
    line.budgetCount = offer.budgetCount
    line.givenCount = account.givenCount
    line.reservedCount = account.reservedCount
    line.price = offer.hasBudget ? offer.price(account, at: moment) : 0
    line.chosen = account.chosen
    line.outcomes = account.learnt
    return line
  }
}

extension Store {
  /// Orders looked at for how much outcomes differ: the newest recorded ones.
  private static let ordersSeen = 10_000

  /// How to learn what offers are worth, from what the catalogue says or else the orders show.
  func learnerSettings(_ catalogue: Catalogue) -> LearnerSettings {
    var settings = LearnerSettings()
    settings.kept = catalogue.kept
    if !catalogue.outcomeNoise.isNaN {
      settings.noise = catalogue.outcomeNoise
      return settings
    }
    // The root of the mean square of what an order earns: an outcome is nothing or about that.
    var squares = 0.0
    let count = min(orders.count, Self.ordersSeen)
    for number in (orders.count - count)..<orders.count {
      let amount = Double(orders[UInt32(number)].amountMinor) * majorPerMinor
      squares += amount * amount
    }
    let rate = max(abs(catalogue.marginRate), 0.01)
    let amount = count > 0 ? (squares / Double(count)).squareRoot() : catalogue.vipValue / 5
    settings.noise = max(amount * rate, 1e-6)
    return settings
  }
}
