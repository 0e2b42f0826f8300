// `patron snapshot`: has a snapshot written now.

internal import Client
internal import Wire

enum SnapshotCommand {
  static let command = Command(
    name: "snapshot", summary: "write a snapshot now", synopsis: "[--json]",
    options: [Option("json", nil, "print JSON"), Connecting.option], run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    var client = try Connecting.client(arguments, timeoutMillis: 600_000)
    let reply: SnapshotReply
    do throws(ClientError) {
      reply = try client.snapshot()
    } catch {
      throw CommandError(error)
    }
    guard arguments.flag("json") else {
      Console.out(
        "snapshot up to record \(reply.sequence): \(Numbers.grouped(reply.sizeBytes)) bytes in "
          + "\(Numbers.fixed(reply.seconds, 3)) s")
      return
    }
    Console.out(
      JSONWriter.lines(
        .object([
          ("sequence", .count(reply.sequence)), ("sizeBytes", .count(reply.sizeBytes)),
          ("seconds", .number(reply.seconds)),
        ])))
  }
}
