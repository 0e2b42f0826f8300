// How a fuzzer's bytes become files: with checksums that fit, since no fuzzer guesses one, and with
// runs of zeros written short, since the state's blocks are long and nearly empty.
// The offsets are those of the formats in Sources/Durability.

import Durability
import Platform

/// How bytes are taken as files.
public struct FuzzFiles: Sendable {
  /// Checksums and magic are made to fit.
  let isSealed: Bool
  /// Runs of zeros are written short.
  let isPacked: Bool
  /// A file's name follows from the sequence in its header; otherwise the first one's is 1.
  let isNamed: Bool

  /// Reads the choice.
  ///
  /// - Parameter choice: 1 seals, 2 unpacks, 4 names; sums of these.
  public init(_ choice: UInt8) {
    isSealed = choice & 1 != 0
    isPacked = choice & 2 != 0
    isNamed = choice & 4 != 0
  }

  /// The bytes of a file.
  func file(_ bytes: [UInt8]) -> [UInt8] { isPacked ? unpacked(bytes) : bytes }

  /// Makes the checksums of a journal's file fit as far as its lengths make sense.
  ///
  /// A batch whose header's checksum is all ones stays bad.
  ///
  /// - Parameter bytes: the file.
  /// - Returns: the file; as it is when it is not to be sealed.
  public func sealed(journal bytes: [UInt8]) -> [UInt8] {
    guard isSealed, bytes.count >= 40 else { return bytes }
    var bytes = bytes
    bytes.store(littleEndian: 0x4c4a_4e4f_5254_4150 as UInt64, at: 0)
    bytes.sealHeader()
    let salt = bytes.rawBytes.littleEndian32(at: 32)
    var offset = 40
    while offset + 32 <= bytes.count {
      let size = Int(bytes.rawBytes.littleEndian32(at: offset + 28))
      guard size >= 32, size <= bytes.count - offset else {
        offset += 8
        continue
      }
      if bytes.rawBytes.littleEndian32(at: offset) != .max {
        bytes.sealBatch(offset..<offset + size, salt: salt)
      }
      offset += size
    }
    return bytes
  }

  /// Makes the checksums of a snapshot fit as far as its lengths make sense.
  ///
  /// - Parameter bytes: the file.
  /// - Returns: the file; as it is when it is not to be sealed.
  public func sealed(snapshot bytes: [UInt8]) -> [UInt8] {
    guard isSealed, bytes.count >= 72 else { return bytes }
    var bytes = bytes
    bytes.store(littleEndian: 0x4e53_4e4f_5254_4150 as UInt64, at: 0)
    let contents = bytes.range(
      bytes.rawBytes.littleEndian64(at: 40), UInt64(bytes.rawBytes.littleEndian32(at: 48)))
    if let contents {
      for entry in stride(from: contents.lowerBound, to: contents.upperBound - 31, by: 32) {
        let block = bytes.range(
          bytes.rawBytes.littleEndian64(at: entry + 16),
          UInt64(bytes.rawBytes.littleEndian32(at: entry + 8)))
        if let block { bytes.store(littleEndian: bytes.checksum(block), at: entry + 12) }
      }
      bytes.store(littleEndian: bytes.checksum(contents), at: 56)
      let head = bytes.range(
        UInt64(contents.upperBound), UInt64(bytes.rawBytes.littleEndian32(at: 52)))
      if let head { bytes.store(littleEndian: bytes.checksum(head), at: 60) }
    }
    bytes.sealHeader()
    return bytes
  }
}

extension [UInt8] {
  /// A range that lies within the bytes.
  fileprivate func range(_ start: UInt64, _ size: UInt64) -> Range<Int>? {
    guard start <= count, size <= UInt64(count) - start else { return nil }
    return Int(start)..<Int(start + size)
  }

  fileprivate func checksum(_ range: Range<Int>, salt: UInt32 = 0) -> UInt32 {
    CRC32C.checksum(rawBytes.extracting(range), salt: salt)
  }

  /// The header's checksum stands at the end of the length it says it has.
  fileprivate mutating func sealHeader() {
    let size = Int(rawBytes.littleEndian32(at: 12))
    guard size >= 40, size <= count else { return }
    store(littleEndian: checksum(0..<size - 4), at: size - 4)
  }

  fileprivate mutating func sealBatch(_ batch: Range<Int>, salt: UInt32) {
    var sequence = rawBytes.littleEndian64(at: batch.lowerBound + 8)
    var offset = batch.lowerBound + 32
    while offset + 16 <= batch.upperBound {
      let size = Int(rawBytes.littleEndian32(at: offset + 8))
      guard size <= batch.upperBound - offset - 16 else { break }
      var number: [UInt8] = []
      number.append(littleEndian: sequence)
      var checksum = CRC32C(salt: salt)
      checksum.update(number.rawBytes)
      checksum.update(rawBytes.extracting(offset..<offset + 12))
      checksum.update(rawBytes.extracting(offset + 16..<offset + 16 + size))
      store(littleEndian: checksum.value, at: offset + 12)
      sequence &+= 1
      offset += (16 + size + 7) & ~7
    }
    let start = batch.lowerBound
    store(littleEndian: checksum(start + 32..<batch.upperBound), at: start + 4)
    store(littleEndian: checksum(start + 4..<start + 32, salt: salt), at: start)
  }
}

/// The short form of bytes, for the corpus.
///
/// - Parameter bytes: a file.
/// - Returns: what `isPacked` makes the file of again.
public func packed(_ bytes: [UInt8]) -> [UInt8] {
  var out: [UInt8] = []
  var literal: [UInt8] = []
  func flush() {
    for start in stride(from: 0, to: literal.count, by: 128) {
      let part = literal[start..<min(start + 128, literal.count)]
      out.append(UInt8(part.count - 1))
      out += part
    }
    literal = []
  }
  var place = 0
  while place < bytes.count {
    let zeros = bytes[place...].prefix(1 << 15).prefix { $0 == 0 }.count
    if zeros >= 4 {
      flush()
      out.append(UInt8(128 | (zeros - 1) >> 8))
      out.append(UInt8((zeros - 1) & 255))
      place += zeros
    } else {
      literal.append(bytes[place])
      place += 1
    }
  }
  flush()
  return out
}

/// A longer file shows nothing new.
private let bytesMax = 2 << 20

/// The bytes a short form stands for.
///
/// A byte below 128 says that so many bytes and one more follow; the others are the upper half of
/// a count of zeros, less one, whose lower half follows.
///
/// - Parameter bytes: what `packed` made; anything else is taken as well.
/// - Returns: the bytes, at most some 2 MiB.
public func unpacked(_ bytes: [UInt8]) -> [UInt8] {
  var out: [UInt8] = []
  var place = 0
  while place < bytes.count && out.count < bytesMax {
    let head = Int(bytes[place])
    if head < 128 {
      let end = min(bytes.count, place + 2 + head)
      out += bytes[place + 1..<end]
      place = end
    } else {
      let low = place + 1 < bytes.count ? Int(bytes[place + 1]) : 0
      out += [UInt8](repeating: 0, count: (head & 127) << 8 + low + 1)
      place += 2
    }
  }
  return out
}
