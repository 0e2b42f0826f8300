// Cutting a stream into frames: in every order of arrival, and when the bytes are wrong.

import Support
import Testing
import Wire

@Suite("Frame")
struct FrameTests {
  @Test("an example alone is cut whole, and no prefix of it is a frame", arguments: Example.all)
  func alone(_ example: Example) throws {
    let bytes = try example.encode()
    for size in 0..<bytes.count {
      #expect(try firstHeader(of: Array(bytes[..<size])) == nil, "\(size) bytes")
    }
    let header = try #require(try firstHeader(of: bytes))
    #expect(header.frameSize == bytes.count)
    #expect(header.verb == example.verb.rawValue)
    #expect(header.status == example.status.rawValue)
    #expect(header.tag == example.tag)
    #expect(header.deadlineMillis == example.deadlineMillis)
    #expect(try firstHeader(of: bytes + [1, 2, 3]) == header, "what follows is left alone")
  }

  @Test("a stream that comes byte by byte gives the same frames")
  func byteByByte() throws {
    let frames = try Example.all.map { try $0.encode() }
    let found = try Self.receive(frames.flatMap { $0 }, pieces: { 1 })
    #expect(found == frames)
  }

  @Test("a stream cut in random pieces gives the same frames", arguments: seeds(20))
  func randomPieces(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var frames: [[UInt8]] = []
    for _ in 0..<60 {
      let example = try #require(Example.all.randomElement(using: &random))
      frames.append(try example.encode())
    }
    let pieceMax = Int.random(in: 2...2000, using: &random)
    let found = try Self.receive(
      frames.flatMap { $0 }, pieces: { Int.random(in: 0...pieceMax, using: &random) })
    #expect(found == frames, "SEED=\(seed)")
  }

  @Test("a length below 20 is a bad frame as soon as it is there", arguments: 0..<20)
  func short(length: UInt32) throws {
    let refused = refusal { _ = try firstHeader(of: littleEndian(length)) }
    #expect(refused?.status == .badFrame)
    #expect(refused?.offset == 0)
    #expect(try firstHeader(of: littleEndian(UInt32(20))) == nil)
  }

  @Test(
    "a length above the maximum is refused before anything waits for it",
    arguments: [Limits.frameSizeMax, Limits.helloSizeMax])
  func long(sizeMax: Int) throws {
    let fits = littleEndian(UInt32(sizeMax - 4))
    #expect(try firstHeader(of: fits, sizeMax: sizeMax) == nil)
    for length in [UInt32(sizeMax - 3), UInt32(Int32.max), UInt32.max] {
      let refused = refusal { _ = try firstHeader(of: littleEndian(length), sizeMax: sizeMax) }
      #expect(refused?.status == .frameTooLarge)
      #expect(refused?.offset == 0)
    }
  }

  @Test("of requests only a score many may be longer, which is known as soon as its verb is there")
  func requestSizes() throws {
    let most = UInt32(Limits.batchFrameSizeMax - 4)
    func cut(_ length: UInt32, _ verb: Verb?) throws(Refusal) -> Cut {
      var bytes = ByteBuffer()
      bytes.append(length)
      if let verb { bytes.append(verb.rawValue) }
      return try Frame.cutRequest(bytes.bytes)
    }
    #expect(try cut(most, nil) == .incomplete && cut(most, .scoreMany) == .incomplete)
    for verb in [nil, .scoreMany] as [Verb?] {
      #expect(refusal { _ = try cut(most + 1, verb) }?.status == .frameTooLarge)
    }
    for verb in Verb.allCases where verb != .scoreMany {
      let limit = UInt32(Limits.frameSizeMax - 4)
      #expect(try cut(limit, verb) == .incomplete)
      #expect(refusal { _ = try cut(limit + 1, verb) }?.status == .frameTooLarge)
    }
  }

  @Test("a frame of the greatest size is cut")
  func greatest() throws {
    var bytes = [UInt8](repeating: 0, count: Limits.frameSizeMax)
    bytes.replaceSubrange(0..<4, with: littleEndian(UInt32(Limits.frameSizeMax - 4)))
    #expect(try firstHeader(of: bytes)?.frameSize == Limits.frameSizeMax)
  }

  @Test("a reserved field that is not 0 is a bad frame", arguments: 20..<24)
  func reserved(at offset: Int) throws {
    var bytes = try makeFrame(Empty())
    bytes[offset] = 1
    let refused = refusal { _ = try firstHeader(of: bytes) }
    #expect(refused?.status == .badFrame)
    #expect(refused?.offset == 20)
  }

  @Test("the length is patched where the frame began, behind others and behind consumed bytes")
  func manyInOneOutbox() throws {
    var out = ByteBuffer()
    out.append(UInt64(0))
    out.consume(3)
    let first = Frame.begin(verb: 2, tag: 1, in: &out)
    Frame.end(first, in: &out)
    let second = Frame.begin(verb: 2, tag: 2, in: &out)
    PingReply(timeMicros: 5).write(to: &out)
    Frame.end(second, in: &out)
    let bytes = try Array(array(out).dropFirst(5))
    #expect(try firstHeader(of: bytes)?.frameSize == 24)
    let rest = Array(bytes.dropFirst(24))
    #expect(try firstHeader(of: rest)?.tag == 2)
    #expect(try readBody(PingReply.self, of: rest).timeMicros == 5)
  }

  @Test("a refusal travels with its status, place and sentence", arguments: Status.allCases)
  func refuse(status: Status) throws {
    for refused in [Refusal(status, at: 24, "of a field"), Refusal(status, "of no field")] {
      var out = ByteBuffer()
      Frame.refuse(refused, verb: 33, tag: UInt64.max, in: &out)
      let bytes = try array(out)
      let header = try #require(try firstHeader(of: bytes))
      #expect(header.verb == 33)
      #expect(header.tag == UInt64.max)
      #expect(Status(rawValue: header.status) == status)
      #expect(try readBody(RefusalReply.self, of: bytes).refusal(status) == refused)
    }
  }

  @Test("writing a frame longer than the maximum stops the process")
  func tooLongToWrite() async {
    await #expect(processExitsWith: .failure) {
      var out = ByteBuffer()
      let mark = Frame.begin(verb: 2, tag: 0, in: &out)
      for _ in 0..<(Limits.frameSizeMax / 8) { out.append(UInt64(0)) }
      Frame.end(mark, in: &out)
    }
  }

  /// Receives a stream in pieces into an inbox, as a connection does, and cuts what is whole.
  private static func receive(_ stream: [UInt8], pieces: () -> Int) throws -> [[UInt8]] {
    var inbox = ByteBuffer()
    var found: [[UInt8]] = []
    var sent = 0
    while sent < stream.count {
      let size = min(pieces(), stream.count - sent)
      var spare = inbox.spare(size)
      for i in 0..<size { spare.storeBytes(of: stream[sent + i], toByteOffset: i, as: UInt8.self) }
      inbox.commit(size)
      sent += size
      while case .frame(let header) = try Frame.cut(inbox.bytes, sizeMax: Limits.frameSizeMax) {
        found.append(Array(try array(inbox).prefix(header.frameSize)))
        inbox.consume(header.frameSize)
      }
    }
    #expect(inbox.count == 0)
    return found
  }
}
