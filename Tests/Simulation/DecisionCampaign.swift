// Many lives of decisions on several threads, each life on one of them. What a life is, is in
// DecisionLife.

public import DecisionOracle
public import Platform
import Synchronization

/// Lives of decisions from a first seed on, until enough were made.
public struct DecisionCampaign: Sendable {
  /// What they came to.
  public struct Outcome: Sendable {
    /// Lives.
    public var lives = 0
    /// Commands that were refused whole.
    public var refused = 0
    /// The last seed that was lived.
    public var lastSeed: UInt64 = 0
    /// What the oracle saw in all of them.
    public var tally = OracleTally()
    /// Of each seed the first violations, and what failed otherwise.
    public var violations: [(seed: UInt64, what: String)] = []
  }

  private enum News {
    case lived(DecisionLife.Report)
    case failed(seed: UInt64, String)
    case ended
  }

  private final class Progress: Sendable {
    let nextSeed: Atomic<UInt64>
    let decisions = Atomic<Int>(0)
    let failures = Atomic<Int>(0)

    init(_ firstSeed: UInt64) { nextSeed = Atomic(firstSeed) }
  }

  /// Lives them all.
  ///
  /// - Parameters:
  ///   - firstSeed: the first life's seed; the next ones follow.
  ///   - decisions: how many are wanted; lives that have begun are lived to their end.
  ///   - threads: at least 1.
  ///   - snapshotEvery: as in a life.
  /// - Returns: what they came to.
  /// - Throws: `SystemError` when threads or descriptors run out.
  public static func run(
    firstSeed: UInt64, decisions: Int, threads: Int, snapshotEvery: Int = 0
  ) throws(SystemError) -> Outcome {
    let progress = Progress(firstSeed)
    let mailbox = try Mailbox<News>()
    var outcome = Outcome()
    try crowd(threads) { _ in
      while progress.decisions.load(ordering: .relaxed) < decisions
        && progress.failures.load(ordering: .relaxed) < 10
      {
        let seed = progress.nextSeed.wrappingAdd(1, ordering: .relaxed).oldValue
        do {
          let report = try DecisionLife.live(
            seed: seed, decisions: DecisionLife.decisionsPerLife, snapshotEvery: snapshotEvery)
          progress.decisions.wrappingAdd(report.tally.decisions, ordering: .relaxed)
          if report.tally.violations > 0 { progress.failures.wrappingAdd(1, ordering: .relaxed) }
          mailbox.post(.lived(report))
        } catch {
          progress.failures.wrappingAdd(1, ordering: .relaxed)
          mailbox.post(.failed(seed: seed, "\(error)"))
        }
      }
      mailbox.post(.ended)
    } meanwhile: {
      var running = threads
      while running > 0 {
        for news in mailbox.wait() {
          switch news {
          case .lived(let report): outcome.add(report)
          case .failed(let seed, let what): outcome.violations.append((seed, what))
          case .ended: running -= 1
          }
        }
      }
    }
    outcome.violations.sort { $0.seed < $1.seed }
    return outcome
  }
}

extension DecisionCampaign.Outcome {
  mutating func add(_ report: DecisionLife.Report) {
    lives += 1
    refused += report.refused
    lastSeed = max(lastSeed, report.seed)
    tally.add(report.tally)
    violations += report.violations.map { (report.seed, $0.description) }
  }
}
