// The seam of the disk: one flat directory of files, and one open file.
// Not here: what the files mean. The real maker is DirectoryStorage, the simulated one in Tests.

/// One flat directory of files.
///
/// A file's bytes are safe only after its `sync()`, its name only after `syncDirectory()`.
public protocol Storage: Sendable {
  /// What an operator calls the directory; for messages.
  var place: String { get }

  /// Makes a file which must not exist yet, for reading and writing.
  ///
  /// - Parameter name: The file's name, without any directory.
  /// - Returns: The file, empty.
  /// - Throws: `SystemError` when it exists or cannot be made.
  func create(_ name: String) throws(SystemError) -> any StorageFile

  /// Opens a file which exists, for reading and writing.
  ///
  /// - Parameter name: The file's name.
  /// - Returns: The file.
  /// - Throws: `SystemError` when it does not exist or cannot be opened.
  func open(_ name: String) throws(SystemError) -> any StorageFile

  /// Gives a file another name, replacing what bears it; at once, never half.
  ///
  /// - Parameters:
  ///   - name: The name it has.
  ///   - newName: The name it gets.
  /// - Throws: `SystemError` when that fails.
  func rename(_ name: String, to newName: String) throws(SystemError)

  /// Removes a file.
  ///
  /// - Parameter name: The file's name.
  /// - Throws: `SystemError` when that fails.
  func remove(_ name: String) throws(SystemError)

  /// Lists the files.
  ///
  /// - Returns: Their names in ascending order.
  /// - Throws: `SystemError` when the directory cannot be read.
  func list() throws(SystemError) -> [String]

  /// Makes names durable: what was created, renamed or removed so far.
  ///
  /// - Throws: `SystemError` when that fails. Never repeat it then: nobody knows what is on disk.
  func syncDirectory() throws(SystemError)
}

/// One open file; closed when its last reference goes.
public protocol StorageFile: Sendable {
  /// Its length.
  ///
  /// - Returns: Bytes, preallocated ones included.
  /// - Throws: `SystemError` when it cannot be told.
  func size() throws(SystemError) -> Int64

  /// Fills an array from the file.
  ///
  /// - Parameters:
  ///   - bytes: Filled from its start; its count says how much is wanted.
  ///   - offset: The first byte's place in the file.
  /// - Returns: How many bytes were read; fewer than wanted only at the end of the file.
  /// - Throws: `SystemError` when reading fails.
  func read(into bytes: inout [UInt8], at offset: Int64) throws(SystemError) -> Int

  /// Writes all bytes; the file grows as needed.
  ///
  /// - Parameters:
  ///   - bytes: What to write.
  ///   - offset: The first byte's place in the file.
  /// - Throws: `SystemError` when writing fails; a part may have been written then.
  func write(_ bytes: RawSpan, at offset: Int64) throws(SystemError)

  /// Makes room, so that writes into it need no new space; what is new reads as zeros.
  ///
  /// - Parameter size: The least length of the file afterwards, in bytes.
  /// - Throws: `SystemError` when there is no room. File systems that cannot do it do nothing.
  func preallocate(size: Int64) throws(SystemError)

  /// Cuts the file.
  ///
  /// - Parameter size: Its length afterwards, in bytes.
  /// - Throws: `SystemError` when that fails.
  func truncate(size: Int64) throws(SystemError)

  /// Makes bytes and length durable.
  ///
  /// - Throws: `SystemError` when that fails. Never repeat it then: the kernel may have dropped
  ///   what it could not write, and a second call would succeed over the loss.
  func sync() throws(SystemError)

  /// Sends what was written on its way to the disk without waiting until it is there.
  ///
  /// Nothing is promised by it; `sync` has less to do later. Files that cannot do it do nothing.
  ///
  /// - Throws: `SystemError` when it is known to be lost; as after a failed `sync`.
  func send() throws(SystemError)
}

extension StorageFile {
  /// Does nothing.
  public func send() throws(SystemError) {}
}
