// The buffer against a plain array, under random work; and its borders.

import Support
import Testing
import Wire

@Suite("ByteBuffer")
struct ByteBufferTests {
  @Test("under any work a buffer holds what an array would", arguments: seeds(25))
  func model(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var buffer = ByteBuffer(capacity: Int.random(in: 0...300, using: &random))
    var model: [UInt8] = []
    for step in 0..<300 {
      let work = Int.random(in: 0..<9, using: &random)
      Self.apply(work, to: &buffer, and: &model, &random)
      #expect(buffer.count == model.count, "SEED=\(seed), step \(step), work \(work)")
      #expect(buffer.isEmpty == model.isEmpty)
      #expect(buffer.capacity >= max(64, buffer.count))
      let found = try array(buffer)
      guard found == model else {
        Issue.record("other bytes, SEED=\(seed), step \(step), work \(work)")
        return
      }
    }
  }

  private static func apply(
    _ work: Int, to buffer: inout ByteBuffer, and model: inout [UInt8],
    _ random: inout SeededGenerator
  ) {
    let number = UInt64.random(in: 0...UInt64.max, using: &random)
    switch work {
    case 0:
      buffer.append(UInt8(truncatingIfNeeded: number))
      model.append(UInt8(truncatingIfNeeded: number))
    case 1:
      buffer.append(UInt16(truncatingIfNeeded: number))
      model += littleEndian(UInt16(truncatingIfNeeded: number))
    case 2:
      buffer.append(Int32(truncatingIfNeeded: number))
      model += littleEndian(Int32(truncatingIfNeeded: number))
    case 3:
      buffer.append(Double(bitPattern: number))
      model += littleEndian(number)
    case 4:
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let source = WireTests.buffer(bytes)
      buffer.append(bytes: source.bytes)
      model += bytes
    case 5:
      let count = Int.random(in: 0...model.count, using: &random)
      buffer.consume(count)
      model.removeFirst(count)
    case 6:
      let count = model.count - Int.random(in: 0...min(20, model.count), using: &random)
      buffer.truncate(to: count)
      model.removeLast(model.count - count)
    case 7 where model.count >= 4:
      let place = Int.random(in: 0...(model.count - 4), using: &random)
      buffer.patch(UInt32(truncatingIfNeeded: number), at: place)
      model.replaceSubrange(
        place..<(place + 4), with: littleEndian(UInt32(truncatingIfNeeded: number)))
    default:
      let minimum = Int.random(in: 0...100, using: &random)
      var spare = buffer.spare(minimum)
      let room = spare.byteCount
      let count = min(room, Int.random(in: 0...(minimum + 10), using: &random))
      for i in 0..<count {
        let byte = UInt8(truncatingIfNeeded: number &+ UInt64(i))
        spare.storeBytes(of: byte, toByteOffset: i, as: UInt8.self)
        model.append(byte)
      }
      buffer.commit(count)
      #expect(room >= minimum)
      buffer.shrink(to: 128)
    }
  }

  @Test("a buffer that is consumed as fast as it is filled does not grow")
  func steady() {
    var buffer = ByteBuffer(capacity: 1024)
    for _ in 0..<1000 {
      for _ in 0..<60 { buffer.append(UInt64(7)) }
      buffer.consume(buffer.count - 8)
    }
    #expect(buffer.capacity == 1024)
  }

  @Test("an empty buffer gives memory back, one with bytes does not")
  func shrink() throws {
    var buffer = ByteBuffer()
    for i in 0..<1000 { buffer.append(UInt64(i)) }
    let grown = buffer.capacity
    buffer.shrink(to: 128)
    #expect(buffer.capacity == grown)
    buffer.consume(buffer.count)
    buffer.shrink(to: 128)
    #expect(buffer.capacity == 128)
    buffer.append(UInt16(0x0201))
    #expect(try array(buffer) == [1, 2])
  }

  @Test("consuming more than is there stops the process")
  func consumeTooMuch() async {
    await #expect(processExitsWith: .failure) {
      var buffer = ByteBuffer()
      buffer.append(UInt8(1))
      buffer.consume(2)
    }
  }

  @Test("truncating to more than is there stops the process")
  func truncateTooMuch() async {
    await #expect(processExitsWith: .failure) {
      var buffer = ByteBuffer()
      buffer.truncate(to: 1)
    }
  }

  @Test("patching beyond the last byte stops the process")
  func patchTooFar() async {
    await #expect(processExitsWith: .failure) {
      var buffer = ByteBuffer()
      buffer.append(UInt32(1))
      buffer.patch(UInt32(2), at: 1)
    }
  }

  @Test("committing more than was spare stops the process")
  func commitTooMuch() async {
    await #expect(processExitsWith: .failure) {
      var buffer = ByteBuffer()
      buffer.commit(buffer.capacity + 1)
    }
  }
}
