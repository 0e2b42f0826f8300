// What a seed decides about a life before it begins: how many clients, how hasty, how the disk is
// used, what goes wrong. Not here: what happens in it.

import Durability
import Glibc
import Platform
import Server
import Support
import Wire

/// The character of one life.
struct LifePlan {
  /// Clients that connect, at least 1.
  var clients: Int
  /// New requests over the whole life.
  var requests: Int
  /// Requests a client has under way at most.
  var pipeline: Int
  /// Rows of a batch at most.
  var rows: Int
  /// Customers of the shop.
  var customers: Int
  /// Microseconds between snapshots by the clock; 0 takes none.
  var snapshotEveryMicros: Int64
  var journal: JournalConfiguration
  /// How often each kind of step is chosen, relative to the others.
  var weights: Weights
  /// Of a hundred requests, how many ask for a snapshot.
  var snapshotPercent: Int
  /// Whether the disk's calls are crash points.
  var crashes = true
  /// One crash in so many is where the life goes on.
  var crashesPerRestart: Int
  /// Calls of the disk that go wrong, counted over each disk's life.
  var faults: [(calls: Range<Int>, fault: SimulatedStorage.Fault)]
  /// Of a thousand requests, how many ask for a fit.
  var fitPermille: Int
  /// Rows of one batch that fills several chunks; 0 has none.
  var bulk: Int
  var zone: DeclareShopRequest
  /// The calendar at first.
  var calendarMicros: Int64
  /// Whether clients ask about offers, too: what comes of it an oracle judges by the journal.
  var offers = false
  /// Clients beside the others who ask about all customers, in parts; where there are some, segments are defined.
  var observers = 0

  struct Weights {
    var client = 6
    var turn = 8
    var journal = 4
    var bench = 3
    var clock = 2
    var reset = 0
    var jump = 0
    var stop = 0
  }

  /// Draws a plan.
  ///
  /// - Parameters:
  ///   - generator: the life's.
  ///   - faultPercent: of a hundred lives, in how many the disk fails.
  ///   - fault: how; nil leaves it to chance.
  init(
    _ generator: inout SeededGenerator, faultPercent: Int, fault: SimulatedStorage.Fault? = nil
  ) {
    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    clients = draw(1...5)
    requests = draw(20...160)
    pipeline = draw(1...12)
    rows = draw(1...8)
    customers = draw(2...40)
    snapshotEveryMicros = [0, 200_000, 2_000_000, 60_000_000][draw(0...3)]
    // Room for the largest request of a life, and mostly not for many.
    let room = Int64([4_096, 8_192, 32_768][draw(0...2)])
    journal = JournalConfiguration(
      syncWindowMicros: Int64([0, 0, 0, 2_000, 10_000][draw(0...4)]), loadThreads: 1,
      room: (bytes: room, least: 4_096),
      options: JournalOptions(
        segmentBytesMax: Int64([4_096, 16_384, 65_536, 1 << 20][draw(0...3)]),
        preallocationBytes: Int64([0, 1_000, 4_096, 16_384][draw(0...3)])))
    weights = Weights(
      client: draw(3...10), turn: draw(3...12), journal: draw(1...8), bench: draw(1...4),
      clock: draw(1...3), reset: draw(0...2) == 0 ? 1 : 0, jump: draw(0...2) == 0 ? 1 : 0,
      stop: draw(0...3) == 0 ? 1 : 0)
    snapshotPercent = draw(0...20)
    crashesPerRestart = draw(20...200)
    fitPermille = draw(0...7) == 0 ? 10 : 0
    bulk = draw(0...79) == 0 ? draw(3_000...8_000) : 0
    if bulk > 0 { journal.room = (bytes: 1 << 19, least: 1 << 19) }
    calendarMicros = Int64(draw(1_000...20_000)) * 86_400_000_000 + Int64(draw(0...86_399_999_999))

    faults = []
    if draw(1...100) <= faultPercent {
      var call = 0
      for _ in 0..<(fault == nil ? draw(1...3) : 10) {
        call += draw(1...(fault == nil ? 120 : 20))
        let code: Int32 = [EIO, ENOSPC, EDQUOT][draw(0...2)]
        let drawn: SimulatedStorage.Fault = [
          .error(code), .error(code), .failedSync(code), .failedSync(code), .shortWrite,
        ][draw(0...4)]
        var count = draw(1...6)
        if case .error = drawn, draw(0...3) > 0 { count = 1 }
        faults.append((call..<call + count, fault ?? drawn))
        call += count
      }
    }

    switch draw(0...2) {
    case 0:
      zone = DeclareShopRequest(
        timeZone: "UTC", transitions: [.init(fromSeconds: .min, offsetSeconds: 0)])
    case 1:
      zone = DeclareShopRequest(
        timeZone: "Test/Fixed",
        transitions: [.init(fromSeconds: .min, offsetSeconds: Int32(draw(-12...14)) * 3_600)])
    default:
      let noon = calendarMicros / 1_000_000
      zone = DeclareShopRequest(
        timeZone: "Test/Summer",
        transitions: [
          .init(fromSeconds: .min, offsetSeconds: 3_600),
          .init(fromSeconds: noon - Int64(draw(1...90)) * 86_400, offsetSeconds: 7_200),
          .init(fromSeconds: noon + Int64(draw(1...20)) * 3_600, offsetSeconds: 3_600),
        ])
    }
    // Drawn apart, so that lives without offers are what they always were.
    var apart = SeededGenerator(seed: UInt64(calendarMicros))
    if Int.random(in: 0..<8, using: &apart) == 0 {
      offerSomething(clients: Bool.random(using: &apart) ? 64 : clients)
    }
    if Int.random(in: 0..<4, using: &apart) == 0 {
      observers = Int.random(in: 1...3, using: &apart)
    }
  }

  /// Makes it a life with offers, and with room for a decision's record.
  mutating func offerSomething(clients: Int) {
    offers = true
    self.clients = clients
    requests = max(requests, 3 * clients)
    journal.room = (bytes: 1 << 18, least: 1 << 17)
  }
}
