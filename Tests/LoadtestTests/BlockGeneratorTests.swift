// The block generator against an echo server in this process: it must count what is right and find
// whatever is not.

import Platform
import Synchronization
import Testing
import Wire

@testable import loadtest

@Suite("BlockGenerator", .timeLimit(.minutes(1)))
struct BlockGeneratorTests {
  private static let terms = ScoreTermsFields(
    asOfMicros: 0, horizonDays: 273, discountRate: 0.1, margin: 1)

  /// Where somebody listens, told from one thread to another.
  private final class Place: Sendable {
    let address = Mutex<SocketAddress?>(nil)
  }

  /// Loads an echo server on a thread of this process.
  private func load(
    _ format: BlockFormat, _ shape: Shape, rate: Double? = nil,
    bodySize: Int = RequestKind.scores.bodySize
  ) throws -> BlockResult {
    let place = Place()
    let counter = try EventCounter()
    let number = counter.descriptor.number
    let thread = try Platform.Thread(name: "echo") {
      do {
        try EchoServer.serve(bodySize: bodySize, until: number) { address in
          place.address.withLock { $0 = address }
        }
      } catch {
        Issue.record("the echo server failed: \(error)")
      }
    }
    var address: SocketAddress?
    while address == nil {
      address = place.address.withLock { $0 }
      Platform.Thread.sleep(micros: 1_000)
    }
    let plan = BlockPlan(shape: shape, rate: rate, duration: 0.2, warmUp: 0.02, seed: 5)
    var generator = try BlockGenerator(
      plan, format, customers: 1_000, address: try #require(address), server: nil)
    let result = try generator.run()
    counter.signal()
    thread.join()
    return result
  }

  @Test(
    "every reply of the closed loop is counted, and a sample is timed and kept",
    arguments: [(1, 1), (3, 7), (2, 4_096)])
  func closed(connections: Int, pipeline: Int) throws {
    let shape = Shape(connections: connections, pipeline: pipeline)
    let result = try load(.echo(.scores, Self.terms), shape)
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(result.completed >= UInt64(pipeline))
    #expect(result.latency.count > 0)
    #expect(result.seconds >= 0.2)
    #expect(!result.kept.isEmpty)
    for kept in result.kept {
      #expect(kept.customer < 1_000)
      #expect(kept.body == Array(repeating: Array("echoecho".utf8), count: 11).flatMap(\.self))
    }
  }

  @Test("the open loop sends as much as it was told")
  func open() throws {
    let shape = Shape(connections: 4, pipeline: 8)
    let result = try load(.echo(.scores, Self.terms), shape, rate: 8_000)
    #expect(result.errors.isEmpty, "\(result.errors)")
    // What is measured is 0.2 s, give and take what a busy machine oversleeps.
    #expect(result.perSecond > 2_000 && result.perSecond < 12_000)
    #expect(result.latency.count > 0)
  }

  @Test("a reply whose body is not as it should be ends the connection and is told")
  func wrongBody() throws {
    let right = try BlockFormat.echo(.scores, Self.terms)
    let wrong = BlockFormat(
      request: right.request, nameOffset: right.nameOffset, isTagged: true, greets: false,
      reply: ReplyShape(
        frameOf: .scores, begins: Word(at: 24, EchoServer.fillerWord + 1), ends: Word(at: 104, 0, 0)
      ))
    let result = try load(wrong, Shape(connections: 2, pipeline: 3))
    #expect(result.errors.values.reduce(0, +) >= 2)
    #expect(result.errors.keys.allSatisfy { $0.hasPrefix("wrong reply to request 1: 6c 00 00 00") })
    #expect(result.completed == 0)
  }

  @Test("replies that are longer than they should be are found by what stands at their place")
  func wrongSize() throws {
    let result = try load(
      .echo(.scores, Self.terms), Shape(connections: 1, pipeline: 3), bodySize: 96)
    #expect(!result.errors.isEmpty)
    #expect(result.completed == 0)
  }

  @Test("a connection that is refused is a failure, not a result")
  func nobody() throws {
    let address = try TCPListener(address: .loopback(port: 0)).address
    let plan = BlockPlan(
      shape: Shape(connections: 1, pipeline: 1), duration: 0.1, warmUp: 0, seed: 1)
    let format = try BlockFormat.echo(.scores, Self.terms)
    #expect(throws: Failure.self) {
      _ = try BlockGenerator(plan, format, customers: 1, address: address, server: nil)
    }
  }
}
