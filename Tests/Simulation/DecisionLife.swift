// A shop's life of decisions without a server: random requests go straight to an engine, and whatever
// would be in its journal goes to the oracle, which is all that judges. Not here: crashes; see World.

public import DecisionOracle
import Platform
import Scoring
import Support
import Wire

/// One random life of decisions.
public struct DecisionLife {
  /// A record as the journal has it.
  public struct Record: Sendable {
    /// Its number.
    public var sequence: UInt64
    /// Its time, microseconds since 1970 UTC.
    public var timeMicros: Int64
    /// The accepted frame.
    public var frame: [UInt8]
  }

  /// What a life came to.
  public struct Report: Sendable {
    /// What follows from it all.
    public var seed: UInt64
    /// What the oracle saw.
    public var tally = OracleTally()
    /// The first violations.
    public var violations: [OracleViolation] = []
    /// Commands that were refused whole: they should be few.
    public var refused = 0
    /// What the engine refused of them.
    public var refusals: [String: Int] = [:]
    /// The journal, where it was asked for.
    public var journal: [Record] = []
  }

  private static let hour: Int64 = 3_600_000_000

  /// Decisions of a life in which a million are made.
  public static let decisionsPerLife = 2_000

  private let decisions: Int
  private var chance: SeededGenerator
  private var source: OfferSource
  private var oracle = DecisionOracle()
  private var nowMicros: Int64
  private var report: Report
  private let keepsJournal: Bool
  private let hasteSeconds: Int
  private let twin: Twin?

  private init(seed: UInt64, decisions: Int, keepsJournal: Bool, twin: Twin?) {
    self.twin = twin
    self.decisions = decisions
    self.keepsJournal = keepsJournal
    report = Report(seed: seed)
    chance = SeededGenerator(seed: seed)
    // Near the days on which clocks in Paris change, or anywhere.
    let days = [20_541, 20_751, 20_400 + Int.random(in: 0..<700, using: &chance)]
    nowMicros =
      Int64(days[Int.random(in: 0..<3, using: &chance)]) * 24 * Self.hour
      + Int64.random(in: 0..<24 * Self.hour, using: &chance)
    hasteSeconds = [60, 600, 3_600][Int.random(in: 0..<3, using: &chance)]
    source = OfferSource(
      seed: chance.next(), customers: [5, 20, 60, 200][Int.random(in: 0..<4, using: &chance)],
      now: nowMicros)
  }

  /// Lives a life.
  ///
  /// - Parameters:
  ///   - seed: everything follows from it.
  ///   - decisions: how many are made.
  ///   - keepsJournal: whether the report has the journal.
  ///   - snapshotEvery: after how many records a second engine, which is given nothing but those, is made
  ///     anew from a snapshot of the first; 0 makes none. The states of both must be the same.
  /// - Returns: what it came to.
  /// - Throws: when the engine cannot be made or the journal not be read, or the states differ.
  public static func live(
    seed: UInt64, decisions: Int, keepsJournal: Bool = false, snapshotEvery: Int = 0
  ) throws -> Report {
    var life = DecisionLife(
      seed: seed, decisions: decisions, keepsJournal: keepsJournal,
      twin: snapshotEvery > 0 ? try Twin(snapshotEvery) : nil)
    var engine = try Engine(Store(), indexKey: (seed, 1))
    try life.run(&engine)
    life.report.tally = life.oracle.tally
    life.report.violations = life.oracle.violations
    return life.report
  }

  private mutating func run(_ engine: inout Engine) throws {
    try ask(.declareShop, zone(), &engine)
    try ask(.putCatalogue, source.put(now: nowMicros, isFirst: true), &engine)
    while oracle.tally.decisions < decisions {
      passTime()
      switch Int.random(in: 0..<1_000, using: &chance) {
      case ..<600: try ask(.decide, source.decide(), &engine)
      case ..<800:
        if let outcomes = source.outcomes(now: nowMicros) {
          try ask(.recordOutcomes, outcomes, &engine)
        }
      case ..<830: try ask(.recordProfiles, source.profiles(now: nowMicros), &engine)
      case ..<900: try ask(.recordConsents, source.consents(now: nowMicros), &engine)
      case ..<980: try ask(.recordEvents, source.events(now: nowMicros), &engine)
      case ..<990: try ask(.amendOffer, source.amend(), &engine)
      default: try ask(.putCatalogue, source.put(now: nowMicros, isFirst: false), &engine)
      }
    }
  }

  /// Mostly moments, at times a night, seldom days; now and then the clock goes back.
  private mutating func passTime() {
    switch Int.random(in: 0..<400, using: &chance) {
    case 0: nowMicros += Int64.random(in: 0..<9 * 24 * Self.hour, using: &chance)
    case 1: nowMicros -= Int64.random(in: 0..<Self.hour, using: &chance)
    case ..<8: nowMicros += Int64.random(in: 0..<14 * Self.hour, using: &chance)
    case ..<60: break
    default:
      nowMicros += Int64.random(in: 0..<Int64(hasteSeconds) * 1_000_000, using: &chance)
    }
  }

  private mutating func zone() -> DeclareShopRequest {
    switch Int.random(in: 0..<4, using: &chance) {
    case 0:
      return DeclareShopRequest(
        timeZone: "UTC", transitions: [.init(fromSeconds: .min, offsetSeconds: 0)])
    case 1:
      return DeclareShopRequest(
        timeZone: "America/St_Johns",
        transitions: [
          .init(fromSeconds: .min, offsetSeconds: -12_600),
          .init(fromSeconds: 1_772_947_800, offsetSeconds: -9_000),
          .init(fromSeconds: 1_793_507_400, offsetSeconds: -12_600),
        ])
    default:
      return DeclareShopRequest(
        timeZone: "Europe/Paris",
        transitions: [
          .init(fromSeconds: .min, offsetSeconds: 3_600),
          .init(fromSeconds: 1_743_296_400, offsetSeconds: 7_200),
          .init(fromSeconds: 1_761_440_400, offsetSeconds: 3_600),
          .init(fromSeconds: 1_774_746_000, offsetSeconds: 7_200),
          .init(fromSeconds: 1_792_890_000, offsetSeconds: 3_600),
          .init(fromSeconds: 1_806_195_600, offsetSeconds: 7_200),
        ])
    }
  }

  private mutating func ask(
    _ verb: Verb, _ request: some Message, _ engine: inout Engine
  ) throws {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 1, in: &frame)
    try request.write(to: &frame)
    Frame.end(mark, in: &frame)
    guard case .frame(let header) = try Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax) else {
      return
    }
    var out = ByteBuffer()
    let outcome = engine.execute(header, frame.bytes, at: nowMicros, into: &out)
    switch outcome {
    case .changed:
      try judge(frame.bytes, engine.sequence, engine.timeMicros)
      try twin?.follow(engine, frame.bytes)
    case .decided:
      try judge(engine.decisionFrame, engine.sequence, engine.timeMicros)
      try twin?.follow(engine, engine.decisionFrame)
      var reader = FrameReader(out.bytes, from: FrameHeader.size)
      source.note(try DecideReply(from: &reader).decision)
    case .refused(let status):
      report.refused += 1
      report.refusals["\(verb.name): \(status.name)", default: 0] += 1
    case .answered, .repeated, .asked: break
    }
  }

  private mutating func judge(
    _ frame: RawSpan, _ sequence: UInt64, _ timeMicros: Int64
  ) throws {
    var bytes: [UInt8] = []
    bytes.append(bytes: frame)
    if keepsJournal {
      report.journal.append(Record(sequence: sequence, timeMicros: timeMicros, frame: bytes))
    }
    try oracle.read(sequence: sequence, timeMicros: timeMicros, frame: bytes)
  }
}
