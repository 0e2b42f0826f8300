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
    guard number(checked, 4) == UInt64(Self.check(bytes[..<checked])) else { return nil }
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

  /// The receipt as bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = [1]
    bytes.reserveCapacity(36 + choices.count * 13 + customer.count)
    func append(_ number: UInt64, _ size: Int) {
      for offset in 0..<size {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * offset)))
      }
    }
    append(key.producer, 8)
    append(key.number, 8)
    append(UInt64(bitPattern: timeMicros), 8)
    append(UInt64(catalogue), 4)
    bytes.append(channel.rawValue)
    bytes.append(UInt8(clamping: choices.count))
    for choice in choices {
      append(UInt64(choice.account), 4)
      append(UInt64(bitPattern: choice.liabilityMinor), 8)
      bytes.append(choice.counts ? 1 : 0)
    }
    bytes.append(UInt8(clamping: customer.count))
    bytes += customer
    append(UInt64(Self.check(bytes[...])), 4)
    return bytes
  }

  /// The receipt as text.
  public var text: String { Base64URL.encode(bytes) }

  /// FNV-1a, folded.
  private static func check(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

/// Base64 with the alphabet for names and addresses, without padding (RFC 4648, 5).
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var place = 0
    while place < bytes.count {
      let left = min(3, bytes.count - place)
      var group: UInt32 = 0
      for offset in 0..<3 {
        group = group << 8 | (offset < left ? UInt32(bytes[place + offset]) : 0)
      }
      for digit in 0...left { text.append(alphabet[Int(group >> UInt32(18 - 6 * digit) & 63)]) }
      place += 3
    }
    return String(decoding: text, as: UTF8.self)
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
