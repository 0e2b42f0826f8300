// The Python client against a real server: a script of an afternoon, and what it prints.

import Client
import Foundation
import Platform
import Support
import Testing
import Wire

@Suite("Python")
struct PythonTests {
  private static let isPythonHere = (try? run(["-c", "import zoneinfo"]).code) == 0

  @Test(
    "a Python script records, fits, scores and reads the same numbers as the Swift client",
    .enabled(if: isPythonHere, "SKIPPED: there is no python3, the Python client is NOT tested"))
  func script() throws {
    let server = try LiveServer()
    let script = """
      import sys
      from datetime import date, timedelta
      from patron import Order, Patron, PatronRefused, Return

      with Patron(sys.argv[1]) as patron:
          start = date(1997, 1, 1)
          orders = [
              Order(f"c{n % 30}", str(n), start + timedelta(days=n * n % 200), f"{n % 50}.25")
              for n in range(300)
          ]
          result = patron.record_orders(orders, currency="USD")
          print("recorded", result.recorded, result.duplicates, len(result.refused))
          result = patron.record_orders(orders, currency="USD")
          print("again", result.recorded, result.duplicates, len(result.refused))
          result = patron.record_returns(
              [Return("c1", "1", "r", date(1997, 9, 1)), Return("c1", "no", "s", date(1997, 9, 1))],
              currency="USD")
          print("returned", result.recorded, [(row.row, row.name) for row in result.refused])
          try:
              patron.score("c1")
          except PatronRefused as refusal:
              print("refused", refusal.name)
          fit = patron.fit("mbg-nbd")
          print("fit", fit.generation, fit.customers, fit.model.name, fit.model.days["r"].hex())
          terms = dict(as_of=date(1997, 9, 30), horizon="39w", discount_rate=0.1, margin=1.0)
          one = patron.score("c7", **terms)
          many = list(patron.score_many([f"c{n}" for n in range(40)], **terms))
          print("one", one == many[7], one.repeat_orders, one.lifetime_value.hex())
          print("known", sum(score.known for score in many), "of", len(many))
          # Of another horizon: asked for so often it gets a table, and a tenth digit of its own.
          terms["horizon"] = "38w"
          few = list(patron.score_many([f"c{n}" for n in range(40)], **terms))
          names = (f"c{n % 40}" for n in range(110_000))
          alike = sum(
              score.customer == few[n % 40].customer and score.known == few[n % 40].known
              and abs(score.lifetime_value - few[n % 40].lifetime_value) < 1e-6
              for n, score in enumerate(patron.score_many(names, batch=100_000, **terms)))
          batch = patron.score_many((f"c{n % 40}" for n in range(100_000)), batch=100_000, **terms)
          print("batch", alike, next(batch).customer)
          batch.close()
          report = patron.report("c7", holdout=date(1997, 5, 1), horizon="90d")
          print("report", report.customer, report.customers, report.cut, len(report.cells) > 0)
          status = patron.status(with_state_hash=True)
          print("status", status.customers, status.orders, status.returns, status.state_hash)
      """
    let exit = try Self.run(["-B", "-W", "error", "-c", script, "\(server.address)"])
    #expect(exit.code == 0, "\(exit.output)")

    var client = try server.client()
    let status = try client.status(withStateHash: true)
    let model = try #require(status.model)
    let score = try client.score("c7", Frames.terms)
    let lines = exit.output.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(4) == [
        "recorded 300 0 0", "again 0 300 0", "returned 1 [(1, 'unknown order')]",
        "refused no model",
      ], "\(exit.output)")
    try #require(lines.count == 10, "\(exit.output)")
    #expect(lines[4].hasPrefix("fit 1 30 mbg-nbd "))
    #expect(Self.double(lines[4]) == model.parameters[0])
    #expect(lines[5].hasPrefix("one True \(score.repeatOrders) "))
    #expect(Self.double(lines[5]) == score.lifetimeValue)
    #expect(lines[6] == "known 30 of 40")
    #expect(lines[7] == "batch 110000 c0")
    #expect(lines[8] == "report c7 30 1997-05-01 True")
    #expect(lines[9] == "status 30 300 1 \(status.stateHash)")
  }

  @Test(
    "a Python script puts a catalogue, decides, records outcomes and reads the log",
    .enabled(if: isPythonHere, "SKIPPED: there is no python3, the Python client is NOT tested"))
  func offers() throws {
    let server = try LiveServer()
    let script = """
      import sys
      from patron import DecisionRequest, Outcome, Patron, PatronRefused

      with Patron(sys.argv[1]) as patron:
          print("put", patron.put_catalogue(sys.argv[2]).version)
          key = patron.next_key()
          first = patron.decide("c0", "checkout", "site", basket="80.00", categories=["x"], key=key)
          again = patron.decide("c0", "checkout", "site", basket="80.00", categories=["x"], key=key)
          print("same", first == again, len(first.reasons))
          requests = [DecisionRequest(f"c{n}", "checkout", "site", "60.00") for n in range(100)]
          decisions = list(patron.decide_many(requests))
          now = patron.ping()
          outcomes = [Outcome(one.receipt, "ended", now, order_value=5, margin="-1.50")
                      for one in decisions]
          for _ in range(2):
              result = patron.record_outcomes(outcomes, currency="USD")
              print("outcomes", result.recorded, result.duplicates, len(result.refused))
          log = list(patron.decisions())
          print("log", len(log), sum(one.outcome == -1.5 for one in log))
          print("actions", [one.action for one in log[1:]] ==
                [one.offers[0].offer if one.offers else None for one in decisions])
          print("explained", patron.explain(first.receipt).explanations[1].offer)
          try:
              patron.explain(first.receipt[:-1])
          except PatronRefused as refusal:
              print("refused", refusal.name)
          print("paused", patron.amend_offer("socks", "paused").live)
          print("state", [offer.state for offer in patron.catalogue().offers])
      """
    let exit = try Self.run([
      "-B", "-W", "error", "-c", script, "\(server.address)", Frames.catalogue,
    ])
    #expect(
      exit.output == """
        put 1
        same True 2
        outcomes 100 0 0
        outcomes 0 100 0
        log 101 100
        actions True
        explained socks
        refused unknown decision
        paused 1
        state ['live', 'paused']

        """)
  }

  @Test(
    "a Python script selects and counts what the Swift client selects and counts",
    .enabled(if: isPythonHere, "SKIPPED: there is no python3, the Python client is NOT tested"))
  func scans() throws {
    let server = try ScanTests.server(customers: 5_000)
    let script = """
      import sys
      from datetime import date
      from patron import Patron, PatronRefused

      with Patron(sys.argv[1]) as patron:
          columns = ["customer", "orders", "first_order", "total_spend", "country", "new_customer"]
          rows = list(patron.select("orders >= 3", columns))
          print("rows", len(rows), rows[0])
          counted = patron.count("orders >= 3", measures=["total_spend"], quantiles=[1])
          total = counted.groups[0].measures[0]
          print("same", counted.found == len(rows), abs(total.sum - sum(row[3] for row in rows)) < 1e-6)
          most = max(row[3] for row in rows)
          print("most", total.most == most, abs(total.quantiles[0] - most) <= 0.005 * most)
          first = list(patron.select(order_by="total_spend", descending=True, limit=2))
          print("first", first)
          past = patron.count("orders >= 3", as_of=date(1997, 1, 31))
          print("past", past.as_of, past.found)
          rest = patron.select()
          print("next", next(rest), next(rest))
          rest.close()
          try:
              list(patron.select("order > 3"))
          except PatronRefused as refusal:
              print("refused", refusal.name, "did you mean 'orders'?" in str(refusal))
      """
    let exit = try Self.run(["-B", "-W", "error", "-c", script, "\(server.address)"])
    #expect(
      exit.output == """
        rows 2500 ('customer-2', 3.0, datetime.date(1997, 1, 3), 3.06, None, False)
        same True True
        most True True
        first [('customer-4999',), ('customer-4995',)]
        past 1997-01-31 0
        next ('customer-0',) ('customer-1',)
        refused bad condition True

        """)
  }

  /// The hexadecimal number a line ends with; Swift reads what Python writes.
  private static func double(_ line: String) -> Double? {
    line.split(separator: " ").last.flatMap { Double(String($0)) }
  }

  /// Runs python3 with the client's folder on its path.
  private static func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "clients/python").path
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": folder]) {
      $1
    }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
