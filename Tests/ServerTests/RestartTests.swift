// What survives the end of the process, whichever way it ends, and what stops a start.

import Client
import Foundation
import Platform
import Support
import Testing
import Wire

/// What a server knows, to be compared across its lives: Doubles by their bits.
private struct Memory: Equatable {
  var hash: UInt64
  var scores: [[UInt8]]
  var model: ModelFields?
  var counts: [UInt64]

  init(of server: LiveServer) throws {
    try server.settle()
    var client = try server.client()
    let status = try client.status(withStateHash: true)
    hash = status.stateHash
    model = status.model
    counts = [
      status.customers, status.orders, status.returns, status.sequence, UInt64(status.generation),
    ]
    let customers = (0..<60).map { "c\($0)" } + ["nobody"]
    scores = []
    for days in [0, 20, 50, 272] as [Int64] {
      var terms = Frames.terms
      terms.asOfMicros = Frames.start + days * Frames.day
      for score in try client.scoreMany(customers, terms) {
        var out = ByteBuffer()
        score.write(to: &out)
        scores.append(array(out.bytes))
      }
    }
  }
}

@Suite("Restart")
struct RestartTests {
  /// Records orders and returns in several commands, fits, and goes on recording.
  private static func live(
    _ server: LiveServer, from first: Int64 = 0, fits: Bool = true
  ) throws {
    var client = try server.client()
    var random = SeededGenerator(seed: 5)
    for batch in 0..<8 {
      let orders = (0..<40).map { number in
        Frames.order(
          "c\(random.next() % 60)", "\(first)/\(batch)/\(number)",
          day: Int64(random.next() % 60), Int64(random.next() % 9000))
      }
      _ = try client.recordOrders(Frames.batch(orders))
      let order = orders[3]
      _ = try client.recordReturns(
        Frames.batch([Frames.returning(order.customer, order.order, "r\(batch)", day: 61)]))
    }
    if fits { _ = try client.fit(kind: 2) }
  }

  @Test("after kill -9 every score is bit-identical and the state hash is equal")
  func crash() throws {
    let server = try LiveServer()
    try Self.live(server)
    let before = try Memory(of: server)
    try server.crash()
    try server.start()
    #expect(try Memory(of: server) == before)
  }

  @Test("calibrated blend, churn layer and the model before survive a crash and a stop")
  func models() throws {
    let server = try LiveServer()
    try Self.live(server)
    var blended = Frames.model
    blended.blend = [BlendFields(kind: 3, parameters: SIMD4(0.553, 74.046, 0.606, 81.664))]
    blended.calibration.season = (0..<24).map { 0.5 + Double($0 % 7) }
    blended.calibration.correction = CalibrationFields.Correction(
      referenceDays: 30, intercept: 0.125,
      signals: (0..<5).map { .init(weight: 0.25, mean: Double($0), deviation: 2) })
    blended.layer = ChurnLayerFields(
      horizonDays: 120, typicalGapDays: 20, intercept: 0.25,
      terms: [.init(feature: 2, coefficient: 0.5, centre: 0, scale: 1)])
    var client = try server.client()
    _ = try client.adoptModel(blended)
    let full = try Memory(of: server)
    #expect(full.model?.blend == blended.blend && full.model?.layer == blended.layer)
    try server.crash()
    try server.start()
    #expect(try Memory(of: server) == full)
    client = try server.client()
    #expect(try client.putBackModel().generation == 3)
    let plain = try Memory(of: server)
    #expect(plain.model?.isPlain == true && plain.scores != full.scores)
    // The journal alone, and the snapshot a stop leaves.
    for life in 0..<2 {
      if life == 0 { try server.crash() } else { _ = try server.stop() }
      try server.start()
      #expect(try Memory(of: server) == plain)
    }
    client = try server.client()
    #expect(try client.putBackModel().generation == 4)
    let again = try Memory(of: server)
    #expect(again.model == full.model)
  }

  @Test("a command sent again with its key after kill -9, or after a stop, is applied once")
  func repeats() throws {
    let server = try LiveServer()
    var client = try server.client()
    let batch = Frames.batch([Frames.order("a", "1", day: 1), Frames.order("a", "1", day: 2)])
    let returns = Frames.batch([Frames.returning("a", "1", "r", day: 3)])
    let keys = [client.nextKey(), client.nextKey(), CommandKey(producer: 1, number: 2)]
    let recorded = try client.recordOrders(batch, key: keys[0])
    #expect(recorded.recorded == 1 && recorded.duplicates == 1)
    let returned = try client.recordReturns(returns, key: keys[1])
    let adopted = try client.adoptModel(Frames.model, key: keys[2])
    let before = try Memory(of: server)
    for life in 0..<3 {
      if life == 1 { try server.crash() }
      if life == 2 { _ = try server.stop() }
      if life > 0 { try server.start() }
      client = try server.client()
      #expect(try client.recordOrders(batch, key: keys[0]) == recorded)
      #expect(try client.recordReturns(returns, key: keys[1]) == returned)
      #expect(try client.adoptModel(Frames.model, key: keys[2]) == adopted)
      #expect(throws: ClientError.self) { try client.recordOrders(batch, key: keys[2]) }
      #expect(try Memory(of: server) == before)
    }
    // Without the key it is a new command, of known orders.
    #expect(try client.recordOrders(batch).duplicates == 2)
  }

  @Test("a call without a key is a new command, one with a key it had is a repeat, and counted")
  func repeatsCounted() throws {
    let server = try LiveServer()
    var client = try server.client()
    var other = try server.client()
    let batch = Frames.batch([Frames.order("a", "1", day: 1)])
    #expect(try client.recordOrders(batch).recorded == 1)
    #expect(try client.recordOrders(batch).duplicates == 1)
    #expect(try other.recordOrders(batch).duplicates == 1)
    #expect(try client.status().repeated == 0)
    let key = client.nextKey()
    for count in 0..<3 as Range<UInt64> {
      #expect(try client.recordOrders(batch, key: key).duplicates == 1)
      #expect(try other.status().repeated == count)
    }
    #expect(try client.status().sequence == 5)
    #expect(try client.status().answerBytes > 65_536)
    #expect(other.nextKey().producer != key.producer)
  }

  @Test("SIGTERM ends with exit code 0 and a snapshot, and every score is bit-identical")
  func termination() throws {
    let server = try LiveServer()
    try Self.live(server)
    let before = try Memory(of: server)
    let exit = try server.stop()
    #expect(exit.code == 0 && !exit.wasKilled, "\(exit)")
    #expect(try server.files("snapshot").count == 1)
    try server.start()
    #expect(try Memory(of: server) == before)
    var client = try server.client()
    let status = try client.status()
    #expect(status.snapshotSequence == status.sequence)
  }

  @Test("a restart on a snapshot and the journal behind it gives the same, again and again")
  func snapshotAndJournal() throws {
    let server = try LiveServer()
    try Self.live(server)
    var client = try server.client()
    let snapshot = try client.snapshot()
    #expect(snapshot.sizeBytes > 0)
    #expect(try client.status().snapshotSequence == snapshot.sequence)
    try Self.live(server, from: 1)
    let before = try Memory(of: server)
    for _ in 0..<3 {
      try server.crash()
      try server.start()
      #expect(try Memory(of: server) == before)
    }
    try Self.live(server, from: 2)
    let later = try Memory(of: server)
    #expect(later != before)
    #expect(try server.stop().code == 0)
    try server.start()
    #expect(try Memory(of: server) == later)
  }

  @Test("commands under way when the server is killed are applied whole or not at all")
  func crashUnderLoad() throws {
    let server = try LiveServer()
    var client = try server.client()
    // Ten orders a batch, each batch for customers of its own; most replies are not waited for.
    for batch in 0..<200 {
      try client.send(
        .recordOrders,
        Frames.batch((0..<10).map { Frames.order("b\(batch)", "\($0)", day: $0) }))
    }
    var acknowledged: UInt64 = 0
    for _ in 0..<50 { acknowledged += UInt64(try client.receive(RecordReply.self).recorded) }
    try server.crash()
    try server.start()
    var again = try server.client()
    let status = try again.status()
    #expect(acknowledged == 500)
    #expect(status.orders >= acknowledged && status.orders % 10 == 0, "\(status.orders)")
    #expect(status.customers == status.orders / 10)
  }

  @Test("requests that came before SIGTERM are answered, later ones find nobody")
  func drain() throws {
    let server = try LiveServer()
    try server.furnish()
    let connection = try server.connection()
    let verbs: [Verb] = [.recordOrders, .fit, .scoreOne]
    for verb in verbs { try connection.send(Frames.good(verb)) }
    // The first reply shows that the requests have arrived.
    #expect(try connection.expectReply().status == .ok)
    let exit = try server.stop()
    #expect(exit.code == 0, "\(exit)")
    for _ in verbs.dropFirst() {
      let reply = try connection.expectReply()
      #expect(reply.status == .ok || reply.status == .shuttingDown)
    }
    #expect(try connection.reply() == nil)
    #expect(throws: (any Error).self) { _ = try server.stranger() }
    try server.start()
    var client = try server.client()
    #expect(try client.score("C-9", Frames.terms).known)
  }

  @Test("a snapshot is taken by the clock when something has changed")
  func periodicSnapshot() throws {
    let server = try LiveServer(options: ["--snapshot-every", "1s"])
    try server.furnish()
    var client = try server.client()
    var status = try client.status()
    for _ in 0..<600 where status.snapshotSequence < status.sequence {
      usleep(10_000)
      status = try client.status()
    }
    #expect(status.snapshotSequence == status.sequence)
  }

  // MARK: What stops a start

  @Test("a second server on the same directory is refused with a clear sentence")
  func secondServer() throws {
    let server = try LiveServer()
    let exit = try #require(throws: ServerExit.self) {
      _ = try ServerProcess(directory: server.path)
    }
    #expect(exit.code == 1)
    #expect(exit.errors.contains("another server uses this directory"), "\(exit)")
    #expect(exit.errors.contains(server.path), "\(exit)")
    var client = try server.client()
    #expect(try client.ping() > 0)
  }

  @Test("a taken port is refused with a sentence that names it")
  func takenPort() throws {
    let server = try LiveServer()
    let directory = try TemporaryDirectory()
    let exit = try #require(throws: ServerExit.self) {
      _ = try ServerProcess(directory: directory.path, listen: "\(server.address)")
    }
    #expect(exit.code == 1)
    #expect(exit.errors.contains("\(server.address)"), "\(exit)")
  }

  @Test("to listen beyond loopback is refused", arguments: ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"])
  func beyondLoopback(_ address: String) throws {
    let directory = try TemporaryDirectory()
    let exit = try #require(throws: ServerExit.self) {
      _ = try ServerProcess(directory: directory.path, listen: address)
    }
    #expect(exit.code == 1)
    #expect(exit.errors.contains("loopback"), "\(exit)")
  }

  @Test("a damaged record with valid ones behind it stops the start and names file and place")
  func damagedJournal() throws {
    let server = try LiveServer()
    // With a model the server would add commands of its own, and one of them might be the last and the largest.
    try Self.live(server, fits: false)
    try server.crash()
    let file = try #require(try server.files("journal").last)
    var bytes = try Data(contentsOf: file)
    let damage = try usedSize(of: bytes) / 2
    bytes[damage] ^= 1
    try bytes.write(to: file)
    let exit = try #require(throws: ServerExit.self) { try server.start() }
    #expect(exit.code == 3)
    #expect(exit.errors.contains(file.lastPathComponent), "\(exit)")
    let place = try #require(exit.errors.firstMatch(of: /at byte (\d+)/).flatMap { Int($0.1) })
    #expect(place <= damage && place > 0)
    // Nothing was cut or written: with the byte put right all is there.
    #expect(try Data(contentsOf: file) == bytes)
    bytes[damage] ^= 1
    try bytes.write(to: file)
    try server.start()
  }

  @Test("a torn tail is cut, said so, and everything before it is there", arguments: [1, 9, 30])
  func tornTail(_ missing: Int) throws {
    let server = try LiveServer()
    try Self.live(server)
    let before = try Memory(of: server)
    var client = try server.client()
    _ = try client.recordOrders(Frames.batch([Frames.order("late", "1", day: 3)]))
    try server.crash()
    let file = try #require(try server.files("journal").last)
    let bytes = try Data(contentsOf: file)
    try bytes.prefix(usedSize(of: bytes) - missing).write(to: file)
    try server.start()
    #expect(server.notices.contains("cut off"), "the operator is not told: \(server.notices)")
    #expect(try Memory(of: server) == before)
    // What was cut does not come back.
    try server.crash()
    try server.start()
    #expect(try Memory(of: server) == before)
  }

  @Test("a missing journal stops the start, for what came after the snapshot would be lost")
  func missingJournal() throws {
    let server = try LiveServer()
    try Self.live(server)
    #expect(try server.stop().code == 0)
    for file in try server.files("journal") { try FileManager.default.removeItem(at: file) }
    let exit = try #require(throws: ServerExit.self) { try server.start() }
    #expect(exit.code == 3)
    #expect(exit.errors.contains("journal"))
    #expect(!exit.errors.contains("\(UInt64.max - 1)"), "no such record was ever written: \(exit)")
  }

  @Test("a damaged snapshot is passed over for the journal, or stops the start")
  func damagedSnapshot() throws {
    let server = try LiveServer()
    try Self.live(server)
    let before = try Memory(of: server)
    #expect(try server.stop().code == 0)
    let file = try #require(try server.files("snapshot").last)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    do {
      try server.start()
      // The journal reaches back to the first record, so nothing is lost.
      #expect(try Memory(of: server) == before)
      #expect(server.notices.contains(file.lastPathComponent), "\(server.notices)")
    } catch let exit as ServerExit {
      #expect(exit.code == 3)
      #expect(exit.errors.contains(file.lastPathComponent), "\(exit)")
    }
  }

  /// The size of a journal file without the zeros that are set aside at its end.
  private func usedSize(of bytes: Data) throws -> Int {
    try #require(bytes.lastIndex { $0 != 0 }) + 1
  }

  @Test("fresh servers that were given the same rows have the same hash")
  func sameRowsSameHash() throws {
    let rows = (0..<300).map { Frames.order("c\($0 % 40)", "\($0)", day: $0 % 80, $0 * 7) }
    var hashes: Set<UInt64> = []
    // In one batch, in many, and each batch twice.
    for (size, times) in [(300, 1), (7, 1), (50, 2)] {
      let server = try LiveServer()
      var client = try server.client()
      for start in stride(from: 0, to: rows.count, by: size) {
        let batch = Frames.batch(Array(rows[start..<min(start + size, rows.count)]))
        for _ in 0..<times { _ = try client.recordOrders(batch) }
      }
      hashes.insert(try server.stateHash())
    }
    #expect(hashes.count == 1)
  }
}
