// Where the corpus begins: real messages, journals and snapshots as inputs of the targets.

import Durability
import Models
import Platform
import Scoring
import Server
import Support
import Wire

/// Inputs made of what a real server writes.
public enum FuzzSeeds {
  /// Makes them.
  ///
  /// - Parameter target: whose inputs.
  /// - Returns: the inputs, whole.
  /// - Throws: what recovery and the writers throw; never on a disk in memory.
  public static func make(_ target: FuzzTarget) throws -> [[UInt8]] {
    switch target {
    case .frame: frames()
    case .request: requests()
    case .journal: try journals()
    case .snapshot: try snapshots()
    case .rules: FuzzRules.seeds
    case .catalogue: FuzzCatalogue.seeds
    case .stream: streams()
    }
  }

  /// All commands, in an order in which each is accepted.
  private static let commands =
    SmallShop.commands + SmallShop.offers + SmallShop.models + SmallShop.facts + SmallShop.changes

  private static func frames() -> [[UInt8]] {
    let requests = commands + SmallShop.segments + SmallShop.queries + SmallShop.questions
    var inputs: [[UInt8]] = [[0] + Array(requests.joined())]
    for frame in requests + replies() {
      let body = [UInt8](frame.dropFirst(FrameHeader.size))
      for (number, trip) in FuzzMessages.trips.enumerated() where trip(body) {
        inputs.append([UInt8(number)] + body)
      }
    }
    return inputs
  }

  private static func requests() -> [[UInt8]] {
    // What segments were found to be, no client can tell.
    let all =
      commands + SmallShop.segments.prefix(1) + SmallShop.queries + SmallShop.questions
    return all.map { [1] + $0 } + [[0] + Array(all.joined())]
  }

  /// What an engine says to all requests, and what only the server says.
  private static func replies() -> [[UInt8]] {
    var engine = Engine()
    var replies: [[UInt8]] = []
    for request in SmallShop.queries + commands + SmallShop.queries {
      guard case .frame(let header)? = try? Frame.cut(request.rawBytes, sizeMax: .max) else {
        continue
      }
      var out = ByteBuffer()
      let outcome = engine.execute(header, request.rawBytes, at: SmallShop.now, into: &out)
      replies.append(copy(out.bytes))
      // What the journal gets of it.
      if case .decided = outcome { replies.append(copy(engine.decisionFrame)) }
    }
    var status = StatusReply()
    engine.describe(in: &status)
    replies.append(SmallShop.frame(.status, status))
    for request in SmallShop.queries {
      var out = ByteBuffer()
      guard case .frame(let header)? = try? Frame.cut(request.rawBytes, sizeMax: .max),
        case .asked(let errand) = engine.execute(
          header, request.rawBytes, at: SmallShop.now, into: &out)
      else { continue }
      if case .fit(let job) = errand, let reply = try? job.run() {
        replies.append(SmallShop.frame(.fit, reply))
      }
      if case .analysis(let analysis) = errand, let reply = try? analysis.run(on: Alone()),
        let verb = Verb(rawValue: header.verb)
      {
        replies.append(SmallShop.frame(verb, reply))
      }
    }
    return (replies + parts(&engine)).filter { $0.count > FrameHeader.size }
  }

  /// Parts of what is answered in parts, as frames.
  private static func parts(_ engine: inout Engine) -> [[UInt8]] {
    var replies: [[UInt8]] = []
    for request in SmallShop.questions {
      var out = ByteBuffer()
      guard case .frame(let header)? = try? Frame.cut(request.rawBytes, sizeMax: .max) else {
        continue
      }
      let outcome = engine.execute(header, request.rawBytes, at: SmallShop.now, into: &out)
      replies.append(copy(out.bytes))
      guard case .asked(.stream(var analysis)) = outcome else { continue }
      for body in (try? analysis.advance(on: Alone()))?.bodies ?? [] {
        replies.append([UInt8](repeating: 0, count: FrameHeader.size) + body)
      }
    }
    return replies
  }

  /// What clients do: each way of asking alone, then many by chance.
  private static func streams() -> [[UInt8]] {
    let plain: [[UInt8]] = [
      [9, 0x00, 0xbb, 0x0c, 0xbb, 0x09], [9, 0x40, 0xbb, 0x0c, 0x05, 0xbb, 0x09],
      [0, 0x84, 0x0c, 0x1b, 0x0c, 0x08, 7, 0x0d, 0xbb, 0x0c, 0xbb, 0x09, 0x05, 0xbb],
      [5, 0x04, 0x14, 0x24, 0x34, 0x0c, 0xbb, 0x0a, 0x1a, 0xbb, 0x0c, 0xbb],
      [9, 0x03, 0x1f, 0x0f, 0xbb, 0x0c, 0x13, 0xbb, 0x0c],
      [2, 0x02, 0x06, 0x0e, 9, 0xbb, 0x0c, 0x07, 0xbb, 0x09],
    ]
    return plain
      + (1...14 as ClosedRange<UInt64>).map { seed in
        var chance = SeededGenerator(seed: seed)
        return (0..<Int.random(in: 40...300, using: &chance)).map { _ in
          // Turns and scans are half of all.
          let step = UInt8.random(in: 0...255, using: &chance)
          switch Int.random(in: 0..<4, using: &chance) {
          case 0: return step & 0x30 | 11
          case 1: return 12
          default: return step
          }
        }
      }
  }

  // MARK: Files

  private static func journals() throws -> [[UInt8]] {
    let one = try files(rollEvery: 100, snapshots: []).journals
    let three = try files(rollEvery: 2, snapshots: []).journals
    let late = try files(rollEvery: 2, snapshots: [3, 5]).journals
    var torn = one
    torn[0].removeLast(20)
    var rotten = three
    rotten[1][70] ^= 4
    var inputs: [[UInt8]] = [[4] + parts(rotten)]
    for files in [one, three, late, torn, [one[0] + [UInt8](repeating: 0, count: 500)]] {
      inputs.append([5] + parts(files))
      inputs.append([4] + parts(files))
      inputs.append([7] + parts(files.map(packed)))
    }
    return inputs
  }

  /// Files behind their lengths.
  private static func parts(_ files: [[UInt8]]) -> [UInt8] {
    Array(files.map { [UInt8($0.count & 255), UInt8($0.count >> 8)] + $0 }.joined())
  }

  private static func snapshots() throws -> [[UInt8]] {
    var inputs: [[UInt8]] = []
    for sequences in [
      [1], [2], [4], [6], [3, 4, 6], [7], [8], [9], [10], [11], [12], [15], [17], [19], [23],
    ] as [Set<Int>] {
      for snapshot in try files(rollEvery: 100, snapshots: sequences).snapshots {
        inputs += [[7] + packed(snapshot), [6] + packed(snapshot)]
        if snapshot.count < 10_000 { inputs.append([5] + snapshot) }
      }
    }
    return inputs
  }

  /// The files of a server that was given the small shop's commands.
  private static func files(rollEvery: Int, snapshots: Set<Int>) throws -> (
    journals: [[UInt8]], snapshots: [[UInt8]]
  ) {
    let storage = SimulatedStorage()
    let clock = SimulatedClock()
    var randomness: any Randomness = SeededGenerator(seed: 5)
    let recovered = try Recovered.recover(from: storage, randomness: &randomness, threads: 1) { _ in
    }
    var journal = try Journal(
      continuing: recovered.recovery, in: storage, options: JournalOptions(preallocationBytes: 0),
      clock: clock, randomness: randomness)
    var engine = Engine(recovered.parts)
    for (number, command) in commands.enumerated() {
      try engine.replay(
        sequence: engine.sequence + 1, timeMicros: SmallShop.now, frame: command.rawBytes)
      var batch = RecordBatch()
      if command[4] == UInt8(Verb.decide.rawValue) {
        // As it was decided, not as it was asked.
        batch.append(
          sequence: engine.sequence, time: engine.timeMicros, payload: engine.decisionFrame)
      } else {
        batch.append(
          sequence: engine.sequence, time: engine.timeMicros, payload: command.rawBytes)
      }
      try journal.append(&batch)
      if snapshots.contains(number + 1) {
        let pace = SnapshotPace(bytesPerSecond: 0, clock: clock)
        _ = try writeSnapshot(of: engine.store, to: storage, pace)
      }
      if number % rollEvery == rollEvery - 1 { try journal.roll() }
    }
    let files = storage.files.sorted { $0.key < $1.key }
    return (
      files.filter { $0.key.hasPrefix("journal") }.map(\.value),
      files.filter { $0.key.hasPrefix("snapshot") }.map(\.value)
    )
  }
}

/// The bytes of a span.
func copy(_ bytes: RawSpan) -> [UInt8] {
  var copy: [UInt8] = []
  copy.append(bytes: bytes)
  return copy
}
