// A disk in memory that forgets what was not synced, and fails on command. What a file keeps at a
// power loss is in SimulatedFile.swift. Not here: what ought to survive; the tests say that.

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
    /// Fail with an `errno`; a write leaves its first half, a failed sync loses what it should
    /// have kept.
    case error(Int32)
    /// Fail as `error` does if the call is a sync; other calls do their work.
    case failedSync(Int32)
    /// A write is done in two parts, the first with everything but the last sector; other calls
    /// do their work.
    case shortWrite
    /// The power goes: the call and all after it fail; what it wanted is unsynced.
    case powerLoss
  }

  /// What somebody who uses the disk may have forgotten: mutants of a program, in its disk.
  public struct Omissions: Hashable, Sendable {
    /// `sync()` of files whose names begin so does nothing, until they are renamed.
    public var syncOfFiles: String?
    /// A directory's sync right after a file was renamed to a name that begins so does nothing.
    public var directorySyncAfterRenameTo: String?
    /// A sync that fails is tried again, and succeeds over the loss.
    public var retriesFailedSync = false
    /// What a short write did not write is never written.
    public var ignoresShortWrites = false

    /// Forgets nothing.
    public init() {}
  }

  /// What stands for the directory in messages.
  public let place = "the simulated disk"
  private let state: Mutex<State>

  private struct State {
    var disk: Disk
    var recorded: [CrashPoint]?
  }

  /// Makes an empty disk.
  public convenience init() { self.init(Disk()) }

  /// Makes a disk with files on it, all durable.
  ///
  /// - Parameters:
  ///   - files: Names and bytes.
  ///   - omissions: What is forgotten.
  public convenience init(files: [String: [UInt8]], omissions: Omissions = Omissions()) {
    var disk = Disk()
    disk.omissions = omissions
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) { disk.put(name, bytes) }
    self.init(disk)
  }

  init(_ disk: Disk) { state = Mutex(State(disk: disk)) }

  /// How many calls were made so far.
  public var callCount: Int { state.withLock { $0.disk.callCount } }

  /// How many of them failed, or were short, as planned.
  public var faultCount: Int { state.withLock { $0.disk.faultCount } }

  /// Where the latest write to any file ended.
  public var lastWriteEnd: Int { state.withLock { $0.disk.lastWriteEnd } }

  /// Whether the power is on.
  public var isPowered: Bool { state.withLock { $0.disk.isPowered } }

  /// All files as a process sees them.
  public var files: [String: [UInt8]] {
    state.withLock { state in state.disk.names.mapValues { state.disk.inodes[$0].cached } }
  }

  /// Lets a call fail; what was planned before is forgotten.
  ///
  /// - Parameters:
  ///   - fault: How.
  ///   - call: Which, counted from 0 over the disk's life.
  ///   - count: How many from there on.
  public func plan(_ fault: Fault, at call: Int, count: Int = 1) {
    state.withLock { state in
      let end = call.addingReportingOverflow(count)
      state.disk.faults = [(call..<(end.overflow ? .max : end.partialValue), fault)]
    }
  }

  /// Lets several calls fail; what was planned before is forgotten.
  ///
  /// - Parameter faults: Which calls, counted from 0 over the disk's life, and how; where two meet,
  ///   the first holds.
  public func plan(_ faults: [(calls: Range<Int>, fault: Fault)]) {
    state.withLock { $0.disk.faults = faults }
  }

  /// Keeps the disk as it is at every call from now on, until `takeCrashPoints` takes it away.
  public func recordCrashPoints() { state.withLock { $0.recorded = [] } }

  /// Takes what was recorded since the last time; recording goes on.
  ///
  /// - Returns: One for every call, in their order; none when nothing is recorded.
  public func takeCrashPoints() -> [CrashPoint] {
    state.withLock { state in
      guard let points = state.recorded else { return [] }
      state.recorded = []
      return points
    }
  }

  /// The disk as it is between two calls.
  ///
  /// - Returns: It, for later.
  public func crashPoint() -> CrashPoint {
    state.withLock { CrashPoint($0.disk, "nothing") }
  }

  /// What is on the disk when power comes back.
  ///
  /// - Parameter generator: Decides over what was not synced.
  /// - Returns: A new disk; this one stays as it is.
  public func afterPowerLoss(_ generator: inout SeededGenerator) -> SimulatedStorage {
    crashPoint().afterPowerLoss(&generator)
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
      if disk.forgetsDirectorySync { return }
      for change in disk.pendingNames { change.apply(to: &disk.durableNames) }
      disk.pendingNames = []
    } whenFailing: { disk in
      disk.pendingNames = []
      disk.lostNames = true
    }
  }

  /// Counts a call and does its work, unless a fault is planned for it.
  func call<Result: Sendable>(
    _ call: String, _ detail: String,
    work: (inout Disk) throws(SystemError) -> Result,
    whenFailing: (inout Disk) -> Void = { _ in },
    whenShort: (inout Disk) -> Void = { _ in }
  ) throws(SystemError) -> Result {
    let outcome: Swift.Result<Result, SystemError> = state.withLock { state in
      let isSync = call == "fsync" || call == "fdatasync"
      // A sync's crash point is before it took effect, that of all others when they are in doubt.
      if isSync { state.recorded?.append(CrashPoint(state.disk, call)) }
      defer {
        if !isSync { state.recorded?.append(CrashPoint(state.disk, call)) }
        state.disk.callCount += 1
      }
      let failure = { (code: Int32, detail: String) in
        Swift.Result<Result, SystemError>.failure(
          SystemError(call: call, code: code, detail: detail))
      }
      guard state.disk.isPowered else { return failure(ENODEV, detail) }
      if let fault = state.disk.plannedFault {
        switch fault {
        case .failedSync where !isSync: break
        case .error where isSync && state.disk.omissions.retriesFailedSync,
          .failedSync where state.disk.omissions.retriesFailedSync:
          // The second try finds nothing left to write.
          state.disk.faultCount += 1
          whenFailing(&state.disk)
        case .error(let code), .failedSync(let code):
          state.disk.faultCount += 1
          whenFailing(&state.disk)
          return failure(code, detail)
        case .shortWrite where call == "pwrite":
          state.disk.faultCount += 1
          whenShort(&state.disk)
          if state.disk.omissions.ignoresShortWrites {
            var scratch = state.disk
            do throws(SystemError) {
              return .success(try work(&scratch))
            } catch {
              return .failure(error)
            }
          }
        case .shortWrite: break
        case .powerLoss:
          // What a sync was to keep stays in doubt; anything else joins it.
          if !isSync { _ = try? work(&state.disk) }
          state.disk.isPowered = false
          return failure(ENODEV, "the power")
        }
      }
      do throws(SystemError) {
        return .success(try work(&state.disk))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
