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
      ["--versus", "mysql"], ["--versus", "redis", "--address", "localhost:1"],
      ["--versus", "echo", "--redis", "localhost:1"], ["--rounds", "3"], ["--goals"],
      ["--versus", "all", "--curve", "10k"], ["--versus", "all", "--matrix"],
      ["--versus", "all", "--decide"], ["--versus", "all", "--rate", "9"],
      ["--versus", "all", "--pin", "--no-pin"], ["--versus", "all", "--goals", "--pipeline", "1"],
      ["--curve", "10k,x"], ["--curve", "11M"], ["--curve", ""], ["--soak", "0s"],
      ["--beside", "fit"], ["--half", "--beside", "fits"], ["--half", "--rate", "5"],
      ["--soak", "5s", "--rounds", "2"], ["--no-pin"], ["--scan", "--half"], ["--scan=yes"],
      ["--scan", "--beside", "fit"], ["--scan", "--decide"], ["--scan", "--writers", "2"],
      ["--scan", "--matrix"], ["--scan", "--address", "localhost:1"], ["--scan", "--goals"],
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

  @Test("a comparison has shapes, rounds and a duration of its own")
  func versus() throws {
    let options = try Options(["--versus", "all"])
    #expect(options.mode == .versus(VersusPlan(rivals: .all)))
    #expect(options.duration == 2)
    #expect(VersusPlan.shapes.map(\.description) == ["50/64", "50/16", "50/1"])
    let one = try Options(
      ["--versus=redis", "--rounds", "3", "--pipeline", "8", "--duration", "1s", "--no-pin"])
    let shape = Shape(connections: 50, pipeline: 8)
    #expect(one.mode == .versus(VersusPlan(rivals: .redis, rounds: 3, shapes: [shape])))
    #expect(
      try Options(["--versus", "echo", "--plain"]).mode
        == .versus(VersusPlan(rivals: .echo, isPlain: true)))
    #expect(throws: Failure.self) { try Options(["--plain"]) }
    #expect(one.duration == 1)
    #expect(!one.pins)
    #expect(try Options(["--versus", "all", "--pin"]).pins)
    #expect(try !Options([]).pins)
  }

  @Test("scans beside the usual load are read, which may be an open loop")
  func scan() throws {
    let closed = try Options(["--scan", "--customers", "50000"])
    #expect(closed.mode == .scan && closed.rate == nil && closed.orders == 0.05)
    #expect(closed.connections == 50 && closed.pipeline == 16 && closed.duration == 5)
    #expect(closed.rounds == 5 && !closed.pins)
    let open = try Options(["--scan", "--rate", "2e4", "--rounds", "3", "--orders", "0", "--pin"])
    #expect(open.mode == .scan && open.rate == 20_000 && open.rounds == 3 && open.orders == 0)
    #expect(open.pins)
  }

  @Test("curve, soak and half load are read")
  func modes() throws {
    #expect(
      try Options(["--curve", "500,10k,1M,10M"]).mode
        == .curve([500, 10_000, 1_000_000, 10_000_000]))
    let soak = try Options(["--soak", "10m"])
    #expect(soak.mode == .soak(600))
    #expect(soak.pipeline == 64)
    let half = try Options(["--half", "--beside", "snapshots,fit"])
    #expect(half.mode == .half([.snapshots, .fit]))
    #expect(half.pipeline == 16)
    #expect(half.duration == 5)
    #expect(try Options(["--half"]).mode == .half([]))
    #expect(try Options([]).mode == nil)
  }

  @Test("the help names every option with its default")
  func help() throws {
    let options = try Options([])
    #expect(Options.help.contains("--connections N     connections, 1 to 4000 (50)"))
    #expect(options.connections == 50)
    #expect(options.customers == 100_000)
  }
}
