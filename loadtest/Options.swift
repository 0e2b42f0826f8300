// The command line: every option, its default, and the help that explains what is measured.

import Foundation
import Wire

/// What the load test was asked to do.
struct Options: Equatable {
  /// Whom to load; nil starts a server of our own.
  var address: String?
  var connections = 50
  var pipeline = 16
  /// Further connections that record orders as fast as they are acknowledged.
  var writers = 0
  /// Seconds of measuring, after `warmUp` seconds of the same load.
  var duration = 5.0
  var warmUp = 0.5
  /// Requests a second; nil is a closed loop.
  var rate: Double?
  /// Share of requests that record an order.
  var orders = 0.05
  var keys = KeyDistribution.uniform
  var customers = 100_000
  var seed: UInt64 = 1
  /// Share of the scores that are recomputed.
  var audit = 0.01
  var horizonDays = 273.0
  var discountRate = 0.10
  var margin = 1.0
  /// Decisions instead of scores.
  var decisions: DecisionPlan?
  var isMatrix = false
  var isJSON = false
  var isPinned = false
  var isUnpinned = false
  var hasGoals = false
  /// Something else than one load; nil is one load.
  var mode: Mode?
  var words = ModeWords()
  var wantsHelp = false

  /// The names of eight digits end here.
  static let customersMax = 10_000_000
  static let connectionsMax = 4_000
  static let pipelineMax = 4_096

  /// Reads what follows the program's name, as `--name value` or `--name=value`.
  init(_ arguments: [String]) throws(Failure) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.first ?? ""
      if try readFlag(name, hasValue: parts.count > 1) { continue }
      guard Self.names.contains(name) || ModeWords.names.contains(name) else {
        throw .usage("'\(name)' is not an option")
      }
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw .usage("\(name) needs a value")
      }
      try read(name, value)
    }
    if isMatrix && rate != nil { throw .usage("--matrix is a closed loop, it has no --rate") }
    try settleDecisions()
    try settleMode()
  }

  /// What was said of decisions, put together.
  private mutating func settleDecisions() throws(Failure) {
    guard isDeciding else {
      if decisions != nil { throw .usage("--offers, --greedy and --outcomes need --decide") }
      return
    }
    if isMatrix { throw .usage("--decide has loads of its own, it has no --matrix") }
    decisions = decisions ?? DecisionPlan()
    if !hasOrders { orders = 0 }
  }

  private var isDeciding = false
  private var hasOrders = false

  private static let names = [
    "--address", "--connections", "--pipeline", "--writers", "--duration", "--warm-up", "--rate",
    "--orders",
    "--keys", "--customers", "--seed", "--audit", "--horizon", "--offers", "--outcomes",
  ]

  private mutating func readFlag(_ name: String, hasValue: Bool) throws(Failure) -> Bool {
    switch name {
    case "--matrix": isMatrix = true
    case "--decide": isDeciding = true
    case "--greedy":
      decisions = decisions ?? DecisionPlan()
      decisions?.isGreedy = true
    case "--json": isJSON = true
    case "--pin": isPinned = true
    case "--no-pin": isUnpinned = true
    case "--goals": hasGoals = true
    case "--half": words.isHalf = true
    case "--scan": words.isScan = true
    case "--plain": words.isPlain = true
    case "--help", "-h": wantsHelp = true
    default: return false
    }
    if hasValue { throw .usage("\(name) takes no value") }
    return true
  }

  private mutating func read(_ name: String, _ value: String) throws(Failure) {
    switch name {
    case "--address": address = value
    case "--connections":
      connections = try Self.whole(name, value, 1...Self.connectionsMax)
      words.hasConnections = true
    case "--writers": writers = try Self.whole(name, value, 0...Self.connectionsMax)
    case "--pipeline":
      pipeline = try Self.whole(name, value, 1...Self.pipelineMax)
      words.hasPipeline = true
    case "--duration":
      duration = try Self.seconds(name, value, 0.01...86_400)
      words.hasDuration = true
    case "--warm-up": warmUp = try Self.seconds(name, value, 0...3_600)
    case "--rate": rate = try Self.number(name, value, 1...10_000_000)
    case "--orders":
      orders = try Self.number(name, value, 0...1)
      hasOrders = true
    case "--offers":
      let offers = try Self.whole(name, value, 0...Limits.offersMax)
      decisions = decisions ?? DecisionPlan()
      decisions?.offers = offers
    case "--outcomes":
      let share = try Self.number(name, value, 0...1)
      decisions = decisions ?? DecisionPlan()
      decisions?.outcomes = share
    case "--keys":
      guard let keys = KeyDistribution(value) else {
        throw .usage("--keys is uniform, zipf or zipf:EXPONENT above 0 to 10, not '\(value)'")
      }
      self.keys = keys
    case "--customers": customers = try Self.whole(name, value, 1...Self.customersMax)
    case "--seed":
      guard let seed = UInt64(value) else { throw .usage("--seed is a whole number") }
      self.seed = seed
    case "--audit": audit = try Self.number(name, value, 0...1)
    case "--horizon": horizonDays = try Self.days(name, value)
    default: try readMode(name, value)
    }
  }

  static func whole(
    _ name: String, _ value: String, _ range: ClosedRange<Int>
  ) throws(Failure) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw .usage(
        "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not '\(value)'")
    }
    return number
  }

  private static func number(
    _ name: String, _ value: String, _ range: ClosedRange<Double>
  ) throws(Failure) -> Double {
    guard let number = Double(value), range.contains(number) else {
      throw .usage("\(name) is from \(range.lowerBound) to \(range.upperBound), not '\(value)'")
    }
    return number
  }

  static func seconds(
    _ name: String, _ value: String, _ range: ClosedRange<Double>
  ) throws(Failure) -> Double {
    let units = [("ms", 0.001), ("s", 1), ("m", 60)]
    let unit = units.first { value.hasSuffix($0.0) } ?? ("", 1)
    guard let number = Double(value.dropLast(unit.0.count)), range.contains(number * unit.1) else {
      throw .usage(
        "\(name) is a time such as 5s, 500ms or 2m, from \(range.lowerBound) to "
          + "\(range.upperBound) seconds, not '\(value)'")
    }
    return number * unit.1
  }

  private static func days(_ name: String, _ value: String) throws(Failure) -> Double {
    let units = [("d", 1.0), ("w", 7), ("m", 30.4375), ("y", 365.25)]
    guard let unit = units.first(where: { value.hasSuffix($0.0) }),
      let number = Double(value.dropLast()), number > 0, number * unit.1 <= 36_525
    else { throw .usage("\(name) is a duration such as 90d, 39w, 12m or 1y, not '\(value)'") }
    return number * unit.1
  }

  static let help = """
    loadtest: loads a Patron server with score and order requests, and audits its answers.

    It starts the `patron` that lies beside it on a free loopback port with a temporary directory,
    or loads an empty server (--address). It fills the server with simulated customers, each a
    pure function of the seed and the customer's number, has the parameters they live by adopted,
    loads, and recomputes a sample of the answers from the simulated lives and the orders it
    recorded itself.

      --connections N     connections, 1 to 4000 (50)
      --pipeline P        requests each connection keeps under way in the closed loop (16)
      --writers N         further connections that record orders as fast as they are acknowledged,
                          whatever the others do (0)
      --rate R            open loop: R requests a second over all connections, evenly spaced
      --duration T        how long is measured (5s)
      --warm-up T         the same load before, not measured but audited (0.5s)
      --orders SHARE      share of requests that record one order each; the rest score one (0.05; with
                          --decide 0)
      --decide            decide instead of scoring: first a closed loop, then an open one at half its
                          rate; everybody gave consent, 2 % are held out, conditions, caps and budgets
                          let most offers through, 16 features are built and 16 told
      --offers N          live offers, 0 to 256 (64)
      --greedy            take the best instead of drawing it with its propensity
      --outcomes SHARE    share of the decisions whose outcome is told and learnt from, over a further
                          connection (0)
      --keys WHICH        whom: uniform, zipf or zipf:EXPONENT (uniform)
      --customers N       simulated customers, 1 to 10000000 (100000)
      --seed N            of the customers and of the choices (1)
      --audit SHARE       share of the scores that are recomputed; of the decisions, that are looked at
                          whether they hold together (0.01)
      --horizon D         of the scores: 90d, 39w, 12m, 1y (39w); discount 0.10 a year, margin 1
      --matrix            1 and 50 connections with 1 and 16 under way, one after the other, scores
                          alone and with orders, on one server; one table
      --address HOST:PORT load this server; it must be empty and in UTC
      --pin               server on processor 0, load on processor 1 (needs taskset)
      --json              the result as JSON
      --help              this

    Instead of one load, with servers of its own, by blocks of requests (see below):

      --versus WHOM       redis, echo or all: Patron beside Redis, beside an echo server that answers the
                          same frames and does nothing else, or beside both; scores at 50/64, 50/16 and
                          50/1, or at the one shape that --connections and --pipeline say
      --redis HOST:PORT   the Redis that is taken, empty, instead of starting redis-server; it keeps what
                          was stored, and there is no processor time of it
      --plain             the offers are for everybody: without conditions, budgets, caps and holdouts
      --goals             exit with 1 when a goal is missed or was not measured
      --curve SIZES       shops of such sizes as 10k,100k,1M,10M beside each other: what a score costs, and
                          resident bytes by customer
      --soak T            full load so long; resident bytes at every tenth of it
      --half              a closed loop, then an open one at half its rate; 50/16
      --beside WORK       snapshots, fit or snapshots,fit: the open loop of --half once more while the
                          server does these one after the other, on a connection of their own; the fits
                          hold the latest half year out, so that nothing is adopted
      --scan              the usual load (closed, or open with --rate; with its --orders) alone, beside counts
                          of all customers by segment with the sum of their lifetime values, one after the
                          other on a connection of their own, and these counts alone, in turns
      --rounds N          how often all take turns; soak has none (5)
      --duration T        of every turn (2s; --half and --scan 5s)
      --pin, --no-pin     servers on processor 0, load on processor 1 (with --versus and --curve as soon as
                          there are two processors; with --scan unsaid the load alone keeps to the last
                          one; else not)

    What is compared. Everybody is asked by the same generator over as many connections with as many
    requests under way, about customers drawn evenly, and all take turns within every round. Patron
    computes each score when it is asked; Redis gives back 88 bytes that Patron answered before
    (GET, by the customer's name); the echo server copies the header and adds 88 fixed bytes, with one
    receive and one send by connection and turn. CPU is the processor time of all the server's
    threads divided by the replies, from the kernel's /proc/PID/schedstat at both ends of the
    measurement; the client's end of the sockets is not in it. A ratio is taken within a round, and
    its median over the rounds counts: redis/scores is Redis' processor time by request over
    Patron's, scores/redis throughput is Patron's requests a second over Redis'.

    Blocks. A connection sends as many requests as may be under way with one call, and the next block
    when the last reply of this one has come. Every reply is checked where it lies: its size, status,
    tag and first eight bytes (of Redis' and the echo's as well). Some hundred a run are looked at
    closely: scores are recomputed, Redis' and the echo's bytes compared. Of one reply in each block,
    drawn anew each time, the latency is taken: from before the block is handed to the socket (in the
    open loop: from the time that was meant for it) to the reading of the reply's last byte.

    Latency. In the closed loop the clock starts before a request's bytes are handed to the
    socket; in the open loop at the time the request was meant to be sent, so that a slow server
    cannot slow the load down and look better for it. It stops when the reply's last byte was read.
    A reply to an order leaves the server when the order is durable on disk, and replies keep their
    order: scores behind an order on the same connection wait with it. Latencies are kept in
    buckets less than 1 % wide; the maximum is exact. One thread makes the whole load.

    Exit codes: 0 all well; 1 a wrong answer, an unexpected error, or no result; 2 wrong usage.
    """
}
