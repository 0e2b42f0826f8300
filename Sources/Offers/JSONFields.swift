// Objects of a document, key by key, with their types and ranges. Whatever is wrong is noted, so that
// the first of all in the file can be told. What the keys mean is in CatalogueReader.

internal import Rules

/// An object whose keys are asked for one by one.
struct JSONFields {
  let offset: Int
  let path: String
  let members: [String: JSONMember]

  func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

/// Reads values and notes what is wrong with them.
struct JSONFieldReader {
  let document: JSONDocument
  private var first: (offset: Int, path: String, problem: String)?

  init(_ document: JSONDocument) { self.document = document }

  /// The first in the file of all that is wrong.
  var error: JSONError? {
    first.map { document.error(at: $0.offset, path: $0.path, $0.problem) }
  }

  mutating func note(_ offset: Int, _ path: String, _ problem: String) {
    if let first, first.offset <= offset { return }
    first = (offset, path, problem)
  }

  /// Notes what is wrong with a key's value; if the key is missing, at the object.
  mutating func note(_ fields: JSONFields, _ key: String, _ problem: String) {
    note(fields.members[key]?.value.offset ?? fields.offset, fields.path(key), problem)
  }

  mutating func object(_ value: JSONValue, _ path: String, keys: [String]) -> JSONFields {
    guard case .object(let members) = value.content else {
      note(value.offset, path, "must be an object, not \(value.kind)")
      return JSONFields(offset: value.offset, path: path, members: [:])
    }
    for member in members where !keys.contains(member.key) {
      let meant =
        nearest(to: member.key, among: keys).map { "did you mean \"\($0)\"?" }
        ?? "there are \(keys.joined(separator: ", "))"
      note(member.offset, path, "there is no key \"\(clipped(member.key))\" here; \(meant)")
    }
    return JSONFields(
      offset: value.offset, path: path,
      members: Dictionary(members.map { ($0.key, $0) }, uniquingKeysWith: { one, _ in one }))
  }

  /// Whether a key that must be there is; notes it if not.
  mutating func require(_ fields: JSONFields, _ key: String) -> Bool {
    if fields.members[key] != nil { return true }
    note(fields.offset, fields.path, "the key \"\(key)\" is missing")
    return false
  }

  mutating func object(_ fields: JSONFields, _ key: String, keys: [String]) -> JSONFields? {
    fields.members[key].map { object($0.value, fields.path(key), keys: keys) }
  }

  mutating func text(_ fields: JSONFields, _ key: String, sizeMax: Int) -> String? {
    guard let value = fields.members[key]?.value else { return nil }
    return text(value, fields.path(key), sizeMax: sizeMax)
  }

  mutating func text(_ value: JSONValue, _ path: String, sizeMax: Int) -> String? {
    guard case .string(let text) = value.content else {
      note(value.offset, path, "must be a text, not \(value.kind)")
      return nil
    }
    guard !text.isEmpty, text.utf8.count <= sizeMax else {
      note(value.offset, path, "has \(text.utf8.count) bytes; it must have 1 to \(sizeMax)")
      return nil
    }
    return text
  }

  mutating func flag(_ fields: JSONFields, _ key: String) -> Bool? {
    guard let value = fields.members[key]?.value else { return nil }
    guard case .bool(let flag) = value.content else {
      note(fields, key, "must be true or false, not \(value.kind)")
      return nil
    }
    return flag
  }

  mutating func number(
    _ fields: JSONFields, _ key: String, _ range: ClosedRange<Double>
  ) -> Double? {
    guard let value = fields.members[key]?.value else { return nil }
    guard case .number(let number) = value.content else {
      note(fields, key, "must be a number, not \(value.kind)")
      return nil
    }
    guard range.contains(number) else {
      note(
        fields, key,
        "\(plain(number)) is out of range; it must be \(plain(range.lowerBound)) to "
          + plain(range.upperBound))
      return nil
    }
    return number
  }

  mutating func whole(_ fields: JSONFields, _ key: String, _ range: ClosedRange<Int>) -> Int? {
    guard
      let number = number(fields, key, Double(range.lowerBound)...Double(range.upperBound))
    else { return nil }
    guard let whole = Int(exactly: number) else {
      note(fields, key, "\(plain(number)) must be a whole number")
      return nil
    }
    return whole
  }

  /// An amount in major units, as minor ones.
  mutating func money(_ fields: JSONFields, _ key: String, scale: Double) -> Int64? {
    guard let number = number(fields, key, 0...CatalogueLimits.moneyMax) else { return nil }
    let minor = (number * scale).rounded()
    guard abs(minor - number * scale) <= 1e-6 * max(1, minor * 1e-9) else {
      note(fields, key, "\(plain(number)) has more digits than the currency")
      return nil
    }
    return Int64(minor)
  }

  /// A day as 2026-11-22.
  mutating func day(_ fields: JSONFields, _ key: String) -> Int32? {
    guard let text = text(fields, key, sizeMax: CatalogueLimits.nameSizeMax) else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    let isWritten =
      parts.map(\.count) == [4, 2, 2]
      && parts.allSatisfy { $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
    let numbers = parts.compactMap { Int(Substring($0)) }
    guard isWritten, numbers.count == 3,
      let day = CivilDay.number(year: numbers[0], month: numbers[1], day: numbers[2])
    else {
      note(fields, key, "\"\(clipped(text))\" is no day; write it as 2026-11-22")
      return nil
    }
    return day
  }

  mutating func word<Word: CatalogueWord>(_ fields: JSONFields, _ key: String) -> Word? {
    guard let value = fields.members[key]?.value else { return nil }
    return word(value, fields.path(key))
  }

  mutating func word<Word: CatalogueWord>(_ value: JSONValue, _ path: String) -> Word? {
    guard let text = text(value, path, sizeMax: CatalogueLimits.nameSizeMax) else { return nil }
    if let word = Word(word: text) { return word }
    let words = Word.allCases.map(\.word)
    unknown(text, value.offset, path, among: words)
    return nil
  }

  /// Notes a word that is none of those there are.
  mutating func unknown(_ text: String, _ offset: Int, _ path: String, among words: [String]) {
    let meant =
      nearest(to: text, among: words).map { "did you mean \"\($0)\"?" }
      ?? (words.isEmpty
        ? "there are none"
        : "there are \(words.prefix(12).joined(separator: ", "))"
          + (words.count > 12 ? " and others" : ""))
    note(offset, path, "\"\(clipped(text))\" is not known here; \(meant)")
  }

  /// A list's values with their paths; empty if it is missing or none.
  mutating func list(
    _ fields: JSONFields, _ key: String, _ counts: ClosedRange<Int>
  ) -> [(value: JSONValue, path: String)] {
    guard let value = fields.members[key]?.value else { return [] }
    let path = fields.path(key)
    guard case .array(let values) = value.content else {
      note(value.offset, path, "must be a list, not \(value.kind)")
      return []
    }
    guard counts.contains(values.count) else {
      note(
        value.offset, path,
        "has \(values.count) members; it must have \(counts.lowerBound) to \(counts.upperBound)")
      return []
    }
    return values.enumerated().map { ($1, "\(path)[\($0)]") }
  }
}

/// A number as people write it: 5 instead of 5.0.
func plain(_ number: Double) -> String {
  Int64(exactly: number).map { "\($0)" } ?? "\(number)"
}

/// As much of a text as fits into a sentence.
func clipped(_ text: String) -> String { text.count > 40 ? text.prefix(40) + "…" : text }
