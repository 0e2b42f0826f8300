// `patron evaluate`: what a policy would have earned, from the log of another one. No server is needed.

internal import Policies

enum Evaluate {
  static let command = Command(
    name: "evaluate", summary: "judge a policy on a log of decisions, without a server",
    synopsis: "LOG.csv --reward COLUMN [--policy P] [--against P] [--json]",
    options: [
      Option("reward", "COLUMN", "what came of each decision; needed"),
      Option("policy", "P", "what to judge: \(policyForms) (default model:patron)"),
      Option("against", "P", "judge this one too, and tell the difference"),
      Option("action", "COLUMN", "what was decided (default action)"),
      Option(
        "propensity", "COLUMN",
        "with which probability (default propensity); 'uniform' if all actions were equally likely"),
      Option("id", "COLUMN", "the customer (default id, if there is one)"),
      Option("no-offer", "ACTION", "the action that 'never' means (default the smallest)"),
      Option("cost", "ACTION=NUMBER,...", "what an action costs; it is taken off its rewards"),
      Option("features", "COLUMN,...", "what models may see (default every other column)"),
      Option("ignore", "COLUMN,...", "columns models must not see"),
      Option("json", nil, "print JSON"),
    ],
    details: """
      Models see every column that is left, which must be numbers, but for what came of the decision:
      columns with the usual names of outcomes, and those that differ between the actions by more than
      chance and the propensities allow, are left out and named. A model never judges rows it has learnt
      from: each fifth of the customers is judged by a model of the other four. The interval (95 %)
      belongs to dr.
      """,
    run: run)

  static let policyForms = "always:ACTION, never, random, model:t-learner or model:patron"

  /// A policy with the name it was asked for by.
  struct Named {
    var name: String
    var policy: TargetPolicy
  }

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let path = try arguments.onlyPositional("LOG.csv")
    let wanted = try wanted(arguments)
    let names =
      [arguments.value("policy") ?? "model:patron"]
      + [arguments.value("against")]
      .compactMap { $0 }
    // What is no policy at all needs no log to say so.
    for name in names { try checkForm(name) }
    let log = try LogFile(path, wanted)
    var policies: [Named] = []
    for name in names {
      policies.append(
        Named(
          name: name,
          policy: try policy(name, log.actions, noOffer: arguments.value("no-offer"))))
    }
    let report = try EvaluationReport(log, policies)
    for note in report.notes { Console.error("patron evaluate: \(note)") }
    Console.out(arguments.flag("json") ? JSONWriter.lines(report.json) : report.text)
  }

  static func wanted(_ arguments: Arguments) throws(CommandError) -> LogFile.Wanted {
    var wanted = LogFile.Wanted()
    guard let reward = arguments.value("reward") else {
      throw .usage("--reward COLUMN is missing: which column tells what came of a decision?")
    }
    wanted.reward = reward
    if let action = arguments.value("action") { wanted.action = action }
    if let propensity = arguments.value("propensity") {
      wanted.propensity = propensity == "uniform" ? nil : propensity
    }
    wanted.id = arguments.value("id")
    wanted.features = arguments.value("features").map(list)
    wanted.ignored = arguments.value("ignore").map(list) ?? []
    for pair in arguments.value("cost").map(list) ?? [] {
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let cost = DecimalText.number(Array(parts[1].utf8)[...]) else {
        throw .usage("--cost is '\(pair)', it must be such as 1=0.15")
      }
      wanted.costs[String(parts[0])] = cost
    }
    return wanted
  }

  private static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0) }
  }

  private static func checkForm(_ name: String) throws(CommandError) {
    let isKnown =
      ["never", "random", "model:t-learner", "model:patron"].contains(name)
      || name.hasPrefix("always:") && name != "always:"
    guard isKnown else {
      throw .usage("there is no policy '\(name)', it must be \(policyForms)")
    }
  }

  static func policy(
    _ name: String, _ actions: [String], noOffer: String?
  ) throws(CommandError) -> TargetPolicy {
    func number(_ action: String) throws(CommandError) -> Int {
      guard let number = actions.firstIndex(of: action) else {
        throw .failed(
          "NO_SUPPORT: the log never took action '\(action)', in 100 % of its rows; its actions are "
            + actions.joined(separator: ", "))
      }
      return number
    }
    switch name {
    case "never":
      if let noOffer { return .always(try number(noOffer)) }
      return .always(0)
    case "random": return .random
    case "model:t-learner": return .responseModel
    case "model:patron": return .patron
    default: return .always(try number(String(name.dropFirst("always:".count))))
    }
  }
}
