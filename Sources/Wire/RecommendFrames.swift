// Recommend at full speed: the request read in place, and what stands before the offers of a reply as
// one value. What the fields mean is in MessagesRecommend; a test holds both against each other.
// Unsafe code: loads at offsets of a frame, each checked against the frame's size before, and stores behind
// the last byte of a buffer, where room was made.

/// A request to recommend, read in place.
public struct RecommendFrame: Equatable, Sendable {
  /// Bytes of the whole frame.
  public let size: Int
  /// The client's number.
  public let tag: UInt64
  /// The channel's number and how many offers are asked for, as they lie: what requests have to share,
  /// with the placement, to be answered together.
  public let terms: UInt16
  /// Lines of the basket.
  public let lines: UInt16
  /// The schema of the features.
  public let schema: UInt16
  /// Features that are not known, a bit each.
  public let missing: UInt16
  /// Minor units; -1 without a basket.
  public let basketMinor: Int64
  /// Where the placement's name lies within the frame.
  public let placement: Range<Int>
  /// Where the identifier's bytes lie.
  public let name: Range<Int>
  /// How many features of its own the shop tells; they are the frame's last bytes.
  public let featureCount: Int

  @usableFromInline static let placementOffset = 43

  /// The channel of the wire.
  @inlinable public var channel: UInt8 { UInt8(truncatingIfNeeded: terms) }
  /// How many offers are asked for; 0 is the placement's own number.
  @inlinable public var top: Int { Int(terms >> 8) }

  /// Reads the frame that begins at a place, if it is a whole request to recommend without a deadline
  /// and without categories.
  ///
  /// Whatever is wrong, and every other verb, gives nil: the ordinary way finds the words. Features are
  /// not looked at.
  ///
  /// - Parameters:
  ///   - bytes: an inbox.
  ///   - place: where the frame begins, at most `bytes.byteCount`.
  @inlinable @inline(__always)
  public init?(_ bytes: RawSpan, at place: Int) {
    let present = bytes.byteCount - place
    // The shortest names have one byte each.
    guard present >= Self.placementOffset + 5 else { return nil }
    // All of these lie within the bytes that were asked for above.
    let length = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt32.self)
    let kind = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 4, as: UInt32.self)
    guard kind == UInt32(Verb.recommend.rawValue), Int(length) + 4 <= present else { return nil }
    size = Int(length) + 4
    let rest = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 16, as: UInt64.self)
    // The reserved byte is with them.
    let flags = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 26, as: UInt16.self)
    let first = unsafe Int(
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 42, as: UInt8.self))
    terms = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 24, as: UInt16.self)
    basketMinor = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 32, as: Int64.self)
    guard rest == 0, flags == 0, terms & 0xff >= 1, terms & 0xff <= 7,
      Int(terms >> 8) <= Limits.slateMax, basketMinor >= -1, basketMinor <= Limits.amountMax,
      first >= 1, first <= Limits.identifierSizeMax, Self.placementOffset + first < size
    else { return nil }
    placement = Self.placementOffset..<(Self.placementOffset + first)
    let nameOffset = placement.upperBound + 1
    // The byte before it lies within the frame, as was asked above.
    let second = unsafe Int(
      bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: place + placement.upperBound, as: UInt8.self))
    guard second >= 1, second <= Limits.identifierSizeMax, nameOffset + second + 2 <= size
    else { return nil }
    name = nameOffset..<(nameOffset + second)
    // Two more bytes are there.
    let counts = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + name.upperBound, as: UInt16.self)
    featureCount = Int(counts >> 8)
    guard counts & 0xff == 0, featureCount <= Limits.ownFeaturesMax,
      size == name.upperBound + 2 + 8 * featureCount
    else { return nil }
    tag = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 8, as: UInt64.self)
    lines = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 28, as: UInt16.self)
    schema = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 30, as: UInt16.self)
    missing = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 40, as: UInt16.self)
  }

  /// One of the shop's own features.
  ///
  /// - Parameters:
  ///   - number: from 0 to `featureCount`.
  ///   - bytes: the frame itself.
  /// - Returns: the feature, unchecked.
  /// - Precondition: the bytes are those of this frame.
  @inlinable @inline(__always)
  public func feature(_ number: Int, of bytes: RawSpan) -> Double {
    precondition(number >= 0 && number < featureCount && bytes.byteCount == size)
    // The features are the last bytes of the frame.
    return unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: name.upperBound + 2 + 8 * number, as: Double.self)
  }
}

/// What stands before the offers of a reply to recommend, header included, field after field as it lies
/// on the wire: stored as one value.
///
/// All fields lie at multiples of their sizes, so there is nothing between them.
@frozen
public struct RecommendReplyHead: BitwiseCopyable, Sendable {
  @usableFromInline let length: UInt32
  @usableFromInline let verb: UInt16
  @usableFromInline let status: UInt16
  /// Of the request.
  public var tag: UInt64
  @usableFromInline let rest: UInt64
  /// ``RecommendReply/flags``, as they lie.
  public var flags: UInt16
  /// ``RecommendReply/segment``.
  public var segment: UInt8
  @usableFromInline let count: UInt8
  @usableFromInline let generation: UInt32
  @usableFromInline let catalogue: UInt32
  @usableFromInline let asOfDay: Int32
  /// ``RecommendReply/aliveProbability``.
  public var aliveProbability: Double
  /// ``RecommendReply/churnProbability``.
  public var churnProbability: Double
  /// ``RecommendReply/expectedOrders``.
  public var expectedOrders: Double
  /// ``RecommendReply/expectedSpend``.
  public var expectedSpend: Double
  /// ``RecommendReply/lifetimeValue``.
  public var lifetimeValue: Double

  /// Its bytes.
  @inlinable public static var size: Int { 80 }

  /// Begins a reply about nobody.
  ///
  /// - Parameters:
  ///   - generation: of the models.
  ///   - catalogue: its version.
  ///   - asOfDay: the shop's day.
  public init(generation: UInt32, catalogue: UInt32, asOfDay: Int32) {
    length = UInt32(Self.size - 4)
    verb = Verb.recommend.rawValue
    (status, tag, rest, flags, segment, count) = (0, 0, 0, 0, 0, 0)
    (self.generation, self.catalogue, self.asOfDay) = (generation, catalogue, asOfDay)
    (aliveProbability, churnProbability, expectedOrders) = (0, 0, 0)
    (expectedSpend, lifetimeValue) = (0, 0)
  }
}

/// The identifiers of a catalogue's offers as replies have them, each ready to be copied with one load.
public struct RecommendNames: Sendable {
  /// A slot for each: a byte of length, the identifier, zeros.
  fileprivate let bytes: [UInt8]
  /// Bytes of a slot, a multiple of 16.
  fileprivate let slotSize: Int

  /// Takes identifiers.
  ///
  /// - Parameter identifiers: of all offers, by place, each of at most 255 bytes.
  public init(_ identifiers: [[UInt8]]) {
    let size = ((identifiers.map(\.count).max() ?? 0) + 16) / 16 * 16
    slotSize = size
    bytes = identifiers.flatMap { identifier in
      [UInt8(identifier.count)] + identifier
        + [UInt8](repeating: 0, count: size - 1 - identifier.count)
    }
  }
}

extension ByteBuffer {
  /// Appends a whole reply to recommend.
  ///
  /// - Parameters:
  ///   - head: what stands before the offers; length and count are set here.
  ///   - chosen: the places of the offers in their order; -1 where there are no more.
  ///   - scores: theirs, in major units.
  ///   - uplifts: theirs, in major units.
  ///   - names: the identifiers of all offers.
  /// - Precondition: each offer has a score, an uplift and an identifier.
  public mutating func append(
    _ head: borrowing RecommendReplyHead, chosen: Span<Int32>, scores: Span<Float>,
    uplifts: Span<Float>, names: borrowing RecommendNames
  ) {
    precondition(
      scores.count >= chosen.count && uplifts.count >= chosen.count, "an offer has its numbers")
    let (identifiers, size) = (names.bytes.span, names.slotSize)
    // Room for whole slots, of which only the identifiers are kept.
    reserve(RecommendReplyHead.size + chosen.count * (16 + size))
    let slots = unsafe identifiers.bytes
    let first = unsafe base + end
    var (place, number) = (RecommendReplyHead.size, 0)
    while number < chosen.count, chosen[number] >= 0 {
      let slot = Int(chosen[number]) * size
      precondition(slot <= slots.byteCount - size, "an offer has an identifier")
      let numbers = SIMD2(Double(scores[number]), Double(uplifts[number]))
      unsafe (first + place).storeBytes(of: numbers, as: SIMD2<Double>.self)
      place &+= 16
      var copied = 0
      while copied < size {
        // Slots lie within their bytes, and room for as many was made.
        let part = unsafe slots.unsafeLoadUnaligned(
          fromUncheckedByteOffset: slot &+ copied, as: SIMD2<UInt64>.self)
        unsafe (first + place + copied).storeBytes(of: part, as: SIMD2<UInt64>.self)
        copied &+= 16
      }
      place &+= 1 &+ Int(identifiers[slot])
      number &+= 1
    }
    // The whole frame's length is its first field, and the number of offers stands before the generation.
    unsafe first.storeBytes(of: copy head, as: RecommendReplyHead.self)
    unsafe first.storeBytes(of: UInt32(truncatingIfNeeded: place &- 4), as: UInt32.self)
    unsafe (first + 27).storeBytes(of: UInt8(truncatingIfNeeded: number), as: UInt8.self)
    end += place
  }
}
