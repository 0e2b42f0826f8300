// `patron evaluate`: what it reads, what it refuses with which place, what it prints.

import Models
import Policies
import Testing

@testable import patron

@Suite("Evaluate")
struct EvaluateTests {
  private func log(
    _ text: String, _ change: (inout LogFile.Wanted) -> Void = { _ in }
  ) throws(CommandError) -> LogFile {
    var wanted = LogFile.Wanted()
    wanted.reward = "visit"
    change(&wanted)
    return try LogFile(BytesSource(Array(text.utf8), pieceSize: 100), name: "log.csv", wanted)
  }

  private func sentence(
    _ text: String, _ change: (inout LogFile.Wanted) -> Void = { _ in }
  ) -> String {
    do {
      _ = try log(text, change)
      return "nothing was wrong"
    } catch {
      switch error {
      case .failed(let sentence), .usage(let sentence): return sentence
      }
    }
  }

  /// A log of 2,000 decisions in which action b adds 0.2 and x adds nothing.
  private var simulated: String {
    var random = SeededRandom(seed: 1)
    var text = "id,action,propensity,visit,conversion,x,after\n"
    for row in 0..<2_000 {
      let isB = random.uniform() < 0.25
      let visit = random.uniform() < (isB ? 0.4 : 0.2) ? 1 : 0
      text +=
        "c\(row / 2),\(isB ? "b" : "a"),\(isB ? 0.25 : 0.75),\(visit),0,\(random.normal()),"
        + "\(isB ? 1 + random.normal() : random.normal())\n"
    }
    return text
  }

  @Test("actions are put in the order of their numbers, or of their letters")
  func actions() throws {
    let numbers = try log("action,propensity,visit\n10,0.5,1\n2,0.5,0\n")
    #expect(numbers.actions == ["2", "10"])
    #expect(Array(numbers.table.actions) == [1, 0])
    #expect(!numbers.hasID && numbers.features == [])
    let names = try log("action;propensity;visit\nzebra;0.5;1\nant;0.5;0\n")
    #expect(names.actions == ["ant", "zebra"])
  }

  @Test("costs come off the rewards, and uniform propensities need no column")
  func costs() throws {
    let log = try log("id,action,visit\nx,0,1\ny,1,1\n") {
      $0.propensity = nil
      $0.costs = ["1": 0.25]
    }
    #expect(log.table.rewards == [1, 0.75])
    #expect(log.table.propensities == [0.5, 0.5])
    #expect(sentence("action,propensity,visit\n0,1,1\n") { $0.costs = ["7": 1] }.contains("'7'"))
  }

  @Test("what came of the decision is no feature, unless it is asked for")
  func outcomes() throws {
    let log = try log(simulated)
    #expect(log.features == ["x"])
    #expect(log.leftOut.map(\.name) == ["conversion", "after"])
    let asked = try self.log(simulated) { $0.features = ["after"] }
    #expect(asked.features == ["after"] && asked.leftOut.isEmpty)
    let ignored = try self.log(simulated) { $0.ignored = ["after", "x"] }
    #expect(ignored.features == [])
  }

  @Test(
    "where propensities depend on features these are kept, and what leaked is named with its reason"
  )
  func varyingPropensities() throws {
    var random = SeededRandom(seed: 2)
    var text = "id,action,propensity,visit,orders,basket,after\n"
    for row in 0..<6_000 {
      let (orders, basket) = (Double(random.next() % 5), Elementary.exp(random.normal()))
      // Nobody without orders gets b, few with a small basket.
      let p = orders == 0 ? 0 : 0.01 + 0.9 * Elementary.logistic(2 * basket - 3)
      let isB = random.uniform() < p
      let visit = random.uniform() < (isB ? 0.4 : 0.2) ? 1 : 0
      text +=
        "c\(row),\(isB ? "b" : "a"),\(isB ? p : 1 - p),\(visit),\(orders),\(basket),"
        + "\(random.normal() + (isB ? 0.8 : 0))\n"
    }
    let log = try log(text)
    #expect(log.features == ["orders", "basket"])
    #expect(log.leftOut.map(\.name) == ["after"])
    let report = try EvaluationReport(log, [Evaluate.Named(name: "never", policy: .always(0))])
    #expect(report.notes.contains { $0.hasPrefix("column 'after' is no feature: it differs") })
    let json = JSONWriter.line(report.json)
    #expect(json.contains(#""leftOut":[{"column":"after","reason":"it differs"#))
  }

  @Test("bad input is told with file, line, column and reason, and nothing is filled in")
  func faults() {
    let head = "id,action,propensity,visit,x\na,0,0.5,1,1\n"
    #expect(
      sentence(head + "b,0,0.5,1,\n").hasPrefix("log.csv, line 3, column 11 ('x'): it is empty"))
    #expect(
      sentence(head + "b,0,0.5,yes,1\n").hasPrefix("log.csv, line 3, column 9 ('visit'): 'yes'"))
    #expect(sentence(head + "b,0,0,1,1\n").contains("line 3, column 5 ('propensity')"))
    #expect(sentence(head + "b,0,1.5,1,1\n").contains("propensity 1.5"))
    #expect(sentence(head + "b,0,nan,1,1\n").contains("'nan' is no number"))
    #expect(sentence(head + "b,0,0.5,1\n").contains("4 fields, the header 5"))
    #expect(sentence(head + ",0,0.5,1,1\n").contains("the identifier is missing"))
    #expect(sentence(head + "b,,0.5,1,1\n").contains("the action is missing"))
    #expect(sentence(head + "b,0,0.5,1,\"1\n").contains("line 3"))
    #expect(sentence("").contains("empty"))
    #expect(sentence("id,action,propensity,visit\n").contains("no rows"))
    #expect(sentence("id,action,visit\na,0,1\n").contains("--propensity uniform"))
    #expect(sentence("id,action,propensity\na,0,1\n").contains("'visit' (--reward)"))
  }

  @Test("numbers are read to the last bit, and only numbers")
  func numbers() {
    for text in [
      "0", "-1", "+3.5", ".5", "7.", "0.333333", "123456789012345", "1e-3", "12345678901234567890",
      "0.1234567890123456789", "-2.5E+10",
    ] {
      #expect(DecimalText.number(Array(text.utf8)[...]) == Double(text), "\(text)")
    }
    for text in ["", "-", ".", "1.2.3", "nan", "inf", "0x1p3", "1,5", " 1", "1e999", "--1"] {
      #expect(DecimalText.number(Array(text.utf8)[...]) == nil, "\(text)")
    }
  }

  @Test("the report has the keys it promises, and finds what was put in")
  func report() throws {
    let log = try log(simulated)
    let report = try EvaluationReport(
      log,
      [
        Evaluate.Named(name: "always:b", policy: .always(1)),
        Evaluate.Named(name: "never", policy: .always(0)),
      ])
    #expect(abs(report.results[0].dr - 0.4) < 0.08)
    let interval = try #require(report.difference?.interval)
    #expect(interval.lowerBound > 0 && interval.contains(0.2))
    let json = JSONWriter.line(report.json)
    #expect(json.hasPrefix(#"{"policy":"always:b","n":2000,"effectiveSampleSize":"#))
    for key in ["ips", "snips", "dr", "interval", "difference", "against", "notes"] {
      #expect(json.contains("\"\(key)\":"))
    }
    #expect(report.text.contains("difference"))
    #expect(report.notes.count == 2)
  }

  @Test("a policy is named by the log's actions")
  func policies() throws {
    let actions = ["a", "b"]
    #expect(try Evaluate.policy("never", actions, noOffer: nil) == .always(0))
    #expect(try Evaluate.policy("never", actions, noOffer: "b") == .always(1))
    #expect(try Evaluate.policy("always:b", actions, noOffer: nil) == .always(1))
    #expect(try Evaluate.policy("random", actions, noOffer: nil) == .random)
    #expect(try Evaluate.policy("model:t-learner", actions, noOffer: nil) == .responseModel)
    #expect(try Evaluate.policy("model:patron", actions, noOffer: nil) == .patron)
    #expect(throws: CommandError.self) {
      try Evaluate.policy("always:c", actions, noOffer: nil)
    }
    #expect(Main.run(["evaluate", "log.csv"]) == 2)
    #expect(Main.run(["evaluate", "log.csv", "--reward", "x", "--policy", "sometimes"]) == 2)
    #expect(Main.run(["evaluate", "/no/such/file", "--reward", "x"]) == 1)
  }
}
