// Redis beside us: started on a free port without persistence, or somebody's, filled with the bodies of
// Patron's own replies. Not here: the load.

import Client
import Foundation
import Platform
import Wire

/// The bodies that were stored, one behind the other.
struct StoredBodies: Sendable {
  let size: Int
  private(set) var bytes: [UInt8] = []

  init(size: Int, count: Int) {
    self.size = size
    bytes.reserveCapacity(size * count)
  }

  var count: Int { bytes.count / size }

  mutating func append(_ body: RawSpan) { bytes.append(bytes: body) }

  func body(of customer: Int) -> ArraySlice<UInt8> {
    bytes[customer * size..<(customer + 1) * size]
  }

  /// Asks Patron for everybody's scores.
  ///
  /// - Parameters:
  ///   - address: of a filled server.
  ///   - customers: how many it was told of.
  ///   - terms: of the scores.
  /// - Returns: each reply's body.
  /// - Throws: `Failure.failed` when it does not answer.
  static func scores(
    of address: SocketAddress, customers: Int, _ terms: ScoreTermsFields
  ) throws(Failure) -> StoredBodies {
    var stored = StoredBodies(size: ScoreReply.size, count: customers)
    do {
      var client = try PatronClient(connectingTo: address, name: "loadtest", timeoutMillis: 120_000)
      for start in stride(from: 0, to: customers, by: terms.frameCustomersMax) {
        let names = (start..<min(customers, start + terms.frameCustomersMax)).map(Population.name)
        for score in try client.scoreMany(names, terms) {
          var body = ByteBuffer(capacity: ScoreReply.size)
          score.write(to: &body)
          stored.append(body.bytes)
        }
      }
    } catch {
      throw .failed("the scores to be stored could not be asked for: \(error)")
    }
    return stored
  }
}

/// A Redis.
final class RedisServer {
  let address: SocketAddress
  /// The process, where it is ours.
  private(set) var process: LocalProcess?
  private var directory: URL?

  /// Whether there is a redis-server that could be started, and where.
  static var program: String? {
    let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    return places.map { "\($0)/redis-server" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Takes a Redis that runs already.
  init(at address: SocketAddress) {
    (self.address, process) = (address, nil)
  }

  /// Starts one and waits until it answers.
  init(program: String) throws(Failure) {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("redis-loadtest-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      // The port is free until Redis takes it, unless somebody is very quick.
      address = try TCPListener(address: .loopback(port: 0)).address
    } catch {
      throw .failed("there is no place for redis-server: \(error)")
    }
    let port = "\(address)".split(separator: ":").last.map(String.init) ?? ""
    let process = try LocalProcess(
      program,
      [
        "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
        directory.path, "--daemonize", "no", "--loglevel", "warning",
      ], isHeard: false)
    self.process = process
    self.directory = directory
    for _ in 0..<200 {
      if process.isRunning, (try? answer("PING")) == "+PONG" { return }
      Platform.Thread.sleep(micros: 20_000)
    }
    throw .failed("\(program) does not answer on port \(port)")
  }

  deinit {
    process = nil
    if let directory { try? FileManager.default.removeItem(at: directory) }
  }

  /// Asks for a reply of one line.
  private func answer(_ command: String) throws -> String {
    let socket = try TCPSocket(connectingTo: address, timeoutMillis: 1_000)
    try socket.send(all: Array("\(command)\r\n".utf8).rawBytes, timeoutMillis: 1_000)
    var told = ByteBuffer()
    while told.isEmpty || told.bytes.byte(at: told.count - 1) != 10 {
      let count = try Self.receive(from: socket, into: &told)
      if count == 0 { break }
    }
    let bytes = (0..<told.count).map { told.bytes.byte(at: $0) }
    return String(decoding: bytes.dropLast(2), as: UTF8.self)
  }

  private static func receive(
    from socket: borrowing TCPSocket, into inbox: inout ByteBuffer
  ) throws(SystemError) -> Int {
    var room = inbox.spare(16 << 10)
    let count = try socket.receive(into: &room, timeoutMillis: 30_000)
    inbox.commit(count)
    return count
  }

  /// Sets every customer's value, pipelined.
  ///
  /// - Parameter stored: the values.
  /// - Throws: `Failure.failed` when Redis is not empty or does not take them.
  func fill(_ stored: StoredBodies) throws(Failure) {
    do {
      guard try answer("DBSIZE") == ":0" else {
        throw Failure.failed("the Redis at \(address) is not empty; nothing of it is overwritten")
      }
      let socket = try TCPSocket(connectingTo: address)
      let (batch, ok) = (1_000, 5)
      var request = ByteBuffer()
      var inbox = ByteBuffer()
      for start in stride(from: 0, to: stored.count, by: batch) {
        let end = min(stored.count, start + batch)
        for customer in start..<end {
          request.append(bytes: Array("*3\r\n$3\r\nSET\r\n$8\r\n".utf8).rawBytes)
          request.append(Population.digits(customer))
          request.append(bytes: Array("\r\n$\(stored.size)\r\n".utf8).rawBytes)
          request.append(bytes: Array(stored.body(of: customer)).rawBytes)
          request.append(bytes: Array("\r\n".utf8).rawBytes)
        }
        try socket.send(all: request.bytes, timeoutMillis: 30_000)
        request.consume(request.count)
        while inbox.count < ok * (end - start) {
          guard try Self.receive(from: socket, into: &inbox) > 0 else {
            throw Failure.failed("Redis closed while it was filled")
          }
        }
        inbox.consume(ok * (end - start))
      }
      guard try answer("DBSIZE") == ":\(stored.count)" else {
        throw Failure.failed("Redis does not hold \(stored.count) values after it was filled")
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed("Redis could not be filled: \(error)")
    }
  }
}
