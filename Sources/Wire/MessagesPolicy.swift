// The bodies of refit policy and adopt policy: what offers are worth, learnt anew from the decisions that
// are remembered.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What offers are worth, as a refit found it; in the journal only.
public struct AdoptPolicyRequest: Message, Equatable, Sendable {
  public static let title = "policy record"
  public static let fields =
    CommandKey.fields + [
      Field("count", .u32),
      Field(
        "arms",
        .rows([
          Field("arm", .u32), Field("count", .u8), Field("means", .rows([Field("mean", .f64)])),
        ])),
    ]

  /// What one arm is worth.
  public struct Arm: Equatable, Sendable {
    /// Its number; 0 is no offer.
    public var arm: UInt32
    /// What a unit of each feature adds, in major units.
    public var means: [Double]

    /// Makes an arm.
    ///
    /// - Parameters:
    ///   - arm: its number.
    ///   - means: 32 numbers.
    public init(arm: UInt32, means: [Double]) {
      self.arm = arm
      self.means = means
    }
  }

  /// The command's key; none.
  public var key = CommandKey.none
  /// The arms that were refitted.
  public var arms: [Arm]

  /// Makes the record.
  ///
  /// - Parameter arms: those that were refitted.
  public init(arms: [Arm]) { self.arms = arms }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    arms = []
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= 1_024 else {
      throw Refusal(.invalidField, at: at, "\(count) arms are more than a policy has")
    }
    for _ in 0..<count {
      let arm = try reader.read(UInt32.self)
      var means: [Double] = []
      for _ in 0..<(try reader.readUInt8()) { means.append(try reader.readFinite("mean")) }
      arms.append(Arm(arm: arm, means: means))
    }
  }

  public func write(to out: inout ByteBuffer) {
    key.write(to: &out)
    out.append(UInt32(arms.count))
    for arm in arms {
      out.append(arm.arm)
      out.append(UInt8(clamping: arm.means.count))
      for mean in arm.means { out.append(mean) }
    }
  }
}

/// What a refit of the offers' values came to.
public struct RefitPolicyReply: Message, Equatable, Sendable {
  public static let title = "refit policy reply"
  public static let fields = [
    Field("adopted", .u8), Field("rows", .u64), Field("arms", .u32), Field("difference", .f64),
    Field("low", .f64), Field("high", .f64), Field("reason", .sentence),
  ]

  /// Whether it was adopted.
  public var adopted = false
  /// Decisions it was learnt from.
  public var rows: UInt64 = 0
  /// Arms it has, no offer included.
  public var arms: UInt32 = 0
  /// What it would earn with a decision, less what the one in force does, in major units.
  public var difference = 0.0
  /// The paired 95 % interval of that.
  public var low = 0.0
  /// Its upper end.
  public var high = 0.0
  /// Why it was adopted, or not.
  public var reason = ""

  /// Makes a reply; the server fills it in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    adopted = try reader.readUInt8() != 0
    rows = try reader.read(UInt64.self)
    arms = try reader.read(UInt32.self)
    difference = try reader.readFinite("difference")
    low = try reader.readFinite("low")
    high = try reader.readFinite("high")
    reason = try reader.readSentence("reason")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(UInt8(adopted ? 1 : 0))
    out.append(rows)
    out.append(arms)
    out.append(difference)
    out.append(low)
    out.append(high)
    out.append(sentence: reason)
  }
}
