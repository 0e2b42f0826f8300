// Named segments through a real server: found anew after a fit and after a definition, and there after a crash.

import Client
import Foundation
import Support
import Testing
import Wire

@Suite("Named segments")
struct SegmentTests {
  @Test(
    "after a fit and after a definition everybody's segment is found, and a crash takes nothing of it"
  )
  func sweep() throws {
    let shop = try SmallShop(customers: 400)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    var before = try client.readSegments()
    #expect(before.foundDay == -1 && before.customers == 400)
    #expect(before.segments.allSatisfy { $0.before == -1 })
    #expect(before.segments.reduce(0) { $0 + $1.customers } == 400)
    _ = try client.fit(kind: 2)
    before = try server.settle()
    #expect(before.foundGeneration == 1)
    #expect(before.segments.reduce(0) { $0 + $1.before } == 400)
    #expect(before.segments.map { Int64($0.customers) } == before.segments.map(\.before))
    #expect(before.quantilesDay == before.foundDay)

    // All ordered years ago, so neither model nor days tell them apart.
    let definition = SegmentFields(
      segment: "inactive", enters: "total_spend < quantile(\"total_spend\", 0.25)", stays: "false")
    let reply = try client.defineSegments([definition])
    #expect(reply.version == 1)
    let after = try server.settle()
    #expect(after.foundVersion == 1)
    let inactive = try #require(after.segments.first { $0.definition == definition })
    #expect(inactive.customers < 110)
    #expect(after.segments.reduce(0) { $0 + $1.customers } == 400)

    let hash = try server.stateHash()
    try server.crash()
    try server.start()
    #expect(try server.stateHash() == hash)
    client = try server.client()
    let again = try client.readSegments()
    #expect(again == after)
    #expect(try client.status().sequence == reply.sequence + 1, "nothing is found anew")
  }

  @Test("a wrong definition is refused, and the program says where")
  func wrong() throws {
    let server = try LiveServer()
    var client = try server.client()
    let fields = SegmentFields(segment: "vip", enters: "orders >=", stays: "")
    let error = #expect(throws: ClientError.self) { try client.defineSegments([fields]) }
    guard case .refused(let refusal)? = error else {
      Issue.record("it is refused: \(String(describing: error))")
      return
    }
    #expect(refusal.status == .badCondition)
    #expect(try client.readSegments().version == 0)
  }
}
