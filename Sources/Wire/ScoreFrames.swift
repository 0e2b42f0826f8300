// Score one at full speed: the request read in place, and the reply as one value that is appended whole.
// What the fields mean is in MessagesScore; a test holds both against each other.
// Unsafe code: loads at fixed offsets of a frame whose size was checked before.

/// A request score one, read in place.
public struct ScoreOneFrame: Equatable, Sendable {
  /// Bytes of the whole frame.
  public let size: Int
  /// The client's number.
  public let tag: UInt64
  /// The four fields of `ScoreTermsFields` as they came, unchecked.
  public let terms: SIMD4<UInt64>

  @usableFromInline static let nameOffset = 57
  /// Where the identifier's bytes lie within the frame.
  @inlinable public var name: Range<Int> { Self.nameOffset..<size }

  /// Reads the frame that begins at a place, if it is a whole request score one without a deadline.
  ///
  /// Whatever is wrong, and every other verb, gives nil: the ordinary way finds the words.
  ///
  /// - Parameters:
  ///   - bytes: an inbox.
  ///   - place: where the frame begins, at most `bytes.byteCount`.
  @inlinable @inline(__always)
  public init?(_ bytes: RawSpan, at place: Int) {
    // The shortest identifier has one byte.
    guard bytes.byteCount - place > Self.nameOffset else { return nil }
    // All of these lie within the bytes that were asked for above.
    let length = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt32.self)
    let kind = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 4, as: UInt32.self)
    let rest = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 16, as: UInt64.self)
    let name = unsafe Int(
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 56, as: UInt8.self))
    size = Self.nameOffset + name
    guard kind == UInt32(Verb.scoreOne.rawValue), rest == 0, Int(length) + 4 == size,
      name >= 1 && name <= Limits.identifierSizeMax, bytes.byteCount - place >= size
    else { return nil }
    tag = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 8, as: UInt64.self)
    terms = unsafe SIMD4(
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 24, as: UInt64.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 32, as: UInt64.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 40, as: UInt64.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 48, as: UInt64.self))
  }
}

/// A whole reply to score one, field after field as it lies on the wire: appended as one value.
///
/// All fields lie at multiples of their sizes, so there is nothing between them.
@frozen
public struct ScoreOneReplyFrame: BitwiseCopyable, Sendable {
  @usableFromInline let length: UInt32
  @usableFromInline let verb: UInt16
  @usableFromInline let status: UInt16
  @usableFromInline let tag: UInt64
  @usableFromInline let rest: UInt64
  @usableFromInline let known: UInt8
  @usableFromInline let spendKnown: UInt8
  @usableFromInline let reserved: UInt16
  @usableFromInline let generation: UInt32
  @usableFromInline let asOfDay: Int32
  @usableFromInline let firstOrderDay: Int32
  @usableFromInline let repeatOrders: UInt32
  @usableFromInline let recencyDays: Int32
  @usableFromInline let ageDays: Int32
  @usableFromInline let reserved2: UInt32
  @usableFromInline let meanSpend: Double
  @usableFromInline let aliveProbability: Double
  @usableFromInline let churnProbability: Double
  @usableFromInline let expectedOrders: Double
  @usableFromInline let expectedSpend: Double
  @usableFromInline let lifetimeValue: Double
  @usableFromInline let modelChurnProbability: Double

  /// Bytes of the frame.
  @inlinable public static var size: Int { 112 }

  /// Puts a reply into its frame.
  ///
  /// - Parameters:
  ///   - reply: the score.
  ///   - tag: of the request.
  @inlinable @inline(__always)
  public init(_ reply: ScoreReply, tag: UInt64) {
    length = UInt32(Self.size - 4)
    verb = Verb.scoreOne.rawValue
    status = 0
    self.tag = tag
    rest = 0
    known = reply.known ? 1 : 0
    spendKnown = reply.spendKnown ? 1 : 0
    reserved = 0
    generation = reply.generation
    asOfDay = reply.asOfDay
    firstOrderDay = reply.firstOrderDay
    repeatOrders = reply.repeatOrders
    recencyDays = reply.recencyDays
    ageDays = reply.ageDays
    reserved2 = 0
    meanSpend = reply.meanSpend
    aliveProbability = reply.aliveProbability
    churnProbability = reply.churnProbability
    expectedOrders = reply.expectedOrders
    expectedSpend = reply.expectedSpend
    lifetimeValue = reply.lifetimeValue
    modelChurnProbability = reply.modelChurnProbability
  }
}
