// The real disk: a directory that one process at a time may own.
// Not here: recovery, names and formats of files.
// Unsafe code: paths and bytes are lent to a call of the system, which keeps neither.

internal import CLinux
internal import Glibc

/// A directory of the file system, locked for this process.
///
/// A class, because journal and workbench share it and it must be unlocked once.
public final class DirectoryStorage: Storage {
  /// The directory's path.
  public let place: String
  private let directory: Descriptor
  /// Not zero once a sync of the directory has failed.
  private let hasFailedSync = SharedCounter()
  /// Held for its lock only; the kernel drops it with the process, however that ends.
  private let lock: Descriptor

  /// The lock file's name; `list()` does not show it.
  private static let lockName = "lock"

  /// Opens a directory, makes it if it is missing (mode 0700), and locks it.
  ///
  /// - Parameter path: The directory's path; its parent must exist.
  /// - Throws: `SystemError`; `isInUse` is true when another process has the directory.
  public init(path: String) throws(SystemError) {
    place = path
    // The path is lent to the call for its duration, as in all calls of this file.
    let made = unsafe mkdir(path, 0o700)
    if made != 0 && errno != EEXIST { throw SystemError(after: "mkdir", path) }

    let number = retryingInterrupts {
      unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    if number < 0 { throw SystemError(after: "open", path) }
    directory = Descriptor(owning: number)

    let lockNumber = retryingInterrupts {
      unsafe Glibc.openat(number, Self.lockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }
    if lockNumber < 0 { throw SystemError(after: "open", "\(path)/\(Self.lockName)") }
    lock = Descriptor(owning: lockNumber)
    if flock(lockNumber, LOCK_EX | LOCK_NB) != 0 {
      throw SystemError(after: "flock", "\(path) (another server uses this directory)")
    }
  }

  /// Makes a file, mode 0600.
  ///
  /// - Parameter name: The file's name.
  /// - Returns: The file, empty.
  /// - Throws: `SystemError` when it exists or cannot be made.
  public func create(_ name: String) throws(SystemError) -> any StorageFile {
    try open(name, flags: O_RDWR | O_CREAT | O_EXCL)
  }

  /// Opens a file that exists.
  ///
  /// - Parameter name: The file's name.
  /// - Returns: The file.
  /// - Throws: `SystemError` when it does not exist or cannot be opened.
  public func open(_ name: String) throws(SystemError) -> any StorageFile {
    try open(name, flags: O_RDWR)
  }

  private func open(_ name: String, flags: Int32) throws(SystemError) -> any StorageFile {
    let number = retryingInterrupts {
      unsafe openat(directory.number, name, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }
    if number < 0 { throw SystemError(after: "open", path(of: name)) }
    return DirectoryFile(Descriptor(owning: number), path: path(of: name))
  }

  /// Renames a file.
  ///
  /// - Parameters:
  ///   - name: The name it has.
  ///   - newName: The name it gets.
  /// - Throws: `SystemError` when that fails.
  public func rename(_ name: String, to newName: String) throws(SystemError) {
    if unsafe renameat(directory.number, name, directory.number, newName) != 0 {
      throw SystemError(after: "rename", "\(path(of: name)) to \(newName)")
    }
  }

  /// Removes a file.
  ///
  /// - Parameter name: The file's name.
  /// - Throws: `SystemError` when that fails.
  public func remove(_ name: String) throws(SystemError) {
    if unsafe unlinkat(directory.number, name, 0) != 0 {
      throw SystemError(after: "unlink", path(of: name))
    }
  }

  /// Lists the files, the lock excepted.
  ///
  /// - Returns: Their names in ascending order.
  /// - Throws: `SystemError` when the directory cannot be read.
  public func list() throws(SystemError) -> [String] {
    try namesInDirectory(place).filter { $0 != Self.lockName }
  }

  /// Syncs the directory.
  ///
  /// - Throws: `SystemError` when that fails.
  public func syncDirectory() throws(SystemError) {
    // Two threads sync it: what one of them was told must stop the other.
    guard hasFailedSync.add(0) == 0 else {
      throw SystemError(call: "fsync", code: EIO, detail: "\(place), whose sync has failed before")
    }
    if retryingInterrupts({ fsync(directory.number) }) != 0 {
      let error = SystemError(after: "fsync", place)
      hasFailedSync.add(1)
      throw error
    }
  }

  private func path(of name: String) -> String { "\(place)/\(name)" }
}

extension SystemError {
  /// Whether another process holds the lock.
  public var isInUse: Bool { call == "flock" && code == EWOULDBLOCK }
}

/// A file of a `DirectoryStorage`.
private final class DirectoryFile: StorageFile {
  private let descriptor: Descriptor
  private let path: String

  init(_ descriptor: consuming Descriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  func size() throws(SystemError) -> Int64 {
    var facts = stat()
    // The kernel fills `facts` before the call returns.
    if unsafe fstat(descriptor.number, &facts) != 0 { throw SystemError(after: "fstat", path) }
    return Int64(facts.st_size)
  }

  func read(into bytes: inout [UInt8], at offset: Int64) throws(SystemError) -> Int {
    var done = 0
    while done < bytes.count {
      // The kernel writes at most `count - done` bytes after the first `done`.
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        retryingInterrupts {
          unsafe pread(
            descriptor.number, buffer.baseAddress?.advanced(by: done), buffer.count - done,
            off_t(offset) + off_t(done))
        }
      }
      if count < 0 { throw SystemError(after: "pread", path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func write(_ bytes: RawSpan, at offset: Int64) throws(SystemError) {
    var done = 0
    while done < bytes.byteCount {
      // The kernel reads at most `count - done` bytes after the first `done`.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        retryingInterrupts {
          unsafe pwrite(
            descriptor.number, buffer.baseAddress?.advanced(by: done), buffer.count - done,
            off_t(offset) + off_t(done))
        }
      }
      if count < 0 { throw SystemError(after: "pwrite", path) }
      // A write of nothing would never end; no file system does that on purpose.
      if count == 0 { throw SystemError(call: "pwrite", code: EIO, detail: path) }
      done += count
    }
  }

  func preallocate(size: Int64) throws(SystemError) {
    let current = try self.size()
    guard size > current else { return }
    let result = retryingInterrupts {
      linux_fallocate(descriptor.number, current, size - current)
    }
    if result != 0 && errno != EOPNOTSUPP { throw SystemError(after: "fallocate", path) }
  }

  func truncate(size: Int64) throws(SystemError) {
    if retryingInterrupts({ ftruncate(descriptor.number, off_t(size)) }) != 0 {
      throw SystemError(after: "ftruncate", path)
    }
  }

  func send() throws(SystemError) {
    // Only what says that bytes are lost counts; where there is no such call, `sync` does it all.
    if linux_send_written(descriptor.number) != 0, errno == EIO || errno == ENOSPC {
      throw SystemError(after: "sync_file_range", path)
    }
  }

  func sync() throws(SystemError) {
    // `fdatasync` keeps the length too, where bytes could not be read without it.
    if retryingInterrupts({ fdatasync(descriptor.number) }) != 0 {
      throw SystemError(after: "fdatasync", path)
    }
  }
}

/// Lists a directory.
///
/// - Parameter path: The directory.
/// - Returns: The names in it in ascending order, without `.` and `..`.
/// - Throws: `SystemError` when it cannot be read.
func namesInDirectory(_ path: String) throws(SystemError) -> [String] {
  guard let stream = unsafe opendir(path) else { throw SystemError(after: "opendir", path) }
  // The stream is open until the end of this function and nobody else knows it.
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(stream) else {
      if errno != 0 { throw SystemError(after: "readdir", path) }
      return names.sorted()
    }
    // `d_name` ends in a zero within its 256 bytes, and the entry lives until the next `readdir`.
    let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
}
