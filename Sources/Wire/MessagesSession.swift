// The bodies of the verbs hello, ping, snapshot and cancel, the empty body, and the refusal.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A body without fields: the requests ping and snapshot, the reply to declare shop.
public struct Empty: Message, Equatable, Sendable {
  public static let title = "empty"
  public static let fields: [Field] = []

  /// Makes the empty body.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {}

  public func write(to out: inout ByteBuffer) {}
}

/// The body of every reply whose status is not ok.
public struct RefusalReply: Message, Equatable, Sendable {
  public static let title = "refusal"
  public static let fields = [Field("offset", .u32), Field("sentence", .sentence)]
  static let noOffset = UInt32.max

  /// Offset in the request's frame of the field at fault; 4294967295 where none is.
  public var offset: UInt32
  /// What was wrong and what to do.
  public var sentence: String

  /// Makes the body of a refusal.
  ///
  /// - Parameter refusal: what is to be told.
  public init(_ refusal: Refusal) {
    offset = refusal.offset ?? Self.noOffset
    sentence = refusal.sentence
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    offset = try reader.read(UInt32.self)
    sentence = try reader.readSentence("sentence")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(offset)
    out.append(sentence: sentence)
  }

  /// The refusal as the client throws it.
  ///
  /// - Parameter status: from the reply's header.
  /// - Returns: the refusal.
  public func refusal(_ status: Status) -> Refusal {
    Refusal(status, at: offset == Self.noOffset ? nil : Int(offset), sentence)
  }
}

/// Opens a connection.
public struct HelloRequest: Message, Equatable, Sendable {
  public static let title = "hello request"
  public static let fields = [
    Field("magic", .u32), Field("oldest version", .u16), Field("newest version", .u16),
    Field("client", .name),
  ]

  /// The oldest version the client speaks.
  public var oldestVersion: UInt16
  /// The newest version the client speaks.
  public var newestVersion: UInt16
  /// The client's name, for the server's log.
  public var client: String

  /// Makes the hello of this build.
  ///
  /// - Parameters:
  ///   - client: a name for the server's log.
  ///   - versions: the versions the client speaks.
  public init(client: String, versions: ClosedRange<UInt16> = Frame.versions) {
    self.client = client
    oldestVersion = versions.lowerBound
    newestVersion = versions.upperBound
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    let magic = try reader.read(UInt32.self)
    guard magic == Frame.magic else {
      throw Refusal(.badFrame, at: at, "the hello does not begin with PTRN: another protocol?")
    }
    oldestVersion = try reader.read(UInt16.self)
    newestVersion = try reader.read(UInt16.self)
    client = try reader.readName("client")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(Frame.magic)
    out.append(oldestVersion)
    out.append(newestVersion)
    out.append(name: client)
  }

  /// The newest version both sides speak.
  ///
  /// - Returns: the version this connection uses from now on.
  /// - Throws: `unsupportedVersion` where the ranges do not meet.
  public func negotiate() throws(Refusal) -> UInt16 {
    let ours = Frame.versions
    guard oldestVersion <= newestVersion, newestVersion >= ours.lowerBound,
      oldestVersion <= ours.upperBound
    else {
      throw Refusal(
        .unsupportedVersion, at: FrameHeader.size + 4,
        "the client speaks versions \(oldestVersion) to \(newestVersion), this server "
          + "\(ours.lowerBound) to \(ours.upperBound)")
    }
    return min(newestVersion, ours.upperBound)
  }
}

/// What the client needs to know of the server and the shop.
public struct HelloReply: Message, Equatable, Sendable {
  public static let title = "hello reply"
  public static let fields = [
    Field("version", .u16), Field("minor digits", .u8), Field("currency", .name),
    Field("time zone", .name), Field("server", .name),
  ]

  /// The version of this connection.
  public var version: UInt16
  /// Digits behind the decimal point of the shop's currency.
  public var minorDigits: UInt8
  /// The shop's currency, ISO 4217; empty until the first orders declare it.
  public var currency: String
  /// The shop's time zone, an IANA name.
  public var timeZone: String
  /// The server's name and version.
  public var server: String

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - version: the version of this connection.
  ///   - minorDigits: digits behind the decimal point.
  ///   - currency: ISO 4217, or empty.
  ///   - timeZone: IANA name.
  ///   - server: name and version.
  public init(
    version: UInt16, minorDigits: UInt8, currency: String, timeZone: String, server: String
  ) {
    self.version = version
    self.minorDigits = minorDigits
    self.currency = currency
    self.timeZone = timeZone
    self.server = server
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    version = try reader.read(UInt16.self)
    minorDigits = try reader.read(UInt8.self)
    currency = try reader.readName("currency")
    timeZone = try reader.readName("time zone")
    server = try reader.readName("server")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(version)
    out.append(minorDigits)
    out.append(name: currency)
    out.append(name: timeZone)
    out.append(name: server)
  }
}

/// Asks for a reply in parts to end.
public struct CancelRequest: Message, Equatable, Sendable {
  public static let title = "cancel request"
  public static let fields = [Field("request", .u64)]

  /// The tag of the request whose reply it is.
  public var request: UInt64

  /// Makes the request.
  ///
  /// - Parameter request: the tag of the request whose reply is to end.
  public init(request: UInt64) { self.request = request }

  public init(from reader: inout FrameReader) throws(Refusal) {
    request = try reader.read(UInt64.self)
  }

  public func write(to out: inout ByteBuffer) { out.append(request) }
}

/// Whether a reply in parts was ended.
public struct CancelReply: Message, Equatable, Sendable {
  public static let title = "cancel reply"
  public static let fields = [Field("under way", .u8)]

  /// Whether it was under way; if not, its last frame was sent before.
  public var wasUnderWay: Bool

  /// Makes the reply.
  ///
  /// - Parameter wasUnderWay: whether the reply was under way.
  public init(wasUnderWay: Bool) { self.wasUnderWay = wasUnderWay }

  public init(from reader: inout FrameReader) throws(Refusal) {
    wasUnderWay = try reader.read(UInt8.self) != 0
  }

  public func write(to out: inout ByteBuffer) { out.append(UInt8(wasUnderWay ? 1 : 0)) }
}

/// The server's time.
public struct PingReply: Message, Equatable, Sendable {
  public static let title = "ping reply"
  public static let fields = [Field("time", .i64)]

  /// Microseconds since 1970 UTC.
  public var timeMicros: Int64

  /// Makes the reply.
  ///
  /// - Parameter timeMicros: microseconds since 1970 UTC.
  public init(timeMicros: Int64) { self.timeMicros = timeMicros }

  public init(from reader: inout FrameReader) throws(Refusal) {
    timeMicros = try reader.read(Int64.self)
  }

  public func write(to out: inout ByteBuffer) { out.append(timeMicros) }
}

/// What a snapshot wrote.
public struct SnapshotReply: Message, Equatable, Sendable {
  public static let title = "snapshot reply"
  public static let fields = [
    Field("sequence", .u64), Field("size", .u64), Field("seconds", .f64),
  ]

  /// The last record the snapshot covers.
  public var sequence: UInt64
  /// Bytes of the snapshot file.
  public var sizeBytes: UInt64
  /// Seconds from the request to the verified file.
  public var seconds: Double

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - sequence: the last record covered.
  ///   - sizeBytes: bytes of the file.
  ///   - seconds: time it took.
  public init(sequence: UInt64, sizeBytes: UInt64, seconds: Double) {
    self.sequence = sequence
    self.sizeBytes = sizeBytes
    self.seconds = seconds
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    sequence = try reader.read(UInt64.self)
    sizeBytes = try reader.read(UInt64.self)
    seconds = try reader.read(Double.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(sequence)
    out.append(sizeBytes)
    out.append(seconds)
  }
}
