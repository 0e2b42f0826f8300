// `patron status`: what the server holds and how it is.

internal import Client
internal import Foundation
internal import Models
internal import Wire

enum StatusCommand {
  static let command = Command(
    name: "status", summary: "tell what the server holds and how it is",
    synopsis: "[--hash] [--json]",
    options: [
      Option("hash", nil, "add a hash over the whole state"),
      Option("json", nil, "print JSON"), Connecting.option,
    ],
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    var client = try Connecting.client(arguments)
    let withHash = arguments.flag("hash")
    let reply: StatusReply
    do throws(ClientError) {
      reply = try client.status(withStateHash: withHash)
    } catch {
      throw CommandError(error)
    }
    Console.out(
      arguments.flag("json")
        ? JSONWriter.lines(json(reply, withHash: withHash)) : text(reply, withHash: withHash))
  }

  static func json(_ reply: StatusReply, withHash: Bool) -> JSON {
    .object([
      ("customers", .count(reply.customers)), ("orders", .count(reply.orders)),
      ("returns", .count(reply.returns)),
      ("bytesPerCustomer", .optional(per(reply.customerBytes, reply.customers))),
      ("bytesPerOrder", .optional(per(reply.orderBytes, reply.orders))),
      (
        "facts",
        .object(
          reply.facts.map {
            (
              $0.name,
              .object([("rows", .count($0.rows)), ("bytesEach", .optional(per($0.bytes, $0.rows)))])
            )
          })
      ),
      ("sequence", .count(reply.sequence)), ("durableSequence", .count(reply.durableSequence)),
      ("snapshotSequence", .count(reply.snapshotSequence)),
      ("answerBytes", .count(reply.answerBytes)), ("repeated", .count(reply.repeated)),
      ("sync", .string(policy(reply))), ("lossWindowMicros", .count(reply.lossWindowMicros)),
      ("noSpace", .bool(reply.isOutOfSpace)), ("refusedForSpace", .count(reply.refusedForSpace)),
      ("journalBytes", .count(reply.journalBytes)),
      ("snapshotBytes", .count(reply.snapshotBytes)),
      ("snapshotWritten", .count(reply.snapshotWrittenBytes)),
      ("stateHash", withHash ? .string(hex(reply.stateHash)) : .null),
      ("generation", .count(reply.generation)),
      ("model", (reply.model?.purchaseKind?.name).map(JSON.string) ?? .null),
      (
        "parametersDays",
        reply.model.map { ModelJSON.parameters($0, daysPerUnit: 1) } ?? .null
      ),
      ("spend", reply.model.map(ModelJSON.spend) ?? .null),
      ("blend", reply.model.map(ModelJSON.blend) ?? .null),
      ("calibration", reply.model.map(ModelJSON.calibration) ?? .null),
      ("churnLayer", reply.model.map(ModelJSON.layer) ?? .null),
      ("newestOrder", newest(reply).map(JSON.string) ?? .null),
      ("currency", reply.currency.isEmpty ? .null : .string(reply.currency)),
      ("minorDigits", reply.currency.isEmpty ? .null : .count(reply.minorDigits)),
      ("timeZone", reply.timeZone.isEmpty ? .null : .string(reply.timeZone)),
      ("uptimeSeconds", .number(Double(reply.uptimeMicros) / 1e6)),
      ("residentBytes", .count(reply.residentBytes)),
      ("connections", .count(reply.connections)), ("requests", .count(reply.requests)),
      ("refusals", .count(reply.refusals)), ("repliesInParts", .count(reply.repliesInParts)),
      ("server", .string(reply.server)),
    ])
  }

  static func text(_ reply: StatusReply, withHash: Bool) -> String {
    func bytes(_ sum: UInt64, _ count: UInt64) -> String {
      per(sum, count).map { ", \(Numbers.fixed($0, 1)) bytes each" } ?? ""
    }
    var rows = [
      ("server", reply.server),
      ("up for", "\(Numbers.fixed(Double(reply.uptimeMicros) / 1e6, 1)) s"),
      (
        "customers",
        Numbers.grouped(reply.customers) + bytes(reply.customerBytes, reply.customers)
      ),
      ("orders", Numbers.grouped(reply.orders) + bytes(reply.orderBytes, reply.orders)),
      ("returns", Numbers.grouped(reply.returns)),
    ]
    rows += reply.facts.map {
      ($0.name, Numbers.grouped($0.rows) + bytes($0.bytes, $0.rows))
    }
    rows += [
      ("newest order", newest(reply) ?? "none"),
      ("currency", reply.currency.isEmpty ? "not known yet" : reply.currency),
      ("time zone", reply.timeZone.isEmpty ? "not declared" : reply.timeZone),
      ("model", model(reply)),
      (
        "sequence",
        "\(reply.sequence), durable \(reply.durableSequence), snapshot \(reply.snapshotSequence)"
      ),
      ("sync", sync(reply)),
      (
        "on disk",
        "journal \(mebibytes(reply.journalBytes)), snapshot \(mebibytes(reply.snapshotBytes)), "
          + "\(mebibytes(reply.snapshotWrittenBytes)) of it written last"
      ),
      ("disk space", space(reply)),
      (
        "repeats",
        "\(Numbers.grouped(reply.repeated)) commands recognised; answers take "
          + mebibytes(reply.answerBytes)
      ),
      ("resident memory", mebibytes(reply.residentBytes)),
      ("connections", "\(reply.connections)"),
      // Scans, watches, and scores of very many.
      ("replies in parts", "\(reply.repliesInParts) under way"),
      (
        "requests",
        "\(Numbers.grouped(reply.requests)), refused \(Numbers.grouped(reply.refusals))"
      ),
    ]
    if withHash { rows.append(("state hash", hex(reply.stateHash))) }
    return rows.map { Numbers.padded($0.0, 16, right: false) + " " + $0.1 }
      .joined(separator: "\n")
  }

  /// When a command is acknowledged: `always` after its sync, or at most so long before.
  private static func policy(_ reply: StatusReply) -> String {
    reply.syncWindowMicros == 0 ? "always" : milliseconds(reply.syncWindowMicros)
  }

  private static func sync(_ reply: StatusReply) -> String {
    reply.syncWindowMicros == 0
      ? "always, nothing acknowledged can be lost"
      : policy(reply) + ", longest from acknowledgement to sync "
        + milliseconds(reply.lossWindowMicros)
  }

  private static func space(_ reply: StatusReply) -> String {
    let refused = "\(Numbers.grouped(reply.refusedForSpace)) commands refused since the start"
    return (reply.isOutOfSpace ? "NONE, commands are refused; " : "enough; ") + refused
  }

  /// 10000 microseconds as 10ms, the way `--sync` takes it.
  private static func milliseconds(_ micros: Int64) -> String {
    JSONWriter.text(Double(micros) / 1000) + "ms"
  }

  private static func mebibytes(_ bytes: UInt64) -> String {
    "\(Numbers.fixed(Double(bytes) / 1_048_576, 1)) MiB"
  }

  private static func model(_ reply: StatusReply) -> String {
    guard let model = reply.model else { return "none; 'patron fit' makes one" }
    var text = "\(model.name), generation \(reply.generation)"
    for parameter in model.parameters(daysPerUnit: 1) {
      text += ", \(parameter.name) \(Numbers.significant(parameter.value, 5))"
      if parameter.isTime { text += " days" }
    }
    text += more(than: model)
    guard model.spendKnown else { return text + ", no spend model" }
    return text + ", p \(Numbers.significant(model.p, 5)), q \(Numbers.significant(model.q, 5)), "
      + "gamma \(Numbers.significant(model.gamma, 5))"
  }

  /// What there is beside the first purchase model.
  private static func more(than model: ModelFields) -> String {
    var text = ""
    for further in model.blend {
      text += ", with \(ModelFields(kind: further.kind, parameters: further.parameters).name)"
    }
    let calibration = model.calibration
    if let slow = calibration.season.min(), let fast = calibration.season.max() {
      text += ", season \(Numbers.fixed(slow, 2)) to \(Numbers.fixed(fast, 2))"
    }
    if calibration.logLevel != 0 {
      text += ", level \(Numbers.significant(exp(calibration.logLevel), 4))"
    }
    if let correction = calibration.correction {
      text += ", corrected for \(Numbers.significant(correction.referenceDays, 5)) days"
    }
    if let layer = model.layer {
      text += ", churn layer for \(Numbers.significant(layer.horizonDays, 5)) days"
    }
    return text
  }

  private static func per(_ bytes: UInt64, _ count: UInt64) -> Double? {
    count == 0 ? nil : Double(bytes) / Double(count)
  }

  private static func newest(_ reply: StatusReply) -> String? {
    reply.newestOrderDay < 0 ? nil : CalendarDay(number: Int(reply.newestOrderDay)).text
  }

  private static func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
