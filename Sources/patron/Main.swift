// The program: the table of commands, and exit codes. What a command does is in its own file.

internal import Foundation

@main
struct Main {
  static let commands: [Command] = [
    Import.command, Fit.command, Adopt.command, Score.command, ForecastCommand.command,
    ProfileCommand.command, ConsentCommand.command, EventCommand.command, OffersCommand.command,
    OfferCommand.command, OutcomeCommand.command, ExplainDecision.command, DecisionsCommand.command,
    CampaignCommand.command, SegmentsCommand.command, SegmentCommand.command, CountCommand.command,
    WatchCommand.command,
    Report.command, Evaluate.command, StatusCommand.command, SnapshotCommand.command, Demo.command,
  ]

  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    Console.exit(run(words))
  }

  /// Runs one command line.
  ///
  /// Returns 0 for success, 2 for wrong usage, 1 for anything else.
  static func run(_ words: [String]) -> Int32 {
    guard let name = words.first else {
      Console.error("patron: no command was given; 'patron help' lists them")
      return 2
    }
    let rest = Array(words.dropFirst())
    switch name {
    case "serve": return Serve.run(rest)
    case "verify": return Verify.run(rest)
    case "version", "--version":
      Console.out(Version.text)
      return 0
    case "help", "--help", "-h": return help(rest)
    default: break
    }
    guard let command = commands.first(where: { $0.name == name }) else {
      let known = commands.map(\.name) + ["serve", "verify", "version", "help"]
      let hint = Spelling.nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
      Console.error("patron: there is no command '\(name)'\(hint)")
      return 2
    }
    return command.runReporting(rest)
  }

  private static func help(_ words: [String]) -> Int32 {
    guard let name = words.first else {
      Console.out(overview)
      return 0
    }
    if name == "serve" { return Serve.run(["--help"]) }
    if name == "verify" { return Verify.run(["--help"]) }
    guard let command = commands.first(where: { $0.name == name }) else {
      Console.error("patron help: there is no command '\(name)'")
      return 2
    }
    Console.out(command.helpText)
    return 0
  }

  private static var overview: String {
    let rows =
      [("serve", "run the server"), ("verify", Verify.command.summary)]
      + commands.map { ($0.name, $0.summary) }
      + [("version", "print the version"), ("help COMMAND", "tell a command's options")]
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map {
      "  \($0.0.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.1)"
    }
    return """
      \(Version.text): customer scores in real time.

      Usage: patron COMMAND [OPTIONS]

      \(lines.joined(separator: "\n"))

      Every command but serve, verify and evaluate takes --address HOST:PORT (default \(Connecting.defaultAddress)).
      Exit codes: 0 done, 2 wrong usage, 1 anything else, with one sentence on standard error.
      To see everything at once, without data or a server: patron demo
      """
  }
}
