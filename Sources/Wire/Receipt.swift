// The receipt of a decision: what tells it from every other one, and enough to attach an outcome to it
// even if a crash took the decision itself. As text it is base64url.
//
//   0  1 format, 1        1 16 key          17  8 time         25  4 catalogue   29  1 channel
//  30  1 count, then for each chosen offer: 4 account, 8 liability in minor units, 1 class
//      1 size of the customer's identifier, then the identifier
//      4 check, a hash of all that stands before
//
// The check is against slips of the pen, not against forgers.

/// A decision's receipt.
public struct Receipt: Equatable, Sendable {
  /// A chosen offer, as far as budgets and caps need it.
  public struct Choice: Equatable, Sendable {
    /// The number of the offer's account, the same in every version of the catalogue.
    public var account: UInt32
    /// The most it can cost, minor units.
    public var liabilityMinor: Int64
    /// Whether it counts as a contact.
    public var counts: Bool

    /// Puts a choice together.
    ///
    /// - Parameters:
    ///   - account: the number of the offer's account.
    ///   - liabilityMinor: the most it can cost, minor units.
    ///   - counts: whether it counts as a contact.
    public init(account: UInt32, liabilityMinor: Int64, counts: Bool) {
      self.account = account
      self.liabilityMinor = liabilityMinor
      self.counts = counts
    }
  }

  /// The decision's key.
  public var key: CommandKey
  /// When it was made, microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// The catalogue's version.
  public var catalogue: UInt32
  /// How the offers reach the customer.
  public var channel: Channel
  /// The chosen offers in their order.
  public var choices: [Choice]
  /// The customer's identifier, 1 to 64 bytes.
  public var customer: [UInt8]

  /// Puts a receipt together.
  ///
  /// - Parameters:
  ///   - key: the decision's key.
  ///   - timeMicros: microseconds since 1970 UTC.
  ///   - catalogue: the catalogue's version.
  ///   - channel: how the offers reach the customer.
  ///   - choices: the chosen offers.
  ///   - customer: the customer's identifier, 1 to 64 bytes.
  public init(
    key: CommandKey, timeMicros: Int64, catalogue: UInt32, channel: Channel, choices: [Choice],
    customer: [UInt8]
  ) {
    self.key = key
    self.timeMicros = timeMicros
    self.catalogue = catalogue
    self.channel = channel
    self.choices = choices
    self.customer = customer
  }

  /// Reads a receipt.
  ///
  /// - Parameter text: base64url; nil comes back for what is none.
  public init?(_ text: RawSpan) {
    guard let bytes = Base64URL.decode(text), bytes.count >= 36, bytes[0] == 1 else { return nil }
    func number(_ place: Int, _ size: Int) -> UInt64 {
      var number: UInt64 = 0
      for offset in 0..<size { number |= UInt64(bytes[place + offset]) << UInt64(8 * offset) }
      return number
    }
    let checked = bytes.count - 4
    guard number(checked, 4) == UInt64(Self.check(bytes.rawSpan.extracting(first: checked))) else {
      return nil
    }
    key = CommandKey(producer: number(1, 8), number: number(9, 8))
    timeMicros = Int64(bitPattern: number(17, 8))
    catalogue = UInt32(number(25, 4))
    guard let channel = Channel(rawValue: bytes[29]) else { return nil }
    self.channel = channel
    let count = Int(bytes[30])
    guard count <= Limits.slateMax, 31 + count * 13 + 1 < checked else { return nil }
    choices = []
    for choice in 0..<count {
      let place = 31 + choice * 13
      let liability = Int64(bitPattern: number(place + 4, 8))
      guard liability >= 0, liability <= Limits.amountMax else { return nil }
      choices.append(
        Choice(
          account: UInt32(number(place, 4)), liabilityMinor: liability,
          counts: bytes[place + 12] != 0))
    }
    let place = 31 + count * 13
    let size = Int(bytes[place])
    guard (1...Limits.identifierSizeMax).contains(size), place + 1 + size == checked else {
      return nil
    }
    customer = Array(bytes[(place + 1)..<checked])
  }

  /// The receipt as text.
  public var text: String {
    var out = ByteBuffer()
    let writer = ReceiptWriter(
      key: key, timeMicros: timeMicros, catalogue: catalogue, channel: channel,
      choiceCount: choices.count, to: &out)
    for choice in choices { writer.append(choice, to: &out) }
    var name = ByteBuffer()
    for byte in customer { name.append(byte) }
    writer.end(name.bytes, to: &out)
    var reader = FrameReader(out.bytes)
    // What was just written is one sentence.
    return (try? reader.readSentence("decision")) ?? ""
  }

  /// FNV-1a, folded.
  static func check(_ bytes: RawSpan) -> UInt32 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for place in 0..<bytes.byteCount {
      hash = (hash ^ UInt64(bytes.octet(at: place))) &* 0x0000_0100_0000_01b3
    }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

/// Writes a receipt as a sentence where it has to go: its bytes first, which then become letters.
public struct ReceiptWriter {
  private let start: Int

  /// Begins one.
  ///
  /// - Parameters:
  ///   - key: the decision's key.
  ///   - timeMicros: microseconds since 1970 UTC.
  ///   - catalogue: the catalogue's version.
  ///   - channel: how the offers reach the customer.
  ///   - choiceCount: how many choices follow, one `append` each.
  ///   - out: where it goes; nothing else may be written there before its `end`.
  public init(
    key: CommandKey, timeMicros: Int64, catalogue: UInt32, channel: Channel, choiceCount: Int,
    to out: inout ByteBuffer
  ) {
    out.append(UInt16(0))
    start = out.count
    out.append(UInt8(1))
    out.append(key.producer)
    out.append(key.number)
    out.append(timeMicros)
    out.append(catalogue)
    out.append(channel.rawValue)
    out.append(UInt8(clamping: choiceCount))
  }

  /// Appends a chosen offer.
  ///
  /// - Parameters:
  ///   - choice: the offer.
  ///   - out: as in `init`.
  public func append(_ choice: Receipt.Choice, to out: inout ByteBuffer) {
    out.append(choice.account)
    out.append(choice.liabilityMinor)
    out.append(UInt8(choice.counts ? 1 : 0))
  }

  /// Ends it.
  ///
  /// - Parameters:
  ///   - customer: the customer's identifier, 1 to 64 bytes.
  ///   - out: as in `init`.
  public func end(_ customer: RawSpan, to out: inout ByteBuffer) {
    out.append(UInt8(clamping: customer.byteCount))
    out.append(bytes: customer)
    out.append(Receipt.check(out.bytes.extracting(droppingFirst: start)))
    Base64URL.encode(from: start, in: &out)
    out.patch(UInt16(out.count - start), at: start - 2)
  }
}

/// Base64 with the alphabet for names and addresses, without padding (RFC 4648, 5).
enum Base64URL {
  /// The letter of six bits.
  static func letter(_ digit: UInt8) -> UInt8 {
    // Sums instead of branches, which nobody could foretell: from Z to a, from z to 0, from 9 to -, from
    // there to _.
    var letter = Int32(digit) + 65
    letter += digit > 25 ? 6 : 0
    letter -= digit > 51 ? 75 : 0
    letter -= digit > 61 ? 13 : 0
    letter += digit > 62 ? 49 : 0
    return UInt8(truncatingIfNeeded: letter)
  }

  /// Turns the newest bytes of a buffer into letters, four for three; the last are two or three for one
  /// or two.
  ///
  /// It begins at the end: letters reach as far as their bytes or farther, so none is overwritten
  /// before it was read.
  static func encode(from start: Int, in out: inout ByteBuffer) {
    let size = out.count - start
    let letters = (size * 4 + 2) / 3
    // Room for whole groups.
    for _ in size..<(size + 2) / 3 * 4 { out.append(UInt8(0)) }
    for group in stride(from: (size + 2) / 3 - 1, through: 0, by: -1) {
      let at = start + group * 3
      var bits = UInt32(out.bytes.octet(at: at)) << 16
      if group * 3 + 1 < size { bits |= UInt32(out.bytes.octet(at: at + 1)) << 8 }
      if group * 3 + 2 < size { bits |= UInt32(out.bytes.octet(at: at + 2)) }
      var four: UInt32 = 0
      for place in 0..<4 as Range<UInt32> {
        let digit = UInt8(truncatingIfNeeded: bits >> (18 - 6 * place) & 63)
        four |= UInt32(letter(digit)) << (8 * place)
      }
      out.patch(four, at: start + group * 4)
    }
    out.truncate(to: start + letters)
  }

  /// Nil for what no encoder writes.
  static func decode(_ text: RawSpan) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.byteCount * 3 / 4)
    var group: UInt32 = 0
    var bits: UInt32 = 0
    var reader = FrameReader(text)
    while let letter = try? reader.readUInt8() {
      let digit: UInt8
      switch letter {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = letter - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = letter - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = letter - UInt8(ascii: "0") + 52
      case UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "_"): digit = 63
      default: return nil
      }
      group = group << 6 | UInt32(digit)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> bits))
        group &= (1 << bits) - 1
      }
    }
    // What is left over is less than a letter, and zero.
    return bits < 6 && group == 0 ? bytes : nil
  }
}
