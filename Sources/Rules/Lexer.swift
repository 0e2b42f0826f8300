// Cuts the text of a condition into tokens. What each of them means where it stands is the parser's.

struct Lexer {
  let source: Source
  private var offset = 0

  init(_ source: Source) { self.source = source }

  /// All tokens, the end as the last.
  static func tokens(of source: Source) throws(RuleError) -> [Token] {
    var lexer = Lexer(source)
    var tokens: [Token] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  private mutating func next() throws(RuleError) -> Token {
    skipBlanks()
    let start = offset
    let kind: Token.Kind
    switch source.byte(offset) {
    case _ where offset >= source.bytes.count: kind = .end
    case let byte where Self.isDigit(byte): kind = try numberOrDate()
    case let byte where Self.isLetter(byte) || Self.isCapital(byte): kind = try word()
    case UInt8(ascii: "\""): kind = try text()
    default: kind = try sign()
    }
    return Token(kind: kind, range: start..<offset)
  }

  private mutating func skipBlanks() {
    while offset < source.bytes.count {
      switch source.bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        offset += 1
      case UInt8(ascii: "#"):
        while offset < source.bytes.count, source.bytes[offset] != UInt8(ascii: "\n") {
          offset += 1
        }
      default: return
      }
    }
  }

  // MARK: Numbers and dates

  private mutating func numberOrDate() throws(RuleError) -> Token.Kind {
    let start = offset
    if let date = try date() { return .date(date) }
    var digits = try self.digits()
    if source.byte(offset) == UInt8(ascii: ".") {
      offset += 1
      digits += "." + (try self.digits())
    }
    if source.byte(offset) == UInt8(ascii: "e"), isExponent(offset + 1) {
      offset += 1
      digits += "e"
      if !Self.isDigit(source.byte(offset)) {
        digits.unicodeScalars.append(Unicode.Scalar(source.byte(offset)))
        offset += 1
      }
      digits += try self.digits()
    }
    let byte = source.byte(offset)
    guard !Self.isLetter(byte), !Self.isCapital(byte), byte != UInt8(ascii: "_") else {
      throw source.error(
        at: offset, "a number goes on with '\(UnicodeScalar(byte))'",
        "put a space or an operator between; units are not written, days are plain numbers")
    }
    guard byte != UInt8(ascii: ".") else {
      throw source.error(at: offset, "a number has a second point", "write it with one, as 80.5")
    }
    guard let number = Double(digits), number.isFinite else {
      throw source.error(
        at: start, "a number is too large", "the largest is about 1.8e308")
    }
    return .number(number)
  }

  private func isExponent(_ place: Int) -> Bool {
    let byte = source.byte(place)
    let isSigned = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    return Self.isDigit(byte) || (isSigned && Self.isDigit(source.byte(place + 1)))
  }

  /// Digits, which single underscores may group.
  private mutating func digits() throws(RuleError) -> String {
    let start = offset
    while Self.isDigit(source.byte(offset))
      || (source.byte(offset) == UInt8(ascii: "_") && offset > start
        && Self.isDigit(source.byte(offset - 1)) && Self.isDigit(source.byte(offset + 1)))
    {
      offset += 1
    }
    guard offset > start else {
      throw source.error(
        at: offset, "a digit is missing behind the point of a number", "write 80 or 80.0")
    }
    return source.slice(start..<offset).filter { $0 != "_" }
  }

  /// A date, if four digits with a hyphen and a digit stand here.
  private mutating func date() throws(RuleError) -> Int32? {
    let start = offset
    var end = start
    while Self.isDigit(source.byte(end)) { end += 1 }
    guard end - start == 4, source.byte(end) == UInt8(ascii: "-"),
      Self.isDigit(source.byte(end + 1))
    else { return nil }
    end += 1
    while Self.isNamePart(source.byte(end)) || source.byte(end) == UInt8(ascii: "-") { end += 1 }
    let parts = source.slice(start..<end).split(
      separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = Int(parts[0]), let month = Int(parts[1]),
      let day = Int(parts[2])
    else {
      throw source.error(
        at: start, "'\(source.slice(start..<end).clipped)' is neither a date nor a difference",
        "a date is written as 2026-01-31; between numbers put spaces around '-'")
    }
    guard let number = CivilDay.number(year: year, month: month, day: day) else {
      throw source.error(
        at: start, "there is no day \(source.slice(start..<end))",
        "the form is year-month-day, as 2026-01-31")
    }
    offset = end
    return number
  }

  // MARK: Words

  private mutating func word() throws(RuleError) -> Token.Kind {
    let start = offset
    while Self.isNamePart(source.byte(offset)) || Self.isCapital(source.byte(offset))
      || (source.byte(offset) == UInt8(ascii: ".") && Self.isWordStart(source.byte(offset + 1)))
    {
      offset += 1
    }
    let word = source.slice(start..<offset)
    guard !word.utf8.contains(where: Self.isCapital) else {
      let lower = word.lowercased()
      let isKeyword = Keyword(rawValue: lower) != nil
      throw source.error(
        at: start, "'\(word.clipped)' has capital letters",
        isKeyword
          ? "write '\(lower)'" : "names are in lower case; a text is written in double quotes")
    }
    guard source.byte(offset) != UInt8(ascii: ".") else {
      throw source.error(
        at: offset, "a name ends with a point", "write the name's second part, or remove the point")
    }
    return Keyword(rawValue: word).map(Token.Kind.keyword) ?? .name(word)
  }

  // MARK: Texts

  private mutating func text() throws(RuleError) -> Token.Kind {
    let start = offset
    var bytes: [UInt8] = []
    offset += 1
    while true {
      guard offset < source.bytes.count, source.bytes[offset] != UInt8(ascii: "\n") else {
        throw source.error(
          at: start, "a text is not closed on its line",
          "end it with \", or write \\n for a new line")
      }
      let byte = source.bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        // The bytes are those of a valid string, cut at ASCII only, and whole scalars.
        return .text(String(decoding: bytes, as: UTF8.self))
      case UInt8(ascii: "\\"): bytes += try escape()
      default: bytes.append(byte)
      }
    }
  }

  private mutating func escape() throws(RuleError) -> [UInt8] {
    let start = offset - 1
    offset += 1
    switch source.byte(offset - 1) {
    case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
    case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
    case UInt8(ascii: "n"): return [UInt8(ascii: "\n")]
    case UInt8(ascii: "u") where source.byte(offset) == UInt8(ascii: "{"):
      let digits = offset + 1
      var end = digits
      while Self.isHexDigit(source.byte(end)) { end += 1 }
      guard (1...8).contains(end - digits), source.byte(end) == UInt8(ascii: "}"),
        let scalar = UInt32(source.slice(digits..<end), radix: 16).flatMap(Unicode.Scalar.init)
      else { break }
      offset = end + 1
      return Array(String(Character(scalar)).utf8)
    default: break
    }
    throw source.error(
      at: start, "a text has an escape that does not exist",
      "there are \\\" \\\\ \\n and \\u{E9}, with one to eight hexadecimal digits")
  }

  // MARK: Signs

  private mutating func sign() throws(RuleError) -> Token.Kind {
    for size in [2, 1] where offset + size <= source.bytes.count {
      let bytes = source.bytes[offset..<offset + size]
      guard bytes.allSatisfy({ $0 < 0x80 }) else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      if text == "<>" { break }
      if let sign = Sign(rawValue: text) {
        // `=<` and `=>` are caught by the lone `=`.
        offset += size
        return .sign(sign)
      }
    }
    let rest = String(decoding: source.bytes[offset...], as: UTF8.self)
    let found = Self.advice.first { rest.hasPrefix($0.0) }
    let character = found?.0 ?? rest.first.map(Self.shown) ?? ""
    throw source.error(
      at: offset, "'\(character)' is not a part of the language",
      found?.1 ?? "a text is written in double quotes, names in lower-case letters of ASCII")
  }

  /// What others write, and what is written here.
  private static let advice: [(String, String)] = [
    ("=<", "write '<='"), ("=>", "write '>='"), ("=", "write '==' to compare"),
    ("&&", "write 'and'"), ("&", "write 'and'"), ("||", "write 'or'"), ("|", "write 'or'"),
    ("<>", "write '!='"), ("!", "write 'not', or '!=' for unequal"),
    ("'", "a text is written in double quotes"), ("“", "a text is written in plain double quotes"),
    ("”", "a text is written in plain double quotes"),
    ("„", "a text is written in plain double quotes"),
    ("≥", "write '>='"), ("≤", "write '<='"), ("≠", "write '!='"), ("×", "write '*'"),
    ("÷", "write '/'"), ("−", "write '-'"), ("–", "write '-'"),
    (".", "a number begins with a digit, as 0.5; a name with a letter"),
    ("[", "a list is written in ( )"), ("]", "a list is written in ( )"),
    ("{", "group with ( )"), ("}", "group with ( )"),
    ("%", "write a share as a number, 0.1 for 10 %"),
    ("$", "amounts are plain numbers"), ("€", "amounts are plain numbers"),
    ("_", "a name begins with a letter"), (";", "join conditions with 'and'"),
    ("\\", "escapes stand in texts only"),
  ]

  /// A character as it can be printed in a sentence.
  private static func shown(_ character: Character) -> String {
    guard let scalar = character.unicodeScalars.first, scalar.value >= 0x20, scalar.value != 0x7F,
      character.unicodeScalars.count <= 4
    else { return "U+" + String(character.unicodeScalars.first?.value ?? 0, radix: 16) }
    return String(character)
  }

  // MARK: Bytes

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  static func isNamePart(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isWordStart(_ byte: UInt8) -> Bool { isLetter(byte) || isCapital(byte) }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
  }
}

extension String {
  /// At most forty characters of it, for a sentence.
  var clipped: String { count <= 40 ? self : prefix(39) + "…" }
}
