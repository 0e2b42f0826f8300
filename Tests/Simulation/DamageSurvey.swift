// Which files are damaged where: the choice and the division among threads. What a damage comes to
// is in DamagedFiles.

public import Platform

/// All damages of rows A8 and A9.
public struct DamageSurvey {
  private let files: DamagedFiles
  private let journal: DamagedFiles
  private let threads: Int
  private let stride: Int

  /// Lives two lives and keeps their files: one with two snapshots and a closed journal between
  /// them, one whose journal has at least 200 batches.
  ///
  /// - Parameters:
  ///   - firstSeed: The first seed that is tried.
  ///   - threads: At least 1.
  ///   - stride: Every how many bytes one is damaged; 1 is every byte.
  ///   - batches: Batches the journal must have.
  /// - Throws: A life's violation, or `SystemError`.
  public init(firstSeed: UInt64, threads: Int, stride: Int, batches: Int = 200) throws {
    self.threads = threads
    self.stride = stride
    var seed = firstSeed
    var files = try DamagedFiles(seed: seed, snapshots: true, requests: 60)
    while !files.haveClosedJournal {
      seed += 1
      files = try DamagedFiles(seed: seed, snapshots: true, requests: 60)
    }
    self.files = files
    // About half of the requests are commands that are accepted.
    seed = firstSeed
    var journal = try DamagedFiles(seed: seed, snapshots: false, requests: batches * 2)
    while journal.batchCount < batches || journal.names.count != 1 {
      seed += 1
      journal = try DamagedFiles(seed: seed, snapshots: false, requests: batches * 2)
    }
    self.journal = journal
  }

  /// Damages and recovers.
  ///
  /// - Returns: What was damaged, and what became of it.
  /// - Throws: `SystemError` when threads or descriptors run out.
  public func run() throws(SystemError) -> [(what: String, outcome: DamagedFiles.Outcome)] {
    let files = files
    let journal = journal
    guard let snapshot = files.newestSnapshot, let closed = files.closedJournal else { return [] }
    return [
      (
        "bytes flipped in the newest snapshot",
        try share(files.size(of: snapshot)) { bytes throws(SystemError) in
          try files.flip(snapshot, bytes: bytes)
        }
      ),
      (
        "bytes flipped in a closed journal",
        try share(files.size(of: closed)) { bytes throws(SystemError) in
          try files.flip(closed, bytes: bytes)
        }
      ),
      (
        "the same without the newest snapshot",
        try share(files.size(of: closed)) { bytes throws(SystemError) in
          try files.flip(closed, bytes: bytes, without: [snapshot])
        }
      ),
      (
        "offsets at which \(journal.batchCount) batches were cut",
        try share(journal.size(of: journal.names[0]) + 1) { bytes throws(SystemError) in
          try journal.cut(at: bytes)
        }
      ),
    ]
  }

  /// Divides bytes among threads.
  private func share(
    _ size: Int,
    _ work: @escaping @Sendable (StrideTo<Int>) throws(SystemError) -> DamagedFiles.Outcome
  ) throws(SystemError) -> DamagedFiles.Outcome {
    let outcomes = try Mailbox<Result<DamagedFiles.Outcome, SystemError>>()
    let (threads, stride) = (threads, stride)
    var results: [Result<DamagedFiles.Outcome, SystemError>] = []
    try crowd(threads) { number in
      let bytes = Swift.stride(from: number * stride, to: size, by: threads * stride)
      outcomes.post(Result { () throws(SystemError) in try work(bytes) })
    } meanwhile: {
      while results.count < threads { results += outcomes.wait() }
    }
    var sum = DamagedFiles.Outcome()
    for result in results { sum.add(try result.get()) }
    return sum
  }
}
