// The texts of a scan's conditions, and what customers' texts are as codes. Each literal has a code of its own;
// a customer's text that no condition speaks of is known, and equals none of them.

import Offers
import Rules
import Wire

/// The literals of a scan, by their codes, and what each stands for.
struct ScanTexts: Sendable {
  private(set) var texts: [String] = []
  /// The numbers under which the shop's names are kept, by code; nil for a text that is none of them.
  private(set) var names: [UInt32?] = []

  /// The code of a literal, which gets one if it has none.
  ///
  /// - Parameters:
  ///   - text: the literal.
  ///   - name: the number under which the shop keeps it as a name.
  /// - Returns: the code, from 0.
  mutating func code(of text: String, name: UInt32?) -> Int32 {
    if let known = texts.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) {
      return Int32(known)
    }
    texts.append(text)
    names.append(name)
    return Int32(texts.count - 1)
  }

  /// What customers' texts of a field are kept as, beside the codes of the literals that they equal.
  func raws(of field: CodeField) -> [(raw: UInt32, code: Int32)] {
    // The places of levels are their codes, and no literals.
    if field == .tier {
      return Offers.Tier.allCases.map { (UInt32($0.rawValue) + 1, Int32($0.rawValue)) }
    }
    return texts.indices.compactMap { code in
      raw(of: field, texts[code], names[code]).map { ($0, Int32(code)) }
    }
  }

  private func raw(of field: CodeField, _ text: String, _ name: UInt32?) -> UInt32? {
    switch field {
    case .segment: Segment(word: text).map { UInt32($0.rawValue) + 1 }
    case .country, .language:
      text.utf8.count == 2 ? text.utf8.reduce(0) { $0 << 8 | UInt32($1) } : nil
    case .preferredChannel: Offers.Channel(word: text).map { UInt32($0.rawValue) + 1 }
    case .source: name.map { $0 + 1 }
    case .tier: nil
    }
  }
}

/// Texts and levels of customers, each kept as a number: 0 is unknown.
enum CodeField: Hashable, Sendable, CaseIterable {
  case segment, country, language, preferredChannel, source, tier

  /// The field that conditions ask for by a slot; nil if customers have none.
  init?(slot: Int) {
    guard let field = Self.allCases.first(where: { $0.slot == slot }) else { return nil }
    self = field
  }

  var slot: Int {
    switch self {
    case .segment: TextField.segment.rawValue
    case .country: TextField.country.rawValue
    case .language: TextField.language.rawValue
    case .preferredChannel: TextField.preferredChannel.rawValue
    case .source: TextField.source.rawValue
    case .tier: LevelSlot.tier
    }
  }
}

extension Store {
  /// What a customer's text or level is kept as on a day; 0 where it is unknown.
  ///
  /// Segments are found, not kept.
  func raw(_ field: CodeField, of customer: UInt32, on day: Int32) -> UInt32 {
    switch field {
    case .segment: return 0
    case .country: return UInt32(profile(of: customer)?.country ?? 0)
    case .language: return UInt32(profile(of: customer)?.language ?? 0)
    case .preferredChannel:
      let channel = profile(of: customer).flatMap { Wire.Channel(rawValue: $0.channel) }
      return channel.map { UInt32($0.inCatalogue.rawValue) + 1 } ?? 0
    case .source: return ties(of: customer).source.number.map { $0 + 1 } ?? 0
    case .tier:
      guard let held = ties(of: customer).heldTier, held.isHeld(on: day) else { return 0 }
      return UInt32(held.tier.inCatalogue.rawValue) + 1
    }
  }

  /// A customer's text or level by what it is kept as; nil where it is unknown.
  func text(_ raw: UInt32, of field: CodeField) -> String? {
    if raw == 0 { return nil }
    let number = UInt8(truncatingIfNeeded: raw - 1)
    return switch field {
    case .segment: Segment(rawValue: number)?.word
    case .country, .language:
      String(
        decoding: [UInt8(truncatingIfNeeded: raw >> 8), UInt8(truncatingIfNeeded: raw)],
        as: UTF8.self)
    case .preferredChannel: Offers.Channel(rawValue: number)?.word
    case .source: facts.names.text(Link(raw - 1))
    case .tier: Offers.Tier(rawValue: number)?.word
    }
  }
}
