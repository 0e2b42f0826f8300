// protocol.md and the code say the same, in both directions.
// After a change of the examples, PATRON_UPDATE_PROTOCOL=1 writes them into the page; review the diff.

import Foundation
import Testing
import Wire

@Suite("ProtocolDocument")
struct ProtocolDocumentTests {
  let document: ProtocolDocument

  init() throws { document = try ProtocolDocument() }

  @Test("the table of types is the code's")
  func types() throws {
    let types: [FieldType] = [
      .u8, .u16, .u32, .u64, .i32, .i64, .f32, .f64, .identifier, .name, .sentence, .text,
      .bytes, .rows([]),
    ]
    let table = try #require(document.table(["type", "size", "meaning"], under: "Types"))
    #expect(table.map { Array($0.prefix(2)) } == types.map { [$0.name, Self.size($0)] })
  }

  @Test("the table of the header is the code's")
  func header() throws {
    let table = try #require(document.table(Self.fieldHead, under: "Frame"))
    #expect(Self.bare(table) == Self.rows(FieldWalk.headerFields, from: 0, titles: [:]))
    #expect(FieldWalk.headerFields.reduce(0) { $0 + ($1.type.size ?? 0) } == FrameHeader.size)
  }

  @Test("the table of verbs is the code's, and each names bodies that exist")
  func verbs() throws {
    let head = ["number", "name", "kind", "request", "reply", "meaning"]
    let table = try #require(document.table(head, under: "Verbs"))
    #expect(
      table.map { Array($0.prefix(3)) }
        == Verb.allCases.map { ["\($0.rawValue)", $0.name, $0.isCommand ? "command" : "query"] })
    let titles = Set(Example.all.map(\.title))
    for row in table {
      for link in row[3...4] {
        #expect(titles.contains { link == Self.link($0) }, "\(link) leads to no message")
      }
      #expect(!row[5].isEmpty)
    }
    // An example's verb is one whose row names its body; refusals answer any.
    for example in Example.all where example.status == .ok {
      let row = try #require(table.first { $0[0] == "\(example.verb.rawValue)" })
      #expect(row[3...4].contains(Self.link(example.title)), "\(example.title) has another verb")
    }
  }

  @Test("the table of statuses is the code's")
  func statuses() throws {
    let head = ["number", "name", "closes", "meaning"]
    let table = try #require(document.table(head, under: "Statuses"))
    #expect(
      table.map { Array($0.prefix(3)) }
        == Status.allCases.map { ["\($0.rawValue)", $0.name, $0.closes ? "yes" : "no"] })
    #expect(table.allSatisfy { !$0[3].isEmpty })
  }

  @Test("the table of limits is the code's, and no limit of the code is missing")
  func limits() throws {
    let values: [String: Double] = [
      "frameSizeMax": Double(Limits.frameSizeMax), "helloSizeMax": Double(Limits.helloSizeMax),
      "identifierSizeMax": Double(Limits.identifierSizeMax),
      "nameSizeMax": Double(Limits.nameSizeMax),
      "sentenceSizeMax": Double(Limits.sentenceSizeMax), "rowsMax": Double(Limits.rowsMax),
      "batchFrameSizeMax": Double(Limits.batchFrameSizeMax),
      "customersMax": Double(Limits.customersMax), "scoresMax": Double(Limits.scoresMax),
      "transitionsMax": Double(Limits.transitionsMax), "amountMax": Double(Limits.amountMax),
      "minorDigitsMax": Double(Limits.minorDigitsMax),
      "futureDaysMax": Double(Limits.futureDaysMax),
      "futureSecondsMax": Double(Limits.futureSecondsMax),
      "eventsToldMax": Double(Limits.eventsToldMax),
      "categoriesToldMax": Double(Limits.categoriesToldMax),
      "consentsToldMax": Double(Limits.consentsToldMax), "dayMax": Double(Limits.dayMax),
      "horizonDaysMax": Limits.horizonDaysMax, "discountRateMax": Limits.discountRateMax,
      "marginMax": Limits.marginMax, "scoreMonthsMax": Double(Limits.scoreMonthsMax),
      "answersSizeMax": Double(Limits.answersSizeMax), "blendMax": Double(Limits.blendMax),
      "forecastWeeksMax": Double(Limits.forecastWeeksMax),
      "seasonPartsMax": Double(Limits.seasonPartsMax), "signalsMax": Double(Limits.signalsMax),
      "churnTermsMax": Double(Limits.churnTermsMax),
      "conditionSizeMax": Double(Limits.conditionSizeMax),
      "selectColumnsMax": Double(Limits.selectColumnsMax),
      "groupFieldsMax": Double(Limits.groupFieldsMax), "groupsMax": Double(Limits.groupsMax),
      "measuresMax": Double(Limits.measuresMax), "quantilesMax": Double(Limits.quantilesMax),
      "orderedMax": Double(Limits.orderedMax),
      "catalogueSizeMax": Double(Limits.catalogueSizeMax),
      "offersMax": Double(Limits.offersMax), "slateMax": Double(Limits.slateMax),
      "basketCategoriesMax": Double(Limits.basketCategoriesMax),
      "ownFeaturesMax": Double(Limits.ownFeaturesMax),
      "decisionSizeMax": Double(Limits.decisionSizeMax),
      "decisionsSizeMax": Double(Limits.decisionsSizeMax),
    ]
    let head = ["name", "value", "unit and meaning"]
    let table = try #require(document.table(head, under: "Limits"))
    var written: [String: Double] = [:]
    for row in table {
      written[row[0]] = Double(row[1].filter { $0 != "," })
    }
    #expect(written == values)
    #expect(table.count == values.count)
    let source = try Self.source("Limits.swift")
    let declared = source.matches(of: /public static let (\w+)/).map { String($0.1) }
    #expect(Set(declared) == Set(values.keys))
  }

  @Test("every message has a section, a table with the code's fields, and an example")
  func messages() throws {
    #expect(Set(document.messageTitles) == Set(Example.all.map(\.title)))
    #expect(document.messageTitles.count == Set(document.messageTitles).count)
    var titles: [String: [Field]] = [:]
    for example in Example.all { titles[example.title] = example.fields }
    for (title, fields) in titles {
      let table = document.table(Self.fieldHead, under: title) ?? []
      let expected = Self.rows(fields, from: FrameHeader.size, titles: titles)
      #expect(Self.bare(table) == expected, "\(title)")
      #expect(table.allSatisfy { !$0[4].isEmpty }, "\(title)")
    }
  }

  @Test("every Message type of the code has an example")
  func messageTypes() throws {
    var declared: Set<String> = []
    let folder = ProtocolDocument.root.appending(path: "Sources/Wire")
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".swift") {
      let matches = try Self.source(file).matches(of: /struct (\w+): Message\b/)
      declared.formUnion(matches.map { String($0.1) })
    }
    #expect(declared == Set(Example.all.map(\.typeName)))
  }

  @Test("every example decodes to the value spelled out here and encodes back to the same bytes")
  func examples() throws {
    var expected: [String: [[String]]] = [:]
    for example in Example.all {
      // The walk goes by the field tables alone and must consume what the codec wrote.
      let walk = try FieldWalk(frame: try example.encode(), body: example.fields)
      expected[example.title, default: []].append(walk.lines)
    }
    if ProcessInfo.processInfo.environment["PATRON_UPDATE_PROTOCOL"] == "1" {
      try ProtocolDocument.update(examples: expected)
    }
    let document = try ProtocolDocument()
    for title in document.messageTitles {
      let written = document.examples(under: title)
      #expect(written == expected[title], "\(title)")
      for (lines, example) in zip(written, Example.all.filter { $0.title == title }) {
        let bytes = try #require(ProtocolDocument.bytes(lines), "\(title) is not hex")
        let header = try #require(try firstHeader(of: bytes), "\(title) is not a whole frame")
        #expect(header.frameSize == bytes.count)
        #expect(header.verb == example.verb.rawValue)
        #expect(header.status == example.status.rawValue)
        #expect(header.tag == example.tag)
        #expect(header.deadlineMillis == example.deadlineMillis)
        #expect(try example.equals(bytes), "\(title) decodes to another value")
        #expect(try example.recode(bytes) == bytes, "\(title)")
      }
    }
  }

  // MARK: What the page should say

  private static let fieldHead = ["offset", "size", "type", "name", "meaning and unit"]

  private static func bare(_ table: [[String]]) -> [String] {
    table.map { $0.prefix(4).joined(separator: " · ") }
  }

  private static func link(_ title: String) -> String {
    "[\(title)](#\(title.replacing(" ", with: "-")))"
  }

  private static func size(_ type: FieldType) -> String { type.size.map { "\($0)" } ?? "–" }

  /// The first four cells of each line of a table; rows that are a message of their own are named.
  private static func rows(
    _ fields: [Field], from start: Int, titles: [String: [Field]], depth: Int = 0
  ) -> [String] {
    let mark = depth == 0 ? "" : String(repeating: "›", count: depth) + " "
    var offset: Int? = start
    var lines: [String] = []
    for field in fields {
      let place = offset.map { depth > 0 ? "+\($0)" : "\($0)" } ?? "–"
      var type = field.type.name
      var nested: [String] = []
      if case .rows(let row) = field.type {
        // One field may be a body and a row by chance.
        if row.count > 1, let title = titles.first(where: { $0.value == row })?.key {
          type = "rows of \(link(title))"
        } else {
          nested = rows(row, from: 0, titles: [:], depth: depth + 1)
        }
      }
      lines.append("\(place) · \(size(field.type)) · \(type) · \(mark)\(field.name)")
      lines += nested
      offset = offset.flatMap { at in field.type.size.map { at + $0 } }
    }
    return lines
  }

  private static func source(_ file: String) throws -> String {
    try String(
      contentsOf: ProtocolDocument.root.appending(path: "Sources/Wire/\(file)"), encoding: .utf8)
  }
}
