// Spreads, ratios within rounds, the goals by name, and Redis where there is one.

import Foundation
import Platform
import Testing
import Wire

@testable import loadtest

@Suite("Versus")
struct VersusTests {
  private static let shape = Shape(connections: 50, pipeline: 64)

  @Test("a spread is the median with the least and the most")
  func spread() throws {
    #expect(Spread([]) == nil)
    let odd = try #require(Spread([5, 1, 3]))
    #expect((odd.median, odd.least, odd.most) == (3, 1, 5))
    let even = try #require(Spread([4, 1, 2, 8]))
    #expect(even.median == 3)
  }

  @Test("ratios are taken within a round, and a round without one of both has none")
  func ratios() throws {
    // The machine was half as fast in the second round; the ratio does not care.
    let ratio = try #require(Spread([1_000, 2_000, nil, 50], over: [100, 200, 10, 0]))
    #expect((ratio.median, ratio.least, ratio.most) == (10, 10, 10))
    #expect(Spread([nil], over: [1]) == nil)
  }

  private func tally(_ nanos: [Double], _ perSecond: [Double]) -> Tally {
    var tally = Tally()
    (tally.serverNanos, tally.perSecond) = (nanos, perSecond)
    return tally
  }

  @Test("processor time is the rival's over ours, throughput ours over the rival's")
  func directions() {
    let ratios = VersusReport.ratios(
      [Self.shape],
      [
        Self.shape: [
          "scores": tally([100, 200], [10, 5]), "redis": tally([900, 1_800], [2, 1]),
          "echo": tally([50, 150], [20, 20]), "full": tally([300, 300], [10, 10]),
          "echo-full": tally([60, 60], [20, 20]),
        ]
      ])
    #expect(
      ratios.map(\.name) == [
        "redis/scores 50/64", "scores/redis throughput 50/64", "echo/scores 50/64",
        "scores/echo throughput 50/64", "redis/full 50/64", "full/redis throughput 50/64",
        "echo/full 50/64", "full/echo throughput 50/64",
      ])
    #expect(ratios.map(\.spread.median) == [9, 5, 0.625, 0.375, 4.5, 7.5, 0.2, 0.5])
  }

  @Test("the goals have the names that ratios get, and shapes that are measured")
  func goals() {
    var names: Set<String> = []
    for shape in VersusPlan.shapes {
      for patron in ["scores", "full"] {
        for rival in ["redis", "echo"] {
          names.insert(Goal.processor(rival, patron, shape))
          names.insert(Goal.throughput(patron, rival, shape))
        }
      }
    }
    #expect(Goal.all.count == 8)
    #expect(Set(Goal.all.map(\.name)).count == 8)
    for goal in Goal.all { #expect(names.contains(goal.name), "\(goal.name)") }
    #expect(Goal.all.first { $0.name == "redis/scores 50/64" }?.goal == 9)
  }

  @Test("a goal is reached by the median, and not by what was not measured")
  func verdicts() {
    let goal = Goal(name: "a", goal: 3)
    #expect(goal.verdict(Spread([3, 2, 4])) == .reached)
    #expect(goal.verdict(Spread([2.9, 9, 1])) == .missed)
    #expect(goal.verdict(nil) == .notMeasured)
  }

  @Test("a report lists every goal, and those without the means to measure them as missed")
  func report() throws {
    var fill = FillReport()
    fill.customers = 7
    let plan = VersusPlan(rivals: .redis, rounds: 2)
    let tallies = [
      Self.shape: ["scores": tally([100, 110], [9, 9]), "redis": tally([1_000, 1_000], [3, 3])]
    ]
    let report = VersusReport(
      try Options(["--versus", "redis"]), plan, fill, contestants: ["scores", "redis"], tallies)
    #expect(report.missedGoals.count == Goal.all.count - 1)
    #expect(!report.missedGoals.contains { $0.hasPrefix("redis/scores") })
    #expect(report.goals["redis/scores 50/64"]?.goal == 9)
    #expect(report.goals["scores/redis throughput 50/64"]?.median == 3)
    #expect(report.table.contains("echo/full 50/1                    not measured"))
    let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    #expect(json.contains(#""echo\/full 50\/1":{"#))
    #expect(json.contains(#""median":null"#))
  }

  @Test("Redis is filled, asked and judged, and a value that is another one is found")
  func redis() throws {
    guard let program = RedisServer.program else {
      FileHandle.standardError.write(Data("SKIPPED: there is no redis-server\n".utf8))
      return
    }
    let kind = RequestKind.scores
    var stored = StoredBodies(size: kind.bodySize, count: 100)
    for customer in 0..<100 {
      var reply = ScoreReply()
      (reply.known, reply.spendKnown, reply.generation) = (true, true, 1)
      reply.ageDays = Int32(customer)
      var body = ByteBuffer()
      reply.write(to: &body)
      stored.append(body.bytes)
    }
    let server = try RedisServer(program: program)
    try server.fill(stored)
    #expect(throws: Failure.self) { try server.fill(stored) }
    let contestant = Contestant.redis(kind, server, stored, generation: 1)
    let options = try Options(["--customers", "100", "--duration", "200ms"])
    let (result, audit) = try contestant.load(
      options, Shape(connections: 3, pipeline: 5), round: 0)
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(result.completed > 0)
    #expect(result.serverNanosPerRequest ?? 0 > 0)
    #expect(audit.sampled > 0 && audit.wrong == 0)
    let shifted = result.kept.map { KeptReply(customer: ($0.customer + 1) % 100, body: $0.body) }
    #expect(contestant.judge(shifted).wrong == shifted.count)
  }
}
