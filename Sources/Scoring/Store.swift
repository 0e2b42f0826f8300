// The state as a value: everything that commands change and snapshots keep. Copying it copies
// references to chunks, which is how the workbench gets its view of one instant.

import Wire

/// Everything the server knows about the shop, apart from the indexes that find it.
public struct Store: Sendable {
  var customers = CustomerTable()
  var orders = Table<OrderEntry>()
  var returns = Table<ReturnEntry>()
  var identifiers = IdentifierArena()
  /// What is known of customers beside their orders.
  var facts = Facts()
  /// The catalogue, what was decided by it and what came of that.
  var offering = Offering()
  /// What the named segments are, and in which each customer was found last.
  var segmentation = Segmentation()
  /// What was answered to the last commands with a key.
  var answers = AnswerLog()
  /// The shop's time zone; nil until it was declared.
  var calendar: ShopCalendar?
  /// The shop's currency; empty until the first order.
  var currency = ""
  /// Digits behind the decimal point of the currency.
  var minorDigits: UInt8 = 0
  /// The adopted models; nil before the first adoption.
  var model: AdoptedModel?
  /// The models adopted before the present ones; nil before the second adoption.
  var previousModel: AdoptedModel?
  /// How many models were adopted.
  var generation: UInt32 = 0
  /// Day of the newest order; -1 without orders.
  var newestOrderDay: Int32 = -1
  /// Day of the newest return; -1 without returns.
  ///
  /// It follows from them, and is not saved.
  var newestReturnDay: Int32 = -1
  /// The last record that was applied.
  public internal(set) var sequence: UInt64 = 0
  /// The time of that record in microseconds since 1970 UTC; it never falls.
  public internal(set) var timeMicros: Int64 = 0

  /// Makes the state of a shop without customers.
  public init() {}

  /// Customers with a record.
  public var customerCount: Int { customers.count }
  /// Orders kept, returned ones included.
  public var orderCount: Int { orders.count }

  /// One minor unit as a number of major units: 100 cents are 1 euro.
  var majorPerMinor: Double {
    var scale = 1.0
    for _ in 0..<minorDigits { scale *= 10 }
    return 1 / scale
  }

  /// Marks what is written from now on as written by the command `sequence`.
  mutating func stamp(_ sequence: UInt64) {
    customers.stamp = sequence
    orders.chunks.stamp = sequence
    returns.chunks.stamp = sequence
    identifiers.stamp = sequence
    facts.stamp(sequence)
    offering.stamp(sequence)
    segmentation.marks.chunks.stamp = sequence
    answers.stamp = sequence
  }

  /// A hash over the whole state, the journal's sequence and time and the answers left out.
  ///
  /// Those are about requests, not about the shop. Two servers that recorded the same rows in the same order have the same hash.
  ///
  /// - Returns: 64 bits, never 0.
  /// - Complexity: one pass over the memory.
  public func stateHash() -> UInt64 {
    var hash = StateHash()
    var settings = ByteBuffer()
    writeSettings(to: &settings)
    writeRest(to: &settings)
    hash.combine(settings.bytes)
    for block in customers.chunks.blocks {
      hash.combine(UInt64(Section.Kind.formerCustomers.rawValue))
      FormerCustomerRow.combine(block, into: &hash)
    }
    forEachSection { section in
      if section.kind == .answers || section.kind == .customers { return }
      hash.combine(UInt64(section.kind.rawValue))
      hash.combine(section.bytes)
    }
    return max(1, hash.value)
  }
}
