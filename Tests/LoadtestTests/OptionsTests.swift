// The command line.

import Testing

@testable import loadtest

@Suite("Options")
struct OptionsTests {
  @Test("values may stand behind their names or behind an equals sign")
  func values() throws {
    let options = try Options(
      ["--connections", "3", "--duration=500ms", "--keys", "zipf:0.9", "--horizon", "2y", "--json"])
    #expect(options.connections == 3)
    #expect(options.duration == 0.5)
    #expect(options.keys == .zipf(exponent: 0.9))
    #expect(options.horizonDays == 730.5)
    #expect(options.isJSON)
  }

  @Test(
    "what makes no sense is refused with a sentence",
    arguments: [
      ["--what"], ["x"], ["--rate"], ["--rate", "0"], ["--connections", "0"], ["--orders", "1.1"],
      ["--keys", "zipf:-1"], ["--keys", "hot"], ["--duration", "5w"], ["--horizon", "5"],
      ["--json=yes"], ["--matrix", "--rate", "5"], ["--audit", "nan"],
      ["--greedy"], ["--offers", "16"], ["--decide", "--matrix"], ["--decide", "--offers", "257"],
    ])
  func refusals(arguments: [String]) {
    do throws(Failure) {
      _ = try Options(arguments)
      Issue.record("\(arguments) were taken")
    } catch {
      #expect(error.exitCode == 2)
    }
  }

  @Test("decisions have options of their own, and no orders unless they are asked for")
  func decisions() throws {
    #expect(try Options(["--decide"]).decisions == DecisionPlan())
    #expect(try Options(["--decide"]).orders == 0)
    #expect(try Options(["--decide", "--orders", "0.1"]).orders == 0.1)
    let options = try Options(["--greedy", "--offers=16", "--decide", "--outcomes", "0.2"])
    #expect(options.decisions == DecisionPlan(offers: 16, isGreedy: true, outcomes: 0.2))
    #expect(try Options([]).decisions == nil)
  }

  @Test("the help names every option with its default")
  func help() throws {
    let options = try Options([])
    #expect(Options.help.contains("--connections N     connections, 1 to 4000 (50)"))
    #expect(options.connections == 50)
    #expect(options.customers == 100_000)
  }
}
