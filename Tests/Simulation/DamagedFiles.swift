// Rows A8 and A9: files a server has left, with a bit flipped at every byte, or cut at every byte.
// What is served afterwards must be the state that was acknowledged, or nothing.

import Durability
public import Platform
import Scoring
import Server
import Support

/// The files of one life, to be damaged.
public struct DamagedFiles: Sendable {
  /// What became of the damages.
  public struct Outcome: Sendable {
    /// Recoveries that were tried.
    public var tries = 0
    /// Refused, with the damaged file's name.
    public var refused = 0
    /// Passed over: the state is the same to the last bit.
    public var harmless = 0
    /// Served wrong, or refused without naming the file.
    public var violations: [String] = []

    /// Adds another's counts.
    ///
    /// - Parameter other: Counts of other damages.
    public mutating func add(_ other: Outcome) {
      tries += other.tries
      refused += other.refused
      harmless += other.harmless
      violations += other.violations
    }
  }

  private let seed: UInt64
  private let files: [String: [UInt8]]
  /// The state's hash after each command that ended a batch.
  private let hashes: [UInt64: UInt64]
  private let lastSequence: UInt64
  private let configuration: JournalConfiguration
  /// Sizes of the journal after each batch, with the last command in it.
  private let batches: [(size: Int, sequence: UInt64)]

  /// Lives a life and keeps its files.
  ///
  /// - Parameters:
  ///   - seed: The life's seed.
  ///   - snapshots: Whether snapshots are taken; without them every command is a batch of its own.
  ///   - requests: How many requests it has.
  /// - Throws: The life's violation, if there was one, or `SystemError`.
  public init(seed: UInt64, snapshots: Bool, requests: Int) throws {
    let world = World(seed: seed, probe: try Mailbox()) { plan in
      plan.requests = requests
      plan.crashes = false
      plan.offers = false
      plan.faults = []
      plan.bulk = 0
      plan.fitPermille = 0
      plan.snapshotPercent = snapshots ? 5 : 0
      plan.journal.syncWindowMicros = 0
      plan.journal.options.preallocationBytes = 0
      plan.weights.jump = 0
      plan.weights.reset = 0
      if !snapshots {
        plan.journal.options.segmentBytesMax = 1 << 20
        plan.snapshotEveryMicros = 0
        plan.clients = 1
        plan.pipeline = 1
        plan.rows = 1
      }
    }
    if let violation = world.live().violation { throw violation }
    self.seed = seed
    configuration = world.plan.journal
    files = world.storage.files
    hashes = world.hashes
    lastSequence = UInt64(world.history.count)
    batches = world.batchEnds
  }

  /// The names of the files, in ascending order.
  public var names: [String] { files.keys.sorted() }

  /// The newest snapshot; nil where there is none.
  public var newestSnapshot: String? { names.last { $0.hasPrefix("snapshot-") } }

  /// The newest journal file that is closed; nil where all are open.
  public var closedJournal: String? { names.filter { $0.hasPrefix("journal-") }.dropLast().last }

  /// Whether there are two snapshots and a closed journal with records between them.
  public var haveClosedJournal: Bool {
    let snapshots = names.filter { $0.hasPrefix("snapshot-") }
    guard snapshots.count == 2, let closed = closedJournal else { return false }
    return closed.dropFirst("journal-".count) > snapshots[0].dropFirst("snapshot-".count)
      && size(of: closed) > 1_000
  }

  /// The files themselves.
  public var contents: [String: [UInt8]] { files }

  /// The size of a file, in bytes.
  ///
  /// - Parameter name: The file.
  /// - Returns: Its size; 0 where there is none.
  public func size(of name: String) -> Int { files[name]?.count ?? 0 }

  /// How many batches the journal has.
  public var batchCount: Int { batches.count }

  // MARK: Flips

  /// Flips one bit of a byte, for many bytes of a file, and recovers each time.
  ///
  /// - Parameters:
  ///   - name: The file.
  ///   - bytes: Which bytes.
  ///   - missing: Files that are not there, so that `name` is needed.
  /// - Returns: What became of it.
  /// - Throws: `SystemError` when descriptors run out.
  public func flip(
    _ name: String, bytes: StrideTo<Int>, without missing: Set<String> = []
  ) throws(SystemError) -> Outcome {
    var outcome = Outcome()
    let present = files.filter { !missing.contains($0.key) }
    let probe = try Mailbox<LoopMessage>()
    for byte in bytes {
      var bits = SeededGenerator(seed: seed &+ UInt64(byte))
      var damaged = present
      damaged[name]?[byte] ^= 1 << UInt8(bits.next() & 7)
      outcome.tries += 1
      switch recover(damaged, probe) {
      case .failure(let failure) where failure.description.contains(name): outcome.refused += 1
      case .failure(let failure): outcome.violations.append("\(name), byte \(byte): \(failure)")
      case .success(let found)
      where found.sequence == lastSequence && found.hash == hashes[lastSequence]:
        outcome.harmless += 1
      case .success(let found):
        outcome.violations.append("\(name), byte \(byte): state \(found.sequence) is served")
      }
    }
    return outcome
  }

  // MARK: Cuts

  /// Cuts the journal's only file at many offsets and recovers each time.
  ///
  /// - Parameter offsets: Where.
  /// - Returns: What became of it: harmless is exactly the whole batches before the cut.
  /// - Throws: `SystemError` when descriptors run out.
  public func cut(at offsets: StrideTo<Int>) throws(SystemError) -> Outcome {
    var outcome = Outcome()
    guard let name = names.first, names.count == 1, let whole = files[name] else { return outcome }
    let probe = try Mailbox<LoopMessage>()
    for offset in offsets {
      outcome.tries += 1
      let kept = batches.last { $0.size <= offset }?.sequence ?? 0
      switch recover([name: [UInt8](whole.prefix(offset))], probe) {
      case .success(let found) where found.sequence == kept && found.hash == hashes[kept]:
        outcome.harmless += 1
      case .failure(let failure) where kept == 0 && failure.description.contains(name):
        // Cut within the file's header, which is durable before the file has its name.
        outcome.refused += 1
      case .success(let found):
        outcome.violations.append(
          "cut at \(offset): record \(found.sequence) is the last, must be \(kept)")
      case .failure(let failure): outcome.violations.append("cut at \(offset): \(failure)")
      }
    }
    return outcome
  }

  // MARK: Recovery

  private func recover(
    _ files: [String: [UInt8]], _ probe: Mailbox<LoopMessage>
  ) -> Result<(sequence: UInt64, hash: UInt64), StartFailure> {
    do throws(ServerError) {
      _ = try JournalWorker(
        recovering: SimulatedStorage(files: files), configuration, clock: SimulatedClock(),
        randomness: SeededGenerator(seed: 1), reportingTo: probe)
    } catch {
      _ = probe.takeAll()
      return .failure(StartFailure(description: error.description))
    }
    for case .loaded(let parts, _) in probe.takeAll() {
      let engine = Engine(parts)
      return .success((engine.sequence, engine.store.stateHash()))
    }
    return .failure(StartFailure(description: "nothing was loaded"))
  }
}
