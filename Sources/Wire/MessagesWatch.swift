// The bodies of the verb watch customers: who begins and who ceases to fulfil a condition, as it happens.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks to be told who enters and who leaves those for whom a condition holds.
public struct WatchRequest: Message, Equatable, Sendable {
  public static let title = "watch customers request"
  public static let fields = ScanTerms.fields + [Field("condition", .text)]
  /// Where the condition stands in the body.
  public static let conditionOffset = 8 * 4

  /// How customers are scored; it is always about now.
  public var terms = ScanTerms()
  /// Whom it is about, as README.md describes conditions.
  public var condition: String

  /// Makes the request.
  ///
  /// - Parameter condition: whom it is about.
  public init(condition: String) { self.condition = condition }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    terms = try ScanTerms(from: &reader)
    guard terms.asOfMicros == 0 else {
      throw Refusal(.invalidField, at: at, "nobody can watch a past day; as of must be 0")
    }
    condition = try reader.readCondition()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    try out.append(longText: condition)
  }
}

/// Who has entered and who has left since the part before.
public struct WatchReply: Message, Equatable, Sendable {
  public static let title = "watch customers reply"
  public static let fields = [
    Field("time", .i64), Field("members", .u64), Field("settled", .u8), Field("count", .u32),
    Field("entered", .rows([Field("customer", .name)])), Field("count", .u32),
    Field("left", .rows([Field("customer", .name)])),
  ]
  /// Customers that one part tells of at most.
  public static let customersMax = 4_096

  /// When it was so, microseconds since 1970 UTC.
  public var timeMicros: Int64 = 0
  /// For how many the condition holds.
  public var members: UInt64 = 0
  /// Whether everybody was looked at once; before that nobody enters or leaves.
  public var isSettled = false
  /// Who fulfils the condition and did not before.
  public var entered: [String] = []
  /// Who fulfilled it and does not any more.
  public var left: [String] = []

  /// Makes a part without news.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    timeMicros = try reader.read(Int64.self)
    members = try reader.read(UInt64.self)
    isSettled = try reader.readUInt8() != 0
    entered = try Self.readCustomers(&reader)
    left = try Self.readCustomers(&reader)
  }

  private static func readCustomers(_ reader: inout FrameReader) throws(Refusal) -> [String] {
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= customersMax else {
      throw Refusal(.invalidField, at: at, "\(count) customers are more than \(customersMax)")
    }
    var customers: [String] = []
    for _ in 0..<count { customers.append(try reader.readName("customer")) }
    return customers
  }

  public func write(to out: inout ByteBuffer) {
    out.append(timeMicros)
    out.append(members)
    out.append(UInt8(isSettled ? 1 : 0))
    for customers in [entered, left] {
      out.append(UInt32(customers.count))
      for customer in customers { out.append(name: customer) }
    }
  }
}
