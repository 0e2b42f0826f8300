// The bodies of the verb declare shop; its reply is `Empty`.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Declares the shop's time zone as the changes of its offset from UTC.
///
/// The rules travel with the command, so that a replay years later, with other rules in its
/// system, still finds the same days.
public struct DeclareShopRequest: Message, Equatable, Sendable {
  public static let title = "declare shop request"
  public static let fields =
    CommandKey.fields + [
      Field("time zone", .name), Field("count", .u16),
      Field("transitions", .rows([Field("from", .i64), Field("offset", .i32)])),
    ]

  /// From `fromSeconds` on, local time is UTC plus `offsetSeconds`.
  public struct Transition: Equatable, Sendable {
    /// Seconds since 1970 UTC; Int64.min in the first transition.
    public var fromSeconds: Int64
    /// Seconds east of Greenwich, at most a day either way.
    public var offsetSeconds: Int32

    /// Makes a transition.
    ///
    /// - Parameters:
    ///   - fromSeconds: seconds since 1970 UTC.
    ///   - offsetSeconds: seconds east of Greenwich.
    public init(fromSeconds: Int64, offsetSeconds: Int32) {
      self.fromSeconds = fromSeconds
      self.offsetSeconds = offsetSeconds
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// An IANA name such as Europe/Paris.
  public var timeZone: String
  /// In rising order of time; the first one holds since ever.
  public var transitions: [Transition]

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - timeZone: an IANA name.
  ///   - transitions: in rising order; the first from Int64.min.
  public init(key: CommandKey = .none, timeZone: String, transitions: [Transition]) {
    self.key = key
    self.timeZone = timeZone
    self.transitions = transitions
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    var at = reader.offset
    timeZone = try reader.readName("time zone")
    guard !timeZone.isEmpty else {
      throw Refusal(.invalidField, at: at, "the time zone has no name")
    }
    at = reader.offset
    let count = Int(try reader.read(UInt16.self))
    guard count >= 1 && count <= Limits.transitionsMax else {
      throw Refusal(
        .invalidField, at: at,
        "there are \(count) transitions, there must be 1 to \(Limits.transitionsMax)")
    }
    transitions = []
    for _ in 0..<count {
      at = reader.offset
      let transition = Transition(
        fromSeconds: try reader.read(Int64.self), offsetSeconds: try reader.read(Int32.self))
      let rises =
        transitions.last.map { $0.fromSeconds < transition.fromSeconds }
        ?? (transition.fromSeconds == Int64.min)
      guard rises else {
        throw Refusal(
          .invalidField, at: at,
          "transitions must rise in time, the first one from the smallest number")
      }
      guard (-86_400...86_400).contains(transition.offsetSeconds) else {
        throw Refusal(
          .invalidField, at: at + 8,
          "an offset of \(transition.offsetSeconds) seconds is more than a day")
      }
      transitions.append(transition)
    }
  }

  public func write(to out: inout ByteBuffer) {
    key.write(to: &out)
    out.append(name: timeZone)
    out.append(UInt16(transitions.count))
    for transition in transitions {
      out.append(transition.fromSeconds)
      out.append(transition.offsetSeconds)
    }
  }
}
