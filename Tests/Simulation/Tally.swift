// What lives come to: counts to print, and the violations that must not be.

/// Counts over one life or many.
public struct Tally: Sendable, Equatable {
  /// Lives that were lived to their end, or to a violation.
  public var lives = 0
  /// Crash images that were recovered and checked.
  public var crashRuns = 0
  /// Those of them in which a second crash hit the recovery.
  public var secondCrashes = 0
  /// Crashes a life went on from.
  public var restarts = 0
  /// Servers that were asked to stop and did.
  public var stops = 0
  /// Calls of the disk in the lives themselves.
  public var storageCalls = 0
  /// Those of them that failed or were short.
  public var faults = 0
  /// Commands that were executed.
  public var commands = 0
  /// Decisions the oracle judged, those of a journal that went on from a crash each time anew.
  public var decisions = 0
  /// Replies that were compared with the model's.
  public var replies = 0
  /// Requests that were refused because the server could not serve then.
  public var unavailable = 0
  /// Commands that were sent again with the same rows.
  public var resent = 0
  /// Snapshots that were written.
  public var snapshots = 0
  /// Commands by which servers kept what they found of segments.
  public var kept = 0
  /// Questions about all customers that were answered to their end, in parts.
  public var told = 0
  /// Those of them that were cancelled.
  public var cancelled = 0
  /// Lives with a violation.
  public var violations = 0

  /// Counts nothing yet.
  public init() {}

  /// Adds another's counts.
  ///
  /// - Parameter other: Counts of other lives.
  public mutating func add(_ other: Tally) {
    lives += other.lives
    crashRuns += other.crashRuns
    secondCrashes += other.secondCrashes
    restarts += other.restarts
    stops += other.stops
    storageCalls += other.storageCalls
    faults += other.faults
    commands += other.commands
    decisions += other.decisions
    replies += other.replies
    unavailable += other.unavailable
    resent += other.resent
    snapshots += other.snapshots
    kept += other.kept
    told += other.told
    cancelled += other.cancelled
    violations += other.violations
  }
}

/// Something that must not be; it ends the life it happens in.
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// The seed that shows it again.
  public var seed: UInt64
  /// Where in the life, and what differed.
  public var description: String
}

/// What one life came to.
public struct LifeReport: Sendable {
  /// The life's seed.
  public var seed: UInt64
  /// Its counts.
  public var tally: Tally
  /// A number made of every byte of every reply; equal seeds give equal numbers.
  public var digest: UInt64
  /// What ended it too early; nil when all was well.
  public var violation: Violation?
  /// What happened, one sentence each, where it was asked for.
  public var story: [String] = []
}
