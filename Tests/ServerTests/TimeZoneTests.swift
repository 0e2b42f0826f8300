// Days are the shop's: what a time zone does to orders around midnight, and that it stays.

import Client
import Platform
import Support
import Testing
import Wire

@Suite("Time zone")
struct TimeZoneTests {
  /// Pairs of orders an hour apart, with the midnight of Paris between them.
  ///
  /// 22:30 and 23:30 UTC on 1997-01-01 and, in summer time, 21:30 and 22:30 UTC on 1997-06-01.
  private static let orders: [RecordOrdersRequest.Order] = [
    (852_157_800, "winter"), (852_161_400, "winter"),
    (865_200_600, "summer"), (865_204_200, "summer"),
  ].enumerated().map { number, order in
    .init(
      customer: order.1, order: "\(number)", timeMicros: order.0 * 1_000_000, amountMinor: 100)
  }

  @Test(
    "an order belongs to the day of the shop's zone, in winter and in summer",
    arguments: [("Europe/Paris", 1, 9863), ("UTC", 0, 9862)])
  func midnight(_ zone: String, _ repeatOrders: UInt32, _ lastDay: Int32) throws {
    let server = try LiveServer(options: ["--time-zone", zone])
    var client = try server.client()
    #expect(client.hello.timeZone == zone)
    _ = try client.adoptModel(Frames.model)
    _ = try client.recordOrders(Frames.batch(Self.orders))
    let scores = try client.scoreMany(["winter", "summer"], Frames.terms)
    #expect(scores.map(\.repeatOrders) == [repeatOrders, repeatOrders])
    #expect(scores[0].firstOrderDay + scores[0].recencyDays == lastDay)
  }

  @Test("the zone is declared once: a restart may leave it out and cannot change it")
  func declaredOnce() throws {
    let server = try LiveServer(options: ["--time-zone", "Europe/Paris"])
    var client = try server.client()
    _ = try client.recordOrders(Frames.batch(Self.orders))
    _ = try client.adoptModel(Frames.model)
    let hash = try server.stateHash()
    for _ in 0..<2 {
      #expect(try server.stop().code == 0)
      try server.start(options: [])
      #expect(try server.stateHash() == hash)
    }
    #expect(try server.stop().code == 0)
    let exit = try #require(throws: ServerExit.self) {
      try server.start(options: ["--time-zone", "America/New_York"])
    }
    #expect(exit.code == 1)
    #expect(exit.errors.contains("Europe/Paris"), "\(exit)")
    try server.start(options: ["--time-zone", "Europe/Paris"])
    #expect(try server.stateHash() == hash)
  }

  @Test("a zone that does not exist is wrong usage")
  func unknown() throws {
    let directory = try TemporaryDirectory()
    let exit = try #require(throws: ServerExit.self) {
      _ = try ServerProcess(
        directory: directory.path, options: ["--time-zone", "Atlantis/Poseidonis"])
    }
    #expect(exit.code == 2)
    #expect(exit.errors.contains("Atlantis"), "\(exit)")
  }
}
