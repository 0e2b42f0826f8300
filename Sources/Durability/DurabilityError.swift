// What can go wrong with our files, with a sentence for the operator each.
// Not here: what the handler thinks of a record; it says so in its refusal.

public import Platform

/// Why bytes could not be kept or given back.
public enum DurabilityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The disk is full; nothing was written, and the same may be tried again later.
  case outOfSpace(SystemError)
  /// The disk failed. What was being written may or may not be there: stop the process.
  case system(SystemError)
  /// The journal failed before and takes nothing any more.
  case journalBroken
  /// Bytes are not what was once written there.
  case damaged(file: String, offset: Int64, what: String)
  /// The file was written by a newer version of the program.
  case newerFormat(file: String, version: UInt32)
  /// Records are missing: `file` ought to begin with, or come up to, the expected sequence; `found`
  /// is the largest number where there is no file at all.
  case gap(file: String, expected: UInt64, found: UInt64)
  /// The file is whole, but the program cannot make sense of what is in it.
  case refused(file: String, offset: Int64, reason: String)

  init(_ error: SystemError) {
    self = error.isOutOfSpace ? .outOfSpace(error) : .system(error)
  }

  /// Whether the files are at fault, and not the disk's answer at this moment.
  public var isDamage: Bool {
    switch self {
    case .damaged, .newerFormat, .gap, .refused: true
    case .outOfSpace, .system, .journalBroken: false
    }
  }

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .outOfSpace(let error): "\(error); free some space, nothing is lost"
    case .system(let error): "\(error); nothing more is written, restart to recover"
    case .journalBroken: "the journal failed earlier and takes nothing more; restart to recover"
    case .damaged(let file, let offset, let what):
      "\(file) is damaged at byte \(offset): \(what); restore it from a backup"
    case .newerFormat(let file, let version):
      "\(file) has format \(version), newer than this program knows; use the newer program"
    case .gap(_, let expected, .max):
      "the journal file that goes on with record \(expected) is missing; "
        + "put the journal files back that belong there"
    case .gap(let file, let expected, let found):
      "records \(expected) to \(found &- 1) are missing at \(file); "
        + "put the journal files back that belong there"
    case .refused(let file, let offset, let reason):
      "\(file) at byte \(offset) cannot be applied: \(reason)"
    }
  }
}

/// Runs disk calls and translates their errors.
///
/// - Parameter body: The calls.
/// - Returns: What `body` returns.
/// - Throws: `DurabilityError.outOfSpace` or `.system`.
func onDisk<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(DurabilityError)
  -> Result
{
  do { return try body() } catch { throw DurabilityError(error) }
}
