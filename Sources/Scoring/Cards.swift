// What point queries need to know of a customer, on one line of memory: the identifier, the statistics, the
// consents, and whether there is more. Made of columns and lists with the first order or for who is asked
// about, changed with them, no part of the state: neither saved nor in its copies.

import Offers
import Wire

/// A customer's card, 64 bytes.
struct Card: BitwiseCopyable {
  /// x, days with an order after the first one.
  private(set) var repeatOrders: UInt32 = 0
  /// As in the customer's row.
  private(set) var firstDay = CustomerRow.noDay
  private(set) var lastDay = CustomerRow.noDay
  private(set) var repeatSpendMinor: Int64 = 0
  private(set) var firstSpendMinor: Int64 = 0
  /// Consents, as a ``ConsentSet`` has them.
  private var grantedBits: UInt32 = 0
  private var deniedBits: UInt32 = 0
  /// The median of the days between the newest orders, half days at the finest; not a number until
  /// somebody found it.
  fileprivate(set) var typicalGap = Float.nan
  private var marks: Marks = []
  /// In which segment the customer was found last, counted from 1; 0 for none.
  fileprivate(set) var segment: UInt8 = 0
  /// Bytes of the identifier; `isElsewhere` for one that does not fit.
  fileprivate var nameSize: UInt8 = 0
  /// Its bytes, as they lie in memory: as words, for an InlineArray is filled by a call.
  private var name: (UInt64, UInt64, UInt64) = (0, 0, 0)

  /// Bytes of a card: one line of memory.
  static let size = 64
  /// Where the identifier begins.
  fileprivate static let nameOffset = size - nameSizeMax
  fileprivate static let nameSizeMax = 24
  fileprivate static let isElsewhere = UInt8.max

  /// What there is beside.
  struct Marks: OptionSet, BitwiseCopyable {
    let rawValue: UInt16

    /// The card was made.
    static let made = Marks(rawValue: 1)
    /// There are carts or views.
    static let looks = Marks(rawValue: 1 << 1)
    /// There are order lines.
    static let lines = Marks(rawValue: 1 << 2)
    /// There is a profile.
    static let profile = Marks(rawValue: 1 << 3)
    /// There was a complaint.
    static let complaints = Marks(rawValue: 1 << 4)
    /// One is not solved.
    static let openComplaint = Marks(rawValue: 1 << 5)
    /// There were contacts, the server's own or others'.
    static let contacts = Marks(rawValue: 1 << 6)
    /// A consent ends some day: what the card says of consents does not hold for ever.
    static let ending = Marks(rawValue: 1 << 7)
    /// There was a return: on an earlier day the statistics were others.
    static let returns = Marks(rawValue: 1 << 8)
  }

  /// Makes a blank card, that of who has none.
  init() {}

  var granted: ConsentSet { ConsentSet(bits: grantedBits) }
  var denied: ConsentSet { ConsentSet(bits: deniedBits) }

  subscript(mark: Marks) -> Bool {
    @inline(__always)
    get { marks.contains(mark) }
    set { if newValue { marks.insert(mark) } else { marks.remove(mark) } }
  }

  /// Whether the statistics are those of a day; if not, the orders themselves have to be read.
  @inline(__always)
  func holds(on day: UInt16) -> Bool {
    !self[.returns] && (lastDay <= day || lastDay == CustomerRow.noDay)
  }

  /// Takes over a customer's row.
  fileprivate mutating func take(_ row: CustomerRow) {
    repeatOrders = row.repeatOrders
    firstDay = row.firstDay
    lastDay = row.lastDay
    repeatSpendMinor = row.repeatSpendMinor
    firstSpendMinor = row.firstSpendMinor
    typicalGap = .nan
    self[.returns] = row.lastReturn != CustomerRow.none
  }

  fileprivate mutating func take(_ granted: ConsentSet, _ denied: ConsentSet) {
    (grantedBits, deniedBits) = (granted.bits, denied.bits)
  }

  fileprivate mutating func take(_ identifier: RawSpan) {
    let bytes = Span<UInt8>(_bytes: identifier)
    guard bytes.count <= Self.nameSizeMax else {
      nameSize = Self.isElsewhere
      return
    }
    nameSize = UInt8(bytes.count)
    func word(_ start: Int) -> UInt64 {
      var word: UInt64 = 0
      for place in stride(from: start, to: min(start + 8, bytes.count), by: 1) {
        word |= UInt64(bytes[place]) << UInt64(8 * (place - start))
      }
      return UInt64(littleEndian: word)
    }
    name = (word(0), word(8), word(16))
  }
}

/// The cards of those who ordered or were asked about since the start.
struct Cards {
  private static let blockRows = 2048
  /// In the places of blocks of which no card was made.
  private static let blank = Block(size: blockRows * Card.size, stamp: 0)

  private var blocks: [Block] = []
  /// Where each begins, for `prefetch`: so that it does not wait for the block's object first.
  private var addresses: [UInt] = []
  /// Blocks that are not the blank one.
  private var madeCount = 0

  /// Bytes of memory.
  var size: Int { madeCount * Self.blockRows * Card.size }

  /// Asks for the memory of a card.
  @inline(__always)
  func prefetch(_ customer: UInt32) {
    let block = Int(customer) / Self.blockRows
    if block < addresses.count {
      Block.prefetch(addresses[block] &+ UInt(Self.place(of: customer)))
    }
  }

  /// A customer's card; a blank one where none was made.
  subscript(customer: UInt32) -> Card {
    @inline(__always)
    get {
      let block = Int(customer) / Self.blockRows
      return block < blocks.count
        ? blocks[block].load(Card.self, at: Self.place(of: customer)) : Card()
    }
  }

  /// A card that was made, and whether this is its identifier; nil where that is not on it.
  @inline(__always)
  func look(_ customer: UInt32, for name: RawSpan) -> (card: Card, isNamed: Bool?) {
    let block = blocks[Int(customer) / Self.blockRows]
    let place = Self.place(of: customer)
    let card = block.load(Card.self, at: place)
    if card.nameSize == Card.isElsewhere { return (card, nil) }
    let start = place + Card.nameOffset
    let own = block.bytes.extracting(start..<(start + Int(card.nameSize)))
    return (card, own.isSame(as: name))
  }

  @inline(__always)
  private static func place(of customer: UInt32) -> Int {
    Int(customer) % blockRows * Card.size
  }

  /// Puts a card in its place.
  mutating func set(_ card: Card, of customer: UInt32) {
    let block = Int(customer) / Self.blockRows
    if block >= blocks.count {
      blocks += repeatElement(Self.blank, count: block + 1 - blocks.count)
      addresses += repeatElement(Self.blank.address(at: 0), count: blocks.count - addresses.count)
    }
    if blocks[block] === Self.blank {
      blocks[block] = Block(size: Self.blockRows * Card.size, stamp: 0)
      madeCount += 1
    }
    let memory = Block.writable(&blocks[block], stamp: 0)
    memory.store(card, at: Self.place(of: customer))
    addresses[block] = memory.address(at: 0)
  }

  /// Has a card made anew when it is next asked for.
  mutating func forget(_ customer: UInt32) {
    if self[customer][.made] { set(Card(), of: customer) }
  }

  /// Keeps a gap that was found.
  ///
  /// - Precondition: the card was made.
  mutating func setTypicalGap(_ days: Double, of customer: UInt32) {
    var card = self[customer]
    card.typicalGap = Float(days)
    set(card, of: customer)
  }

  /// Keeps the cards of some customers, as far as there are any, up with the segments they were found in.
  ///
  /// - Parameters:
  ///   - codes: their segments, counted from 1.
  ///   - first: the first of them; the others follow.
  mutating func take(segments codes: [UInt8], from first: UInt32) {
    for place in codes.indices {
      let customer = first + UInt32(place)
      var card = self[customer]
      guard card[.made], card.segment != codes[place] else { continue }
      card.segment = codes[place]
      set(card, of: customer)
    }
  }

  /// Keeps a card, if there is one, up with its customer's row.
  mutating func take(_ row: CustomerRow, of customer: UInt32) {
    var card = self[customer]
    guard card[.made] else { return }
    card.take(row)
    set(card, of: customer)
  }
}

extension Statistics {
  /// Those of a card.
  ///
  /// - Parameter card: one that holds on the day.
  init(_ card: Card) {
    self.init()
    repeatOrders = card.repeatOrders
    firstDay = card.firstDay
    lastDay = card.lastDay
    repeatSpendMinor = card.repeatSpendMinor
    firstSpendMinor = card.firstSpendMinor
  }
}

extension Store {
  /// Makes a customer's card from its row and the facts.
  func makeCard(of customer: UInt32) -> Card {
    let row = customers[customer]
    let heads = facts.heads(of: customer)
    var card = Card()
    card.take(row)
    card.take(identifiers.bytes(at: row.identifier))
    card[.made] = true
    card[.looks] = heads.carts != .none || heads.views != .none
    card[.lines] = heads.lines != .none
    card[.profile] = heads.profile != .none
    card[.complaints] = heads.complaints != .none
    card[.openComplaint] = heads.openComplaints > 0
    card[.contacts] =
      heads.contacts != .none || offering.heads(of: customer).contacts != .none
    card.segment = segmentation.mark(of: customer)
    var standing = Standing()
    card[.ending] = readConsents(of: customer, at: .min, &standing)
    card.take(standing.granted, standing.denied)
    return card
  }
}

extension Engine {
  /// The card of a customer, if it has this identifier.
  ///
  /// - Precondition: the card was made.
  @inline(__always)
  func card(of customer: UInt32, named name: RawSpan) -> Card? {
    let (card, isNamed) = cards.look(customer, for: name)
    return isNamed ?? isKept(name, as: customer) ? card : nil
  }

  @inline(never)
  private func isKept(_ name: RawSpan, as customer: UInt32) -> Bool {
    store.identifiers.equals(name, at: store.customers[customer].identifier)
  }

  // MARK: Whoever changes what is on a card does it by these

  /// Sees to it that these customers have cards.
  ///
  /// - Parameters:
  ///   - rows: of customers, or `CustomerRow.none`.
  ///   - count: how many of them, at most as many as are answered together.
  mutating func makeCards(_ rows: [UInt32], count: Int) {
    var missing: UInt64 = 0
    for place in 0..<count
    where rows[place] != CustomerRow.none && !cards[rows[place]][.made] {
      missing |= 1 << UInt64(place)
    }
    if missing != 0 { makeCards(rows, missing) }
  }

  /// Each step for all of them before the next one, so that the processor waits for many lines at a time.
  @inline(never)
  private mutating func makeCards(_ rows: [UInt32], _ missing: UInt64) {
    let places = (0..<PointQueries.countMax).filter { missing & 1 << UInt64($0) != 0 }
    for place in places { store.customers.prefetch(rows[place], first: CustomerRow.size) }
    for place in places {
      store.identifiers.prefetch(store.customers[rows[place]].identifier)
    }
    for place in places { makeCard(of: rows[place]) }
  }

  @inline(never)
  mutating func makeCard(of customer: UInt32) {
    cards.set(store.makeCard(of: customer), of: customer)
  }

  /// Changes a customer's row.
  mutating func set(_ row: CustomerRow, of customer: UInt32) {
    store.customers[customer] = row
    cards.take(row, of: customer)
    touches.note(customer)
  }

  /// Changes a customer's heads.
  mutating func set(_ heads: FactHeads, of customer: UInt32) {
    store.facts.setHeads(of: customer, heads)
    cards.forget(customer)
    touches.note(customer)
  }

  /// Changes a customer's heads.
  mutating func set(_ heads: OfferHeads, of customer: UInt32) {
    store.offering.setHeads(of: customer, heads)
    cards.forget(customer)
  }
}
