// `patron demo`: the main job on a simulated shop, told step by step. Its server, its shop and its
// load are in the files beside.

internal import Client
internal import Foundation
internal import Wire

enum Demo {
  static let command = Command(
    name: "demo", summary: "show the main job on a simulated shop; needs no data and no server",
    synopsis: "[--customers COUNT] [--seconds COUNT]",
    options: [
      Option("customers", "COUNT", "customers of the shop (default 100000)"),
      Option("seconds", "COUNT", "seconds of load (default 5)"),
    ],
    details: """
      It starts a server on a free port of this machine with a temporary directory, and removes both
      at the end.
      """,
    run: run)

  static let horizonDays = 91

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    let customers = Int(
      try Values.number(
        arguments.value("customers") ?? "100000", option: "customers", in: 1_000...10_000_000))
    let seconds = try Values.number(
      arguments.value("seconds") ?? "5", option: "seconds", in: 0...3_600)

    let server = try DemoServer()
    Console.out("A server listens on \(server.address) with its data in \(server.directory).")
    let isFinished: Bool
    do throws(ClientError) {
      isFinished = try tell(server, customers: customers, seconds: seconds)
    } catch {
      // The terminal interrupts the server as well, so its connections break first.
      throw server.isInterrupted() ? .failed("interrupted") : CommandError(error)
    }
    guard isFinished else { throw .failed("interrupted") }
    try server.stop()
    Console.out(
      """

      The server has written its snapshot and ended; its data are removed. With your own orders:

        patron serve --data DIR
        patron import orders.csv --customer customer_id --date date --amount amount
        patron fit
        patron score CUSTOMER --horizon 12m --explain

      'patron help COMMAND' tells the options.
      """)
  }

  /// Tells all steps; false when somebody interrupts them.
  private static func tell(
    _ server: borrowing DemoServer, customers: Int, seconds: Double
  ) throws(ClientError) -> Bool {
    guard
      var client = try? Connecting.client(at: server.address, timeoutMillis: Fit.timeoutMillis)
    else {
      throw .protocolBroken("its own server does not answer")
    }
    let today = Int(try client.ping() / 86_400_000_000)
    let shop = DemoShop(customers: customers, today: today, horizonDays: horizonDays)
    Console.out(
      "\n1. \(Numbers.grouped(customers)) customers live the process of BG/NBD, by CDNOW's "
        + "published parameters,\n   up to \(CalendarDay(number: today).text); their orders are "
        + "imported through the protocol.")
    let truth = try shop.record(with: PatronClient(connectingTo: client.peer, name: "patron demo"))

    if server.isInterrupted() { return false }
    Console.out("\n2. The models are fitted to the recorded orders.\n")
    let fit = try client.fit(kind: 1, asOfMicros: Int64(today) * 86_400_000_000)
    Console.out(indented(shop.comparison(fit)))
    Console.out(
      "\n   \(Numbers.grouped(fit.customers)) customers, "
        + "\(Numbers.grouped(fit.distinctHistories)) distinct histories, \(fit.iterations) "
        + "iterations, \(Numbers.fixed(fit.seconds, 3)) s, "
        + (fit.converged ? "converged." : "not converged.")
        + "\n   The lives are continuous, the records know whole days: several orders of one day "
        + "count once,\n   which lifts r and alpha by a few percent.")

    Console.out("\n3. Every customer is scored, and the next quarter is lived.\n")
    let scores = try shop.scores(with: &client)
    Console.out(indented(shop.forecast(scores, truth)))
    if server.isInterrupted() { return false }
    Console.out("\n4. Some customers, \(horizonDays) days ahead, amounts in USD:\n")
    Console.out(indented(shop.examples(scores)))

    Console.out(
      "\n5. With the model everybody was found in a named segment; lifetime value is that of 39 weeks:\n"
    )
    Console.out(indented(SegmentsText.table(of: try segments(fit.generation, with: &client))))

    guard seconds > 0 else { return true }
    var load = DemoLoad(shop: shop)
    Console.out(
      "\n6. \(JSONWriter.text(seconds)) seconds of load: \(DemoLoad.connections) connections, "
        + "\(DemoLoad.pipeline) requests in flight on each,\n   one in ten records an order, "
        + "the others ask for a score.\n")
    let isFinished = try load.run(client.peer, seconds: seconds) { !server.isInterrupted() }
    Console.out(indented(load.report))
    return isFinished
  }

  /// The named segments, once the server has found everybody's with a model: a moment after it was adopted.
  private static func segments(
    _ generation: UInt32, with client: inout PatronClient
  ) throws(ClientError) -> [SegmentLine] {
    var reply = try client.readSegments()
    for _ in 0..<200 where reply.foundGeneration < generation {
      Thread.sleep(forTimeInterval: 0.05)
      reply = try client.readSegments()
    }
    return reply.segments
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "   " + $0 }
      .joined(separator: "\n")
  }
}
