// Row A6: one life, lived again and again; each time another call of its disk fails, once or from
// then on. Not here: lives whose disks fail by chance; see Campaign.

import Glibc
public import Platform
import Server
import Support

/// Every call of one life's disk, failing in every way.
public struct FailingCalls: Sendable {
  /// What the lives came to.
  public struct Outcome: Sendable {
    /// Lives, one for each call and way to fail.
    public var lives = 0
    /// Calls the undisturbed life makes.
    public var calls = 0
    /// Calls that failed or were short.
    public var faults = 0
    /// Servers that ended because of it and were started again on a mended disk.
    public var restarts = 0
    /// Commands that were refused for want of space, while queries went on.
    public var refusals = 0
    /// What must not be.
    public var violations: [Violation] = []
  }

  /// The life's seed.
  public var seed: UInt64

  /// Chooses a life.
  ///
  /// - Parameter seed: The life's seed.
  public init(seed: UInt64) { self.seed = seed }

  /// The ways a call fails.
  private static let faults: [SimulatedStorage.Fault] = [
    .error(EIO), .error(ENOSPC), .error(EDQUOT), .shortWrite,
  ]

  /// Lives them all.
  ///
  /// - Parameters:
  ///   - requests: How many requests a life has.
  ///   - stride: Every how many calls one fails; 1 is every call.
  /// - Returns: What they came to.
  /// - Throws: `SystemError` when descriptors run out.
  public func run(requests: Int = 60, stride: Int = 1) throws(SystemError) -> Outcome {
    var outcome = Outcome()
    let calm = try life(requests, faults: [])
    outcome.calls = calm.tally.storageCalls
    if let violation = calm.violation { outcome.violations.append(violation) }
    var call = 0
    while call < outcome.calls {
      for fault in Self.faults {
        for end in [call + 1, Int.max] {
          let report = try life(requests, faults: [(call..<end, fault)])
          outcome.lives += 1
          outcome.faults += report.tally.faults
          outcome.restarts += report.tally.restarts
          outcome.refusals += report.tally.unavailable
          if var violation = report.violation {
            violation.description =
              "\(fault) at call \(call)\(end == .max ? " and ever after" : ""): \(violation)"
            outcome.violations.append(violation)
          }
        }
      }
      call += stride
    }
    return outcome
  }

  private func life(
    _ requests: Int, faults: [(calls: Range<Int>, fault: SimulatedStorage.Fault)]
  ) throws(SystemError) -> LifeReport {
    let world = World(seed: seed, probe: try Mailbox()) { plan in
      plan.requests = requests
      plan.crashes = false
      plan.faults = faults
      plan.snapshotPercent = 8
      plan.bulk = 0
      plan.weights.reset = 0
    }
    return world.live()
  }
}
