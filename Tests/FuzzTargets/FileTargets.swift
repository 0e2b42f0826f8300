// Bytes as the files a server finds when it starts: whatever they are, it starts or says why not.

import Durability
import Platform
import Scoring
import Server
import Support

/// The bytes are up to four segments, each behind two bytes that tell its length.
func fuzzJournal(_ form: FuzzFiles, _ bytes: [UInt8]) {
  var files: [String: [UInt8]] = [:]
  var rest = bytes[...]
  while rest.count >= 2 && files.count < 4 {
    let size = Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8
    let file = form.sealed(journal: form.file([UInt8](rest.dropFirst(2).prefix(size))))
    rest = rest.dropFirst(2 + size)
    files[name("journal", of: file, at: 24, form.isNamed || !files.isEmpty)] = file
  }
  start(on: files)
}

/// The bytes are a snapshot; an empty journal follows it.
func fuzzSnapshot(_ form: FuzzFiles, _ bytes: [UInt8]) {
  let file = form.sealed(snapshot: form.file(bytes))
  let sequence = number(in: file, at: 16) ?? 1
  var header = [UInt8](repeating: 0, count: 40)
  header.store(littleEndian: 1 as UInt32, at: 8)
  header.store(littleEndian: 40 as UInt32, at: 12)
  header.store(littleEndian: sequence &+ 1, at: 24)
  let journal = FuzzFiles(1).sealed(journal: header)
  start(on: [
    name("snapshot", of: file, at: 16, form.isNamed): file,
    name("journal", of: journal, at: 24, true): journal,
  ])
}

private func number(in file: [UInt8], at offset: Int) -> UInt64? {
  file.count < offset + 8 ? nil : file.rawBytes.littleEndian64(at: offset)
}

private func name(_ kind: String, of file: [UInt8], at offset: Int, _ isNamed: Bool) -> String {
  let digits = String(isNamed ? number(in: file, at: offset) ?? 1 : 1)
  return kind + "-" + String(repeating: "0", count: 20 - digits.count) + digits
}

/// Does with the files all that the program can do with them.
private func start(on files: [String: [UInt8]]) {
  let storage = SimulatedStorage(files: files)
  _ = try? inspect(storage)
  recoverTwice(SimulatedStorage(files: files))
  repairAndRecover(storage)

  var randomness: any Randomness = SeededGenerator(seed: 1)
  let recovered = try? Recovered.recover(
    from: SimulatedStorage(files: files), randomness: &randomness, threads: 1
  ) { _ in }
  if let recovered { _ = Engine(recovered.parts).store.stateHash() }
}

/// What was recovered once is recovered again, with one more record when one was appended.
private func recoverTwice(_ storage: SimulatedStorage) {
  var records = Records()
  guard let recovery = try? recover(from: storage, into: &records) else { return }
  // No journal is ever so long that its next number could not be told.
  guard recovery.lastSequence < .max - 2 else { return }
  do throws(DurabilityError) {
    var journal = try Journal(
      continuing: recovery, in: storage, options: JournalOptions(preallocationBytes: 0),
      clock: SimulatedClock(), randomness: SeededGenerator(seed: 1))
    var batch = RecordBatch()
    batch.append(sequence: recovery.lastSequence + 1, time: 1, payload: RawSpan())
    try journal.append(&batch)
    var again = Records()
    let second = try recover(from: storage, into: &again)
    precondition(
      second.lastSequence == recovery.lastSequence + 1 && second.cutBytes == 0
        && again.count == records.count + 1, "what was appended comes back behind the rest")
  } catch {
    preconditionFailure("what was recovered once is recovered again: \(error)")
  }
}

/// A repair gives what it promised.
private func repairAndRecover(_ storage: SimulatedStorage) {
  guard let plan = try? planRepair(of: storage) else { return }
  do throws(DurabilityError) {
    var randomness: any Randomness = SeededGenerator(seed: 1)
    try repair(plan, in: storage, clock: SimulatedClock(), randomness: &randomness)
    var records = Records()
    let recovery = try recover(from: storage, into: &records)
    precondition(
      recovery.lastSequence == plan.lastSequence && recovery.passedOver.isEmpty,
      "a repair keeps what its plan says")
  } catch {
    // Files that tell of the same records twice, which no server writes, may still be refused.
    if case .gap = error { return }
    preconditionFailure("what was repaired can be recovered: \(error)")
  }
}

/// Reads everything and keeps the count.
private struct Records: RecoveryHandler {
  var count = 0

  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    var buffer: [UInt8] = []
    for block in snapshot.blocks { try snapshot.read(block, into: &buffer) }
    count = 0
  }

  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) { count += 1 }
}
