// The body of a decision's record as the engine reads it: where everything lies, without a copy. As a
// value for people and tests it is Wire's DecisionRecord.

import Wire

/// A view of the body of record decision.
struct DecisionBody: ~Escapable {
  let bytes: RawSpan
  let key: CommandKey
  let check: UInt32
  let customer: RawSpan
  /// Where what may be told lies.
  let told: Range<Int>
  let timeMicros: Int64
  let flags: DecisionFlags
  let catalogue: UInt32
  let segment: UInt8
  let propensity: Double
  let choiceCount: Int
  /// Where the reasons' codes begin, and how many there are.
  let reasons: Range<Int>
  let placement: UInt8
  let channel: Channel
  let basketMinor: Int64
  let held: UInt64
  let campaigns: UInt64
  /// Where the 32 features begin.
  let features: Int
  /// Where the rows of the chosen offers begin.
  let chosen: Int

  /// Finds the fields.
  ///
  /// - Parameter bytes: a body without the frame's header.
  /// - Throws: `malformed` or `invalidField` for what no build has written.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) throws(Refusal) {
    var reader = FrameReader(bytes)
    let key = try CommandKey(from: &reader)
    let check = try reader.read(UInt32.self)
    let customer = try reader.readIdentifier("customer")
    let toldStart = reader.offset
    let timeMicros = try reader.read(Int64.self)
    let flags = DecisionFlags(rawValue: try reader.read(UInt16.self))
    let catalogue = try reader.read(UInt32.self)
    _ = try reader.read(UInt32.self)
    let segment = try reader.readUInt8()
    for _ in 0..<5 { _ = try reader.readFinite("score") }
    let propensity = try reader.readFinite("propensity")
    let choiceCount = Int(try reader.readUInt8())
    for _ in 0..<choiceCount {
      _ = try reader.readIdentifier("offer")
      try reader.skip(1 + 3 * 8)
    }
    let reasonCount = Int(try reader.read(UInt16.self))
    let reasonStart = reader.offset
    try reader.skip(reasonCount)
    let toldEnd = reader.offset
    let placement = try reader.readUInt8()
    guard let channel = Channel(rawValue: try reader.readUInt8()) else {
      throw Refusal(.invalidField, at: toldEnd + 1, "the channel is not known")
    }
    _ = try reader.readUInt8()
    let basketMinor = try reader.read(Int64.self)
    let held = try reader.read(UInt64.self)
    let campaigns = try reader.read(UInt64.self)
    _ = try reader.read(UInt32.self)
    _ = try reader.read(Float.self)
    guard try reader.readUInt8() == 32 else {
      throw Refusal(.invalidField, at: reader.offset - 1, "a decision has 32 features")
    }
    let features = reader.offset
    try reader.skip(32 * 4)
    guard Int(try reader.readUInt8()) == choiceCount else {
      throw Refusal(.invalidField, at: reader.offset - 1, "each choice has a row of its own")
    }
    self.bytes = bytes
    self.key = key
    self.check = check
    self.customer = customer
    told = toldStart..<toldEnd
    self.timeMicros = timeMicros
    self.flags = flags
    self.catalogue = catalogue
    self.segment = segment
    self.propensity = propensity
    self.choiceCount = choiceCount
    reasons = reasonStart..<toldEnd
    self.placement = placement
    self.channel = channel
    self.basketMinor = basketMinor
    self.held = held
    self.campaigns = campaigns
    self.features = features
    chosen = reader.offset
  }

  /// The code of an offer's reason, by place.
  func reason(_ place: Int) -> UInt8 {
    precondition(place < reasons.count, "a reason must be there")
    return bytes.octet(at: reasons.lowerBound + place)
  }

  /// Shows place, liability and expected cost of each chosen offer.
  func forEachChosen(
    _ show: (_ place: Int, _ liabilityMinor: Int64, _ cost: Double) -> Void
  ) throws(Refusal) {
    var reader = FrameReader(bytes, from: chosen)
    for _ in 0..<choiceCount {
      let place = Int(try reader.read(UInt16.self))
      let liabilityMinor = try reader.read(Int64.self)
      let cost = try reader.read(Double.self)
      try reader.skip(6 * 8)
      try reader.skip(Int(try reader.readUInt8()) * (1 + 8) + 8)
      show(place, liabilityMinor, cost)
    }
  }
}
