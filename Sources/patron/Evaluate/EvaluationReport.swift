// What `patron evaluate` prints: the policies judged, as JSON and for people.

internal import Policies

struct EvaluationReport {
  let log: LogFile
  let names: [String]
  let results: [Evaluation]
  let difference: Evaluation.Difference?

  init(_ log: LogFile, _ policies: [Evaluate.Named]) throws(CommandError) {
    self.log = log
    names = policies.map(\.name)
    var results: [Evaluation] = []
    do throws(PolicyError) {
      let evaluator = try Evaluator(log.table)
      for policy in policies { results.append(try evaluator.evaluate(policy.policy)) }
      difference = results.count == 2 ? evaluator.difference(results[0], results[1]) : nil
    } catch {
      throw .failed("\(policies[results.count].name): \(error.description)")
    }
    self.results = results
  }

  /// What people must know whichever form they read.
  var notes: [String] {
    var notes = log.leftOut.map { "column '\($0.name)' is no feature: \($0.reason)" }
    if !log.hasID { notes.append("there is no column 'id': every row counts as its own customer") }
    for (name, result) in zip(names, results) where result.isWeightSuspect {
      notes.append(
        "WEIGHTS: under \(name) the mean weight is \(Numbers.fixed(result.meanWeight, 4)) and not 1; "
          + "the propensities are wrong, or it chooses where the log could not")
    }
    return notes
  }

  var json: JSON {
    var members = Self.members(names[0], results[0])
    var difference = JSON.null
    if let found = self.difference {
      difference = .object([
        ("value", .number(found.value)), ("interval", Self.pair(found.interval)),
      ])
    }
    members.append(("difference", difference))
    if results.count == 2 {
      members.append(("against", .object(Self.members(names[1], results[1]))))
    }
    members.append(("actions", .array(log.actions.map(JSON.string))))
    members.append(("features", .array(log.features.map(JSON.string))))
    members.append(
      (
        "leftOut",
        .array(
          log.leftOut.map {
            .object([("column", .string($0.name)), ("reason", .string($0.reason))])
          })
      ))
    members.append(("notes", .array(notes.map(JSON.string))))
    return .object(members)
  }

  private static func members(_ name: String, _ result: Evaluation) -> [(key: String, value: JSON)]
  {
    [
      ("policy", .string(name)), ("n", .count(result.rows)),
      ("effectiveSampleSize", .number(result.effectiveSampleSize)), ("ips", .number(result.ips)),
      ("snips", .number(result.snips)), ("dr", .number(result.dr)),
      ("interval", pair(result.interval)), ("drShrunk", .number(result.drShrunk)),
      ("meanWeight", .number(result.meanWeight)),
      ("weightsSuspect", .bool(result.isWeightSuspect)),
      ("choices", .array(result.choices.map(JSON.number))),
    ]
  }

  private static func pair(_ interval: ClosedRange<Double>) -> JSON {
    .array([.number(interval.lowerBound), .number(interval.upperBound)])
  }

  /// For people.
  var text: String {
    var table = TextTable(rows: [
      ["policy", "dr", "95 %", "", "snips", "ips", "dr shrunk", "effective n"]
    ])
    func number(_ value: Double) -> String { Numbers.significant(value, 5) }
    for (name, result) in zip(names, results) {
      table.rows.append([
        name, number(result.dr), number(result.interval.lowerBound),
        number(result.interval.upperBound), number(result.snips), number(result.ips),
        number(result.drShrunk), Numbers.grouped(Int(result.effectiveSampleSize)),
      ])
    }
    if let difference {
      table.rows.append([
        "difference", number(difference.value), number(difference.interval.lowerBound),
        number(difference.interval.upperBound),
      ])
    }
    var shares = TextTable(rows: [["action"] + names])
    for (place, action) in log.actions.enumerated() {
      shares.rows.append([action] + results.map { Numbers.percent($0.choices[place]) })
    }
    return [
      "\(Numbers.grouped(log.table.count)) decisions, \(log.actions.count) actions, "
        + "\(log.features.count) features",
      "", table.text, "", shares.text,
    ].joined(separator: "\n")
  }
}
