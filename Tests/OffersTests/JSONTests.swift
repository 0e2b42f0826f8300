// JSON as it is and as it is not, and bytes that are nothing.

import Offers
import Support
import Testing

@Suite("JSONDocument")
struct JSONTests {
  /// A value in one line, so that trees can be compared.
  private static func text(_ value: JSONValue) -> String {
    switch value.content {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let number): "\(number)"
    case .string(let text): "'\(text)'"
    case .array(let values): "[" + values.map(text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\($0.key):\(text($0.value))" }.joined(separator: ",") + "}"
    }
  }

  private static func read(_ source: String) throws(JSONError) -> String {
    text(try JSONDocument(Array(source.utf8)).root)
  }

  @Test(
    "every form of a value is read",
    arguments: [
      (" null ", "null"), ("[true,false]", "[true,false]"), ("[]", "[]"), ("{}", "{}"),
      ("-0", "-0.0"), ("0.5e+2", "50.0"), ("[1E-2,10]", "[0.01,10.0]"),
      (#""\"\\\/\b\f\n\r\t""#, "'\"\\/\u{8}\u{c}\n\r\t'"), (#""\u00e9\uD83D\uDE00é😀""#, "'é😀é😀'"),
      ("\r\n\t{\"a\" : [ { \"b\":1 } ]}", "{a:[{b:1.0}]}"), (#""\u0000""#, "'\0'"),
    ])
  func good(_ source: String, _ expected: String) throws {
    #expect(try Self.read(source) == expected)
  }

  @Test(
    "what is not JSON is told with line and column",
    arguments: [
      ("", 1, 1), (" ", 1, 2), ("01", 1, 1), ("1.", 1, 3), ("-", 1, 2), (".5", 1, 1), ("+1", 1, 1),
      ("1e999", 1, 1), ("nul", 1, 1), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\":1,}", 1, 8),
      ("{a:1}", 1, 2), ("{\"a\" 1}", 1, 6), ("[\n 1,\n  'x']", 3, 3), ("\"a\nb\"", 1, 3),
      ("\"abc", 1, 1), (#""\x""#, 1, 2), (#""\uD83D""#, 1, 2), (#""\uDE00""#, 1, 2),
      (#""\uD83D\u0041""#, 1, 2), (#""\u12g4""#, 1, 6), ("1 2", 1, 3),
      ("{\"é\":1,\n\"é\":2}", 2, 1),
      ("\u{feff}1", 1, 1), ("\u{0}", 1, 1), ("[\"é\", x]", 1, 7),
    ])
  func bad(_ source: String, _ line: Int, _ column: Int) {
    let error = #expect(throws: JSONError.self) { try Self.read(source) }
    #expect(
      error?.line == line && error?.column == column, "\(source): \(error?.description ?? "")")
  }

  @Test("bytes that are not UTF-8 are told, and so is too much of anything")
  func limits() throws {
    for bytes: [UInt8] in [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
    ] {
      let error = #expect(throws: JSONError.self) { try JSONDocument(bytes) }
      #expect(error?.column == 2)
    }
    let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(try Self.read(deep) == deep)
    #expect(throws: JSONError.self) { try Self.read("[" + deep + "]") }
    let spaces = [UInt8](repeating: 0x20, count: JSONDocument.sizeMax - 1) + [0x31]
    #expect(try Self.text(JSONDocument(spaces).root) == "1.0")
    #expect(throws: JSONError.self) { try JSONDocument([0x20] + spaces) }
  }

  @Test("a place within a text is found behind escapes")
  func places() throws {
    let source = #"["a\n\u00e9\uD83D\uDE00z"]"#
    let document = try JSONDocument(Array(source.utf8))
    guard case .array(let values) = document.root.content else { return #expect(Bool(false)) }
    // a, newline, two bytes of é, four of the face, z, the end.
    let expected = [2, 3, 5, 5, 11, 11, 11, 11, 23, 24]
    #expect((0..<10).map { document.offset(of: $0, in: values[0]) } == expected)
  }

  @Test(
    "random bytes and damaged catalogues are read or refused within their text", arguments: seeds(2)
  )
  func fuzz(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let example = Array(
      #"{"offers": [{"id": "a\u00e9\uD83D\uDE00", "x": [1.5e-3, null, true]}]}"#.utf8)
    var (good, refused) = (0, 0)
    for _ in 0..<20_000 {
      var bytes = example
      for _ in 0..<Int.random(in: 1...3, using: &chance) {
        let place = Int.random(in: 0..<bytes.count, using: &chance)
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: bytes[place] = .random(in: 0...255, using: &chance)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes.randomElement(using: &chance) ?? 0, at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0x5b] }
      }
      do throws(JSONError) {
        _ = try JSONDocument(bytes)
        good += 1
      } catch {
        refused += 1
        let text = String(decoding: bytes, as: UTF8.self)
        try #require(error.line >= 1 && error.column >= 1 && error.column <= text.count + 2)
      }
    }
    print("\(good) read, \(refused) refused")
    #expect(good > 100 && refused > 1_000)
  }
}
