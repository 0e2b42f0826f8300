// From a head and sections back to the state. What is checked here is that everything is there and
// has its size; whether it makes sense together is checked by EngineAssembly.

import Wire

/// Why sections do not make a state.
public struct SectionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, in one sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// A section that was read again, in memory of its own: made on any thread, added on one.
public struct LoadedSection: Sendable {
  let kind: Section.Kind
  let index: Int
  let block: Block
  /// Of a chunk of customers, as if all its rows were.
  let zone: CustomerZone?

  /// Copies the bytes.
  ///
  /// - Parameters:
  ///   - kind: the number of the kind.
  ///   - index: its place among those of its kind, from 0.
  ///   - changed: the sequence of the last command that wrote to it.
  ///   - bytes: as `forEachSection` lent them.
  /// - Throws: a `SectionError` for a kind that is not known.
  public init(
    kind: UInt32, index: UInt32, changed: UInt64, bytes: RawSpan
  ) throws(SectionError) {
    guard let kind = Section.Kind(rawValue: kind) else {
      throw SectionError("a section of kind \(kind) is not known to this build")
    }
    let block = Block(copying: bytes, changed: changed)
    self.index = Int(index)
    // The others are what their tables are made of.
    let isFormer = kind == .formerCustomers
    self.kind = isFormer ? .customers : kind
    self.block = isFormer ? FormerCustomerRow.converted(block) : block
    let rows = CustomerRow.chunkRows
    let isChunk = self.kind == .customers && self.block.size == rows * CustomerRow.size
    zone = isChunk ? CustomerZone(ofRows: rows, in: self.block) : nil
  }
}

/// Collects the sections of a state in any order.
public struct StoreLoader: Sendable {
  private var store = Store()
  private let counts: Counts
  /// A place for every block there must be.
  private var places: [List: [Block?]] = [:]
  /// Of the chunks of customers.
  private var zones: [CustomerZone] = []

  /// What blocks follow each other in.
  private enum List: Hashable {
    case table(Section.Kind)
    case answers(half: Int)
    case decisions(half: Int)
  }

  /// How much the head says there is.
  private struct Counts {
    let customers: Int
    let orders: Int
    let returns: Int
    let end: Int
    /// Of the halves of the answers.
    let answerEnds: [Int]
    /// Of the tables of facts.
    var facts = [Int](repeating: 0, count: Facts.tables.count)
    var nameEnd = 0
    /// Nil where there never was a catalogue of offers.
    var offering: Offering.Counts?
    /// Rows of the segments' marks; nil where segments were neither defined nor found.
    var marks: Int?
  }

  /// Begins with the head.
  ///
  /// - Parameters:
  ///   - sequence: the last record the state covers.
  ///   - timeMicros: that record's time.
  ///   - head: as `Store.head` wrote it.
  /// - Throws: a `SectionError` when the head cannot be read.
  public init(sequence: UInt64, timeMicros: Int64, head: RawSpan) throws(SectionError) {
    do throws(Refusal) {
      counts = try Self.read(head, into: &store)
    } catch {
      throw SectionError("the head cannot be read: \(error)")
    }
    store.sequence = sequence
    store.timeMicros = timeMicros
    let rowsMax = Int(UInt32.max) - 1
    guard counts.customers <= rowsMax, counts.orders <= rowsMax, counts.returns <= rowsMax,
      counts.facts.allSatisfy({ $0 <= rowsMax }),
      counts.nameEnd <= IdentifierArena.blocksMax * IdentifierArena.blockSize,
      counts.end <= IdentifierArena.blocksMax * IdentifierArena.blockSize,
      counts.answerEnds.allSatisfy({ $0 <= store.answers.halfBlocksMax * AnswerHalf.blockSize })
    else { throw SectionError("the head says there is more than any state can hold") }
    guard counts.customers == 0 || store.calendar != nil else {
      throw SectionError("there are customers, but no time zone was declared")
    }
    let chunks = store.customers.chunks.blockCount(of: counts.customers)
    zones = [CustomerZone](repeating: CustomerZone(), count: chunks)
    expect(.table(.customers), chunks)
    expect(.table(.orders), store.orders.chunks.blockCount(of: counts.orders))
    expect(.table(.returns), store.returns.chunks.blockCount(of: counts.returns))
    expect(.table(.identifiers), IdentifierArena.blockCount(of: counts.end))
    for (table, count) in zip(Facts.tables, counts.facts) {
      expect(.table(table.kind), store.facts[keyPath: table.chunks].blockCount(of: count))
    }
    expect(.table(.nameBytes), IdentifierArena.blockCount(of: counts.nameEnd))
    if let offering = counts.offering {
      let rowsMax = Int(UInt32.max) - 1
      guard offering.tables.allSatisfy({ $0 <= rowsMax }),
        offering.decisionEnds.allSatisfy({
          $0 <= store.offering.decisions.halfBlocksMax * AnswerHalf.blockSize
        })
      else { throw SectionError("the head says there is more of offers than any state can hold") }
      for (table, count) in zip(Offering.tables, offering.tables) {
        expect(.table(table.kind), store.offering[keyPath: table.chunks].blockCount(of: count))
      }
      for half in 0..<2 {
        expect(.decisions(half: half), AnswerHalf.blockCount(of: offering.decisionEnds[half]))
      }
      expect(.table(.catalogues), 1)
      expect(.table(.learning), 1)
    }
    if let marks = counts.marks {
      guard marks <= counts.customers else {
        throw SectionError("the head says that there are segments of more customers than there are")
      }
      expect(.table(.segmentMarks), store.segmentation.marks.chunks.blockCount(of: marks))
      expect(.table(.segmentation), 1)
    }
    for half in 0..<2 {
      expect(.answers(half: half), AnswerHalf.blockCount(of: counts.answerEnds[half]))
    }
  }

  private mutating func expect(_ list: List, _ count: Int) {
    places[list] = [Block?](repeating: nil, count: count)
  }

  private static func read(
    _ head: RawSpan, into store: inout Store
  ) throws(Refusal) -> Counts {
    var reader = FrameReader(head)
    store.generation = try reader.read(UInt32.self)
    store.newestOrderDay = try reader.read(Int32.self)
    let customers = Int(clamping: try reader.read(UInt64.self))
    let orders = Int(clamping: try reader.read(UInt64.self))
    let returns = Int(clamping: try reader.read(UInt64.self))
    let end = Int(clamping: try reader.read(UInt64.self))
    store.minorDigits = try reader.read(UInt8.self)
    store.currency = try reader.readName("currency")
    _ = try CommandKey(from: &reader)
    let at = reader.offset
    var model = try ModelFields(headFrom: &reader)
    if try reader.read(UInt8.self) != 0 {
      store.calendar = ShopCalendar(try DeclareShopRequest(from: &reader))
    }
    let younger = Int(try reader.read(UInt8.self))
    let halfBlocks = Int(try reader.read(UInt32.self))
    guard younger <= 1, (1...AnswerLog.halfBlocksLimit).contains(halfBlocks) else {
      throw Refusal(.invalidField, "the halves of the answers are not what they can be")
    }
    store.answers = AnswerLog(halfBlocksMax: halfBlocks)
    store.answers.younger = younger
    let answerEnds = [
      Int(clamping: try reader.read(UInt64.self)), Int(clamping: try reader.read(UInt64.self)),
    ]
    var facts: [Int] = []
    var offering: Offering.Counts?
    var marks: Int?
    if reader.remaining > 0 {
      try model.readRest(from: &reader)
      let at = reader.offset
      var previous = try ModelFields(headFrom: &reader)
      try previous.readRest(from: &reader)
      if reader.remaining > 0 {
        try model.readLayer(from: &reader)
        try previous.readLayer(from: &reader)
        if reader.remaining > 0 {
          facts = try readFacts(&reader)
          if reader.remaining > 0 { offering = try readOffering(&reader, into: &store) }
          if reader.remaining > 0 { marks = Int(clamping: try reader.read(UInt64.self)) }
        }
      }
      if previous.kind != 0 { store.previousModel = try AdoptedModel(previous, at: at) }
    }
    if model.kind != 0 { store.model = try AdoptedModel(model, at: at) }
    try reader.requireEnd()
    var counts = Counts(
      customers: customers, orders: orders, returns: returns, end: end, answerEnds: answerEnds)
    counts.offering = offering
    counts.marks = marks
    counts.nameEnd = facts.popLast() ?? 0
    counts.facts.replaceSubrange(facts.indices, with: facts)
    return counts
  }

  /// The part of offers; nil where there never was a catalogue.
  private static func readOffering(
    _ reader: inout FrameReader, into store: inout Store
  ) throws(Refusal) -> Offering.Counts? {
    var ahead = reader
    if try ahead.readUInt8() != 0 { return try store.offering.readHead(&reader) }
    reader = ahead
    return nil
  }

  /// The counts of the tables of facts, of which an earlier build knew fewer, and the names' end.
  private static func readFacts(_ reader: inout FrameReader) throws(Refusal) -> [Int] {
    let at = reader.offset
    let count = Int(try reader.read(UInt8.self))
    guard (1...Facts.tables.count + 1).contains(count) else {
      throw Refusal(.invalidField, at: at, "\(count) tables of facts are not what there can be")
    }
    var counts: [Int] = []
    for _ in 0..<count { counts.append(Int(clamping: try reader.read(UInt64.self))) }
    return counts
  }

  /// Takes the next section.
  ///
  /// - Parameter section: any that was not added yet.
  /// - Throws: a `SectionError` for one that has no place, or that was changed after the state.
  public mutating func add(_ section: LoadedSection) throws(SectionError) {
    let kind = section.kind
    var (list, index) = (List.table(kind), section.index)
    if kind == .answers || kind == .decisions {
      let half = index / AnswerLog.halfBlocksLimit
      list = kind == .answers ? .answers(half: half) : .decisions(half: half)
      index %= AnswerLog.halfBlocksLimit
    }
    guard index < places[list, default: []].count, places[list]?[index] == nil else {
      throw SectionError("section \(section.index) of \(kind) is out of its place or there twice")
    }
    guard section.block.changed <= store.sequence else {
      throw SectionError(
        "section \(section.index) of \(kind) was changed by record \(section.block.changed), after the "
          + "state's last record \(store.sequence)")
    }
    places[list]?[index] = section.block
    if let zone = section.zone { zones[index] = zone }
  }

  /// Makes the state once every section was added.
  ///
  /// - Returns: the state; its tables may still refer to what is not there, which
  ///   `EngineAssembly` finds out.
  /// - Throws: a `SectionError` when sections are missing or have the wrong size.
  public consuming func finish() throws(SectionError) -> Store {
    guard
      store.customers.restore(
        count: counts.customers, blocks: blocks(.table(.customers)), zones: zones),
      store.orders.chunks.restore(count: counts.orders, blocks: blocks(.table(.orders))),
      store.returns.chunks.restore(count: counts.returns, blocks: blocks(.table(.returns))),
      store.identifiers.restore(end: counts.end, blocks: blocks(.table(.identifiers))),
      store.answers.halves[0].restore(end: counts.answerEnds[0], blocks: blocks(.answers(half: 0))),
      store.answers.halves[1].restore(end: counts.answerEnds[1], blocks: blocks(.answers(half: 1)))
    else { throw Self.wrongCount }
    for block in store.returns.chunks.blocks.indices {
      let newest = store.returns.values(inBlock: block) { Int32($0.day) }.max() ?? -1
      store.newestReturnDay = max(store.newestReturnDay, newest)
    }
    for (table, count) in zip(Facts.tables, counts.facts) {
      let blocks = blocks(.table(table.kind))
      guard store.facts[keyPath: table.chunks].restore(count: count, blocks: blocks) else {
        throw Self.wrongCount
      }
    }
    guard
      store.facts.names.arena.restore(end: counts.nameEnd, blocks: blocks(.table(.nameBytes)))
    else { throw Self.wrongCount }
    if let offering = counts.offering { try finish(offering) }
    if let marks = counts.marks {
      let blocks = blocks(.table(.segmentMarks))
      guard store.segmentation.marks.chunks.restore(count: marks, blocks: blocks),
        let segmentation = self.blocks(.table(.segmentation)).first
      else { throw Self.wrongCount }
      try store.segmentation.restore(segmentation)
    }
    return store
  }

  private mutating func finish(_ counts: Offering.Counts) throws(SectionError) {
    for (table, count) in zip(Offering.tables, counts.tables) {
      let blocks = blocks(.table(table.kind))
      guard store.offering[keyPath: table.chunks].restore(count: count, blocks: blocks) else {
        throw Self.wrongCount
      }
    }
    for half in 0..<2 {
      let (end, blocks) = (counts.decisionEnds[half], blocks(.decisions(half: half)))
      guard store.offering.decisions.halves[half].restore(end: end, blocks: blocks) else {
        throw Self.wrongCount
      }
    }
    guard let learning = blocks(.table(.learning)).first,
      let catalogues = blocks(.table(.catalogues)).first
    else { throw Self.wrongCount }
    try store.offering.restoreLearning(learning)
    try store.offering.restoreCatalogues(catalogues, store.facts.names)
  }

  private static var wrongCount: SectionError {
    SectionError("the sections do not hold as many rows as the head says")
  }

  private func blocks(_ list: List) -> [Block] {
    places[list, default: []].compactMap(\.self)
  }
}
