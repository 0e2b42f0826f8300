// Files anywhere, by their paths; those of the server's own directory are DirectoryStorage's.
// Unsafe code: paths are lent to a call of the system, which keeps neither.

internal import Glibc

/// What is done to files by their names.
public enum FileNames {
  /// Gives a file another name; whatever had that name is replaced, at once and as a whole.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - newPath: Its name from now on, in the same file system.
  /// - Throws: `SystemError` when that fails; both are as they were then.
  public static func rename(_ path: String, to newPath: String) throws(SystemError) {
    if unsafe Glibc.rename(path, newPath) != 0 {
      throw SystemError(after: "rename", "\(path) to \(newPath)")
    }
  }
}
