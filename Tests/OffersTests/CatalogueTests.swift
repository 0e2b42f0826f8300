// A catalogue is checked whole: what is wrong is told with its place, and changes make new versions.

import Rules
import Support
import Testing

@testable import Offers

@Suite("Catalogue")
struct CatalogueTests {
  private static func error(_ json: String, replacing old: Catalogue? = nil) -> JSONError? {
    do throws(JSONError) {
      _ = try Catalogue(Array(json.utf8), replacing: old)
      return nil
    } catch {
      return error
    }
  }

  /// A catalogue in which one thing is wrong; where it stands is found by the text itself.
  private static func check(_ json: String, at wrong: String, _ path: String, _ part: String) {
    guard let error = error(json) else {
      Issue.record("\(json) is no error")
      return
    }
    let before = json[..<(json.firstRange(of: wrong)?.lowerBound ?? json.endIndex)]
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      error.line == lines.count && error.column == (lines.last?.count ?? 0) + 1
        && error.path == path && error.problem.contains(part), "\(error) for \(wrong)")
  }

  /// What is wrong with a key of an offer: the key, its value, and a part of the sentence.
  static let offerFaults: [(String, String, String)] = [
    ("id", "5", "must be a text, not a number"), ("id", "\"\"", "0 bytes"),
    ("id", "\"\(String(repeating: "x", count: 65))\"", "65 bytes"),
    ("name", "[]", "not a list"), ("text", "null", "not null"),
    ("family", "true", "not true or false"), ("channels", "\"email\"", "must be a list"),
    ("channels", "[]", "0 members"), ("channels", "{}", "must be a list, not an object"),
    ("placements", "[]", "0 members"), ("purpose", "\"maketing\"", "did you mean \"marketing\"?"),
    ("purpose", "\"profiling\"", "no purpose of an offer"),
    ("class", "\"norml\"", "did you mean \"normal\"?"), ("state", "\"alive\"", "is not known here"),
    ("start", "\"2026-02-29\"", "is no day"), ("start", "20261122", "must be a text"),
    ("end", "\"2026-2-9\"", "is no day"), ("end", "\"+026-02-09\"", "is no day"),
    ("reward", "5", "must be an object"), ("max_liability", "-1", "out of range"),
    ("max_liability", "1.005", "more digits than the currency"),
    ("contact_cost", "-0.1", "out of range"), ("margin_rate", "1.01", "must be -1 to 1"),
    ("margin_rate", "-1.01", "must be -1 to 1"), ("lever", "0.49", "must be 0.5 to 2"),
    ("lever", "2.01", "must be 0.5 to 2"), ("lever", "\"1\"", "must be a number, not a text"),
    ("group", "7", "must be a text"), ("budget", "{}", "needs \"money\""),
    ("budget", "100", "must be an object"),
    ("eligibility", "true", "must be a text, not true or false"),
  ]

  @Test("what is wrong with a key of an offer is told where it stands", arguments: 0..<31)
  func offerKeys(_ number: Int) {
    let (key, value, part) = Self.offerFaults[number]
    let good = [
      "id": "\"a\"", "family": "\"f\"", "channels": "[\"email\"]", "placements": "[\"p\"]",
    ]
    var lines = good.filter { $0.key != key }.sorted { $0.key < $1.key }
      .map { "  \"\($0.key)\": \($0.value)" }
    lines.append("  \"\(key)\": \(value)")
    let json = Counter.json(["{\n\(lines.joined(separator: ",\n"))\n}"])
    Self.check(json, at: value + "\n}", "offers[0].\(key)", part)
  }

  @Test("a key that is missing or not known is told by name")
  func keys() {
    for key in ["id", "family", "channels", "placements"] {
      let all = [
        "id": "\"a\"", "family": "\"f\"", "channels": "[\"email\"]", "placements": "[\"p\"]",
      ]
      let rest = all.filter { $0.key != key }.map { "\"\($0.key)\": \($0.value)" }
      let offer = "{\(rest.joined(separator: ", "))}"
      Self.check(Counter.json([offer]), at: offer, "offers[0]", "the key \"\(key)\" is missing")
    }
    Self.check(
      Counter.json([Counter.offer("a", "\"chanels\": 1")]), at: "\"chanels\"", "offers[0]",
      "did you mean \"channels\"?")
    Self.check("{}", at: "{}", "", "\"currency\" is missing")
    Self.check("[]", at: "[]", "", "must be an object, not a list")
    Self.check(Counter.json([], "\"epsilonn\": 1"), at: "\"epsilonn\"", "", "\"epsilon\"?")
  }

  /// The rest of a catalogue, what is wrong in it, its path, and a part of the sentence.
  static let ruleFaults: [(String, String, String, String)] = [
    ("\"epsilon\": 1.5", "1.5", "epsilon", "0 to 1"),
    ("\"epsilon\": \"0\"", "\"0\"", "epsilon", "must be a number"),
    ("\"exploration\": 1", "1", "exploration", "must be true or false"),
    ("\"minor_digits\": 5", "5", "minor_digits", "0 to 4"),
    ("\"minor_digits\": 1.5", "1.5", "minor_digits", "whole"),
    ("\"point_value\": -1", "-1", "point_value", "out of range"),
    ("\"vip_value\": []", "[]", "vip_value", "must be a number"),
    ("\"channels\": {\"emial\": {}}", "\"emial\"", "channels", "did you mean \"email\"?"),
    (
      "\"channels\": {\"sms\": {\"quiet_from\": \"25:00\", \"quiet_to\": \"08:00\"}}",
      "\"25:00\"", "channels.sms.quiet_from", "no time of the day"
    ),
    (
      "\"channels\": {\"sms\": {\"quiet_from\": \"09:00\"}}", "{\"quiet_from", "channels.sms",
      "\"quiet_to\" is missing"
    ),
    (
      "\"channels\": {\"sms\": {\"consent\": \"opt\"}}", "\"opt\"", "channels.sms.consent",
      "is not known here"
    ),
    (
      "\"channels\": {\"sms\": {\"fatigue_cost\": -1}}", "-1", "channels.sms.fatigue_cost",
      "out of range"
    ),
    ("\"caps\": [{\"limit\": 1, \"days\": 1}]", "{\"limit", "caps[0]", "\"scope\" is missing"),
    (
      "\"caps\": [{\"scope\": \"global\", \"limit\": 33, \"days\": 1}]", "33", "caps[0].limit",
      "0 to 32"
    ),
    (
      "\"caps\": [{\"scope\": \"global\", \"limit\": -1, \"days\": 1}]", "-1", "caps[0].limit",
      "0 to 32"
    ),
    (
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"hours\": 0}]", "0}", "caps[0].hours",
      "must be 1 to"
    ),
    (
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1}]", "{\"scope", "caps[0]",
      "needs exactly one of"
    ),
    (
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"days\": 1, \"calendar_days\": 1}]",
      "\"calendar_days\"", "caps[0]", "needs exactly one of"
    ),
    (
      "\"caps\": [{\"scope\": \"family\", \"of\": \"oferx\", \"limit\": 1, \"days\": 1}]",
      "\"oferx\"", "caps[0].of", "did you mean \"offer\"?"
    ),
    (
      "\"caps\": [{\"scope\": \"global\", \"of\": \"x\", \"limit\": 1, \"days\": 1}]",
      "\"x\"", "caps[0].of", "remove this key"
    ),
    (
      "\"caps\": [{\"scope\": \"world\", \"limit\": 1, \"days\": 1}]", "\"world\"",
      "caps[0].scope", "there are global, channel, family, offer"
    ),
    (
      "\"suppressions\": [{\"refusals\": 0, \"days\": 1}]", "0,", "suppressions[0].refusals",
      "1 to 32"
    ),
    (
      "\"suppressions\": [{\"scope\": \"global\", \"refusals\": 1, \"days\": 1}]",
      "\"global\"", "suppressions[0].scope", "by offer or by family"
    ),
    (
      "\"quiet_periods\": [{\"channels\": [\"mail\"], \"hours\": 1}]", "\"mail\"",
      "quiet_periods[0].channels[0]", "did you mean \"email\"?"
    ),
    (
      "\"campaigns\": [{\"id\": \"c\", \"offers\": [\"offr\"]}]", "\"offr\"",
      "campaigns[0].offers[0]", "did you mean \"offer\"?"
    ),
    (
      "\"campaigns\": [{\"id\": \"c\", \"days\": 0, \"offers\": [\"offer\"]}]", "0,",
      "campaigns[0].days", "1 to 365"
    ),
    (
      "\"holdouts\": [{\"level\": \"global\", \"key\": \"k\", \"percent\": 51}]", "51",
      "holdouts[0].percent", "0 to 50"
    ),
    (
      "\"holdouts\": [{\"level\": \"campaign\", \"of\": \"c\", \"key\": \"k\", \"percent\": 5}]",
      "\"c\"", "holdouts[0].of", "there are none"
    ),
    (
      "\"holdouts\": [{\"level\": \"offer\", \"key\": \"k\", \"percent\": 5}]", "{\"level",
      "holdouts[0]", "\"of\" is missing"
    ),
    (
      "\"holdouts\": [{\"level\": \"global\", \"key\": \"k\", \"percent\": 5},\n"
        + " {\"level\": \"global\", \"key\": \"l\", \"percent\": 5}]",
      "{\"level\": \"global\", \"key\": \"l\"", "holdouts[1]", "two holdouts for the same"
    ),
  ]

  @Test("what is wrong with a rule of the shop is told where it stands", arguments: 0..<30)
  func rules(_ number: Int) {
    let (rest, wrong, path, part) = Self.ruleFaults[number]
    // The file's first lines have none of what is wrong.
    let json =
      "{\"currency\": \"EUR\", \"margin_rate\": 0.3,\n\"offers\": [\(Counter.offer("offer"))],\n"
      + "\"placements\": [{\"id\": \"p\"}],\n"
    let error = Self.error(json + rest + "}")
    let before = rest[..<(rest.firstRange(of: wrong)?.lowerBound ?? rest.endIndex)]
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      error?.line == 3 + lines.count && error?.column == (lines.last?.count ?? 0) + 1
        && error?.path == path && error?.problem.contains(part) == true,
      "\(String(describing: error)) for \(rest)")
  }

  @Test("an end that is not after the start is refused at the end")
  func order() {
    for end in ["2026-11-22", "2026-11-21"] {
      let offer = Counter.offer("a", "\"start\": \"2026-11-22\", \"end\": \"\(end)\"")
      Self.check(Counter.json([offer]), at: "\"\(end)\"}", "offers[0].end", "after the start")
    }
  }

  @Test("two offers, placements or campaigns of one name are refused at the second")
  func twins() {
    let error = Self.error(Counter.json([Counter.offer("a"), Counter.offer("a")]))
    #expect(error?.path == "offers[1].id" && error?.line == 2)
  }

  @Test("a refused condition is told in the file and within itself, escapes counted")
  func condition() {
    let good = Counter.offer("a", #""eligibility": "segment == \"vip\" and basket >= 50""#)
    #expect(Self.error(Counter.json([good])) == nil)
    let bad = Counter.offer("b", #""suitability": "segment == \"vip\" and baskt >= 50""#)
    let json = Counter.json([good, bad])
    Self.check(json, at: "baskt", "offers[1].suitability", "line 1, column 22 of the condition")
    let error = Self.error(json)
    #expect(error?.problem.contains("did you mean 'basket'?") == true)
    #expect(
      error?.told(of: "offers.json").hasPrefix("offers.json line 2, column ") == true,
      "\(error?.told(of: "offers.json") ?? "")")
  }

  @Test("of several faults the first in the file is told, whatever is read first")
  func first() {
    let later =
      "{\"margin_rate\": 0.1, \"caps\": 5, \"epsilon\": 7,\n\"placements\": [{\"id\": \"p\"}], "
      + "\"currency\": \"EUR\", \"offers\": []}"
    #expect(Self.error(later)?.path == "caps")
  }

  @Test("limits: 256 offers, 32 placements, 512 texts, and one more is refused")
  func limits() throws {
    func offers(_ count: Int) -> String {
      Counter.json((0..<count).map { Counter.offer("o\($0)", family: "f") })
    }
    let full = try Catalogue(Array(offers(256).utf8))
    #expect(full.offers.count == 256)
    #expect(full.words.map(\.id) == full.words.map(\.id).sorted())
    #expect(full.words.indices.allSatisfy { full.place(of: full.words[$0].id) == $0 })
    #expect(full.place(of: "zzz") == nil && full.place(of: "") == nil)
    #expect(Self.error(offers(257))?.path == "offers")
    // Fifteen texts are there already.
    func texts(_ count: Int) -> String {
      Counter.json(
        stride(from: 0, to: count, by: 50).map { first in
          let list = (first..<min(first + 50, count)).map { "\\\"t\($0)\\\"" }
          return Counter.offer(
            "o\(first)", "\"eligibility\": \"country in (\(list.joined(separator: ", ")))\"")
        })
    }
    #expect(Self.error(texts(497)) == nil)
    #expect(Self.error(texts(498))?.problem.contains("512 texts") == true)
  }

  @Test("a change of one offer is the next version, and the old one stays as it is")
  func amended() throws {
    let old = try Catalogue(Array(Counter.json([Counter.offer("a"), Counter.offer("b")]).utf8))
    let paused = try old.amended("a", to: .paused)
    #expect(paused.version == 2 && paused.offers[0].state == .paused)
    #expect(old.version == 1 && old.offers[0].state == .live)
    let ended = try paused.amended("a", to: .ended)
    #expect(throws: CatalogueChangeError.impossible("a", from: .ended, to: .live)) {
      try ended.amended("a", to: .live)
    }
    #expect(throws: CatalogueChangeError.unknownOffer("aa", nearest: "a")) {
      try ended.amended("aa", to: .paused)
    }
    // What was ended stays so, also in a new file.
    let again = Self.error(Counter.json([Counter.offer("a")]), replacing: ended)
    #expect(again?.path == "offers[0].state" && again?.problem.contains("ended") == true)
    let next = try Catalogue(Array(Counter.json([Counter.offer("b")]).utf8), replacing: ended)
    #expect(next.version == 4)
  }

  @Test(
    "the key of a running experiment cannot change; its share can, and after closing the key too")
  func experiment() throws {
    func json(_ key: String, _ percent: Int, _ rest: String = "") -> String {
      Counter.json(
        [Counter.offer("a")],
        "\"holdouts\": [{\"level\": \"global\", \"key\": \"\(key)\", \"percent\": \(percent)\(rest)}]"
      )
    }
    let old = try Catalogue(Array(json("k", 5).utf8))
    #expect(Self.error(json("k", 10), replacing: old) == nil)
    let error = Self.error(json("l", 5), replacing: old)
    #expect(error?.path == "holdouts[0].key" && error?.problem.contains("running") == true)
    let closed = try Catalogue(Array(json("k", 5, ", \"closed\": true").utf8), replacing: old)
    #expect(Self.error(json("l", 5), replacing: closed) == nil)
  }

  @Test("damaged catalogues never trap, and errors lie within the text", arguments: seeds(2))
  func fuzz(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let example = Array(ExampleCatalogue.json.utf8)
    let pieces = ["null", "-1", "1e300", "[]", "{}", "\"\"", "true", "\"email\"", "999999999999"]
    var refused = 0
    for _ in 0..<150 {
      var bytes = example
      let place = Int.random(in: 0..<bytes.count, using: &chance)
      // A value for another one, or one byte for another.
      if Bool.random(using: &chance), let colon = bytes[place...].firstIndex(of: 0x3a),
        let end = bytes[colon...].firstIndex(where: { [0x2c, 0x7d, 0x0a].contains($0) })
      {
        bytes.replaceSubrange(
          (colon + 1)..<end, with: Array((pieces.randomElement(using: &chance) ?? "").utf8))
      } else {
        bytes[place] = .random(in: 32...126, using: &chance)
      }
      guard let error = Self.error(String(decoding: bytes, as: UTF8.self)) else { continue }
      refused += 1
      try #require(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty)
    }
    print("\(refused) of 150 refused")
    #expect(refused > 50)
  }
}
