// Many lives on several threads: each thread has lives of its own, so nothing within a life depends
// on how fast the others are. Not here: what a life is; see World.

public import Platform
import Server
import Synchronization

/// Lives from a first seed on, until enough crash runs were made.
public struct Campaign: Sendable {
  /// The first life's seed; the next ones follow.
  public var firstSeed: UInt64
  /// Crash runs that are wanted; lives that have begun are lived to their end.
  public var crashRuns: Int
  /// Threads.
  public var threads: Int
  /// What is wrong with the program; nil when nothing is.
  public var mutant: Mutant?
  /// Of a hundred lives, in how many the disk fails.
  public var faultPercent = 25
  /// Whether every life is one with offers and 64 clients.
  public var offers = false
  /// Violations after which no more lives begin.
  public var violationsMax: Int

  /// Plans a campaign.
  ///
  /// - Parameters:
  ///   - firstSeed: The first life's seed.
  ///   - crashRuns: Crash runs that are wanted.
  ///   - threads: At least 1.
  ///   - mutant: What is wrong with the program.
  ///   - violationsMax: Violations after which no more lives begin.
  public init(
    firstSeed: UInt64, crashRuns: Int, threads: Int = 1, mutant: Mutant? = nil,
    violationsMax: Int = 1
  ) {
    self.firstSeed = firstSeed
    self.crashRuns = crashRuns
    self.threads = threads
    self.mutant = mutant
    self.violationsMax = violationsMax
  }

  /// What a campaign came to.
  public struct Outcome: Sendable {
    /// The counts of all lives.
    public var tally = Tally()
    /// The last seed that was lived.
    public var lastSeed: UInt64 = 0
    /// What must not be, in the order of the seeds.
    public var violations: [Violation] = []

    mutating func add(_ report: LifeReport) {
      tally.add(report.tally)
      lastSeed = max(lastSeed, report.seed)
      if let violation = report.violation { violations.append(violation) }
    }
  }

  private final class Progress: Sendable {
    let nextSeed: Atomic<UInt64>
    let crashRuns = Atomic<Int>(0)
    let violations = Atomic<Int>(0)

    init(_ firstSeed: UInt64) { nextSeed = Atomic(firstSeed) }
  }

  /// Lives them all.
  ///
  /// - Returns: What they came to.
  /// - Throws: `SystemError` when threads or descriptors run out.
  public func run() throws(SystemError) -> Outcome {
    let progress = Progress(firstSeed)
    let reports = try Mailbox<LifeReport?>()
    let campaign = self
    var outcome = Outcome()
    try crowd(threads) { _ in
      campaign.live(progress, reports)
      reports.post(nil)
    } meanwhile: {
      var running = threads
      while running > 0 {
        for report in reports.wait() {
          if let report { outcome.add(report) } else { running -= 1 }
        }
      }
    }
    outcome.violations.sort { $0.seed < $1.seed }
    return outcome
  }

  private func live(_ progress: Progress, _ reports: Mailbox<LifeReport?>) {
    while progress.crashRuns.load(ordering: .relaxed) < crashRuns
      && progress.violations.load(ordering: .relaxed) < violationsMax
    {
      let seed = progress.nextSeed.wrappingAdd(1, ordering: .relaxed).oldValue
      let report = Self.life(
        seed: seed, mutant: mutant, faultPercent: faultPercent, offers: offers)
      progress.crashRuns.wrappingAdd(report.tally.crashRuns, ordering: .relaxed)
      progress.violations.wrappingAdd(report.tally.violations, ordering: .relaxed)
      reports.post(report)
    }
  }

  /// Lives one life.
  ///
  /// - Parameters:
  ///   - seed: Everything that happens follows from it.
  ///   - mutant: What is wrong with the program.
  ///   - faultPercent: Of a hundred lives, in how many the disk fails.
  ///   - requestsMax: The most requests of the life.
  ///   - offers: Whether it is one with offers and 64 clients, whatever the seed says.
  ///   - observers: Whether it is one with clients who ask in parts, whatever the seed says.
  ///   - keepsStory: Whether to tell what happens.
  /// - Returns: What it came to.
  public static func life(
    seed: UInt64, mutant: Mutant? = nil, faultPercent: Int = 25, requestsMax: Int = .max,
    offers: Bool = false, observers: Bool = false, keepsStory: Bool = false
  ) -> LifeReport {
    do throws(SystemError) {
      let probe = try Mailbox<LoopMessage>()
      let world = World(seed: seed, mutant: mutant, faultPercent: faultPercent, probe: probe) {
        if offers { $0.offerSomething(clients: 64) }
        if observers { $0.observers = 3 }
        $0.requests = min($0.requests, requestsMax)
      }
      if keepsStory { world.story = [] }
      return world.live()
    } catch {
      return LifeReport(
        seed: seed, tally: Tally(), digest: 0,
        violation: Violation(seed: seed, description: "\(error)"))
    }
  }
}
