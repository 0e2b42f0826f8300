// Watching a condition for more customers than a part can tell of at once.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("WatchScan")
struct WatchScanTests {
  @Test(
    "however many enter at once, a step tells no more than it may, and everybody is told of once")
  func manyAtOnce() throws {
    var shop = try EngineHarness()
    let names = (0..<12_000).map { String(repeating: "n", count: 55) + "\(100_000 + $0)" }
    for start in stride(from: 0, to: names.count, by: 4_000) {
      let reply = shop.record(names[start..<start + 4_000].map { ($0, "1", 19_990, 500) })
      #expect(reply.body?.recorded == 4_000)
    }
    var watch = try shop.scan(.watchCustomers, WatchRequest(condition: "p_alive > 0"))
    func goOn() throws -> [WatchReply] {
      let before = watch.bodies.count
      // Each step is held against what it may have.
      while !watch.analysis.waitsForNews { #expect(try watch.step()) }
      return try watch.bodies[before...].map { body in
        var reader = FrameReader(body.raw, from: 0)
        return try WatchReply(from: &reader)
      }
    }
    let first = try goOn()
    #expect(first.last?.isSettled == true && first.last?.members == 0)
    // Without a model nothing is known of anybody, with it of all.
    _ = shop.adopt()
    let isBrought = shop.engine.bringNews(to: &watch.analysis, at: shop.nowMicros)
    #expect(isBrought)
    let news = try goOn()
    #expect(news.count >= 3 && news.last?.members == 12_000)
    #expect(news.flatMap(\.entered) == names && news.allSatisfy(\.left.isEmpty))
  }
}
