// `patron watch`: customers who enter and leave a segment, a line each, as they do.

internal import Client
internal import Wire

enum WatchCommand {
  static let command = Command(
    name: "watch", summary: "tell who enters and who leaves a segment, as it happens",
    synopsis: "'CONDITION' [OPTIONS]",
    options: [
      Option("json", nil, "print one JSON object per line"),
      Option("for", "SECONDS", "end after so many seconds (default: when it is interrupted)"),
    ] + ScanOptions.terms.filter { $0.name != "as-of" } + [Connecting.option],
    details: """
      A change of a customer shows within a fraction of a second. What time alone changes (days since
      an order, scores, consents that end) shows within a minute. Nobody who belongs to the segment at
      the beginning is told; how many they are is.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let condition = try ScanOptions.condition(arguments.positionals)
    var request = WatchRequest(condition: condition)
    request.terms = try ScanOptions.terms(arguments)
    let seconds = try arguments.value("for").map { text throws(CommandError) in
      try Values.number(text, option: "for", in: 0.1...31_536_000)
    }
    let isJSON = arguments.flag("json")
    var client = try Connecting.client(arguments)
    var zone = try Connecting.zone(client.hello)
    let clock = Progress(unit: "customers", isQuiet: true)
    var wasSettled = false
    do throws(ClientError) {
      try client.ask(.watchCustomers, request, forEach: WatchReply.self) { reply in
        let time = Self.text(reply.timeMicros, in: &zone)
        if reply.isSettled && !wasSettled && !isJSON {
          Console.error("\(Numbers.grouped(reply.members)) customers belong to it at \(time)")
        }
        wasSettled = reply.isSettled
        for customer in reply.entered {
          Console.out(Self.line(customer, true, time, reply.members, isJSON: isJSON))
        }
        for customer in reply.left {
          Console.out(Self.line(customer, false, time, reply.members, isJSON: isJSON))
        }
        return seconds.map { clock.seconds < $0 } ?? true
      }
    } catch {
      throw ScanOptions.failure(
        error, condition: condition, at: FrameHeader.size + WatchRequest.conditionOffset + 4)
    }
  }

  private static func line(
    _ customer: String, _ hasEntered: Bool, _ time: String, _ members: UInt64, isJSON: Bool
  ) -> String {
    guard isJSON else { return "\(time)  \(hasEntered ? "+" : "-") \(customer)" }
    let members: [(String, JSON)] = [
      ("time", JSON.string(time)), ("customer", JSON.string(customer)),
      ("change", JSON.string(hasEntered ? "entered" : "left")), ("members", JSON.count(members)),
    ]
    return JSONWriter.line(JSON.object(members))
  }

  /// A time by the clock of the shop.
  private static func text(_ micros: Int64, in zone: inout ShopZone) -> String {
    let day = zone.day(ofMicros: micros)
    let second = (micros - zone.micros(ofDay: day, seconds: 0)) / 1_000_000
    let parts = [second / 3_600, second / 60 % 60, second % 60].map { part in
      (part < 10 ? "0" : "") + "\(part)"
    }
    return CalendarDay(number: day).text + " " + parts.joined(separator: ":")
  }
}
