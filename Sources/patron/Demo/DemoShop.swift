// The demo's shop: simulated customers, their recorded past, their kept-back future, and what the
// models say of both.

internal import Client
internal import Models
internal import Platform
internal import Wire

struct DemoShop {
  let customers: Int
  let today: Int
  let horizonDays: Int
  private let shop: SimulatedShop
  private static let kind = PurchaseModelKind.bgNBD

  /// The shop opened 78 weeks ago and won as many customers every day.
  init(customers: Int, today: Int, horizonDays: Int) {
    self.customers = customers
    self.today = today
    self.horizonDays = horizonDays
    do throws(ModelError) {
      // Fader, Hardie and Lee 2005, table 2; Fader and Hardie 2013, section 3.
      shop = SimulatedShop(
        kind: Self.kind,
        purchase: try BetaGeometricParameters(r: 0.243, alphaWeeks: 4.414, a: 0.793, b: 2.426),
        spend: try SpendParameters(p: 6.25, q: 3.74, gamma: 15.44), seed: 20_050_402,
        firstDays: Int32(today - 546)...Int32(today), endDay: Int32(today + horizonDays))
    } catch {
      preconditionFailure("CDNOW's published parameters are in range")
    }
  }

  static func name(_ number: Int) -> String {
    let digits = String(number)
    return "C" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
  }

  /// Orders up to today go to the server; of later ones the days are counted and given back.
  func record(
    with client: consuming PatronClient
  ) throws(ClientError) -> Int {
    var sender = OrderSender<Void>(client, currency: "USD", minorDigits: 2)
    var progress = Progress(unit: "orders")
    var sent = 0
    var future = 0
    var recorded = 0
    for number in 0..<customers {
      let life = shop.customer(UInt64(number))
      let name = Self.name(number)
      var latestDay = Int32(today)
      for (index, order) in life.orders.enumerated() {
        guard order.day <= today else {
          // As in the models several orders of one day count once.
          if order.day > latestDay { future += 1 }
          latestDay = order.day
          continue
        }
        let answers = try sender.add(
          RecordOrdersRequest.Order(
            customer: name, order: "\(index + 1)",
            timeMicros: Int64(order.day) * 86_400_000_000 + 43_200_000_000,
            amountMinor: max(1, Int64((order.amount * 100).rounded()))), from: ())
        recorded += answers.reduce(0) { $0 + $1.recorded }
        sent += 1
      }
      progress.show(sent, share: Double(number) / Double(customers))
    }
    recorded += try sender.finish().reduce(0) { $0 + $1.recorded }
    progress.finish()
    guard recorded == sent else {
      throw .protocolBroken("\(recorded) of \(sent) orders were recorded")
    }
    let rate = Int(Double(sent) / max(progress.seconds, 1e-6))
    Console.out(
      "   \(Numbers.grouped(sent)) orders in \(Numbers.fixed(progress.seconds, 2)) s, "
        + "\(Numbers.grouped(rate)) orders/s, all on disk.")
    return future
  }

  /// Scores of all customers, in the order of their numbers.
  func scores(with client: inout PatronClient) throws(ClientError) -> [ScoreReply] {
    let terms = ScoreTermsFields(
      asOfMicros: Int64(today) * 86_400_000_000, horizonDays: Double(horizonDays),
      discountRate: 0.1, margin: 1)
    let clock = SystemClock()
    let start = clock.monotonicMicros()
    var scores: [ScoreReply] = []
    scores.reserveCapacity(customers)
    var asked = 0
    while scores.count < customers {
      while asked < customers && client.pendingCount < 3 {
        let names = (asked..<min(customers, asked + terms.frameCustomersMax)).map(Self.name)
        asked += names.count
        try client.send(.scoreMany, ScoreManyRequest(terms: terms, customers: names))
      }
      scores += try client.receive(ScoreManyReply.self).scores
    }
    let seconds = Double(clock.monotonicMicros() - start) / 1e6
    Console.out(
      "   \(Numbers.grouped(scores.count)) scores in \(Numbers.fixed(seconds, 2)) s, "
        + "\(Numbers.grouped(Int(Double(scores.count) / max(seconds, 1e-6)))) scores/s.\n")
    return scores
  }

  // MARK: Reports

  /// Fitted parameters beside the ones the shop was made with.
  func comparison(_ fit: FitReply) -> String {
    var table = TextTable(rows: [["", "true", "fitted", "± standard error"]])
    func row(_ name: String, _ truth: Double, _ fitted: Double, _ error: Double) {
      table.rows.append([
        name, Numbers.significant(truth, 5), Numbers.significant(fitted, 5),
        error < 0 ? "unknown" : Numbers.significant(error, 2),
      ])
    }
    let (model, truth) = (fit.model, shop.model.values)
    for (place, parameter) in model.parameters(daysPerUnit: 7).enumerated() {
      row(
        parameter.isTime ? "\(parameter.name) (weeks)" : parameter.name,
        truth[place] / parameter.unit, parameter.value,
        fit.standardErrors[place] / parameter.unit)
    }
    row("p", shop.spend.p, model.p, fit.spendErrors[0])
    row("q", shop.spend.q, model.q, fit.spendErrors[1])
    row("gamma (USD)", shop.spend.gamma, model.gamma, fit.spendErrors[2])
    return table.text
  }

  func forecast(_ scores: [ScoreReply], _ futureOrders: Int) -> String {
    let predicted = scores.reduce(0) { $0 + $1.expectedOrders }
    let value = scores.reduce(0) { $0 + $1.lifetimeValue }
    let share = predicted / Double(max(1, futureOrders)) - 1
    return TextTable(rows: [
      ["orders of the next \(horizonDays) days", ""],
      ["predicted", Numbers.grouped(Int(predicted.rounded()))],
      ["truly lived", Numbers.grouped(futureOrders)],
      ["difference", (share < 0 ? "" : "+") + Numbers.percent(share)],
      ["value of all customers (USD)", Numbers.grouped(Int(value.rounded()))],
    ]).text
  }

  /// One customer of each kind.
  func examples(_ scores: [ScoreReply]) -> String {
    /// The customer with the largest liking among those who are asked for at all.
    func best(_ liking: (ScoreReply) -> Double?) -> Int? {
      var found: (number: Int, liking: Double)?
      for (number, score) in scores.enumerated() {
        guard let like = liking(score), like > found?.liking ?? -.infinity else { continue }
        found = (number, like)
      }
      return found?.number
    }
    let kinds: [(String, (ScoreReply) -> Double?)] = [
      ("new", { $0.repeatOrders == 0 && (3...14).contains($0.ageDays) ? $0.lifetimeValue : nil }),
      (
        "loyal",
        { $0.ageDays > 365 && $0.repeatOrders >= 8 ? $0.expectedOrders : nil }
      ),
      (
        "about to leave",
        {
          $0.repeatOrders >= 5 && $0.ageDays > 180 && (0.3...0.7).contains($0.aliveProbability)
            ? $0.lifetimeValue : nil
        }
      ),
      (
        "gone",
        { $0.repeatOrders >= 5 && $0.aliveProbability < 0.05 ? Double($0.repeatOrders) : nil }
      ),
    ]
    var table = TextTable(rows: [[""] + ScoreLine.heads])
    for (kind, liking) in kinds {
      guard let number = best(liking) else { continue }
      table.rows.append([kind] + ScoreLine.cells(Self.name(number), scores[number]))
    }
    return table.text
  }
}
