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
  mutating func code(of text: String, name: UInt32?) -> Int32 {
    if let known = texts.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) {
      return Int32(known)
    }
    texts.append(text)
    names.append(name)
    return Int32(texts.count - 1)
  }

  /// What customers' texts of a field are kept as, beside the codes of the literals that they equal.
  func raws(of field: TextField) -> [(raw: UInt32, code: Int32)] {
    texts.indices.compactMap { code in
      raw(of: field, texts[code], names[code]).map { ($0, Int32(code)) }
    }
  }

  private func raw(of field: TextField, _ text: String, _ name: UInt32?) -> UInt32? {
    switch field {
    case .segment: Segment(word: text).map { UInt32($0.rawValue) + 1 }
    case .country, .language:
      text.utf8.count == 2 ? text.utf8.reduce(0) { $0 << 8 | UInt32($1) } : nil
    case .preferredChannel: Offers.Channel(word: text).map { UInt32($0.rawValue) + 1 }
    case .channel, .placement: nil
    }
  }
}

extension Store {
  /// A customer's text by what it is kept as, 0 where it is unknown; see ``ScanTexts``.
  func text(_ raw: UInt32, of field: TextField) -> String? {
    if raw == 0 { return nil }
    return switch field {
    case .segment: Segment(rawValue: UInt8(truncatingIfNeeded: raw - 1))?.word
    case .country, .language:
      String(
        decoding: [UInt8(truncatingIfNeeded: raw >> 8), UInt8(truncatingIfNeeded: raw)],
        as: UTF8.self)
    case .preferredChannel: Offers.Channel(rawValue: UInt8(truncatingIfNeeded: raw - 1))?.word
    case .channel, .placement: nil
    }
  }
}
