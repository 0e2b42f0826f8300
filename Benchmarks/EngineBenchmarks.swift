// Groups «engine»: requests executed on a shop in memory, without sockets and disk. The index is
// not public, so a look-up is seen as the difference between customers at random and few of them, whose
// memory is in the cache, beside Swift's Dictionary with the same identifiers.

import Models
import Platform
import Scoring
import Synchronization
import Wire

/// An engine that closures can share; it is used by one thread.
final class EngineBox {
  var engine: Engine
  private var reply = ByteBuffer(capacity: 1 << 16)

  /// Opens an empty shop in UTC.
  init(adopting model: ModelFields) throws {
    engine = try Engine(Store(), indexKey: (1, 2))
    try require(Shop.frame(.declareShop, Shop.declaration))
    try require(Shop.frame(.adoptModel, AdoptModelRequest(model: model)))
  }

  /// Executes all requests of a run of bytes, reply after reply.
  ///
  /// - Returns: how many were executed.
  func execute(_ frames: [UInt8]) throws -> Int {
    var count = 0
    var rest = frames.rawBytes
    while case .frame(let header) = try Frame.cut(rest, sizeMax: Limits.frameSizeMax) {
      _ = engine.execute(
        header, rest.extracting(first: header.frameSize), at: Shop.nowMicros, into: &reply)
      rest = rest.extracting(droppingFirst: header.frameSize)
      // A loop's outbox is emptied by its socket.
      reply.consume(reply.count)
      count += 1
    }
    return count
  }

  /// Answers requests score one as a loop does: gathered, answered together, and written.
  ///
  /// - Returns: how many were answered.
  func gather(_ frames: [UInt8]) throws -> Int {
    var count = 0
    var place = 0
    while place < frames.count {
      let taken = engine.gather(
        frames.rawBytes.extracting(droppingFirst: place), countMax: 64, at: Shop.nowMicros)
      guard taken.count > 0 else { throw BenchError("not a query") }
      engine.answerGathered()
      engine.writeGathered(0..<taken.count, into: &reply)
      engine.forgetGathered()
      reply.consume(reply.count)
      place += taken.size
      count += taken.count
    }
    return count
  }

  /// Finds everybody's segment, as a server does after a model was adopted.
  func findSegments() throws {
    // The search wants a table, too, and one is made at a time.
    defer { makeTables() }
    while var sweep = engine.segmentSweep(at: Shop.nowMicros) {
      var findings: [SegmentFinding]?
      while findings == nil { findings = sweep.advance(on: Alone()) }
      for finding in findings ?? [] {
        switch finding {
        case .quantiles(let request): try keep(.keepQuantiles, request)
        case .segments(let request): try keep(.keepSegments, request)
        }
      }
    }
  }

  private func keep(_ verb: Verb, _ request: some Message) throws {
    let frame = try Shop.frame(verb, request)
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax),
      case .changed = engine.executeOwn(header, frame.rawBytes, at: Shop.nowMicros, into: &reply)
    else { throw BenchError("not kept") }
    reply.consume(reply.count)
  }

  /// Makes the tables that the engine wants.
  func makeTables() {
    while let job = engine.tableJob() { engine.keep(job.run()) }
  }

  /// Executes one request and reads its reply.
  func ask<Reply: Message>(
    _ verb: Verb, _ request: some Message, for type: Reply.Type
  ) throws -> Reply {
    let frame = try Shop.frame(verb, request)
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax)
    else { throw BenchError("not a frame") }
    defer { reply.consume(reply.count) }
    let outcome = engine.execute(header, frame.rawBytes, at: Shop.nowMicros, into: &reply)
    if case .refused(let status) = outcome { throw BenchError("\(verb): \(status.name)") }
    var reader = FrameReader(reply.bytes, from: FrameHeader.size)
    return try Reply(from: &reader)
  }

  /// A question that is answered in parts.
  func stream(_ verb: Verb, _ request: some Message) throws -> any StreamedAnalysis {
    let frame = try Shop.frame(verb, request)
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax)
    else { throw BenchError("not a frame") }
    let outcome = engine.execute(header, frame.rawBytes, at: Shop.nowMicros, into: &reply)
    guard case .asked(.stream(let analysis)) = outcome else { throw BenchError("not a stream") }
    return analysis
  }

  private func require(_ frame: [UInt8]) throws {
    guard try execute(frame) == 1, engine.sequence > 0 else { throw BenchError("not accepted") }
  }

  /// Records all orders of some customers.
  func fill(_ shop: Shop, _ customers: Int) throws { try fill(shop, 0..<customers) }

  /// Records some customers, one after the other.
  func fill<Customers: RandomAccessCollection<Int>>(_ shop: Shop, _ customers: Customers) throws {
    // In parts, so that the frames of millions need not be held at once.
    var rest = customers[...]
    while !rest.isEmpty {
      for frame in try shop.frames(rest.prefix(50_000)).bytes { _ = try execute(frame) }
      rest = rest.dropFirst(50_000)
    }
    guard engine.store.customerCount == customers.count else {
      throw BenchError("not all recorded")
    }
  }
}

/// Why nothing could be timed.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

enum EngineBenchmarks {
  static func run(_ bench: inout Bench) throws {
    let shop = try Shop()
    for count in bench.isQuick ? [100_000] : [1_000_000, 4_000_000] {
      let group = "engine, score one of \(count) customers"
      if bench.wants(group) { try scores(&bench, group, shop, count) }
    }
    let customers = bench.isQuick ? 100_000 : 10_000_000
    let assembly = "engine, assembly of \(customers) customers"
    if bench.wants(assembly) { try assemblies(&bench, assembly, shop, customers) }
    let group = "engine, record orders, a row"
    if bench.wants(group) { try orders(&bench, group, shop) }
  }

  private static func scores(
    _ bench: inout Bench, _ group: String, _ shop: Shop, _ count: Int
  ) throws {
    let box = try EngineBox(adopting: shop.modelFields)
    try box.fill(shop, count)
    let passes = bench.isQuick ? 20_000 : 100_000
    var random = SeededRandom(seed: 2)
    let numbers = (0..<passes).map { _ in Int(random.next() % UInt64(count)) }
    let known = try numbers.flatMap { try request(Shop.name($0)) }
    let unknown = try numbers.flatMap { try request("stranger-\($0)") }
    let few = try numbers.indices.flatMap { try request(Shop.name(numbers[$0 % 256])) }
    let many = try stride(from: 0, to: passes, by: 1_000).flatMap { start in
      try Shop.frame(
        .scoreMany,
        ScoreManyRequest(
          terms: Shop.terms, customers: numbers[start..<min(passes, start + 1_000)].map(Shop.name)))
    }
    var dictionary: [String: UInt32] = [:]
    dictionary.reserveCapacity(count)
    for number in 0..<count { dictionary[Shop.name(number)] = UInt32(number) }
    let names = numbers.map(Shop.name)
    let amount = Double(passes)
    _ = try box.gather(few)
    box.makeTables()
    try bench.compare(
      group, .nanosecondsEach,
      [
        Contestant("score many, 1000 at random", amount: amount) { UInt64(try box.execute(many)) },
        Contestant("256 of them again and again", amount: amount) {
          UInt64(try box.execute(few))
        },
        Contestant("unknown ones", amount: amount) { UInt64(try box.execute(unknown)) },
        Contestant("64 in a turn, at random", amount: amount) { UInt64(try box.gather(known)) },
        Contestant("64 in a turn, 256 of them again and again", amount: amount) {
          UInt64(try box.gather(few))
        },
        Contestant("only Swift's Dictionary, at random", amount: amount) {
          names.reduce(0) { $0 &+ UInt64(dictionary[$1] ?? 0) }
        },
        Contestant("at random", amount: amount) { UInt64(try box.execute(known)) },
      ])
  }

  private static func assemblies(
    _ bench: inout Bench, _ group: String, _ shop: Shop, _ count: Int
  ) throws {
    let box = try EngineBox(adopting: shop.modelFields)
    try box.fill(shop, count)
    let store = box.engine.store
    try bench.compare(
      group, .millisecondsEach,
      [
        Contestant("by two threads", amount: 1) {
          let assembly = EngineAssembly(store, indexKey: (3, 4))
          let parts = try Assembling.perform(assembly)
          return Engine(assembly, parts).sequence
        },
        Contestant("by one thread", amount: 1) {
          try Engine(store, indexKey: (3, 4)).sequence
        },
      ])
  }

  private static func orders(_ bench: inout Bench, _ group: String, _ shop: Shop) throws {
    let customers = bench.isQuick ? 10_000 : 50_000
    let large = try shop.frames(0..<customers)
    let single = try shop.frames(0..<customers, rowsMax: 1)
    let keyed = try shop.frames(0..<customers, rowsMax: 1, isKeyed: true)
    let (largeBytes, singleBytes) = (large.bytes.flatMap(\.self), single.bytes.flatMap(\.self))
    let keyedBytes = keyed.bytes.flatMap(\.self)
    var box = try EngineBox(adopting: shop.modelFields)
    let amount = Double(large.orders)
    try bench.compare(
      group, .nanosecondsEach, prepare: { box = try EngineBox(adopting: shop.modelFields) },
      [
        Contestant("batches of \(Limits.rowsMax)", amount: amount) {
          UInt64(try box.execute(largeBytes))
        },
        Contestant("one order a request, with a key", amount: amount) {
          UInt64(try box.execute(keyedBytes))
        },
        Contestant("one order a request", amount: amount) { UInt64(try box.execute(singleBytes)) },
      ])
  }

  private static func request(_ name: String) throws -> [UInt8] {
    try Shop.frame(.scoreOne, ScoreOneRequest(terms: Shop.terms, customer: name))
  }
}

/// The tasks of an assembly shared out between two threads.
enum Assembling {
  private final class Shared: Sendable {
    let next = Atomic(0)
    let results = Mutex<[Result<EngineAssembly.Part, SectionError>]>([])
  }

  static func perform(_ assembly: EngineAssembly) throws -> [EngineAssembly.Part] {
    let shared = Shared()
    @Sendable func work() {
      while true {
        let task = shared.next.add(1, ordering: .relaxed).oldValue
        if task >= assembly.taskCount { return }
        let result = Result { () throws(SectionError) in try assembly.perform(task) }
        shared.results.withLock { $0.append(result) }
      }
    }
    let helper = try Thread(name: "helper") { work() }
    work()
    helper.join()
    return try shared.results.withLock { try $0.map { try $0.get() } }
  }
}
