// From a loaded state to an engine: references are checked and the indexes built, as tasks that
// several threads can take one after the other. No thread is known here.

/// The work between a loaded state and an engine, in independent tasks.
public struct EngineAssembly: Sendable {
  let store: Store
  let indexKey: (UInt64, UInt64)
  private let tasks: [Task]

  private enum Task {
    /// Checks where these rows refer to.
    case checkCustomers(Range<UInt32>)
    case checkOrders(Range<UInt32>)
    case checkReturns(Range<UInt32>)
    /// Builds these parts of an index.
    case indexCustomers(Range<Int>)
    case indexOrders(Range<Int>)
    /// Builds the index of this half of the answers.
    case indexAnswers(Int)
    /// Builds the index of this half of the decisions.
    case indexDecisions(Int)
    /// Checks or indexes this of the facts.
    case facts(FactTask)
    /// The same of offers.
    case offers(OfferTask)
  }

  /// What a task came to.
  public struct Part: Sendable {
    let task: Int
    var parts: [Index.Part] = []
  }

  /// Lays out the tasks, the long ones first.
  ///
  /// - Parameters:
  ///   - store: a state that was loaded.
  ///   - indexKey: random numbers of this process; they never reach the state.
  public init(_ store: Store, indexKey: (UInt64, UInt64)) {
    self.store = store
    self.indexKey = indexKey
    var tasks: [Task] = []
    tasks += Self.partRanges(Self.customerTasks).map { .indexCustomers($0) }
    tasks += Self.partRanges(Self.orderTasks).map { .indexOrders($0) }
    tasks += [.indexAnswers(0), .indexAnswers(1), .indexDecisions(0), .indexDecisions(1)]
    tasks += Self.rowRanges(store.orders.count).map { .checkOrders($0) }
    tasks += Self.rowRanges(store.customers.count).map { .checkCustomers($0) }
    tasks += Self.rowRanges(store.returns.count).map { .checkReturns($0) }
    tasks += FactTask.allCases.map { .facts($0) }
    tasks += OfferTask.allCases.map { .offers($0) }
    self.tasks = tasks
  }

  // Every task over an index reads all its rows and keeps those of its parts. Reading identities
  // costs little; identifiers have to be hashed, so there is one task for all customers.
  private static let customerTasks = 1
  private static let orderTasks = 4
  private static let checkRows = 1 << 20

  private static func partRanges(_ tasks: Int) -> [Range<Int>] {
    let size = Index.partCount / tasks
    return (0..<tasks).map { $0 * size..<($0 + 1) * size }
  }

  private static func rowRanges(_ count: Int) -> [Range<UInt32>] {
    stride(from: 0, to: count, by: checkRows).map {
      UInt32($0)..<UInt32(min($0 + checkRows, count))
    }
  }

  /// How many tasks there are.
  public var taskCount: Int { tasks.count }

  /// Does one task; any thread may, in any order, each task once.
  ///
  /// - Parameter task: `0..<taskCount`.
  /// - Returns: what the engine is made of.
  /// - Throws: a `SectionError` when the state refers to what is not there, or when something is
  ///   there twice.
  public func perform(_ task: Int) throws(SectionError) -> Part {
    var part = Part(task: task)
    switch tasks[task] {
    case .checkCustomers(let rows): try checkCustomers(rows)
    case .checkOrders(let rows): try checkOrders(rows)
    case .checkReturns(let rows): try checkReturns(rows)
    case .indexCustomers(let parts): part.parts = try customerIndex(parts)
    case .indexOrders(let parts): part.parts = try orderIndex(parts)
    case .indexAnswers(let half): part.parts = try answerIndex(store.answers.halves[half])
    case .indexDecisions(let half):
      part.parts = try answerIndex(store.offering.decisions.halves[half])
    case .offers(let task): part.parts = try OfferAssembly(store: store).perform(task)
    case .facts(let task):
      part.parts = try FactAssembly(store: store, indexKey: indexKey).perform(task)
    }
    return part
  }

  /// The indexes, of all their parts in order.
  func indexes(
    _ parts: [Part]
  ) -> (
    customers: Index, orders: Index, facts: FactIndexes, offers: OfferIndexes, answers: [Index]
  ) {
    let sorted = parts.sorted { $0.task < $1.task }
    precondition(
      sorted.map(\.task) == Array(tasks.indices), "an engine is made when every task was done once")
    var (customers, orders): ([Index.Part], [Index.Part]) = ([], [])
    var facts = FactIndexes()
    var answers: [Index] = []
    var offers = OfferIndexes()
    for part in sorted {
      switch tasks[part.task] {
      case .indexCustomers: customers += part.parts
      case .indexOrders: orders += part.parts
      case .indexAnswers: answers.append(Index(part.parts))
      case .facts(let task): if let index = task.index { facts[keyPath: index] = Index(part.parts) }
      case .indexDecisions(let half): offers.decisions[half] = Index(part.parts)
      case .offers(.indexOutcomes): offers.outcomes = Index(part.parts)
      case .checkCustomers, .checkOrders, .checkReturns, .offers: break
      }
    }
    return (Index(customers), Index(orders), facts, offers, answers)
  }

  // MARK: Indexes

  private func customerIndex(_ parts: Range<Int>) throws(SectionError) -> [Index.Part] {
    var hashes: [UInt64] = []
    hashes.reserveCapacity(store.customers.count)
    for block in 0..<store.customers.chunks.blocks.count {
      for position in store.customers.values(inBlock: block, { $0.identifier }) {
        // Here and not in a check: no task may rely on another having been done.
        guard store.identifiers.holds(position) else {
          throw SectionError("customer \(hashes.count) has an identifier that is not there")
        }
        hashes.append(SipHash.hash(store.identifiers.bytes(at: position), key: indexKey))
      }
    }
    var builder = IndexBuilder(parts: parts)
    builder.count(hashes.span)
    builder.endCounting()
    builder.deal(hashes.span)
    // Named here, or the whole assembly would be copied for each part.
    let (customers, identifiers) = (store.customers, store.identifiers)
    return try builder.build("customer") { one, other in
      identifiers.equals(
        identifiers.bytes(at: customers[one].identifier), at: customers[other].identifier)
    }
  }

  private func orderIndex(_ parts: Range<Int>) throws(SectionError) -> [Index.Part] {
    var builder = IndexBuilder(parts: parts)
    let blocks = 0..<store.orders.chunks.blocks.count
    for block in blocks { builder.count(identities(inBlock: block).span) }
    builder.endCounting()
    for block in blocks { builder.deal(identities(inBlock: block).span) }
    let orders = store.orders
    return try builder.build("order") { one, other in
      orders[one].identity == orders[other].identity
    }
  }

  private func identities(inBlock block: Int) -> [UInt64] {
    store.orders.values(inBlock: block) { $0.identity }
  }

  private func answerIndex(_ half: AnswerHalf) throws(SectionError) -> [Index.Part] {
    let positions = try half.positions()
    let hashes = positions.map { SipHash.hash(half.key(at: $0), key: indexKey) }
    var builder = IndexBuilder(parts: 0..<Index.partCount)
    builder.count(hashes.span)
    builder.endCounting()
    builder.deal(hashes.span)
    var parts = try builder.build("answer") { one, other in
      half.key(at: positions[Int(one)]) == half.key(at: positions[Int(other)])
    }
    for part in parts.indices { parts[part].renumber(positions) }
    return parts
  }

  // MARK: References

  private func checkOrders(_ rows: Range<UInt32>) throws(SectionError) {
    for number in rows {
      let previous = store.orders[number].previous
      guard previous == CustomerRow.none || previous < number else {
        throw SectionError("order \(number) links to order \(previous), which came later")
      }
    }
  }

  private func checkReturns(_ rows: Range<UInt32>) throws(SectionError) {
    for number in rows {
      let entry = store.returns[number]
      guard entry.previous == CustomerRow.none || entry.previous < number,
        entry.order < store.orders.count
      else { throw SectionError("return \(number) links to what is not there") }
    }
  }

  private func checkCustomers(_ rows: Range<UInt32>) throws(SectionError) {
    for number in rows {
      let row = store.customers[number]
      guard row.lastOrder == CustomerRow.none || row.lastOrder < store.orders.count,
        row.lastReturn == CustomerRow.none || row.lastReturn < store.returns.count,
        row.firstDay <= row.lastDay
      else { throw SectionError("customer \(number) refers to what is not there") }
    }
  }
}
