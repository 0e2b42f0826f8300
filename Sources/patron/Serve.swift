// `patron serve`: its options, the lines it prints, its exit codes. The server itself is in Server;
// here Foundation's table of time zones becomes the list that a shop declares once.

internal import Foundation
internal import Platform
internal import Server

enum Serve {
  static let command = Command(
    name: "serve", summary: "run the server", synopsis: "--data DIR [OPTIONS]",
    options: [
      Option("data", "DIR", "the directory for journal and snapshots; made if missing"),
      Option(
        "listen", "HOST:PORT",
        "where to listen; default \(Connecting.defaultAddress), port 0 picks one"),
      Option(
        "snapshot-every", "SECONDS",
        "time between snapshots such as 60s or 500ms; 0s takes none; default 60s"),
      Option(
        "snapshot-rate", "MB/S",
        "the most megabytes a second a snapshot reads and writes; 0 sets no bound; default 50"),
      Option(
        "refit-every", "TIME",
        "time between fits of the server itself such as 24h: 'fit --model auto', adopted when it "
          + "foretells the past no worse than the present model; default none"),
      Option(
        "sync", "POLICY",
        "always: acknowledge what is on disk; or a time such as 10ms: acknowledge what is written, "
          + "and sync within that time; default always"),
      Option(
        "decision-sync", nil,
        "answer a decision when it is on disk; without it, its receipt stands in for it"),
      Option("repair", nil, "give up what cannot be read, after saying what that is, and start"),
      Option("time-zone", "NAME", "the shop's time zone, for a new directory; default UTC"),
    ],
    details: """
      The server prints «listening on HOST:PORT» once it serves. SIGTERM or SIGINT ends it:
      what is under way is answered, a snapshot is written. It listens on loopback addresses only.

      Acknowledged commands are on disk; with --sync 10ms a power loss can take those of the last
      10 ms and of the sync under way, and the end of the process alone still takes none.

      Exit codes: 0 ended as asked, 1 cannot start, 2 wrong usage, 3 the files are damaged, 4 the
      disk failed.
      """,
    run: { _ in })

  /// Runs a server until it is asked to end.
  ///
  /// - Parameter words: what follows `serve` on the command line.
  /// - Returns: the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") || words.contains("-h") {
      Console.out(command.helpText)
      return 0
    }
    let configuration: Configuration
    do throws(CommandError) {
      configuration = try self.configuration(Arguments(words, options: command.options))
    } catch {
      switch error {
      case .usage(let sentence), .failed(let sentence):
        Console.error("patron serve: \(sentence)")
        return 2
      }
    }
    do {
      try PatronServer.run(configuration, announce: tell)
      return 0
    } catch {
      Console.error("patron serve: \(error)")
      return error.exitCode
    }
  }

  private static func configuration(
    _ arguments: Arguments
  ) throws(CommandError) -> Configuration {
    try arguments.noPositionals()
    guard let directory = arguments.value("data") else {
      throw .usage("option --data is missing: the directory for journal and snapshots")
    }
    let listen = arguments.value("listen") ?? Connecting.defaultAddress
    guard let address = SocketAddress(listen) else {
      throw .usage("--listen is '\(listen)', it must be an address such as 127.0.0.1:7433")
    }
    var configuration = Configuration(address: address, directory: directory)
    if let text = arguments.value("snapshot-every") {
      configuration.snapshotEveryMicros = try micros(
        text, of: "snapshot-every", atMost: 86_400_000_000)
    }
    if let text = arguments.value("refit-every") {
      configuration.refitEveryMicros = try micros(
        text, of: "refit-every", atMost: 366 * 86_400_000_000)
    }
    if let text = arguments.value("snapshot-rate") {
      guard let megabytes = Int64(text), (0...100_000).contains(megabytes) else {
        throw .usage(
          "--snapshot-rate is '\(text)', it must be whole megabytes a second from 0 to 100000")
      }
      configuration.snapshotBytesPerSecond = megabytes * 1_000_000
    }
    if let text = arguments.value("sync"), text != "always" {
      let window = try micros(text, of: "sync", atMost: 10_000_000)
      guard window > 0 else { throw .usage("--sync 0 is no time; say always") }
      configuration.sync = .within(micros: window)
    }
    configuration.syncsDecisions = arguments.flag("decision-sync")
    configuration.repairs = arguments.flag("repair")
    if let name = arguments.value("time-zone") {
      configuration.shop = try zone(named: name)
    }
    return configuration
  }

  /// Reads `24h`, `60s` or `500ms`.
  private static func micros(
    _ text: String, of name: String, atMost limit: Int64
  ) throws(CommandError) -> Int64 {
    let units: [(String, Int64)] = [("ms", 1_000), ("s", 1_000_000), ("h", 3_600_000_000)]
    if let (suffix, unit) = units.first(where: { text.hasSuffix($0.0) }),
      let count = Int64(text.dropLast(suffix.count))
    {
      let (micros, overflows) = count.multipliedReportingOverflow(by: unit)
      if !overflows && (0...limit).contains(micros) { return micros }
    }
    throw .usage(
      "--\(name) is '\(text)', it must be a time such as 24h, 60s or 500ms, at most "
        + "\(limit / 1_000_000)s")
  }

  private static func tell(_ announcement: Announcement) {
    switch announcement {
    case .repairing(let plan):
      for line in Verify.lines(of: plan) { Console.error("patron serve: repair: \(line)") }
    case .loading(let address):
      Console.error("reading the files; until then \(address) answers that it is loading")
    case .ready(let welcome): greet(welcome)
    }
  }

  private static func greet(_ welcome: Welcome) {
    for notice in welcome.notices { Console.error("patron serve: \(notice)") }
    Console.error(
      "recovered \(welcome.customers) customers and \(welcome.orders) orders, "
        + "\(welcome.records) records from the journal; up to \(welcome.connectionsMax) "
        + "connections of at most \(welcome.connectionBytesMax >> 20) MiB each, and "
        + "\(welcome.otherBytesMax >> 20) MiB for answers, the journal and large batches")
    Console.out("listening on \(welcome.address)")
  }

  /// The changes of a zone's offset over all days that can be recorded.
  static func zone(named name: String) throws(CommandError) -> Configuration.DeclaredZone {
    guard let zone = TimeZone(identifier: name) else {
      throw .usage("--time-zone is '\(name)', it must be an IANA name such as Europe/Paris")
    }
    var date = Date(timeIntervalSince1970: 0)
    var transitions: [(fromSeconds: Int64, offsetSeconds: Int32)] = [
      (Int64.min, Int32(zone.secondsFromGMT(for: date)))
    ]
    let end = Date(timeIntervalSince1970: 65_535 * 86_400)
    while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < end {
      transitions.append(
        (Int64(next.timeIntervalSince1970), Int32(zone.secondsFromGMT(for: next))))
      date = next
    }
    return Configuration.DeclaredZone(name: name, transitions: transitions)
  }
}
