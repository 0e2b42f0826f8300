// Telling an empty server of the population, through the protocol. Not here: the load.

import Client
import Foundation
import Platform
import Wire

/// What filling took.
struct FillReport: Encodable {
  var customers = 0
  var orders = 0
  var seconds = 0.0
  var bytesPerCustomer = 0.0
  var bytesPerOrder = 0.0
  /// Which adoption of a model the scores must come from.
  var generation: UInt32 = 0
}

enum Filling {
  private static let batchesUnderWay = 4

  /// Records all simulated orders and has the true parameters adopted.
  ///
  /// - Parameters:
  ///   - address: the server; it must be empty and in UTC.
  ///   - population: whom it is told of.
  ///   - progress: called now and then with a share of 0 to 1.
  /// - Returns: what it took.
  /// - Throws: `Failure.failed`, when the server is not empty, not in UTC or does not take them.
  static func fill(
    _ address: SocketAddress, with population: Population, progress: (Double) -> Void
  ) throws(Failure) -> FillReport {
    do {
      var client = try PatronClient(
        connectingTo: address, name: "loadtest", timeoutMillis: 120_000)
      try check(&client)
      let clock = LoadClock()
      var report = FillReport()
      report.customers = population.count
      report.orders = try record(population, &client, progress)
      report.seconds = Double(clock.nanos()) / 1e9
      report.generation = try client.adoptModel(population.model).generation
      let status = try client.status()
      guard Int(status.customers) == report.customers, Int(status.orders) == report.orders else {
        throw Failure.failed(
          "the server tells of \(status.customers) customers and \(status.orders) orders, it was "
            + "told of \(report.customers) and \(report.orders)")
      }
      report.bytesPerCustomer = Double(status.customerBytes) / Double(report.customers)
      report.bytesPerOrder = Double(status.orderBytes) / Double(report.orders)
      return report
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed("the server could not be filled: \(error)")
    }
  }

  /// Bytes of the server's journal.
  static func journalBytes(of address: SocketAddress) throws(Failure) -> Int64 {
    do {
      var client = try PatronClient(connectingTo: address, name: "loadtest")
      return Int64(clamping: try client.status().journalBytes)
    } catch {
      throw .failed("the server does not tell its status: \(error)")
    }
  }

  private static func check(_ client: inout PatronClient) throws {
    let status = try client.status()
    guard status.customers == 0 && status.orders == 0 else {
      throw Failure.failed(
        "the server holds \(status.customers) customers; the load test fills an empty one, so that "
          + "its made-up customers never mix with a shop's")
    }
    guard status.timeZone == "UTC" else {
      throw Failure.failed(
        "the server's time zone is \(status.timeZone); the load test counts days in UTC")
    }
  }

  private static func record(
    _ population: Population, _ client: inout PatronClient, _ progress: (Double) -> Void
  ) throws -> Int {
    var batch = RecordOrdersRequest(
      currency: Population.currency, minorDigits: Population.minorDigits, orders: [])
    var total = 0
    for customer in 0..<population.count {
      let name = Population.name(customer)
      for (number, order) in population.orders(of: customer).enumerated() {
        // Noon, in the shop's only time zone.
        let time = Int64(order.day) * Generator.dayMicros + Generator.dayMicros / 2
        batch.orders.append(
          .init(
            customer: name, order: "f\(number)", timeMicros: time, amountMinor: order.amountMinor))
        if batch.orders.count == Limits.rowsMax {
          total += batch.orders.count
          try send(&batch, &client)
          progress(Double(customer) / Double(population.count))
        }
      }
    }
    total += batch.orders.count
    if !batch.orders.isEmpty { try send(&batch, &client) }
    while client.pendingCount > 0 { try receive(&client) }
    progress(1)
    return total
  }

  private static func send(_ batch: inout RecordOrdersRequest, _ client: inout PatronClient) throws
  {
    try client.send(.recordOrders, batch)
    batch.orders.removeAll(keepingCapacity: true)
    if client.pendingCount >= batchesUnderWay { try receive(&client) }
  }

  private static func receive(_ client: inout PatronClient) throws {
    let reply = try client.receive(RecordReply.self)
    guard let row = reply.refused.first else { return }
    throw Failure.failed("\(reply.refused.count) orders were refused, first: \(row.status.name)")
  }
}
