// Group «growth»: the longest single request on the way to ten million customers, one order each. What
// grows on that way are the indexes, the lists of chunks, the identifiers and the memory under them.

import Models
import Platform
import Scoring
import Server
import Wire

enum GrowthBenchmarks {
  static func run(_ bench: inout Bench) throws {
    let count = bench.isQuick ? 200_000 : 10_000_000
    let group = "growth to \(count) customers"
    guard bench.wants(group) else { return }
    let shop = try Shop()
    let box = try EngineBox(adopting: shop.modelFields)
    let before = try ProcessFacts.residentBytes()
    let memory = try MemoryKeeper()
    memory.begin()
    var (watch, control) = (Stopwatch(), Stopwatch())
    var orders = 0
    // In parts, so that the frames of millions need not be held at once.
    for start in stride(from: 0, to: count, by: 20_000) {
      let frames = try shop.frames(start..<min(count, start + 20_000), rowsMax: 1)
      // What making the frames left to be swept up is swept by malloc at the next large piece, which shall
      // not be the engine's.
      guard !frames.bytes.flatMap(\.self).isEmpty else { throw BenchError("no frames") }
      let micros = try watch.time(frames.bytes, box)
      // The machine has pauses of its own, which look the same: as long a time of doing nothing shows them.
      control.timeNothing(micros: micros)
      orders += frames.orders
    }
    memory.stop()
    let customers = box.engine.store.customerCount
    guard customers == count, box.engine.store.orderCount == orders else {
      throw BenchError("not all recorded")
    }
    let gained = try ProcessFacts.residentBytes() - before
    bench.tell(group, "an order, by the processor", .nanosecondsEach, watch.mean)
    for (name, watch) in [("an order", watch), ("nothing, for as long", control)] {
      bench.tell(group, "\(name): the longest", .microsecondsEach, watch.longestBusy)
      bench.tell(group, "\(name): the longest by the clock", .microsecondsEach, watch.longest)
      for (limit, times) in zip(Stopwatch.limits, watch.above) {
        bench.tell(group, "\(name): longer than \(limit) us", .times, Double(times))
      }
    }
    bench.tell(group, "resident memory of a customer", .bytesEach, Double(gained) / Double(count))
  }

  /// Times requests one by one, by two clocks.
  private struct Stopwatch {
    /// Microseconds.
    static let limits = [100, 200, 500, 1000]

    /// Microseconds by the monotonic clock.
    private(set) var longest = 0.0
    /// Microseconds on a processor: what the scheduler gave to others in between is not in it.
    private(set) var longestBusy = 0.0
    /// How many took longer than each limit on a processor.
    private(set) var above = [Int](repeating: 0, count: Stopwatch.limits.count)
    private var count = 0
    private var busyNanos: Int64 = 0

    /// Nanoseconds of processor time of a request; reading the clocks is in it.
    var mean: Double { Double(busyNanos) / Double(max(1, count)) }

    /// Times requests.
    ///
    /// - Returns: microseconds of processor time that all of them took.
    mutating func time(_ frames: [[UInt8]], _ box: EngineBox) throws -> Double {
      let before = busyNanos
      for frame in frames {
        let start = Start()
        _ = try box.execute(frame)
        keep(start)
      }
      return Double(busyNanos - before) / 1e3
    }

    /// Times nothing, again and again.
    mutating func timeNothing(micros: Double) {
      let before = busyNanos
      while Double(busyNanos - before) / 1e3 < micros {
        let start = Start()
        for _ in 0..<4 { _ = ProcessFacts.threadNanoseconds() }
        keep(start)
      }
    }

    private struct Start {
      let time = SuspendingClock.now
      let busy = ProcessFacts.threadNanoseconds()
    }

    private mutating func keep(_ start: Start) {
      let busy = ProcessFacts.threadNanoseconds() - start.busy
      let seconds = start.time.duration(to: .now) / .seconds(1)
      busyNanos += busy
      count += 1
      longest = max(longest, seconds * 1e6)
      let micros = Double(busy) / 1e3
      longestBusy = max(longestBusy, micros)
      if micros > Double(Self.limits[0]) {
        for (place, limit) in Self.limits.enumerated() where micros > Double(limit) {
          above[place] += 1
        }
      }
    }
  }
}
