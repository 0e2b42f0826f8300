// A decision for people and programs.

internal import Wire

struct DecisionText {
  let reply: DecideReply
  let currency: String
  /// Customer, placement and channel, where they are known.
  var asked: (customer: String, placement: String, channel: Channel)?

  init(reply: DecideReply, currency: String) {
    self.reply = reply
    self.currency = currency
  }

  private var told: ToldDecision { reply.told }

  /// Offers by the reason they ended with, in the order of the stages.
  private var funnel: [(code: UInt8, count: Int)] {
    var counts: [UInt8: Int] = [:]
    for code in told.reasons { counts[code, default: 0] += 1 }
    return counts.keys.sorted().map { ($0, counts[$0] ?? 0) }
  }

  // MARK: Programs

  var json: JSON {
    let scored = told.flags.contains(.scored)
    let valued = told.flags.contains(.valued)
    func flag(_ flag: DecisionFlags) -> JSON { .bool(told.flags.contains(flag)) }
    func known(_ isKnown: Bool, _ number: Double) -> JSON { isKnown ? .number(number) : .null }
    var members: [(key: String, value: JSON)] = [
      ("decision", reply.decision.isEmpty ? .null : .string(reply.decision))
    ]
    if let asked {
      members += [
        ("customer", .string(asked.customer)), ("placement", .string(asked.placement)),
        ("channel", .string(asked.channel.name)),
      ]
    }
    members += [
      ("timeMicros", .integer(told.timeMicros)), ("catalogue", .count(told.catalogue)),
      ("generation", .count(told.generation)), ("currency", .string(currency)),
      ("known", flag(.known)), ("segment", .string(OfferNames.segment(told.segment))),
      ("aliveProbability", known(scored, told.aliveProbability)),
      ("churnProbability", known(scored, told.churnProbability)),
      ("expectedOrders", known(scored, told.expectedOrders)),
      ("expectedSpend", known(valued, told.expectedSpend)),
      ("lifetimeValue", known(valued, told.lifetimeValue)),
      ("heldOut", flag(.heldOut)), ("fallback", flag(.fallback)), ("drawn", flag(.drawn)),
      ("explored", flag(.explored)), ("profiled", flag(.profiled)), ("suspect", flag(.suspect)),
      ("dropped", flag(.dropped)), ("dryRun", flag(.dryRun)),
      ("propensity", .number(told.propensity)),
      ("offers", .array(told.choices.indices.map { choice($0) })),
      (
        "reasons",
        .object(funnel.map { (key: OfferNames.reason($0.code), value: JSON.count($0.count)) })
      ),
    ]
    if !reply.offers.isEmpty { members.append(("explanations", .array(reply.offers.map(row)))) }
    return .object(members)
  }

  private func choice(_ place: Int) -> JSON {
    let choice = told.choices[place]
    var members: [(key: String, value: JSON)] = [
      ("offer", .string(choice.offer)), ("best", .bool(choice.isBest)),
      ("propensity", .number(choice.propensity)), ("score", .number(choice.score)),
      ("uplift", .number(choice.uplift)),
    ]
    if reply.scores.indices.contains(place) {
      let parts = Self.parts(reply.scores[place])
      members.append(
        ("parts", .object(parts.map { (key: $0.name, value: JSON.number($0.amount)) })))
      members.append(
        (
          "features",
          .array(
            features(of: place).map {
              .object([("feature", .string($0.feature)), ("amount", .number($0.amount))])
            })
        ))
    }
    return .object(members)
  }

  private func row(_ offer: ExplainedOffer) -> JSON {
    .object([
      ("offer", .string(offer.offer)), ("reason", .string(OfferNames.reason(offer.reason))),
      ("score", .number(offer.score)), ("propensity", .number(offer.propensity)),
      ("staff", .string(offer.staff)), ("customer", .string(offer.customer)),
    ])
  }

  // MARK: People

  var text: String {
    var lines = [head, ""]
    if told.choices.isEmpty {
      lines.append("no offer, with probability \(Numbers.percent(told.propensity))")
    } else {
      let rows = told.choices.map { choice in
        [
          choice.offer, Numbers.percent(choice.propensity), amount(choice.score),
          amount(choice.uplift),
        ]
      }
      lines.append(TextTable(rows: [["offer", "probability", "score", "uplift"]] + rows).text)
    }
    lines += ["", state]
    if reply.offers.isEmpty {
      let others = funnel.map { "\(OfferNames.reason($0.code)) \($0.count)" }
      lines.append(Self.label("reasons") + others.joined(separator: ", "))
    } else {
      lines += ["", reasons]
      for place in reply.scores.indices where told.choices.indices.contains(place) {
        lines += ["", money(of: place)]
      }
      lines.append("")
    }
    lines.append(
      reply.decision.isEmpty
        ? Self.label("decision") + "none, it was a dry run"
        : Self.label("decision") + reply.decision)
    return lines.joined(separator: "\n")
  }

  private static func label(_ name: String) -> String { Numbers.padded(name, 10, right: false) }

  private var head: String {
    let version = "catalogue version \(told.catalogue), amounts in \(currency)"
    guard let asked else { return version }
    return "\(asked.customer) at \(asked.placement) by \(asked.channel.name), \(version)"
  }

  /// What is known of the customer, and how was decided.
  private var state: String {
    var parts = [told.flags.contains(.known) ? OfferNames.segment(told.segment) : "not known"]
    if told.flags.contains(.scored) {
      parts.append("alive \(Numbers.percent(told.aliveProbability))")
      parts.append("churn \(Numbers.percent(told.churnProbability))")
      parts.append("\(Numbers.fixed(told.expectedOrders, 2)) orders")
    }
    if told.flags.contains(.valued) {
      parts.append("lifetime value \(Numbers.fixed(told.lifetimeValue, 2))")
    }
    if !told.flags.contains(.profiled) { parts.append("without personal scores") }
    var how = [told.flags.contains(.drawn) ? "drawn" : "the best taken"]
    let notes: [(DecisionFlags, String)] = [
      (.explored, "not the best, to learn"), (.heldOut, "in a control group"),
      (.fallback, "the placement's fallback"), (.suspect, "an estimate was cut"),
      (.dropped, "an estimate was no number"),
    ]
    for (flag, note) in notes where told.flags.contains(flag) { how.append(note) }
    return Self.label("customer") + parts.joined(separator: ", ") + "\n" + Self.label("how")
      + how.joined(separator: ", ")
  }

  private var reasons: String {
    let rows = reply.offers.map { offer in
      [
        offer.offer, OfferNames.reason(offer.reason), amount(offer.score),
        offer.propensity > 0 ? Numbers.percent(offer.propensity) : "–",
      ]
    }
    return TextTable(rows: [["offer", "reason", "score", "probability"]] + rows)
      .text(behind: [""] + reply.offers.map(\.staff))
  }

  private func money(of place: Int) -> String {
    let choice = told.choices[place]
    let parts = Self.parts(reply.scores[place]).map { [$0.name, amount($0.amount)] }
    // What adds nothing says nothing to people.
    let features = features(of: place).filter { abs($0.amount) >= 0.005 }
      .map { ["  " + $0.feature, amount($0.amount)] }
    var rows = [["score of \(choice.offer)", amount(choice.score)]] + parts
    if !features.isEmpty {
      rows += [["sales, by feature", amount(reply.scores[place].sales)]] + features
    }
    return TextTable(rows: rows).text
  }

  private func amount(_ number: Double) -> String {
    // Nothing has no sign.
    number.isFinite ? Numbers.fixed(abs(number) < 0.005 ? 0 : number, 2) : "–"
  }

  private func features(of place: Int) -> [ExplainedFeature] {
    reply.features.filter { Int($0.choice) == place }
  }

  private static func parts(_ score: ExplainedScore) -> [(name: String, amount: Double)] {
    [
      ("sales", score.sales), ("reward", score.reward), ("contact", score.contact),
      ("lever", score.lever), ("scarcity", score.scarcity), ("fatigue", score.fatigue),
    ]
  }
}
