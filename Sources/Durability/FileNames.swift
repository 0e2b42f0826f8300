// Names of our files: their kind and the sequence they begin or end with.
// Not here: their bytes.

internal import Platform

/// What a file of ours is for.
enum FileKind: String {
  /// Records from the sequence in the name on.
  case journal
  /// The state after the sequence in the name.
  case snapshot

  /// What a file bears until it is whole and synced; recovery removes such files.
  static let temporarySuffix = ".tmp"

  /// Whether a file of ours was never finished.
  static func isTemporary(_ name: String) -> Bool {
    name.hasSuffix(temporarySuffix)
      && (name.hasPrefix(journal.rawValue) || name.hasPrefix(snapshot.rawValue))
  }

  /// The file's name: twenty digits, so that names sort as their numbers do.
  ///
  /// - Parameter sequence: Its number.
  /// - Returns: The name.
  func name(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return "\(rawValue)-" + String(repeating: "0", count: 20 - digits.count) + digits
  }

  /// Finds the files of this kind.
  ///
  /// A number that is never given makes no name of ours: records are counted from 1, and behind the
  /// last number nothing could follow.
  ///
  /// - Parameter names: All names of the directory.
  /// - Returns: Their sequences in ascending order.
  func sequences(in names: [String]) -> [UInt64] {
    names.compactMap { name in
      guard let sequence = UInt64(name.dropFirst(rawValue.utf8.count + 1)),
        name == self.name(sequence), sequence < .max, sequence > 0 || self == .snapshot
      else { return nil }
      return sequence
    }.sorted()
  }
}

/// Removes a file that may be left over from a failed attempt.
///
/// - Parameters:
///   - name: The file.
///   - storage: Where.
/// - Throws: `SystemError` when it is there and cannot be removed.
func removeIfPresent(_ name: String, in storage: any Storage) throws(SystemError) {
  do {
    try storage.remove(name)
  } catch {
    if !error.isNotFound { throw error }
  }
}
