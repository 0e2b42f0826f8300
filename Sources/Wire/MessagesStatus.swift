// The bodies of the verb status.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks how the server is.
public struct StatusRequest: Message, Equatable, Sendable {
  public static let title = "status request"
  public static let fields = [Field("state hash", .u8)]

  /// Whether the hash over the whole state is wanted; it takes a pass over the memory.
  public var withStateHash: Bool

  /// Makes the request.
  ///
  /// - Parameter withStateHash: whether the hash is wanted.
  public init(withStateHash: Bool) { self.withStateHash = withStateHash }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    let flag = try reader.read(UInt8.self)
    guard flag <= 1 else {
      throw Refusal(.invalidField, at: at, "state hash is \(flag), it must be 0 or 1")
    }
    withStateHash = flag == 1
  }

  public func write(to out: inout ByteBuffer) { out.append(UInt8(withStateHash ? 1 : 0)) }
}

/// What the server holds and how it is.
public struct StatusReply: Message, Equatable, Sendable {
  public static let title = "status reply"
  public static let fields =
    [
      Field("customers", .u64), Field("orders", .u64), Field("returns", .u64),
      Field("customer bytes", .u64), Field("order bytes", .u64), Field("sequence", .u64),
      Field("durable sequence", .u64), Field("snapshot sequence", .u64),
      Field("answer bytes", .u64), Field("repeated", .u64), Field("sync window", .i64),
      Field("loss window", .i64), Field("no space", .u8), Field("refused for space", .u64),
      Field("journal bytes", .u64), Field("snapshot bytes", .u64), Field("snapshot written", .u64),
      Field("state hash", .u64),
      Field("generation", .u32), Field("newest order day", .i32), Field("uptime", .i64),
      Field("requests", .u64), Field("refusals", .u64), Field("connections", .u32),
      Field("resident bytes", .u64),
    ] + ModelFields.fields + [
      Field("minor digits", .u8), Field("currency", .name),
      Field("time zone", .name), Field("server", .name),
      Field("count", .u8), Field("facts", .rows(FactTable.fields)),
      Field("replies in parts", .u32),
    ]

  /// How much there is of one kind of facts.
  public struct FactTable: Equatable, Sendable {
    static let fields = [Field("name", .name), Field("rows", .u64), Field("bytes", .u64)]

    /// What is kept.
    public var name: String
    /// How many.
    public var rows: UInt64
    /// Bytes of memory: columns and index.
    public var bytes: UInt64

    /// Makes an entry.
    ///
    /// - Parameters:
    ///   - name: what is kept.
    ///   - rows: how many.
    ///   - bytes: of memory.
    public init(name: String, rows: UInt64, bytes: UInt64) {
      self.name = name
      self.rows = rows
      self.bytes = bytes
    }
  }

  /// Customers with a record.
  public var customers: UInt64 = 0
  /// Orders kept, returned ones included.
  public var orders: UInt64 = 0
  /// Returns kept.
  public var returns: UInt64 = 0
  /// Bytes of memory for customers: columns, identifiers, index.
  public var customerBytes: UInt64 = 0
  /// Bytes of memory for orders and returns: columns and index.
  public var orderBytes: UInt64 = 0
  /// The last record applied.
  public var sequence: UInt64 = 0
  /// The last record on disk.
  public var durableSequence: UInt64 = 0
  /// The last record the newest snapshot covers.
  public var snapshotSequence: UInt64 = 0
  /// Bytes of memory for the remembered answers: entries and index.
  public var answerBytes: UInt64 = 0
  /// Commands recognised as repeats since the start.
  public var repeated: UInt64 = 0
  /// Microseconds that a sync may come after the acknowledgement; 0 when every acknowledgement
  /// waits for its sync.
  public var syncWindowMicros: Int64 = 0
  /// Microseconds of the longest time from an acknowledgement to its sync since the start; 0 when
  /// every acknowledgement waits.
  public var lossWindowMicros: Int64 = 0
  /// Whether commands are refused for want of disk space now.
  public var isOutOfSpace = false
  /// Commands refused for want of disk space since the start.
  public var refusedForSpace: UInt64 = 0
  /// Bytes of the journal's files on disk.
  public var journalBytes: UInt64 = 0
  /// Bytes of the newest snapshot on disk.
  public var snapshotBytes: UInt64 = 0
  /// Bytes the last snapshot had to write.
  public var snapshotWrittenBytes: UInt64 = 0
  /// Hash over the whole state; 0 where it was not asked for.
  public var stateHash: UInt64 = 0
  /// Which adoption the present model is; 0 without a model.
  public var generation: UInt32 = 0
  /// Day of the newest order since 1970-01-01 in the shop's time zone; -1 without orders.
  public var newestOrderDay: Int32 = -1
  /// Microseconds since the server began to listen.
  public var uptimeMicros: Int64 = 0
  /// Requests executed since the start.
  public var requests: UInt64 = 0
  /// Requests refused since the start.
  public var refusals: UInt64 = 0
  /// Connections open now.
  public var connections: UInt32 = 0
  /// Resident memory of the process in bytes.
  public var residentBytes: UInt64 = 0
  /// The purchase model; none before the first adoption.
  public var model: ModelFields?
  /// Digits behind the decimal point of the shop's currency.
  public var minorDigits: UInt8 = 0
  /// The shop's currency, ISO 4217; empty until the first orders declare it.
  public var currency = ""
  /// The shop's time zone, an IANA name.
  public var timeZone = ""
  /// The server's name and version.
  public var server = ""
  /// How much there is of what is known beside orders; at most 255 kinds.
  public var facts: [FactTable] = []
  /// Replies in parts that are under way; one that was ended counts until the step it is in is done.
  public var repliesInParts: UInt32 = 0

  /// Makes a reply with nothing in it; the engine and the server fill in what they know.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    customers = try reader.read(UInt64.self)
    orders = try reader.read(UInt64.self)
    returns = try reader.read(UInt64.self)
    customerBytes = try reader.read(UInt64.self)
    orderBytes = try reader.read(UInt64.self)
    sequence = try reader.read(UInt64.self)
    durableSequence = try reader.read(UInt64.self)
    snapshotSequence = try reader.read(UInt64.self)
    answerBytes = try reader.read(UInt64.self)
    repeated = try reader.read(UInt64.self)
    syncWindowMicros = try reader.read(Int64.self)
    lossWindowMicros = try reader.read(Int64.self)
    isOutOfSpace = try reader.read(UInt8.self) != 0
    refusedForSpace = try reader.read(UInt64.self)
    journalBytes = try reader.read(UInt64.self)
    snapshotBytes = try reader.read(UInt64.self)
    snapshotWrittenBytes = try reader.read(UInt64.self)
    stateHash = try reader.read(UInt64.self)
    generation = try reader.read(UInt32.self)
    newestOrderDay = try reader.read(Int32.self)
    uptimeMicros = try reader.read(Int64.self)
    requests = try reader.read(UInt64.self)
    refusals = try reader.read(UInt64.self)
    connections = try reader.read(UInt32.self)
    residentBytes = try reader.read(UInt64.self)
    let fields = try ModelFields(from: &reader)
    model = fields.kind == 0 ? nil : fields
    minorDigits = try reader.read(UInt8.self)
    currency = try reader.readName("currency")
    timeZone = try reader.readName("time zone")
    server = try reader.readName("server")
    for _ in 0..<(try reader.read(UInt8.self)) {
      facts.append(
        FactTable(
          name: try reader.readName("name"), rows: try reader.read(UInt64.self),
          bytes: try reader.read(UInt64.self)))
    }
    repliesInParts = try reader.read(UInt32.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(customers)
    out.append(orders)
    out.append(returns)
    out.append(customerBytes)
    out.append(orderBytes)
    out.append(sequence)
    out.append(durableSequence)
    out.append(snapshotSequence)
    out.append(answerBytes)
    out.append(repeated)
    out.append(syncWindowMicros)
    out.append(lossWindowMicros)
    out.append(UInt8(isOutOfSpace ? 1 : 0))
    out.append(refusedForSpace)
    out.append(journalBytes)
    out.append(snapshotBytes)
    out.append(snapshotWrittenBytes)
    out.append(stateHash)
    out.append(generation)
    out.append(newestOrderDay)
    out.append(uptimeMicros)
    out.append(requests)
    out.append(refusals)
    out.append(connections)
    out.append(residentBytes)
    (model ?? ModelFields.none).write(to: &out)
    out.append(minorDigits)
    out.append(name: currency)
    out.append(name: timeZone)
    out.append(name: server)
    out.append(UInt8(facts.count))
    for table in facts {
      out.append(name: table.name)
      out.append(table.rows)
      out.append(table.bytes)
    }
    out.append(repliesInParts)
  }
}
