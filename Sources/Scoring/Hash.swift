// The hashes of Scoring. Swift's own Hasher is seeded per process, so it is never used for what is
// stored, journalled or compared between processes.

import Wire

/// SipHash-1-3 of a run of bytes: fast for short input, and without its key nobody can choose
/// identifiers that collide (Aumasson and Bernstein 2012).
struct SipHash {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  private var tail: UInt64 = 0
  private var size = 0

  /// The key of what is stored: identities of orders and returns.
  ///
  /// It is fixed, so that the same file gives the same state everywhere: "patron.orders.1".
  static let storedKey = (UInt64(0x6f2e_6e6f_7274_6170), UInt64(0x0031_2e73_7265_6472))

  init(key: (UInt64, UInt64)) {
    v0 = key.0 ^ 0x736f_6d65_7073_6575
    v1 = key.1 ^ 0x646f_7261_6e64_6f6d
    v2 = key.0 ^ 0x6c79_6765_6e65_7261
    v3 = key.1 ^ 0x7465_6462_7974_6573
  }

  /// Takes one more byte.
  @inline(__always)
  mutating func combine(_ byte: UInt8) {
    tail |= UInt64(byte) << UInt64((size & 7) * 8)
    size += 1
    if size & 7 == 0 {
      compress(tail)
      tail = 0
    }
  }

  /// Takes a run of bytes.
  @inline(__always)
  mutating func combine(_ bytes: RawSpan) {
    // Words are shifted behind the bytes that wait in `tail`.
    let shift = UInt64(size & 7) * 8
    var offset = 0
    while offset + 8 <= bytes.byteCount {
      // The loop's condition keeps the load within the span.
      let word = unsafe bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt64.self)
      compress(tail | word << shift)
      tail = shift == 0 ? 0 : word >> (64 - shift)
      offset += 8
    }
    var rest: UInt64 = 0
    var restShift: UInt64 = 0
    while offset < bytes.byteCount {
      // The loop's condition keeps the load within the span.
      let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
      rest |= UInt64(byte) << restShift
      restShift += 8
      offset += 1
    }
    tail |= rest << shift
    if shift + restShift >= 64 {
      compress(tail)
      tail = shift == 0 ? 0 : rest >> (64 - shift)
    }
    size += bytes.byteCount
  }

  /// The hash of everything that was combined.
  @inline(__always)
  consuming func finalize() -> UInt64 {
    compress(tail | UInt64(size & 0xff) << 56)
    v2 ^= 0xff
    round()
    round()
    round()
    return v0 ^ v1 ^ v2 ^ v3
  }

  @inline(__always)
  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    v0 ^= word
  }

  @inline(__always)
  private mutating func round() {
    v0 &+= v1
    v1 = v1.rotatedLeft(13) ^ v0
    v0 = v0.rotatedLeft(32)
    v2 &+= v3
    v3 = v3.rotatedLeft(16) ^ v2
    v0 &+= v3
    v3 = v3.rotatedLeft(21) ^ v0
    v2 &+= v1
    v1 = v1.rotatedLeft(17) ^ v2
    v2 = v2.rotatedLeft(32)
  }

  /// The hash of one identifier.
  static func hash(_ bytes: RawSpan, key: (UInt64, UInt64)) -> UInt64 {
    var hash = SipHash(key: key)
    hash.combine(bytes)
    return hash.finalize()
  }

  /// The hash of a command's key.
  static func hash(_ command: CommandKey, key: (UInt64, UInt64)) -> UInt64 {
    var hash = SipHash(key: key)
    hash.compress(command.producer)
    hash.compress(command.number)
    hash.size = CommandKey.size
    return hash.finalize()
  }

  /// The stored identity of an order or a return: its customer's identifier, then its own ones, a
  /// length before each so that no two different lists run together.
  static func identity(_ first: RawSpan, _ second: RawSpan) -> UInt64 {
    var hash = SipHash(key: storedKey)
    hash.combine(UInt8(truncatingIfNeeded: first.byteCount))
    hash.combine(first)
    hash.combine(UInt8(truncatingIfNeeded: second.byteCount))
    hash.combine(second)
    return hash.finalize()
  }

  /// The stored identity of an outcome of the decision with a key.
  static func identity(_ decision: CommandKey, _ outcome: RawSpan) -> UInt64 {
    var hash = SipHash(key: storedKey)
    let bytes = decision.bytes
    for place in bytes.indices { hash.combine(bytes[place]) }
    hash.combine(outcome)
    return hash.finalize()
  }

  /// The stored identity of a return, which has three identifiers.
  static func identity(_ first: RawSpan, _ second: RawSpan, _ third: RawSpan) -> UInt64 {
    var hash = SipHash(key: storedKey)
    hash.combine(UInt8(truncatingIfNeeded: first.byteCount))
    hash.combine(first)
    hash.combine(UInt8(truncatingIfNeeded: second.byteCount))
    hash.combine(second)
    hash.combine(UInt8(truncatingIfNeeded: third.byteCount))
    hash.combine(third)
    return hash.finalize()
  }
}

extension CommandKey {
  /// Its bytes as on the wire.
  var bytes: InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    for place in 0..<8 {
      bytes[place] = UInt8(truncatingIfNeeded: producer >> UInt64(8 * place))
      bytes[8 + place] = UInt8(truncatingIfNeeded: number >> UInt64(8 * place))
    }
    return bytes
  }
}

extension UInt64 {
  @inline(__always)
  fileprivate func rotatedLeft(_ count: UInt64) -> UInt64 {
    (self << count) | (self >> (64 - count))
  }
}

/// A fast hash over large memory, for comparing whole states; not keyed, not for tables.
struct StateHash {
  private(set) var value: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Takes one number.
  mutating func combine(_ word: UInt64) {
    // Multiply-fold (Lemire, wyhash): the 128-bit product's halves are mixed.
    let product = (value ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    value = product.high ^ product.low &+ 0x9e37_79b9_7f4a_7c15
  }

  /// Takes a Double by its bits.
  mutating func combine(_ number: Double) { combine(number.bitPattern) }

  /// Takes a run of bytes, eight at a time.
  mutating func combine(_ bytes: RawSpan) {
    combine(UInt64(bytes.byteCount))
    var offset = 0
    while offset + 8 <= bytes.byteCount {
      // The loop's condition keeps the load within the span.
      combine(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    while offset < bytes.byteCount {
      combine(
        UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)))
      offset += 1
    }
  }
}
