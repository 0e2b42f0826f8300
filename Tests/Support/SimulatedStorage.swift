// A disk in memory that forgets what was not synced, and fails on command.
// Not here: what ought to survive; the tests say that.

import Glibc
public import Platform
import Synchronization

/// A directory whose power can be cut.
///
/// Writes go to a cache. `sync()` carries them to the disk; at a power loss each 512-byte sector
/// of what was not synced is kept or lost by chance, lost ones read as zeros or as garbage, and
/// of the directory's unsynced changes a beginning of chance length is kept.
public final class SimulatedStorage: Storage {
  /// What a call does instead of its work.
  public enum Fault: Hashable, Sendable {
    /// Fail with an `errno`; a write of no room leaves its first half, a failed sync loses what
    /// it should have kept.
    case error(Int32)
    /// The power goes: the call and all after it fail; what it wanted is unsynced.
    case powerLoss
  }

  /// What stands for the directory in messages.
  public let place = "the simulated disk"
  private let disk: Mutex<Disk>

  /// Makes an empty disk.
  public convenience init() { self.init(Disk()) }

  /// Makes a disk with files on it, all durable.
  ///
  /// - Parameter files: Names and bytes.
  public convenience init(files: [String: [UInt8]]) {
    var disk = Disk()
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      disk.names[name] = disk.inodes.count
      disk.durableNames[name] = disk.inodes.count
      disk.inodes.append(Inode(cached: bytes, durable: bytes))
    }
    self.init(disk)
  }

  private init(_ disk: Disk) { self.disk = Mutex(disk) }

  /// How many calls were made so far.
  public var callCount: Int { disk.withLock { $0.callCount } }

  /// All files as a process sees them.
  public var files: [String: [UInt8]] {
    disk.withLock { disk in disk.names.mapValues { disk.inodes[$0].cached } }
  }

  /// Lets a call fail.
  ///
  /// - Parameters:
  ///   - fault: How.
  ///   - call: Which, counted from 0 over the disk's life.
  ///   - count: How many from there on.
  public func plan(_ fault: Fault, at call: Int, count: Int = 1) {
    disk.withLock { disk in
      disk.fault = fault
      disk.faultCalls = call..<(call.addingReportingOverflow(count).overflow ? .max : call + count)
    }
  }

  /// What is on the disk when power comes back.
  ///
  /// - Parameter generator: Decides over what was not synced.
  /// - Returns: A new disk; this one stays as it is.
  public func afterPowerLoss(_ generator: inout SeededGenerator) -> SimulatedStorage {
    var chance = generator
    defer { generator = chance }
    let files = disk.withLock { disk in
      var names = disk.durableNames
      let kept = Int.random(in: 0...disk.pendingNames.count, using: &chance)
      for change in disk.pendingNames[..<kept] { change.apply(to: &names) }
      // Decided in the order of the names: a dictionary's own order differs in every process.
      return names.sorted { $0.key < $1.key }.map { name, inode in
        (name, disk.inodes[inode].afterPowerLoss(&chance))
      }
    }
    return SimulatedStorage(files: Dictionary(uniqueKeysWithValues: files))
  }

  /// Makes a file.
  ///
  /// - Parameter name: The file's name.
  /// - Returns: The file.
  /// - Throws: `SystemError` when it exists, or on command.
  public func create(_ name: String) throws(SystemError) -> any StorageFile {
    let inode = try call("open", name) { disk throws(SystemError) in
      if disk.names[name] != nil { throw SystemError(call: "open", code: EEXIST, detail: name) }
      disk.inodes.append(Inode())
      disk.change(.set(name, disk.inodes.count - 1))
      return disk.inodes.count - 1
    }
    return SimulatedFile(storage: self, inode: inode, name: name)
  }

  /// Opens a file.
  ///
  /// - Parameter name: The file's name.
  /// - Returns: The file.
  /// - Throws: `SystemError` when it does not exist, or on command.
  public func open(_ name: String) throws(SystemError) -> any StorageFile {
    let inode = try call("open", name) { disk throws(SystemError) in try disk.find(name, "open") }
    return SimulatedFile(storage: self, inode: inode, name: name)
  }

  /// Renames a file.
  ///
  /// - Parameters:
  ///   - name: The name it has.
  ///   - newName: The name it gets.
  /// - Throws: `SystemError` when it does not exist, or on command.
  public func rename(_ name: String, to newName: String) throws(SystemError) {
    try call("rename", name) { disk throws(SystemError) in
      let inode = try disk.find(name, "rename")
      disk.change(.move(name, newName, inode))
    }
  }

  /// Removes a file.
  ///
  /// - Parameter name: The file's name.
  /// - Throws: `SystemError` when it does not exist, or on command.
  public func remove(_ name: String) throws(SystemError) {
    try call("unlink", name) { disk throws(SystemError) in
      _ = try disk.find(name, "unlink")
      disk.change(.remove(name))
    }
  }

  /// Lists the files.
  ///
  /// - Returns: Their names in ascending order.
  /// - Throws: `SystemError` on command.
  public func list() throws(SystemError) -> [String] {
    try call("readdir", place) { disk throws(SystemError) in disk.names.keys.sorted() }
  }

  /// Keeps the names.
  ///
  /// - Throws: `SystemError` on command.
  public func syncDirectory() throws(SystemError) {
    try call("fsync", place) { disk throws(SystemError) in
      for change in disk.pendingNames { change.apply(to: &disk.durableNames) }
      disk.pendingNames = []
    } whenFailing: { disk in
      disk.pendingNames = []
    }
  }

  /// Counts a call and does its work, unless a fault is planned for it.
  fileprivate func call<Result: Sendable>(
    _ call: String, _ detail: String,
    work: (inout Disk) throws(SystemError) -> Result,
    whenFailing: (inout Disk) -> Void = { _ in }
  ) throws(SystemError) -> Result {
    let outcome: Swift.Result<Result, SystemError> = disk.withLock { disk in
      defer { disk.callCount += 1 }
      guard disk.isPowered else {
        return .failure(SystemError(call: call, code: ENODEV, detail: detail))
      }
      if let fault = disk.fault, disk.faultCalls.contains(disk.callCount) {
        switch fault {
        case .error(let code):
          whenFailing(&disk)
          return .failure(SystemError(call: call, code: code, detail: detail))
        case .powerLoss:
          // What a sync was to keep stays in doubt; anything else joins it.
          if !call.contains("sync") { _ = try? work(&disk) }
          disk.isPowered = false
          return .failure(SystemError(call: call, code: ENODEV, detail: "the power"))
        }
      }
      do throws(SystemError) { return .success(try work(&disk)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}

private final class SimulatedFile: StorageFile {
  let storage: SimulatedStorage
  let inode: Int
  let name: String

  init(storage: SimulatedStorage, inode: Int, name: String) {
    self.storage = storage
    self.inode = inode
    self.name = name
  }

  func size() throws(SystemError) -> Int64 {
    try storage.call("fstat", name) { disk throws(SystemError) in
      Int64(disk.inodes[inode].cached.count)
    }
  }

  func read(into bytes: inout [UInt8], at offset: Int64) throws(SystemError) -> Int {
    let wanted = bytes.count
    let found = try storage.call("pread", name) { disk throws(SystemError) in
      [UInt8](disk.inodes[inode].cached.dropFirst(Int(offset)).prefix(wanted))
    }
    bytes.replaceSubrange(0..<found.count, with: found)
    return found.count
  }

  func write(_ bytes: RawSpan, at offset: Int64) throws(SystemError) {
    var copy: [UInt8] = []
    copy.append(bytes: bytes)
    let whole = copy
    try storage.call("pwrite", name) { disk throws(SystemError) in
      disk.inodes[inode].change(.write(Int(offset), whole))
    } whenFailing: { disk in
      disk.inodes[inode].change(.write(Int(offset), [UInt8](whole.prefix(whole.count / 2))))
    }
  }

  func preallocate(size: Int64) throws(SystemError) {
    try storage.call("fallocate", name) { disk throws(SystemError) in
      if Int(size) > disk.inodes[inode].cached.count {
        disk.inodes[inode].change(.resize(Int(size)))
      }
    }
  }

  func truncate(size: Int64) throws(SystemError) {
    try storage.call("ftruncate", name) { disk throws(SystemError) in
      disk.inodes[inode].change(.resize(Int(size)))
    }
  }

  func sync() throws(SystemError) {
    try storage.call("fdatasync", name) { disk throws(SystemError) in
      for change in disk.inodes[inode].pending { change.apply(to: &disk.inodes[inode].durable) }
      disk.inodes[inode].pending = []
    } whenFailing: { disk in
      // As a kernel does: the pages are clean now, and were never written.
      disk.inodes[inode].pending = []
    }
  }
}

private struct Disk {
  var inodes: [Inode] = []
  var names: [String: Int] = [:]
  var durableNames: [String: Int] = [:]
  var pendingNames: [NameChange] = []
  var callCount = 0
  var isPowered = true
  var fault: SimulatedStorage.Fault?
  var faultCalls = 0..<0

  mutating func change(_ change: NameChange) {
    change.apply(to: &names)
    pendingNames.append(change)
  }

  func find(_ name: String, _ call: String) throws(SystemError) -> Int {
    guard let inode = names[name] else {
      throw SystemError(call: call, code: ENOENT, detail: name)
    }
    return inode
  }
}

private enum NameChange {
  case set(String, Int)
  case move(String, String, Int)
  case remove(String)

  func apply(to names: inout [String: Int]) {
    switch self {
    case .set(let name, let inode): names[name] = inode
    case .move(let old, let new, let inode):
      names[old] = nil
      names[new] = inode
    case .remove(let name): names[name] = nil
    }
  }
}

private struct Inode {
  var cached: [UInt8] = []
  var durable: [UInt8] = []
  var pending: [FileChange] = []

  mutating func change(_ change: FileChange) {
    change.apply(to: &cached)
    pending.append(change)
  }

  func afterPowerLoss(_ chance: inout SeededGenerator) -> [UInt8] {
    var bytes = durable
    // Sectors reach the disk in any order; some never do.
    let sectors = pending.flatMap(\.sectors).shuffled(using: &chance)
    let keptPercent = Int.random(in: 0...100, using: &chance)
    let hasGarbage = Bool.random(using: &chance)
    for change in sectors {
      if Int.random(in: 0..<100, using: &chance) < keptPercent {
        change.apply(to: &bytes)
      } else if hasGarbage, case .write(let offset, let lost) = change, offset >= durable.count {
        // The length was kept, the bytes were not: what was on these blocks long ago shows.
        FileChange.write(offset, chance.bytes(count: lost.count))
          .apply(to: &bytes)
      }
    }
    return bytes
  }
}

private enum FileChange {
  case write(Int, [UInt8])
  case resize(Int)

  func apply(to bytes: inout [UInt8]) {
    switch self {
    case .resize(let size):
      if size < bytes.count {
        bytes.removeLast(bytes.count - size)
      } else {
        bytes += [UInt8](repeating: 0, count: size - bytes.count)
      }
    case .write(let offset, let new):
      if bytes.count < offset + new.count {
        bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
      }
      bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }
  }

  /// The change in parts that a disk writes whole.
  var sectors: [FileChange] {
    guard case .write(let offset, let bytes) = self else { return [self] }
    var parts: [FileChange] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, ((offset + start) / 512 + 1) * 512 - offset)
      parts.append(.write(offset + start, [UInt8](bytes[start..<end])))
      start = end
    }
    return parts
  }
}
