// Watching a condition through a real server: who enters and who leaves is told while the connection stays open.

import Client
import Testing
import Wire

@Suite("Watch")
struct WatchTests {
  @Test("who enters and who leaves is told after each change, and nobody who was there before")
  func news() throws {
    let server = try LiveServer()
    var other = try server.client()
    _ = try other.recordOrders(
      Frames.batch([
        Frames.order("C-1", "1", day: 0, 2933), Frames.order("C-1", "2", day: 40, 5000),
        Frames.order("C-2", "3", day: 0, 100),
      ]))
    var client = try server.client()
    var told: [WatchReply] = []
    var failure: (any Error)?
    let request = WatchRequest(condition: "orders >= 2 and not (country == \"FR\" else false)")
    try client.ask(.watchCustomers, request, forEach: WatchReply.self) { reply in
      if reply.entered.isEmpty && reply.left.isEmpty && !told.isEmpty { return true }
      told.append(reply)
      do {
        switch told.count {
        case 1:
          _ = try other.recordOrders(Frames.batch([Frames.order("C-2", "4", day: 41, 100)]))
        case 2:
          _ = try other.recordProfiles([
            .init(customer: "C-1", ProfileChange(country: .set("FR")))
          ])
        default: return false
        }
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    #expect(told.map(\.isSettled) == [true, true, true])
    #expect(told.map(\.members) == [1, 2, 1])
    #expect(told.map(\.entered) == [[], ["C-2"], []])
    #expect(told.map(\.left) == [[], [], ["C-1"]])
    // It was cancelled, and the connection goes on.
    _ = try client.ping()
  }
}
