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
  @inlinable
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

extension ScoreReply {
  /// Appends whole replies to score one.
  ///
  /// - Parameters:
  ///   - replies: the scores.
  ///   - tags: of their requests, as many.
  ///   - out: the outbox.
  public static func appendFrames(
    _ replies: Span<ScoreReply>, tags: Span<UInt64>, to out: inout ByteBuffer
  ) {
    precondition(replies.count == tags.count, "every reply has a tag")
    out.reserve(replies.count * MemoryLayout<Image>.size)
    for place in replies.indices { out.append(Image(replies[place], tag: tags[place])) }
  }

  /// A whole reply in its frame, field after field as it lies on the wire.
  ///
  /// All fields lie at multiples of their sizes, so there is nothing between them.
  private struct Image: BitwiseCopyable {
    let length = UInt32(FrameHeader.size + ScoreReply.size - 4)
    let verb = Verb.scoreOne.rawValue
    let status = Status.ok.rawValue
    let tag: UInt64
    let rest: UInt64 = 0
    let known: UInt8
    let spendKnown: UInt8
    let reserved: UInt16 = 0
    let generation: UInt32
    let asOfDay: Int32
    let firstOrderDay: Int32
    let repeatOrders: UInt32
    let recencyDays: Int32
    let ageDays: Int32
    let reserved2: UInt32 = 0
    let meanSpend: Double
    let aliveProbability: Double
    let churnProbability: Double
    let expectedOrders: Double
    let expectedSpend: Double
    let lifetimeValue: Double
    let modelChurnProbability: Double

    @inline(__always)
    init(_ reply: ScoreReply, tag: UInt64) {
      self.tag = tag
      known = reply.known ? 1 : 0
      spendKnown = reply.spendKnown ? 1 : 0
      generation = reply.generation
      asOfDay = reply.asOfDay
      firstOrderDay = reply.firstOrderDay
      repeatOrders = reply.repeatOrders
      recencyDays = reply.recencyDays
      ageDays = reply.ageDays
      meanSpend = reply.meanSpend
      aliveProbability = reply.aliveProbability
      churnProbability = reply.churnProbability
      expectedOrders = reply.expectedOrders
      expectedSpend = reply.expectedSpend
      lifetimeValue = reply.lifetimeValue
      modelChurnProbability = reply.modelChurnProbability
    }
  }
}
