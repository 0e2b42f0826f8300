// What a recommendation has to know of a customer's facts, in eight bytes: read from one line of memory
// instead of from the lists they are kept in. Made when it is first asked for, blank again after every
// change of these facts; not saved, and no part of the state.

import Offers
import Wire

/// Consents, and whether there is anything else.
struct Card: Equatable, TableRow {
  /// Consents, a bit each as a ``ConsentSet`` has them, and marks where those leave every eighth bit.
  private var grantedAndMarks: UInt32 = 0
  private var deniedAndMarks: UInt32 = 0

  /// One of the bits that no consent has.
  struct Mark {
    fileprivate let bit: UInt32
    fileprivate let isSecond: Bool

    /// The card was made.
    static let made = Mark(bit: 1 << 7, isSecond: false)
    /// There are carts or views.
    static let looks = Mark(bit: 1 << 15, isSecond: false)
    /// There are order lines.
    static let lines = Mark(bit: 1 << 23, isSecond: false)
    /// There is a profile.
    static let profile = Mark(bit: 1 << 31, isSecond: false)
    /// There was a complaint.
    static let complaints = Mark(bit: 1 << 7, isSecond: true)
    /// One is not solved.
    static let openComplaint = Mark(bit: 1 << 15, isSecond: true)
    /// There were contacts that others made.
    static let contacts = Mark(bit: 1 << 23, isSecond: true)
    /// A consent ends some day: what the card says of consents does not hold for ever.
    static let ending = Mark(bit: 1 << 31, isSecond: true)
  }

  private static let consents: UInt32 = 0x7f7f_7f7f

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit.together()
    visit(&grantedAndMarks)
    visit(&deniedAndMarks)
  }

  var granted: ConsentSet {
    get { ConsentSet(bits: grantedAndMarks & Self.consents) }
    set { grantedAndMarks = grantedAndMarks & ~Self.consents | newValue.bits & Self.consents }
  }

  var denied: ConsentSet {
    get { ConsentSet(bits: deniedAndMarks & Self.consents) }
    set { deniedAndMarks = deniedAndMarks & ~Self.consents | newValue.bits & Self.consents }
  }

  subscript(mark: Mark) -> Bool {
    @inline(__always)
    get { (mark.isSecond ? deniedAndMarks : grantedAndMarks) & mark.bit != 0 }
    set {
      var word = mark.isSecond ? deniedAndMarks : grantedAndMarks
      if newValue { word |= mark.bit } else { word &= ~mark.bit }
      if mark.isSecond { deniedAndMarks = word } else { grantedAndMarks = word }
    }
  }
}

extension Facts {
  /// A customer's card; blank where it has to be made.
  @inline(__always)
  func card(of customer: UInt32) -> Card {
    customer < cards.count ? cards[customer] : Card()
  }

  mutating func setCard(of customer: UInt32, _ card: Card) {
    cards.chunks.grow(to: Int(customer) + 1)
    cards[customer] = card
  }

  /// Has a customer's card made anew when it is next asked for.
  mutating func forgetCard(of customer: UInt32) {
    if customer < cards.count && cards[customer] != Card() { cards[customer] = Card() }
  }
}

extension Store {
  /// Asks for the memory of what a recommendation reads of a customer beside the orders.
  @inline(__always)
  func prefetchFacts(of customer: UInt32) {
    if customer < facts.cards.count { facts.cards.prefetch(customer, first: Card.size) }
    if customer < offering.heads.count { offering.heads.prefetch(customer, first: 4) }
    customers.prefetch(customer, first: CustomerRow.scoringSize + 8)
  }

  /// Makes a customer's card from the facts.
  func makeCard(of customer: UInt32) -> Card {
    let heads = facts.heads(of: customer)
    var card = Card()
    card[.made] = true
    card[.looks] = heads.carts != .none || heads.views != .none
    card[.lines] = heads.lines != .none
    card[.profile] = heads.profile != .none
    card[.complaints] = heads.complaints != .none
    card[.openComplaint] = heads.openComplaints > 0
    card[.contacts] = heads.contacts != .none
    var standing = Standing()
    card[.ending] = readConsents(of: customer, at: .min, &standing)
    card.granted = standing.granted
    card.denied = standing.denied
    return card
  }
}
