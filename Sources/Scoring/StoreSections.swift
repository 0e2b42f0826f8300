// The state as sections of bytes, for snapshots and for the state's hash, and back again. A section
// is one block of memory as it is, or the few settings that are not in blocks. Offsets of the
// settings section (little-endian):
//
//   0  4 generation    4  4 newest order day
//   8  8 customers    16  8 orders       24  8 returns       32  8 end of the identifiers
//  40  1 minor digits, then the currency (name), the model (as in adopt model; kind 0: none),
//        1 whether the shop is declared, and if so the declare shop request
//
// The sequence and the time are not in the sections: the snapshot's head holds them.

import Wire

/// One piece of the state.
public struct Section: ~Escapable {
  /// What a section holds; the number in the snapshot's block.
  public enum Kind: UInt32, CaseIterable, Sendable {
    /// Everything that is not in blocks; the first section.
    case settings = 1
    /// A chunk of customers.
    case customers = 2
    /// A chunk of orders.
    case orders = 3
    /// A chunk of returns.
    case returns = 4
    /// A block of identifiers.
    case identifiers = 5
  }

  /// What it holds.
  public let kind: Kind
  /// Its place among those of its kind, from 0.
  public let index: UInt32
  /// Its bytes.
  public let bytes: RawSpan

  @_lifetime(copy bytes)
  init(kind: Kind, index: UInt32, bytes: RawSpan) {
    self.kind = kind
    self.index = index
    self.bytes = bytes
  }
}

extension Store {
  /// Lends every section, the settings first, then kind after kind in rising order.
  ///
  /// - Parameter body: called once a section; the bytes are valid during the call.
  /// - Throws: what `body` throws.
  public func forEachSection<Failure: Error>(
    _ body: (borrowing Section) throws(Failure) -> Void
  ) throws(Failure) {
    var settings = ByteBuffer()
    writeSettings(to: &settings)
    try body(Section(kind: .settings, index: 0, bytes: settings.bytes))
    let lists: [(Section.Kind, [Block])] = [
      (.customers, customers.chunks.blocks), (.orders, orders.chunks.blocks),
      (.returns, returns.chunks.blocks), (.identifiers, identifiers.blocks),
    ]
    for (kind, blocks) in lists {
      for (index, block) in blocks.enumerated() {
        try body(Section(kind: kind, index: UInt32(index), bytes: block.bytes))
      }
    }
  }

  private func writeSettings(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(newestOrderDay)
    out.append(UInt64(customers.count))
    out.append(UInt64(orders.count))
    out.append(UInt64(returns.count))
    out.append(UInt64(identifiers.end))
    out.append(minorDigits)
    out.append(name: currency)
    AdoptModelRequest(model: model?.fields ?? ModelFields(kind: 0, r: 0, alpha: 0, a: 0, b: 0))
      .write(to: &out)
    out.append(UInt8(calendar == nil ? 0 : 1))
    if let calendar {
      DeclareShopRequest(timeZone: calendar.timeZone, transitions: calendar.transitions)
        .write(to: &out)
    }
  }
}

/// Why sections do not make a state.
public struct SectionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, in one sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Collects sections in the order in which `forEachSection` gave them and makes a state of them.
public struct StoreLoader {
  private var store = Store()
  private var counts: (customers: UInt64, orders: UInt64, returns: UInt64, end: UInt64)?
  private var blocks: [Section.Kind: [Block]] = [:]

  /// Begins without sections.
  ///
  /// - Parameters:
  ///   - sequence: the last record the sections cover.
  ///   - timeMicros: that record's time.
  public init(sequence: UInt64, timeMicros: Int64) {
    store.sequence = sequence
    store.timeMicros = timeMicros
  }

  /// Takes the next section.
  ///
  /// - Parameters:
  ///   - kind: the number of the kind.
  ///   - index: its place among those of its kind.
  ///   - bytes: copied.
  /// - Throws: a `SectionError` for an unknown kind, a gap, or settings that cannot be read.
  public mutating func add(kind: UInt32, index: UInt32, bytes: RawSpan) throws(SectionError) {
    guard let kind = Section.Kind(rawValue: kind) else {
      throw SectionError("a section of kind \(kind) is not known to this build")
    }
    if kind == .settings {
      do throws(Refusal) {
        try readSettings(bytes)
      } catch {
        throw SectionError("the settings cannot be read: \(error)")
      }
      return
    }
    guard Int(index) == blocks[kind, default: []].count else {
      throw SectionError("section \(index) of \(kind) is out of its place")
    }
    var block = Block(size: bytes.byteCount)
    Block.writable(&block).store(bytes: bytes, at: 0)
    blocks[kind, default: []].append(block)
  }

  private mutating func readSettings(_ bytes: RawSpan) throws(Refusal) {
    var reader = FrameReader(bytes)
    store.generation = try reader.read(UInt32.self)
    store.newestOrderDay = try reader.read(Int32.self)
    counts = (
      try reader.read(UInt64.self), try reader.read(UInt64.self), try reader.read(UInt64.self),
      try reader.read(UInt64.self)
    )
    store.minorDigits = try reader.read(UInt8.self)
    store.currency = try reader.readName("currency")
    let at = reader.offset
    let fields = try AdoptModelRequest(from: &reader).model
    store.model = fields.kind == 0 ? nil : try AdoptedModel(fields, at: at)
    if try reader.read(UInt8.self) != 0 {
      store.calendar = ShopCalendar(try DeclareShopRequest(from: &reader))
    }
    try reader.requireEnd()
  }

  /// Makes the state once every section was added.
  ///
  /// Every reference from one table into another is checked, so that a state that was damaged in
  /// spite of its checksums cannot stop the server later.
  ///
  /// - Returns: the state.
  /// - Throws: a `SectionError` when sections are missing or do not fit together.
  public consuming func finish() throws(SectionError) -> Store {
    guard let counts else { throw SectionError("the settings are missing") }
    guard
      store.customers.chunks.restore(
        count: Int(clamping: counts.customers), blocks: blocks[.customers, default: []]),
      store.orders.chunks.restore(
        count: Int(clamping: counts.orders), blocks: blocks[.orders, default: []]),
      store.returns.chunks.restore(
        count: Int(clamping: counts.returns), blocks: blocks[.returns, default: []]),
      store.identifiers.restore(
        end: Int(clamping: counts.end), blocks: blocks[.identifiers, default: []])
    else { throw SectionError("the sections do not hold as many rows as the settings say") }
    guard (store.customers.count == 0) || (store.calendar != nil) else {
      throw SectionError("there are customers, but no time zone was declared")
    }
    try store.checkReferences()
    return store
  }
}

extension Store {
  fileprivate func checkReferences() throws(SectionError) {
    for number in 0..<UInt32(orders.count) {
      let previous = orders[number].previous
      guard previous == CustomerRow.none || previous < number else {
        throw SectionError("order \(number) links to order \(previous), which came later")
      }
    }
    for number in 0..<UInt32(returns.count) {
      let entry = returns[number]
      guard entry.previous == CustomerRow.none || entry.previous < number,
        entry.order < orders.count
      else { throw SectionError("return \(number) links to what is not there") }
    }
    for number in 0..<UInt32(customers.count) {
      let row = customers[number]
      guard row.lastOrder == CustomerRow.none || row.lastOrder < orders.count,
        row.lastReturn == CustomerRow.none || row.lastReturn < returns.count,
        row.firstDay <= row.lastDay, identifiers.holds(row.identifier)
      else { throw SectionError("customer \(number) refers to what is not there") }
    }
  }
}
