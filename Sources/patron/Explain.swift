// `patron score --explain`: the lifetime value of one customer, month by month, every number of it
// asked of the server. Nothing of the models is computed here but the sum.

internal import Client
internal import Foundation
internal import Wire

enum Explain {
  static let formula = """
    lifetime value = Σ_i (Y(t_i) − Y(t_{i−1})) · E(spend) · margin / (1 + d)^(i/12)

      i        the months begun within the horizon; a month is 30.4375 days
      t_i      the end of month i in days from the as-of day, at most the horizon
      Y(t)     expected orders of this customer within t days, P(alive) included
      E(spend) expected value of one order
      d        discount rate per year
    """

  static let monthDays = 30.4375

  /// The ends of the months begun within a horizon.
  static func monthEnds(horizonDays: Double) -> [Double] {
    // A horizon that is a whole number of months but for rounding does not begin another one.
    let months = max(1, Int((horizonDays / monthDays * (1 - 1e-12)).rounded(.up)))
    return (1...months).map { $0 < months ? Double($0) * monthDays : horizonDays }
  }

  /// Prints the formula and the table of one customer.
  static func explain(
    _ customer: String, _ client: inout PatronClient, _ terms: ScoreTermsFields
  ) throws(CommandError) {
    let ends = monthEnds(horizonDays: terms.horizonDays)
    var months: [ScoreReply] = []
    do throws(ClientError) {
      // The same customer with the end of each month for a horizon; all asked before the first
      // answer, in portions that the server's outbox has room for.
      var rest = ends[...]
      while !rest.isEmpty {
        let portion = rest.prefix(512)
        rest.removeFirst(portion.count)
        for end in portion {
          var shorter = terms
          shorter.horizonDays = end
          try client.send(.scoreOne, ScoreOneRequest(terms: shorter, customer: customer))
        }
        for _ in portion { months.append(try client.receive(ScoreReply.self)) }
      }
    } catch {
      throw CommandError(error)
    }
    guard let score = months.last else { return }
    guard months.allSatisfy({ $0.generation == score.generation && $0.asOfDay == score.asOfDay })
    else { throw .failed("the model or the day changed meanwhile; ask again") }
    Console.out(text(customer, months, score, ends, terms, client.hello.currency))
  }

  /// The explanation of a score from the scores at the ends of the months.
  static func text(
    _ customer: String, _ months: [ScoreReply], _ score: ScoreReply, _ ends: [Double],
    _ terms: ScoreTermsFields, _ currency: String
  ) -> String {
    var lines = [formula, ""]
    let asOf = CalendarDay(number: Int(score.asOfDay)).text
    if score.known {
      let first = CalendarDay(number: Int(score.firstOrderDay)).text
      lines.append(
        "customer \(customer) as of \(asOf): first order \(first), x = \(score.repeatOrders), "
          + "t_x = \(score.recencyDays) days, T = \(score.ageDays) days, mean spend "
          + "\(score.repeatOrders > 0 ? Numbers.fixed(score.meanSpend, 2) : "unknown")")
    } else {
      lines.append(
        "customer \(customer) is not known as of \(asOf): a first order on that day is assumed")
    }
    lines.append(
      "P(alive) = \(Numbers.significant(score.aliveProbability, 9)), "
        + "P(no order within the horizon) = \(Numbers.significant(score.churnProbability, 9))"
        + (score.modelChurnProbability == score.churnProbability
          ? ""
          : ", by the purchase models alone "
            + Numbers.significant(score.modelChurnProbability, 9)))
    guard score.spendKnown else {
      lines.append("There is no spend model, so there is no lifetime value.")
      return lines.joined(separator: "\n")
    }
    lines.append(
      "E(spend) = \(Numbers.significant(score.expectedSpend, 9)) \(currency), margin = "
        + "\(JSONWriter.text(terms.margin)), d = \(JSONWriter.text(terms.discountRate)), "
        + "generation \(score.generation)")
    var table = TextTable(rows: [["month", "t_i days", "Y(t_i)", "orders", "discount", "value"]])
    var sum = 0.0
    var before = 0.0
    for (index, month) in months.enumerated() {
      let orders = month.expectedOrders - before
      before = month.expectedOrders
      let discount = pow(1 + terms.discountRate, -Double(index + 1) / 12)
      let value = orders * score.expectedSpend * terms.margin * discount
      sum += value
      table.rows.append([
        "\(index + 1)", Numbers.fixed(ends[index], 4), Numbers.fixed(month.expectedOrders, 9),
        Numbers.fixed(orders, 9), Numbers.fixed(discount, 9), Numbers.fixed(value, 6),
      ])
    }
    lines += ["", table.text, ""]
    lines.append("sum of the months        \(Numbers.significant(sum, 12))")
    lines.append(
      "lifetime value           \(Numbers.significant(score.lifetimeValue, 12)) (the server's)")
    return lines.joined(separator: "\n")
  }
}
