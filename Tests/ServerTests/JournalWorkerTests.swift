// The journal's side of the server, step by step on a simulated disk: what the loop is told when the
// disk is full, when it fails, and when there is time until the next sync.

import Durability
import Glibc
import Platform
import Server
import Support
import Testing

@Suite("JournalWorker")
struct JournalWorkerTests {
  /// A worker, its disk, and what it has told the loop.
  private struct Bench: ~Copyable {
    let storage: SimulatedStorage
    let clock: SimulatedClock
    let loop: Mailbox<LoopMessage>
    var worker: JournalWorker
    var last: UInt64 = 0

    init(windowMicros: Int64 = 0, segmentBytesMax: Int64 = 1 << 20) throws {
      let (storage, clock) = (SimulatedStorage(), SimulatedClock())
      let loop = try Mailbox<LoopMessage>()
      worker = try JournalWorker(
        recovering: storage,
        JournalConfiguration(
          syncWindowMicros: windowMicros, loadThreads: 1, room: (8192, 4096),
          options: JournalOptions(segmentBytesMax: segmentBytesMax, preallocationBytes: 0)),
        clock: clock, randomness: SeededGenerator(seed: 1), reportingTo: loop)
      (self.storage, self.clock, self.loop) = (storage, clock, loop)
    }

    /// One more record, as the loop hands it over.
    mutating func append(payloadBytes: Int = 100) throws(DurabilityError) {
      last += 1
      var batch = RecordBatch()
      batch.append(
        sequence: last, time: Int64(last),
        payload: [UInt8](repeating: 1, count: payloadBytes).rawBytes)
      _ = try worker.serve([.append(batch, room: Int64(payloadBytes) + 64)])
    }

    /// The latest the loop was told of the journal.
    func news() -> JournalNews? {
      var latest: JournalNews?
      for message in loop.takeAll() {
        if case .journal(let news) = message { latest = news }
      }
      return latest
    }
  }

  @Test("a record is acknowledgeable when it is durable, and its room is granted again")
  func always() throws {
    var bench = try Bench()
    let first = bench.news()
    #expect(first?.granted == 8192 && first?.isFull == false)
    try bench.append()
    let news = bench.news()
    #expect(news?.acknowledgeable == 1 && news?.durable == 1 && news?.lossWindowMicros == 0)
    try bench.append(payloadBytes: 5000)
    let later = bench.news()
    let granted: Int64 = 164 + 5064 + 8192
    #expect(later?.granted == granted)
    let timeout = bench.worker.timeoutMillis
    #expect(timeout == -1, "nothing is to be done without an order")
  }

  @Test("within a window a record is acknowledgeable at once and durable when the window ends")
  func window() throws {
    var bench = try Bench(windowMicros: 10_000)
    try bench.append()
    let early = bench.news()
    #expect(early?.acknowledgeable == 1 && early?.durable == 0)
    let timeout = bench.worker.timeoutMillis
    #expect(timeout == 10)
    bench.clock.advance(micros: 10_500)
    let goesOn = try bench.worker.serve([])
    let late = bench.news()
    #expect(goesOn && late?.durable == 1 && late?.lossWindowMicros == 10_500)
    try bench.append()
    let ends = try bench.worker.serve([.stop])
    #expect(!ends && bench.news()?.durable == 2, "the last order syncs")
  }

  @Test("a disk without room grants nothing and says so, is asked again, and goes on with space")
  func full() throws {
    var bench = try Bench()
    _ = bench.news()
    bench.storage.plan(.error(ENOSPC), at: bench.storage.callCount, count: 1000)
    _ = try bench.worker.serve([])
    // What was granted holds: its room is there.
    bench.storage.plan(.error(ENOSPC), at: .max)
    try bench.append(payloadBytes: 7000)
    bench.storage.plan(.error(ENOSPC), at: bench.storage.callCount, count: 1000)
    _ = try bench.worker.serve([])
    let timeout = bench.worker.timeoutMillis
    let news = bench.news()
    #expect(news?.durable == 1)
    if news?.isFull == true { #expect(timeout == 250) }
    bench.storage.plan(.error(ENOSPC), at: .max)
    _ = try bench.worker.serve([])
    try bench.append()
    let after = bench.news()
    #expect(after?.isFull == false && after?.acknowledgeable == 2)
  }

  @Test("where no room can be made ahead, a group waits for space with its replies, in order")
  func waits() throws {
    var bench = try Bench()
    try bench.append()
    // The second write from here finds the disk full, whatever was promised.
    bench.storage.plan(.error(ENOSPC), at: bench.storage.callCount)
    try bench.append()
    let waiting = bench.news()
    #expect(waiting?.isFull == true && waiting?.acknowledgeable == 1)
    let timeout = bench.worker.timeoutMillis
    #expect(timeout == 250)
    // A new segment is not begun before the group is written.
    bench.storage.plan(.error(ENOSPC), at: bench.storage.callCount)
    _ = try bench.worker.serve([.roll])
    try bench.append()
    let after = bench.news()
    #expect(after?.isFull == false && after?.durable == 3)
  }

  @Test("orders to begin a segment are kept, and put off without space")
  func rolls() throws {
    var bench = try Bench()
    try bench.append()
    bench.storage.plan(.error(ENOSPC), at: bench.storage.callCount)
    _ = try bench.worker.serve([.roll])
    bench.storage.plan(.error(ENOSPC), at: .max)
    let before = bench.storage.files.count
    _ = try bench.worker.serve([.roll])
    #expect(before == 1 && bench.storage.files.count == 2)
    try bench.append()
    #expect(bench.news()?.durable == 2)
  }

  @Test("groups that do not fit into one batch are written one after the other")
  func large() throws {
    var bench = try Bench()
    var orders: [JournalOrder] = []
    for sequence in 1...3 as ClosedRange<UInt64> {
      var batch = RecordBatch()
      let payload = [UInt8](repeating: 1, count: 30 << 20)
      batch.append(sequence: sequence, time: 1, payload: payload.rawBytes)
      orders.append(.append(batch, room: 30 << 20))
    }
    _ = try bench.worker.serve(orders)
    #expect(bench.news()?.durable == 3)
  }

  @Test("any other error of the disk ends the worker", arguments: 0..<3)
  func failure(call: Int) throws {
    var bench = try Bench()
    bench.storage.plan(.error(EIO), at: bench.storage.callCount + call, count: 100)
    var error: DurabilityError?
    do throws(DurabilityError) {
      try bench.append()
      _ = try bench.worker.serve([.roll])
    } catch let thrown { error = thrown }
    guard case .system? = error else {
      Issue.record("not the disk's error: \(String(describing: error))")
      return
    }
  }
}
