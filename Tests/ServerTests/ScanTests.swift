// Questions about all customers through a real server: in parts, beside other work, cancelled, dropped.

import Client
import Foundation
import Platform
import Server
import Support
import Testing
import Wire

@Suite("Scans through a server")
struct ScanTests {
  /// A server with so many customers, each with as many orders as its number has of remainder by 4, and one more.
  static func server(customers count: Int) throws -> LiveServer {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.adoptModel(Frames.model)
    var orders: [RecordOrdersRequest.Order] = []
    for number in 0..<count {
      for order in 0...(number % 4) {
        orders.append(
          Frames.order(
            name(number), "\(order)", day: Int64(number % 100 + 30 * order), Int64(100 + number)))
      }
      if orders.count > Limits.rowsMax - 4 || number == count - 1 {
        let reply = try client.recordOrders(Frames.batch(orders))
        #expect(reply.recorded == UInt32(orders.count))
        orders = []
      }
    }
    return server
  }

  static func name(_ number: Int) -> String { "customer-\(number)" }

  /// All that a select tells, column by column.
  private static func all(
    _ client: inout PatronClient, _ condition: String, _ columns: [String]
  ) throws -> (names: [String], spent: [Double], parts: Int) {
    var found: (names: [String], spent: [Double], parts: Int) = ([], [], 0)
    let request = SelectRequest(condition: condition, columns: columns)
    try client.ask(.selectCustomers, request, forEach: SelectReply.self) { part in
      found.parts += 1
      if case .texts(let names)? = part.columns.first { found.names += names.map { $0 ?? "" } }
      if case .numbers(let values)? = part.columns.last { found.spent += values }
      return true
    }
    return found
  }

  private static func spent(_ number: Int) -> Double {
    Double((number % 4 + 1) * (100 + number)) / 100
  }

  @Test(
    "a select comes in parts whose customers are all of them, in their sequence, and a count says the same"
  )
  func parts() throws {
    let count = 20_000
    let server = try Self.server(customers: count)
    var client = try server.client()
    let told = try Self.all(&client, "orders >= 3", ["customer", "p_alive", "total_spend"])
    let wanted = (0..<count).filter { $0 % 4 >= 2 }
    #expect(told.names == wanted.map(Self.name))
    #expect(zip(told.spent, wanted).allSatisfy { abs($0 - Self.spent($1)) < 1e-9 })
    #expect(told.parts > wanted.count / 1024)
    var request = CountRequest(condition: "orders >= 3")
    request.measures = ["total_spend"]
    var counted: [CountReply] = []
    try client.ask(.countCustomers, request, forEach: CountReply.self) { part in
      counted.append(part)
      return true
    }
    let last = try #require(counted.last)
    #expect(last.found == UInt64(wanted.count) && last.customers == UInt64(count))
    let sum = try #require(last.groups.first?.measures.first)
    #expect(sum.known == UInt64(wanted.count))
    #expect(abs(sum.sum - wanted.reduce(0) { $0 + Self.spent($1) }) < 1e-6 * sum.sum)
    // A wrong condition leaves the connection as it was.
    #expect {
      try client.ask(
        .selectCustomers, SelectRequest(condition: "order > 3", columns: ["customer"]),
        forEach: SelectReply.self
      ) { _ in true }
    } throws: { error in
      guard case .refused(let refusal)? = error as? ClientError else { return false }
      return refusal.status == .badCondition && refusal.sentence.contains("did you mean 'orders'?")
    }
    _ = try client.ping()
  }

  @Test(
    "a reader that stops reading holds up nobody: others score, order, count and select beside it")
  func slowReader() throws {
    let count = 60_000
    let server = try Self.server(customers: count)
    let slow = try server.connection()
    // Some megabytes, of which nothing is read yet.
    let columns = (0..<Limits.selectColumnsMax).map { $0 == 0 ? "customer" : "total_spend" }
    try slow.send(
      makeFrame(.selectCustomers, SelectRequest(condition: "", columns: columns), tag: 9))
    var client = try server.client()
    for number in 0..<50 {
      let reply = try client.recordOrders(
        Frames.batch([Frames.order(Self.name(number), "late", day: 200, 1_000_000)]))
      #expect(reply.recorded == 1)
      #expect(try client.score(Self.name(number), Frames.terms).known)
    }
    let beside = try Self.all(&client, "orders >= 4", ["customer", "total_spend"])
    // A fourth of them, and those below 50 that have got their fourth just now.
    let fourth = (0..<count).filter { $0 % 4 == 3 || $0 % 4 == 2 && $0 < 50 }
    #expect(beside.names == fourth.map(Self.name))
    // The slow one reads on, and is told of the instant at which it asked.
    var names: [String] = []
    var spent: [Double] = []
    while let reply = try slow.reply() {
      #expect(reply.header.tag == 9 && (reply.status == .more || reply.status == .ok))
      let part = try reply.body(SelectReply.self)
      if case .texts(let told)? = part.columns.first { names += told.map { $0 ?? "" } }
      if case .numbers(let told)? = part.columns.last { spent += told }
      if reply.status == .ok { break }
    }
    #expect(names == (0..<count).map(Self.name))
    #expect(spent.indices.allSatisfy { abs(spent[$0] - Self.spent($0)) < 1e-9 })
  }

  @Test("a select that is cancelled ends there, and the connection goes on")
  func cancelled() throws {
    let server = try Self.server(customers: 60_000)
    var client = try server.client()
    let columns = (0..<Limits.selectColumnsMax).map { $0 == 0 ? "customer" : "total_spend" }
    for _ in 0..<3 {
      var told = 0
      try client.ask(
        .selectCustomers, SelectRequest(condition: "", columns: columns), forEach: SelectReply.self
      ) { part in
        told += part.columns.first?.count ?? 0
        return told == 0
      }
      #expect(told > 0 && told < 60_000)
      _ = try client.ping()
    }
    let all = try Self.all(&client, "", ["customer", "total_spend"])
    #expect(all.names.count == 60_000)
  }

  @Test("two scans side by side are each told whole")
  func sideBySide() throws {
    let count = 30_000
    let server = try Self.server(customers: count)
    let (one, other) = (try server.connection(), try server.connection())
    let request = SelectRequest(condition: "orders <= 2", columns: ["customer", "total_spend"])
    try one.send(makeFrame(.selectCustomers, request, tag: 1))
    try other.send(makeFrame(.selectCustomers, request, tag: 2))
    var names: [[String]] = [[], []]
    var hasEnded = [false, false]
    while hasEnded.contains(false) {
      for (place, connection) in [one, other].enumerated() where !hasEnded[place] {
        let reply = try #require(try connection.reply())
        #expect(reply.header.tag == UInt64(place + 1))
        let part = try reply.body(SelectReply.self)
        if case .texts(let told)? = part.columns.first { names[place] += told.map { $0 ?? "" } }
        hasEnded[place] = reply.status == .ok
      }
    }
    let wanted = (0..<count).filter { $0 % 4 < 2 }.map(Self.name)
    #expect(names[0] == wanted && names[1] == wanted)
  }

  @Test("readers that drop their connection in the middle of a scan free its place")
  func dropped() throws {
    let server = try Self.server(customers: 60_000)
    let columns = (0..<Limits.selectColumnsMax).map { $0 == 0 ? "customer" : "total_spend" }
    let frame = try makeFrame(
      .selectCustomers, SelectRequest(condition: "", columns: columns), tag: 3)
    // More than streamsMax at a time are refused, so three times as many go only where places are freed.
    for _ in 0..<3 {
      var readers: [RawConnection] = []
      while readers.count < ServerLimits.streamsMax {
        let reader = try server.connection()
        // A place of the last round may be free a moment later.
        for attempt in 0..<200 {
          try reader.send(frame)
          if try reader.reply()?.status == .more { break }
          try #require(attempt < 199, "there is no place for a scan")
          Thread.sleep(forTimeInterval: 0.01)
        }
        readers.append(reader)
      }
      let further = try server.connection()
      try further.send(frame)
      let status = try further.reply()?.status
      #expect(status == .overloaded)
      readers = []
    }
    var client = try server.client()
    _ = try client.ping()
  }
}
