// What a simulated disk holds: names, files, what of both was not synced, and what is left of it
// when the power goes. Not here: when calls fail; see SimulatedStorage.
// Unsafe code: copies between arrays; both ends are checked against the arrays' counts.

import Glibc
import Platform

/// A disk as it was at one call, from which lives can go on.
public struct CrashPoint: Sendable {
  private let disk: Disk
  /// The call at which the crash happens.
  public let call: String
  /// The call's number, counted from 0 over the disk's life.
  public var number: Int { disk.callCount }

  init(_ disk: Disk, _ call: String) {
    self.disk = disk
    self.call = call
  }

  /// What is on the disk when power comes back.
  ///
  /// - Parameter generator: Decides over what was not synced.
  /// - Returns: A new disk.
  public func afterPowerLoss(_ generator: inout SeededGenerator) -> SimulatedStorage {
    var names = disk.durableNames
    let kept = Int.random(in: 0...disk.pendingNames.count, using: &generator)
    for change in disk.pendingNames[..<kept] { change.apply(to: &names) }
    // Decided in the order of the names: a dictionary's own order differs in every process.
    let files = names.sorted { $0.key < $1.key }
    let stale = disk.inodes.indices.last { inode in !names.values.contains(inode) }
    var image = Disk()
    image.omissions = disk.omissions
    for (name, inode) in files {
      let garbage = stale.map { disk.inodes[$0].cached } ?? []
      image.put(name, disk.inodes[inode].afterPowerLoss(&generator, garbage: garbage))
    }
    return SimulatedStorage(image)
  }

  /// Whether a process could go on here without the power having been off: a file system whose
  /// directory could not be synced takes nothing more until it is mounted again.
  public var isMounted: Bool { !disk.lostNames }

  /// What a process that was killed leaves to the next one: the cache and its doubts remain.
  ///
  /// - Returns: A new disk.
  /// - Precondition: `isMounted`.
  public func afterKill() -> SimulatedStorage {
    precondition(isMounted, "a broken file system is mounted again first")
    var image = disk
    image.isPowered = true
    image.faults = []
    image.callCount = 0
    image.faultCount = 0
    return SimulatedStorage(image)
  }
}

/// An open file of a simulated disk.
final class SimulatedFile: StorageFile {
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
    let found = try storage.call("pread", name) { disk throws(SystemError) in
      disk.inodes[inode].cached
    }
    let count = max(0, min(bytes.count, found.count - Int(offset)))
    bytes.overwrite(0..<count, with: found, from: Int(offset))
    return count
  }

  func write(_ bytes: RawSpan, at offset: Int64) throws(SystemError) {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.byteCount)
    copy.append(bytes: bytes)
    let whole = copy
    let start = Int(offset)
    try storage.call("pwrite", name) { disk throws(SystemError) in
      disk.inodes[inode].change(.write(start, whole))
      disk.lastWriteEnd = start + whole.count
    } whenFailing: { disk in
      disk.inodes[inode].change(.write(start, [UInt8](whole.prefix(whole.count / 2))))
    } whenShort: { disk in
      let kept = max(0, start + whole.count - 1) / 512 * 512 - start
      if kept > 0 { disk.inodes[inode].change(.write(start, [UInt8](whole.prefix(kept)))) }
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
      if let prefix = disk.omissions.syncOfFiles, name.hasPrefix(prefix) { return }
      for change in disk.inodes[inode].pending { change.apply(to: &disk.inodes[inode].durable) }
      disk.inodes[inode].pending = []
    } whenFailing: { disk in
      // As a kernel does: the pages are clean now, and were never written.
      disk.inodes[inode].pending = []
    }
  }
}

/// Names, files, and what was done to them since they were synced.
struct Disk: Sendable {
  var inodes: [Inode] = []
  var names: [String: Int] = [:]
  var durableNames: [String: Int] = [:]
  var pendingNames: [NameChange] = []
  var callCount = 0
  var faultCount = 0
  var lastWriteEnd = 0
  var isPowered = true
  /// A sync of the directory failed: what names are durable is known after the next mount only.
  var lostNames = false
  var faults: [(calls: Range<Int>, fault: SimulatedStorage.Fault)] = []
  var omissions = SimulatedStorage.Omissions()

  /// What is to go wrong with the present call.
  var plannedFault: SimulatedStorage.Fault? {
    if faults.isEmpty { return nil }
    return faults.first { $0.calls.contains(callCount) }?.fault
  }

  /// Whether this sync of the directory is one that the program forgot.
  var forgetsDirectorySync: Bool {
    guard let prefix = omissions.directorySyncAfterRenameTo,
      case .move(_, let name, _)? = pendingNames.last
    else { return false }
    return name.hasPrefix(prefix)
  }

  /// Adds a file that is durable.
  mutating func put(_ name: String, _ bytes: [UInt8]) {
    names[name] = inodes.count
    durableNames[name] = inodes.count
    inodes.append(Inode(cached: bytes, durable: bytes))
  }

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

/// Something done to the directory.
enum NameChange {
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

/// A file's bytes as processes see them, as the platter has them, and what lies between.
struct Inode {
  var cached: [UInt8] = []
  var durable: [UInt8] = []
  var pending: [FileChange] = []

  mutating func change(_ change: FileChange) {
    change.apply(to: &cached)
    pending.append(change)
  }

  /// The bytes when power comes back.
  ///
  /// Of the changes of length a beginning is kept. Of a sector that was written several times since
  /// the last sync, so is a beginning of its writes; sectors know nothing of each other.
  func afterPowerLoss(_ chance: inout SeededGenerator, garbage: [UInt8]) -> [UInt8] {
    if pending.isEmpty { return durable }
    var bytes = durable
    var lengths = Int.random(in: 0...pending.count, using: &chance)
    // All and nothing are as likely as something in between.
    let keptPercent = min(100, max(0, Int.random(in: -50...150, using: &chance)))
    let showsGarbage = Bool.random(using: &chance)
    var isLost: [Bool] = []
    for change in pending {
      guard case .write(let offset, let new) = change else {
        if lengths > 0 { change.apply(to: &bytes) }
        lengths -= 1
        continue
      }
      let end = offset + new.count
      if end > bytes.count {
        if lengths > 0 { bytes.resize(to: end) }
        lengths -= 1
      }
      var start = offset
      while start < min(end, bytes.count) {
        let sector = start / 512
        let next = min(end, bytes.count, (sector + 1) * 512)
        if isLost.count <= sector {
          isLost += [Bool](repeating: false, count: sector + 1 - isLost.count)
        }
        if Int.random(in: 0..<100, using: &chance) >= keptPercent { isLost[sector] = true }
        if !isLost[sector] {
          bytes.overwrite(start..<next, with: new, from: start - offset)
        } else if showsGarbage && start >= durable.count {
          // The length was kept, the bytes were not: what was on these blocks long ago shows.
          if garbage.count >= next {
            bytes.overwrite(start..<next, with: garbage, from: start)
          } else {
            bytes.overwrite(start..<next, with: chance.bytes(count: next - start), from: 0)
          }
        }
        start = next
      }
    }
    return bytes
  }
}

/// Something done to a file's bytes.
enum FileChange {
  case write(Int, [UInt8])
  case resize(Int)

  func apply(to bytes: inout [UInt8]) {
    switch self {
    case .resize(let size): bytes.resize(to: size)
    case .write(let offset, let new):
      if bytes.isEmpty && offset == 0 {
        bytes = new
        return
      }
      if bytes.count < offset + new.count { bytes.resize(to: offset + new.count) }
      bytes.overwrite(offset..<offset + new.count, with: new, from: 0)
    }
  }
}

extension [UInt8] {
  /// Cuts, or adds zeros.
  fileprivate mutating func resize(to size: Int) {
    if size < count {
      removeLast(count - size)
    } else {
      self += [UInt8](repeating: 0, count: size - count)
    }
  }

  /// Copies a part of another array over a part of this one.
  fileprivate mutating func overwrite(_ part: Range<Int>, with other: [UInt8], from start: Int) {
    if part.isEmpty { return }
    precondition(part.upperBound <= count && start + part.count <= other.count, "both parts exist")
    unsafe withUnsafeMutableBytes { mine in
      unsafe other.withUnsafeBytes { theirs in
        unsafe UnsafeMutableRawBufferPointer(rebasing: mine[part]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: theirs[start..<start + part.count]))
      }
    }
  }
}
