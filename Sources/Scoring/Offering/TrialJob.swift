// A trial of a catalogue on the present customers, which the workbench makes over a value of the store: the
// decision of each is made by the code that makes real ones, and nothing of it is kept. What customers do
// not share is computed in parallel, and again, in a row, where budgets have come between. What a catalogue
// is tried in is in TrialShop, the sums in TrialTally.

public import Models
import Offers
import Policies
public import Wire

/// A catalogue to be tried elsewhere.
public struct TrialJob: Analysis {
  let store: Store
  let request: TryCatalogueRequest
  let moment: Moment

  /// Customers who are decided about before the budgets are looked at again.
  static let blockSize = 16_384
  /// Customers of one task.
  static let pieceSize = 1_024

  /// Tries.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the reply.
  /// - Throws: `badCatalogue`, `currencyMismatch` or `unknownPlacement`.
  public func run(on crew: any FitCrew) throws(Refusal) -> any Message & Sendable {
    try reply(on: crew)
  }

  /// The same, as what it is.
  func reply(
    on crew: any FitCrew = Alone(), blockSize: Int = Self.blockSize
  ) throws(Refusal) -> TryCatalogueReply {
    let shop = try TrialShop(store, request, moment)
    let customers = customers(on: crew)
    var trial = Trial(shop)
    for start in stride(from: 0, to: customers.count, by: blockSize) {
      trial.run(customers[start..<min(start + blockSize, customers.count)], on: crew)
    }
    var reply = trial.reply
    reply.isInForce = request.catalogue.isEmpty
    reply.atMicros = moment.nowMicros
    reply.channel = request.channel
    reply.population = UInt64(store.customers.count)
    return reply
  }

  /// Whom it is tried on: by the hash of their identifiers, so that the first of them are a fair sample
  /// and nobody is first for having come first.
  func customers(on crew: any FitCrew = Alone()) -> [TrialCustomer] {
    let store = store
    let rows = CustomerRow.chunkRows
    let pieces = crew.map(store.customers.chunks.blocks.count) { block in
      let first = UInt32(block * rows)
      return (first..<first + UInt32(store.customers.chunks.rowCount(inBlock: block))).map { row in
        let identifier = store.identifiers.bytes(at: store.customers[row].identifier)
        return TrialCustomer(hash: XXHash64.hash(Span<UInt8>(_bytes: identifier)), row: row)
      }
    }
    var all = Array(pieces.joined())
    all.sort { ($0.hash, $0.row) < ($1.hash, $1.row) }
    let most = request.customers == 0 ? all.count : min(all.count, Int(request.customers))
    return Array(all.prefix(most))
  }
}

/// What was decided for some customers, in their sequence.
private struct TrialPiece: Sendable {
  /// One offer that a customer got.
  struct Choice: Sendable {
    var place: Int
    var cost: Double
    var isExplored: Bool
  }

  /// The code of each offer's reason, customer after customer.
  var reasons: [UInt8] = []
  var choices: [Choice] = []
  /// How many choices each customer has.
  var counts: [UInt8] = []
  var isHeldOut: [Bool] = []
  /// x of those who have any.
  var features: [Float] = []

  mutating func append(_ decision: Decision, _ desk: borrowing DecisionDesk) {
    for place in desk.workspace.reasons.indices {
      reasons.append(desk.workspace.reasons[place].code)
    }
    for place in desk.workspace.choices.indices {
      let choice = desk.workspace.choices[place]
      choices.append(
        Choice(place: choice.offer, cost: desk.costs[choice.offer], isExplored: !choice.isBest))
    }
    counts.append(UInt8(clamping: desk.workspace.choices.count))
    isHeldOut.append(decision.isHeldOut)
    if !desk.workspace.choices.isEmpty { features += desk.x }
  }

  mutating func clear() {
    reasons.removeAll(keepingCapacity: true)
    choices.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    isHeldOut.removeAll(keepingCapacity: true)
    features.removeAll(keepingCapacity: true)
  }
}

/// A trial under way.
private struct Trial: ~Copyable {
  private var shop: TrialShop
  private var tally: TrialTally
  private var desk = DecisionDesk()
  /// How budgets stood when the present block was decided in parallel.
  private var before: [(isOpen: Bool, isNear: Bool, price: Double)] = []
  /// The offers that stand differently since, for which those decisions may be wrong.
  private var moved: [Int] = []
  private var hasMoved: [Bool]
  private let offerCount: Int
  private let budgeted: [Int]

  init(_ shop: TrialShop) {
    self.shop = shop
    tally = TrialTally(shop)
    offerCount = shop.shelf.catalogue.offers.count
    hasMoved = [Bool](repeating: false, count: offerCount)
    budgeted = shop.shelf.catalogue.offers.indices.filter(shop.isBudgeted)
  }

  var reply: TryCatalogueReply { tally.reply(shop) }

  /// Decides for a block of customers.
  mutating func run(_ customers: ArraySlice<TrialCustomer>, on crew: any FitCrew) {
    before = (0..<offerCount).map { _ in (true, false, 0) }
    for place in budgeted { before[place] = shop.standing(of: place) }
    for place in moved { hasMoved[place] = false }
    moved.removeAll(keepingCapacity: true)
    for place in budgeted where before[place].isNear { move(place) }

    let shop = shop
    let starts = Array(
      stride(from: customers.startIndex, to: customers.endIndex, by: TrialJob.pieceSize))
    let pieces = crew.map(starts.count) { number in
      let end = min(starts[number] + TrialJob.pieceSize, customers.endIndex)
      var desk = DecisionDesk()
      var piece = TrialPiece()
      for place in starts[number]..<end {
        guard let decision = shop.decide(customers[place], &desk) else { continue }
        piece.append(decision, desk)
      }
      return piece
    }
    var single = TrialPiece()
    for (number, piece) in pieces.enumerated() {
      var (choice, feature) = (0, 0)
      for place in piece.counts.indices {
        let count = Int(piece.counts[place])
        if isStale(piece, place) {
          single.clear()
          if let decision = self.shop.decide(customers[starts[number] + place], &desk) {
            single.append(decision, desk)
            take(single, 0, choice: 0, feature: 0)
          }
        } else {
          take(piece, place, choice: choice, feature: feature)
        }
        choice += count
        if count > 0 { feature += LearnerFeatures.count }
      }
    }
  }

  /// Whether an offer that came as far as its budget stands differently now.
  ///
  /// One whose reason is a cap may have come so far too, where an answer has several places.
  private func isStale(_ piece: TrialPiece, _ customer: Int) -> Bool {
    for place in moved {
      let code = piece.reasons[customer * offerCount + place]
      if code >= 6 && code != 8 || code == 4 && shop.top > 1 { return true }
    }
    return false
  }

  /// Counts what a customer got, and reserves it.
  private mutating func take(_ piece: TrialPiece, _ customer: Int, choice: Int, feature: Int) {
    tally.add(
      reasons: piece.reasons[customer * offerCount..<(customer + 1) * offerCount],
      isHeldOut: piece.isHeldOut[customer])
    for number in choice..<choice + Int(piece.counts[customer]) {
      let one = piece.choices[number]
      tally.add(
        one.place, cost: one.cost, isExplored: one.isExplored,
        piece.features[feature..<feature + LearnerFeatures.count])
      guard shop.isBudgeted(one.place) else { continue }
      shop.reserve(one.place)
      look(at: one.place)
    }
    tally.endCustomer(choices: Int(piece.counts[customer]))
  }

  /// Finds what a reservation has moved: the offer, and those of its campaigns.
  private mutating func look(at place: Int) {
    let offers = shop.shelf.catalogue.offers
    let campaigns = offers[place].campaigns & shop.shelf.catalogue.budgetedCampaigns
    for other in budgeted
    where !hasMoved[other] && (other == place || offers[other].campaigns & campaigns != 0) {
      let now = shop.standing(of: other)
      if now != before[other] { move(other) }
    }
  }

  private mutating func move(_ place: Int) {
    guard !hasMoved[place] else { return }
    hasMoved[place] = true
    moved.append(place)
  }
}
