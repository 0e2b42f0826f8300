// Which customers are held back: a bucket of ten thousand from a key and an identifier, the same on
// every machine and for ever. Not here: which experiments there are.

/// The 64-bit hash xxHash by Yann Collet, seed 0, after its public specification.
///
/// Neither keyed nor against adversaries; it is for buckets and draws that another program must be
/// able to repeat.
public enum XXHash64 {
  private static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
  private static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
  private static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
  private static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
  private static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

  /// The hash of three runs of bytes, one after the other, without joining them in memory.
  ///
  /// - Parameters:
  ///   - first: the first bytes.
  ///   - separator: one byte between them.
  ///   - second: the last bytes.
  /// - Returns: the hash of all of them.
  public static func hash(
    _ first: Span<UInt8>, separator: UInt8, _ second: Span<UInt8>
  ) -> UInt64 {
    let count = first.count + 1 + second.count
    func byte(_ place: Int) -> UInt64 {
      if place < first.count { return UInt64(first[place]) }
      return UInt64(place == first.count ? separator : second[place - first.count - 1])
    }
    return hash(count: count) { number in
      var word: UInt64 = 0
      for place in number * 8..<min(number * 8 + 8, count) {
        word |= byte(place) << UInt64(place % 8 * 8)
      }
      return word
    }
  }

  /// The hash of a run of bytes.
  ///
  /// - Parameter bytes: any number of them.
  /// - Returns: the hash.
  public static func hash(_ bytes: Span<UInt8>) -> UInt64 {
    // Bytes are bytes.
    let raw = unsafe bytes.bytes
    return hash(count: bytes.count) { number in
      // Eight bytes from there on lie within the span.
      if number * 8 + 8 <= raw.byteCount {
        return unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: number * 8, as: UInt64.self)
      }
      var word: UInt64 = 0
      for place in number * 8..<min(number * 8 + 8, bytes.count) {
        word |= UInt64(bytes[place]) << UInt64(place % 8 * 8)
      }
      return word
    }
  }

  /// The hash of a number's eight bytes, lowest first.
  ///
  /// - Parameter word: any number.
  /// - Returns: the hash.
  public static func hash(_ word: UInt64) -> UInt64 { hash(count: 8) { _ in word } }

  /// The hash of bytes by their words of eight, lowest byte first; what is above the last one does not matter.
  @inline(__always)
  fileprivate static func hash(count: Int, _ word: (Int) -> UInt64) -> UInt64 {
    var left = count
    var number = 0
    var hash: UInt64
    if count >= 32 {
      var lanes = SIMD4(prime1 &+ prime2, prime2, 0, 0 &- prime1)
      while left >= 32 {
        for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(number &+ lane)) }
        number &+= 4
        left &-= 32
      }
      hash = rotated(lanes[0], 1) &+ rotated(lanes[1], 7)
      hash = hash &+ rotated(lanes[2], 12) &+ rotated(lanes[3], 18)
      for lane in 0..<4 { hash = (hash ^ round(0, lanes[lane])) &* prime1 &+ prime4 }
    } else {
      hash = prime5
    }
    hash = hash &+ UInt64(count)
    while left >= 8 {
      hash = rotated(hash ^ round(0, word(number)), 27) &* prime1 &+ prime4
      number &+= 1
      left &-= 8
    }
    if left > 0 {
      var rest = word(number)
      if left >= 4 {
        hash = rotated(hash ^ (rest & 0xffff_ffff) &* prime1, 23) &* prime2 &+ prime3
        rest >>= 32
        left &-= 4
      }
      while left > 0 {
        hash = rotated(hash ^ (rest & 0xff) &* prime5, 11) &* prime1
        rest >>= 8
        left &-= 1
      }
    }
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* prime2, 31) &* prime1
  }

  private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
    word &<< bits | word &>> (64 &- bits)
  }
}

/// One of ten thousand equally likely places of a customer in an experiment.
///
/// A pure function of the experiment's key and the customer's identifier, as bytes received: no
/// normalisation. A larger percentage holds everybody whom a smaller one held.
public struct Bucket: Equatable, Sendable {
  /// From 0 to 9,999.
  public let number: Int

  /// How many there are.
  public static let count = 10_000

  /// The bucket of a hash: ⌊h·10000/2⁶⁴⌋.
  ///
  /// - Parameter hash: evenly spread.
  public init(hash: UInt64) {
    number = Int(hash.multipliedFullWidth(by: UInt64(Self.count)).high)
  }

  /// The bucket of a customer: h = xxHash64(key ‖ 0x1F ‖ customer).
  ///
  /// - Parameters:
  ///   - customer: the identifier's bytes, none allowed.
  ///   - key: the experiment's key, its epoch in it.
  public init(customer: Span<UInt8>, key: Span<UInt8>) {
    self.init(hash: XXHash64.hash(key, separator: 0x1f, customer))
  }

  /// Whether the customer belongs to the control group.
  ///
  /// - Parameter percent: the share held back, from 0 to 50, in steps of a hundredth.
  /// - Returns: whether bucket < 100·percent.
  public func isHeld(percent: Double) -> Bool { Double(number) < 100 * percent }
}

/// An experiment's key, ready for the buckets of many customers.
public struct BucketKey: Sendable {
  private let key: [UInt8]
  /// The whole words of the key and 0x1F, and the bytes behind them.
  private var words: [UInt64] = []
  private var rest: UInt64 = 0
  private let restCount: Int

  /// Takes a key.
  ///
  /// - Parameter key: the experiment's, its epoch in it.
  public init(_ key: [UInt8]) {
    self.key = key
    let bytes = key + [0x1f]
    for place in bytes.indices {
      rest |= UInt64(bytes[place]) << UInt64(place % 8 * 8)
      if place % 8 == 7 {
        words.append(rest)
        rest = 0
      }
    }
    restCount = bytes.count % 8
  }

  /// The bucket of a customer, as ``Bucket/init(customer:key:)`` has it.
  ///
  /// - Parameter customer: the identifier's bytes, none allowed.
  /// - Returns: the bucket.
  public func bucket(of customer: Span<UInt8>) -> Bucket {
    let size = customer.count
    guard size >= 8 else { return Bucket(customer: customer, key: key.span) }
    // Bytes are bytes.
    let bytes = unsafe customer.bytes
    let (words, rest, restCount) = (words.span, rest, restCount)
    let hash = XXHash64.hash(count: words.count &* 8 &+ restCount &+ size) { number in
      if number < words.count { return words[number] }
      let place = (number &- words.count) &* 8 &- restCount
      // Of eight bytes or more, all of these lie within them: the first, those from a place on that has eight
      // before the end, and the last, less those of the word before.
      if place <= 0 {
        let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
        return rest | first << UInt64(restCount &* 8)
      }
      if place &+ 8 <= size {
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
      }
      let last = unsafe bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: size &- 8, as: UInt64.self)
      return last >> UInt64((place &+ 8 &- size) &* 8)
    }
    return Bucket(hash: hash)
  }
}
