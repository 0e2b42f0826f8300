// A private copy of the state in which a catalogue is in force that is only tried: what it decides is
// reserved here, and nowhere else. Whom it is tried on, and what is told of it, is in TrialJob.

import Offers
import Policies
import Wire

/// A shop to try a catalogue in.
struct TrialShop: Sendable {
  private(set) var store: Store
  let shelf: OfferShelf
  let placement: Int
  private let question: DecisionQuestion
  private let moment: Moment
  private let explores: Bool

  /// Puts the request's catalogue, or the present one, in force.
  ///
  /// - Throws: `badCatalogue`, `currencyMismatch` or `unknownPlacement`.
  init(_ store: Store, _ request: TryCatalogueRequest, _ moment: Moment) throws(Refusal) {
    var store = store
    let at = FrameHeader.size + Self.placementOffset
    let textAt = at + 1 + request.placement.utf8.count
    if !request.catalogue.isEmpty {
      let text = Array(request.catalogue.utf8)
      let catalogue = try store.catalogue(text, at: textAt)
      store.adopt(catalogue, text)
    }
    guard let shelf = store.offering.shelf else {
      throw Refusal(.noCatalogue, "no catalogue of offers was put yet")
    }
    let placements = shelf.catalogue.placements
    guard
      let placement = request.placement.isEmpty
        ? placements.indices.first : shelf.catalogue.placement(request.placement)
    else {
      let names = placements.map(\.name).joined(separator: ", ")
      throw Refusal(.unknownPlacement, at: at, "the catalogue's placements are \(names)")
    }
    self.store = store
    self.shelf = shelf
    self.placement = placement
    self.moment = moment
    explores = !request.flags.contains(.greedy)
    question = DecisionQuestion(
      key: .none, placement: placement, channel: request.channel, flags: request.flags,
      top: request.top, basketMinor: request.basketMinor, lines: request.lines, ownMissing: .max,
      check: 0)
  }

  /// Where a request's placement stands in its body.
  private static let placementOffset = 8 + 4 + 3 + 8 + 2

  /// How many offers a customer gets at most.
  var top: Int {
    question.top == 0 ? shelf.catalogue.placements[placement].top : Int(question.top)
  }

  /// Decides for a customer, as `decide` would with a key made of the identifier.
  ///
  /// - Returns: the decision, whose details lie on the desk.
  func decide(_ customer: TrialCustomer, _ desk: inout DecisionDesk) -> Decision? {
    var question = question
    question.key = customer.key
    var request = DecisionRequest(
      placement: placement, channel: question.channel.inCatalogue, moment: moment,
      hash: question.key.draw, top: Int(question.top), explores: explores)
    store.know(customer.row, question, moment, shelf, &desk)
    store.judge(question, moment, shelf, &desk)
    request.noneDeviation = desk.noneDeviation
    let identifier = store.identifiers.bytes(at: store.customers[customer.row].identifier)
    return try? desk.decide(request, for: identifier, on: shelf, at: 0)
  }

  // MARK: Budgets

  /// Reserves what an offer may cost.
  mutating func reserve(_ place: Int) {
    let number = shelf.accounts[place]
    let offer = shelf.catalogue.offers[place]
    var account = store.offering.accounts[number]
    account.begin(offer.budget.period(on: moment.today))
    account.reservedMinor += offer.liabilityMinor
    account.reservedCount += 1
    store.offering.accounts[number] = account
  }

  /// Whether what is chosen of an offer changes what can be chosen.
  func isBudgeted(_ place: Int) -> Bool {
    let offer = shelf.catalogue.offers[place]
    return offer.hasBudget || offer.campaigns & shelf.catalogue.budgetedCampaigns != 0
  }

  /// What budgets make of an offer: whether it is open, and its price; and whether they are so near
  /// their ends that two offers of one answer could meet there.
  func standing(of place: Int) -> (isOpen: Bool, isNear: Bool, price: Double) {
    let offer = shelf.catalogue.offers[place]
    let own = use(of: place)
    var isOpen = offer.budget.shortage(of: offer.liabilityMinor, own) == nil
    var isNear = false
    var price = own.price
    var left = offer.campaigns & shelf.catalogue.budgetedCampaigns
    while left != 0 {
      let campaign = left.trailingZeroBitCount
      left &= left - 1
      let budget = shelf.catalogue.campaigns[campaign].budget
      var use = store.offering.use(ofCampaign: campaign, moment, shelf)
      price += use.price
      if budget.shortage(of: offer.liabilityMinor, use) != nil { isOpen = false }
      if top > 1 {
        // No offer of the answer can cost more than the dearest.
        let dearest = shelf.catalogue.offers.reduce(0) { max($0, $1.liabilityMinor) }
        let more = dearest.multipliedReportingOverflow(by: Int64(top))
        use.takenCount += Int64(top - 1)
        if budget.shortage(of: more.overflow ? .max : more.partialValue, use) != nil {
          isNear = true
        }
      }
    }
    return (isOpen, isNear && isOpen, price)
  }

  /// What is gone of an offer's own budget.
  func use(of place: Int) -> BudgetUse {
    store.offering.use(ofOffer: place, moment, shelf)
  }

  /// What is gone of a campaign's budget.
  func use(ofCampaign place: Int) -> BudgetUse {
    store.offering.use(ofCampaign: place, moment, shelf)
  }
}

/// A customer of a trial.
struct TrialCustomer: Sendable {
  /// The hash of the identifier.
  let hash: UInt64
  let row: UInt32

  /// What the draw is made from.
  var key: CommandKey { CommandKey(producer: hash, number: 1) }
}

extension Store {
  /// Reads a catalogue that is to follow the present one.
  ///
  /// - Parameters:
  ///   - text: JSON.
  ///   - at: the text's offset in the request's frame.
  /// - Returns: the catalogue, checked whole.
  /// - Throws: `badCatalogue`, with line and column, or `currencyMismatch`.
  func catalogue(_ text: [UInt8], at: Int) throws(Refusal) -> Catalogue {
    let catalogue: Catalogue
    do throws(JSONError) {
      catalogue = try Catalogue(text, replacing: offering.shelf?.catalogue)
    } catch {
      throw Refusal(.badCatalogue, at: at, "\(error)")
    }
    guard currency.isEmpty || currency == catalogue.currency,
      currency.isEmpty || Int(minorDigits) == catalogue.minorDigits
    else {
      throw Refusal(
        .currencyMismatch, at: at,
        "the shop's currency is \(currency) with \(minorDigits) digits, the "
          + "catalogue's \(catalogue.currency) with \(catalogue.minorDigits)")
    }
    return catalogue
  }

  /// Puts a catalogue in force in a state that is nobody's: words that have no number get one that leads
  /// to no name, for nobody's history can have them.
  fileprivate mutating func adopt(_ catalogue: Catalogue, _ text: [UInt8]) {
    if currency.isEmpty {
      currency = catalogue.currency
      minorDigits = UInt8(catalogue.minorDigits)
    }
    let words = catalogue.numberedWords
    let wanted = Set(words)
    var numbers: [String: UInt32] = [:]
    for name in 0..<UInt32(facts.names.count) {
      let word = facts.names.text(Link(name))
      if wanted.contains(word) { numbers[word] = name }
    }
    var next = UInt32(facts.names.count)
    for word in words where numbers[word] == nil {
      numbers[word] = next
      next += 1
    }
    put(catalogue, text, numbers)
  }
}
