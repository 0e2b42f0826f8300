// Programs that are wrong in one way each: if the simulation does not catch them, it catches
// nothing. What it takes to make them knows names of files and formats; it stands here and in
// ChecksumHealer only.

import Glibc
import Platform
import Support

/// A mistake that loses data one day.
public enum Mutant: String, CaseIterable, Sendable {
  /// Replies leave when the journal was asked, not when it has answered.
  case acknowledgesBeforeSync = "acknowledges before the sync"
  /// A snapshot is renamed without a sync before.
  case forgetsSnapshotSync = "no sync of a snapshot before its rename"
  /// A snapshot's rename is not made durable.
  case forgetsSnapshotRename = "no sync of the directory after a snapshot's rename"
  /// A new journal file's name is not made durable.
  case forgetsJournalCreation = "no sync of the directory after a journal's creation"
  /// The journal goes when a snapshot begins, not when it is durable.
  case dropsJournalEarly = "journal dropped before the snapshot is durable"
  /// Torn bytes count as good.
  case ignoresChecksums = "no checksums"
  /// A sync that failed is tried again until it succeeds.
  case retriesFailedSync = "a failed sync is tried again"
  /// What a short write left out is forgotten.
  case ignoresShortWrites = "short writes are ignored"

  /// How the disk must fail for it to show; nil where it shows on a good one.
  var fault: SimulatedStorage.Fault? {
    switch self {
    case .retriesFailedSync: .failedSync(EIO)
    case .ignoresShortWrites: .shortWrite
    default: nil
    }
  }

  /// What the program forgets to ask of the disk.
  var omissions: SimulatedStorage.Omissions {
    var omissions = SimulatedStorage.Omissions()
    switch self {
    case .forgetsSnapshotSync: omissions.syncOfFiles = "snapshot-"
    case .forgetsSnapshotRename: omissions.directorySyncAfterRenameTo = "snapshot-"
    case .forgetsJournalCreation: omissions.directorySyncAfterRenameTo = "journal-"
    case .retriesFailedSync: omissions.retriesFailedSync = true
    case .ignoresShortWrites: omissions.ignoresShortWrites = true
    case .acknowledgesBeforeSync, .dropsJournalEarly, .ignoresChecksums: break
    }
    return omissions
  }

  /// Removes all of the journal but its newest file.
  static func dropJournal(on storage: SimulatedStorage) {
    guard let names = try? storage.list() else { return }
    for name in names.filter({ $0.hasPrefix("journal-") && !$0.hasSuffix(".tmp") }).dropLast() {
      _ = try? storage.remove(name)
    }
    _ = try? storage.syncDirectory()
  }
}
