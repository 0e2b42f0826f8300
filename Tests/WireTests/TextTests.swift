// Text on the wire: what is cut, what is refused, and where.

import Testing
import Wire

@Suite("Text")
struct TextTests {
  @Test(
    "a name that is too long is cut at a character",
    arguments: [
      (String(repeating: "a", count: 64), 64), (String(repeating: "a", count: 65), 64),
      (String(repeating: "a", count: 63) + "é", 63), (String(repeating: "é", count: 40), 64),
      (String(repeating: "a", count: 60) + "👨‍👩‍👧‍👦", 60), ("👨‍👩‍👧‍👦", 25), ("", 0),
      ("e" + String(repeating: "\u{301}", count: 40), 0),
    ])
  func name(_ text: String, size: Int) throws {
    let kept = try readBody(HelloRequest.self, of: makeFrame(HelloRequest(client: text))).client
    #expect(kept.utf8.count == size)
    #expect(text.hasPrefix(kept) || kept.isEmpty)
    #expect(Array(text).starts(with: Array(kept)))
  }

  @Test("a sentence of 2,048 bytes is kept whole, a longer one is cut at a character")
  func sentence() throws {
    func kept(_ text: String) throws -> String {
      let reply = RefusalReply(Refusal(.invalidField, text))
      return try readBody(RefusalReply.self, of: makeFrame(reply)).sentence
    }
    let whole = String(repeating: "s", count: 2046) + "é"
    #expect(try kept(whole) == whole)
    #expect(try kept(whole + "x") == whole)
    #expect(try kept("x" + whole) == "x" + String(repeating: "s", count: 2046))
  }

  @Test("an identifier of 1 to 64 bytes is written, another is refused and nothing appended")
  func identifier() throws {
    for text in ["a", String(repeating: "é", count: 32), String(repeating: "a", count: 64)] {
      var out = ByteBuffer()
      try out.append(identifier: text)
      #expect(try array(out) == [UInt8(text.utf8.count)] + Array(text.utf8))
    }
    for text in ["", String(repeating: "a", count: 65), String(repeating: "é", count: 33)] {
      var out = ByteBuffer()
      var status: Status?
      do { try out.append(identifier: text) } catch { status = error.status }
      #expect(status == .invalidField)
      #expect(out.count == 0)
    }
  }

  /// Not UTF-8: a lone continuation, an overlong slash, a surrogate, an unfinished sequence, a
  /// code point beyond Unicode, a byte that never occurs.
  static let notUTF8: [[UInt8]] = [
    [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80], [0xFF],
  ]

  @Test("text that is not UTF-8 is refused at its field", arguments: notUTF8)
  func invalid(bytes: [UInt8]) throws {
    let short = [UInt8(bytes.count)] + bytes
    let fields: [(title: String, field: String, bytes: [UInt8])] = [
      ("hello request", "client", short), ("hello reply", "time zone", short),
      ("status reply", "server", short), ("declare shop request", "time zone", short),
      ("refusal", "sentence", littleEndian(UInt16(bytes.count)) + bytes),
      ("fit reply", "warnings", littleEndian(UInt16(bytes.count)) + bytes),
      ("score one request", "customer", short),
      ("score many request", "customers[1].customer", short),
      ("record orders request", "orders[1].customer", short),
      ("record orders request", "orders[1].order", short),
      ("record returns request", "returns[0].customer", short),
      ("record returns request", "returns[0].order", short),
      ("record returns request", "returns[0].return", short),
    ]
    for (title, field, bytes) in fields {
      let example = try Example.named(title)
      let refused = try #require(try example.refusal(with: field, bytes), "\(title), \(field)")
      #expect(refused.status == .invalidField, "\(title), \(field)")
      #expect(
        refused.offset == UInt32(try example.range(of: field).lowerBound), "\(title), \(field)")
    }
  }

  @Test("a size over the limit is refused at its field, whatever follows")
  func tooLong() throws {
    let letters = [UInt8](repeating: 0x61, count: 4096)
    let fields: [(title: String, field: String, head: [UInt8])] = [
      ("hello request", "client", [65]), ("hello reply", "server", [255]),
      ("refusal", "sentence", littleEndian(UInt16(2049))),
      ("fit reply", "warnings", littleEndian(UInt16.max)),
      ("score one request", "customer", [65]), ("score one request", "customer", [0]),
      ("record orders request", "orders[0].order", [65]),
      ("record returns request", "returns[0].return", [0]),
    ]
    for (title, field, head) in fields {
      let example = try Example.named(title)
      let refused = try #require(try example.refusal(with: field, head + letters))
      #expect(refused.status == .invalidField, "\(title), \(field)")
      #expect(refused.offset == UInt32(try example.range(of: field).lowerBound))
    }
  }
}
