// The grammar of RFC 8259, one byte after the other. What it makes is in JSON.swift.

/// Where a text stops being JSON.
struct JSONFault: Error {
  let offset: Int
  let problem: String
}

struct JSONReader {
  let bytes: [UInt8]
  var place = 0
  private var depth = 0

  init(bytes: [UInt8], place: Int = 0) {
    self.bytes = bytes
    self.place = place
  }

  /// The byte ahead, or zero behind the end; zero itself begins nothing.
  private var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

  private func fault(_ problem: String, at offset: Int? = nil) -> JSONFault {
    let offset = offset ?? place
    if offset >= bytes.count {
      return JSONFault(offset: bytes.count, problem: "the text ends here; \(problem)")
    }
    return JSONFault(offset: offset, problem: problem)
  }

  mutating func document() throws(JSONFault) -> JSONValue {
    guard bytes.count <= JSONDocument.sizeMax else {
      throw JSONFault(
        offset: 0, problem: "\(bytes.count) bytes are more than \(JSONDocument.sizeMax)")
    }
    if let wrong = Self.firstBadByte(bytes) {
      throw JSONFault(offset: wrong, problem: "this byte is not UTF-8; save the text as UTF-8")
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      throw JSONFault(offset: 0, problem: "a byte order mark is not JSON; save without it")
    }
    let value = try value()
    skipBlanks()
    guard place == bytes.count else { throw fault("there is more behind the value") }
    return value
  }

  private static func firstBadByte(_ bytes: [UInt8]) -> Int? {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    var good = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): good += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return good
      }
    }
  }

  private mutating func skipBlanks() {
    while [0x20, 0x09, 0x0a, 0x0d].contains(next), place < bytes.count { place += 1 }
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    skipBlanks()
    let start = place
    let content: JSONValue.Content
    switch next {
    case UInt8(ascii: "{"): content = .object(try object())
    case UInt8(ascii: "["): content = .array(try array())
    case UInt8(ascii: "\""): content = .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try number())
    case UInt8(ascii: "t") where word("true"): content = .bool(true)
    case UInt8(ascii: "f") where word("false"): content = .bool(false)
    case UInt8(ascii: "n") where word("null"): content = .null
    case UInt8(ascii: "'"): throw fault("texts stand in double quotes")
    default: throw fault("a value must stand here")
    }
    return JSONValue(content: content, offset: start)
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let text = Array("\(word)".utf8)
    guard bytes[place...].starts(with: text) else { return false }
    place += text.count
    return true
  }

  private mutating func descend() throws(JSONFault) {
    depth += 1
    guard depth <= JSONDocument.depthMax else {
      throw fault("lists and objects stand more than \(JSONDocument.depthMax) deep")
    }
    place += 1
    skipBlanks()
  }

  private mutating func array() throws(JSONFault) -> [JSONValue] {
    try descend()
    var values: [JSONValue] = []
    if next != UInt8(ascii: "]") {
      while true {
        values.append(try value())
        skipBlanks()
        guard next == UInt8(ascii: ",") else { break }
        place += 1
      }
      guard next == UInt8(ascii: "]") else { throw fault("a comma or ] must stand here") }
    }
    place += 1
    depth -= 1
    return values
  }

  private mutating func object() throws(JSONFault) -> [JSONMember] {
    try descend()
    var members: [JSONMember] = []
    var keys: Set<[UInt8]> = []
    if next != UInt8(ascii: "}") {
      while true {
        skipBlanks()
        let start = place
        guard next == UInt8(ascii: "\"") else {
          throw fault("a key in double quotes must stand here")
        }
        let key = try string()
        // Bytes are compared, not what they look like.
        guard keys.insert(Array(key.utf8)).inserted else {
          throw fault("the key \"\(key)\" stands twice", at: start)
        }
        skipBlanks()
        guard next == UInt8(ascii: ":") else { throw fault("a colon must stand here") }
        place += 1
        members.append(JSONMember(key: key, offset: start, value: try value()))
        skipBlanks()
        guard next == UInt8(ascii: ",") else { break }
        place += 1
      }
      guard next == UInt8(ascii: "}") else { throw fault("a comma or } must stand here") }
    }
    place += 1
    depth -= 1
    return members
  }

  // MARK: Numbers

  private mutating func number() throws(JSONFault) -> Double {
    let start = place
    if next == UInt8(ascii: "-") { place += 1 }
    if next == UInt8(ascii: "0") {
      place += 1
      if isDigit { throw fault("a number does not begin with 0", at: start) }
    } else {
      try digits()
    }
    if next == UInt8(ascii: ".") {
      place += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      place += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw fault("the number is too large", at: start)
    }
    return number
  }

  private var isDigit: Bool { next >= UInt8(ascii: "0") && next <= UInt8(ascii: "9") }

  private mutating func digits() throws(JSONFault) {
    guard isDigit else { throw fault("a digit must stand here") }
    while isDigit { place += 1 }
  }

  // MARK: Texts

  private mutating func string() throws(JSONFault) -> String {
    let start = place
    place += 1
    var text: [UInt8] = []
    while next != UInt8(ascii: "\"") || place >= bytes.count {
      guard place < bytes.count else {
        throw JSONFault(offset: start, problem: "the text that begins here has no end")
      }
      text += try character()
    }
    place += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// Walks a text that was read before, up to one of its bytes.
  mutating func place(ofDecoded offset: Int) -> Int {
    place += 1
    var done = 0
    while place < bytes.count, next != UInt8(ascii: "\"") {
      let here = place
      guard let character = try? character() else { return here }
      done += character.count
      if done > offset { return here }
    }
    return place
  }

  /// One byte of a text, or what an escape stands for.
  private mutating func character() throws(JSONFault) -> [UInt8] {
    let byte = next
    guard byte >= 0x20 else {
      throw fault("a text holds no bare control characters; write \\n, \\t or \\u00…")
    }
    guard byte == UInt8(ascii: "\\") else {
      place += 1
      return [byte]
    }
    let start = place
    place += 1
    let escape = next
    place += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [escape]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var code = try unit()
      if (0xd800..<0xdc00).contains(code), next == UInt8(ascii: "\\"), place + 1 < bytes.count,
        bytes[place + 1] == UInt8(ascii: "u")
      {
        place += 2
        let low = try unit()
        guard (0xdc00..<0xe000).contains(low) else {
          throw fault("this is half of a character; two \\u belong together", at: start)
        }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw fault("this is half of a character; two \\u belong together", at: start)
      }
      return Array(String(Character(scalar)).utf8)
    default: throw fault("there is no such escape; a backslash is written \\\\", at: start)
    }
  }

  private mutating func unit() throws(JSONFault) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = next
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw fault("four hexadecimal digits must stand here")
      }
      code = code << 4 | UInt32(digit)
      place += 1
    }
    return code
  }
}
