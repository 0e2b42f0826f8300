// The small fixed lists that facts about customers are told in: channels, purposes, statuses of
// consent, tiers. The numbers are those of the wire and of what is stored; protocol.md names them.

/// A way to reach a customer.
public enum Channel: UInt8, CaseIterable, Sendable {
  case email = 1
  case sms = 2
  case push = 3
  case site = 4
  case phone = 5
  case post = 6
  case store = 7

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
}

/// What a customer is asked to agree to.
public enum Purpose: UInt8, CaseIterable, Sendable {
  /// Being offered something.
  case marketing = 1
  /// Being judged by what one did, for what one is offered.
  case profiling = 2
  /// Being told about one's own orders and questions.
  case service = 3
  /// Being passed on to partners.
  case partners = 4

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
}

/// What a customer said; of two at one time the higher number holds.
public enum ConsentStatus: UInt8, CaseIterable, Sendable {
  /// Yes.
  case granted = 1
  /// No, when asked.
  case denied = 2
  /// No longer.
  case revoked = 3

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
}

/// A loyalty level, from the lowest to the highest.
public enum Tier: UInt8, CaseIterable, Sendable {
  case bronze = 1
  case silver = 2
  case gold = 3
  case platinum = 4

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
}

extension FrameReader {
  /// Reads a number of one of the lists.
  mutating func read<Kind: RawRepresentable<UInt8>>(
    _ type: Kind.Type, _ name: StaticString
  ) throws(Refusal) -> Kind {
    let at = offset
    let number = try readUInt8()
    guard let kind = Kind(rawValue: number) else {
      throw Refusal(.invalidField, at: at, "\(name) \(number) is not known")
    }
    return kind
  }
}
