// Who is compared: a server that runs, what it is asked, and how its answers are judged. Not here: who
// is started when; see Versus.

import Models
import Platform
import Wire

/// A server under comparison.
struct Contestant {
  /// As the goals name it.
  let name: String
  let address: SocketAddress
  /// Its process, where it is ours.
  let processID: Int32?
  let format: BlockFormat
  /// Looks closely at the replies that were kept.
  let judge: ([KeptReply]) -> AuditResult
  /// What runs as long as this is held.
  let owner: AnyObject

  /// Loads it once in the closed loop.
  ///
  /// - Parameters:
  ///   - options: how long, and whom it is about.
  ///   - shape: connections and requests under way.
  ///   - round: other customers are drawn in every round.
  ///   - customers: how many it was told of; nil is what the options say.
  /// - Returns: what was measured, and what was found in the replies that were kept.
  /// - Throws: `Failure.failed` when the load breaks off.
  func load(
    _ options: Options, _ shape: Shape, round: Int, customers: Int? = nil
  ) throws(Failure) -> (result: BlockResult, audit: AuditResult) {
    let plan = BlockPlan(
      shape: shape, duration: options.duration, warmUp: options.warmUp, keys: options.keys,
      seed: options.seed &+ UInt64(round))
    var generator = try BlockGenerator(
      plan, format, customers: customers ?? options.customers, address: address,
      server: processID)
    let result = try generator.run()
    return (result, judge(result.kept))
  }

  /// Patron, which must have been filled; the replies are recomputed.
  static func patron(
    _ kind: RequestKind, _ filled: FilledServer
  ) throws(Failure) -> Contestant {
    let (server, population, today) = (filled.server, filled.population, filled.today)
    let generation = filled.fill.generation
    let format: BlockFormat
    do throws(Refusal) {
      format = try .patron(kind, population.termsFields, generation: generation)
    } catch {
      throw .failed("\(error)")
    }
    let judge: ([KeptReply]) -> AuditResult
    switch kind {
    case .scores:
      let auditor = Auditor(population: population, generation: generation, log: OrderLog())
      judge = { auditor.audit(samples($0, from: today)) }
    case .full: judge = { compareWithDecisions($0, of: server.address) }
    }
    return Contestant(
      name: kind.rawValue, address: server.address, processID: server.processID, format: format,
      judge: judge, owner: filled)
  }

  /// What was kept, read as scores.
  private static func samples(_ kept: [KeptReply], from today: Int32) -> [Sample] {
    let now = Int32(SystemClock().calendarMicros() / Generator.dayMicros)
    return kept.map { reply in
      // A body that cannot be read is a score of nobody, which the auditor refuses.
      var reader = FrameReader(reply.body.rawBytes)
      let score = (try? ScoreReply(from: &reader)) ?? ScoreReply()
      return Sample(
        customer: reply.customer, connection: 0, sentTick: 0, answeredTick: 0,
        days: today...max(today, now), reply: score)
    }
  }

  /// The floor: replies must be what no server had to think about.
  static func echo(
    _ kind: RequestKind, _ address: SocketAddress, _ process: LocalProcess,
    _ terms: ScoreTermsFields
  ) throws(Failure) -> Contestant {
    let format: BlockFormat
    do throws(Refusal) {
      format = try .echo(kind, terms)
    } catch {
      throw .failed("\(error)")
    }
    var filler: [UInt8] = []
    for _ in 0..<kind.bodySize / 8 { filler.append(littleEndian: EchoServer.fillerWord) }
    return Contestant(
      name: kind.echoName, address: address, processID: process.processID, format: format,
      judge: { compare($0) { _ in filler[...] } }, owner: process)
  }

  /// Redis, which must have been filled; replies must be what was stored.
  static func redis(
    _ kind: RequestKind, _ server: RedisServer, _ stored: StoredBodies, generation: UInt32
  ) -> Contestant {
    Contestant(
      name: "redis", address: server.address, processID: server.process?.processID,
      format: .redis(kind, generation: generation),
      judge: { compare($0) { stored.body(of: $0) } }, owner: server)
  }

  private static func compare(
    _ kept: [KeptReply], with right: (Int) -> ArraySlice<UInt8>
  ) -> AuditResult {
    var result = AuditResult()
    for reply in kept {
      result.sampled += 1
      let right = right(reply.customer)
      if right == reply.body[...] { continue }
      result.wrong += 1
      if result.complaints.count < AuditResult.complaintsMax {
        result.complaints.append(
          "customer \(Population.name(reply.customer)): \(reply.body), right is \(Array(right))")
      }
    }
    return result
  }
}

extension Population {
  /// The terms as they are asked for, as of now.
  var termsFields: ScoreTermsFields {
    ScoreTermsFields(
      asOfMicros: 0, horizonDays: terms.horizonDays, discountRate: terms.discountRatePerYear,
      margin: terms.margin)
  }
}
