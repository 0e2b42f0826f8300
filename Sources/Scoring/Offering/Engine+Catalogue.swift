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
    let catalogue = try store.catalogue(bytes, at: at)
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

  /// Puts a checked catalogue in force: its words get numbers.
  private mutating func put(_ catalogue: Catalogue, _ text: [UInt8]) {
    var numbers: [String: UInt32] = [:]
    for word in catalogue.numberedWords where numbers[word] == nil {
      numbers[word] = number(of: word)
    }
    store.put(catalogue, text, numbers)
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

extension Catalogue {
  /// The words that the state knows by number, some of them twice.
  var numberedWords: [String] {
    var all: [String] = []
    for place in offers.indices {
      all.append(words[place].id)
      all.append(families[Int(offers[place].family)])
    }
    all += campaigns.map(\.id)
    all += texts.filter { $0.utf8.count <= Limits.nameSizeMax }
    return all
  }
}

extension Store {
  /// Puts a checked catalogue in force, whose words have numbers: new offers get an account and an arm.
  mutating func put(_ catalogue: Catalogue, _ text: [UInt8], _ numbers: [String: UInt32]) {
    func number(_ word: String) -> UInt32 { numbers[word] ?? 0 }
    if offering.learner == nil {
      offering.learner = Learner(learnerSettings(catalogue))
      offering.markLearning()
    }
    var known: [UInt32: UInt32] = [:]
    for account in 0..<UInt32(offering.accounts.count) {
      known[offering.accounts[account].name] = account
    }
    var accounts: [UInt32] = []
    for place in catalogue.offers.indices {
      let name = number(catalogue.words[place].id)
      let family = number(catalogue.families[Int(catalogue.offers[place].family)])
      accounts.append(known[name] ?? offering.open(name, family: family))
    }
    var campaignAccounts: [Link] = []
    for campaign in catalogue.campaigns {
      campaignAccounts.append(
        campaign.budget.isSet ? offering.openAccount(ofCampaign: number(campaign.id)) : .none)
    }
    var codes: [UInt32: Int32] = [:]
    for text in catalogue.texts where text.utf8.count <= Limits.nameSizeMax {
      codes[number(text)] = catalogue.code(of: text)
    }
    if let shelf = offering.shelf {
      offering.older.append(shelf)
      if offering.older.count >= Offering.shelvesMax { offering.older.removeFirst() }
    }
    offering.shelf = OfferShelf(
      catalogue, text: text, textVersion: catalogue.version, accounts: accounts,
      in: offering.accounts, campaigns: catalogue.campaigns.map { number($0.id) },
      campaignAccounts: campaignAccounts, codes: codes)
    offering.markCatalogue()
  }
}

extension Offering {
  mutating func open(_ name: UInt32, family: UInt32) -> UInt32 {
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
