// `patron segments`: what its words ask for, the file of definitions, and the table.

import Testing
import Wire

@testable import patron

@Suite("SegmentsCommand")
struct SegmentsCommandTests {
  private func definitions(_ words: String...) throws(CommandError) -> [SegmentFields]? {
    try SegmentsCommand.definitions(
      try Arguments(words, options: SegmentsCommand.command.options))
  }

  @Test(
    "without an action segments are shown; a name may have blanks; without --stay it is --enter")
  func words() throws {
    #expect(try definitions("--json") == nil)
    #expect(
      try definitions("define", "about", "to", "leave", "--enter", "a", "--stay", "b")
        == [SegmentFields(segment: "about to leave", enters: "a", stays: "b")])
    #expect(
      try definitions("define", "vip", "--enter", "a")
        == [SegmentFields(segment: "vip", enters: "a", stays: "a")])
    #expect(
      try definitions("default", "will buy again")
        == [SegmentFields(segment: "will buy again", enters: "", stays: "")])
    for wrong in [
      ["show"], ["define"], ["default"], ["--enter", "a"], ["define", "vip", "--stay", "a"],
      ["default", "vip", "--enter", "a"], ["define", "vip", "--enter", ""],
    ] {
      #expect(throws: CommandError.self) {
        try SegmentsCommand.definitions(
          try Arguments(wrong, options: SegmentsCommand.command.options))
      }
    }
  }

  @Test("what --json prints, define reads")
  func file() throws {
    var reply = ReadSegmentsReply()
    let fields = SegmentFields(
      segment: "loyal", enters: "orders >= 4 and\n\"x\" == source", stays: "orders > 2")
    var line = SegmentLine(fields)
    (line.customers, line.before, line.valued) = (1_234, 1_200, (2, 10))
    (reply.segments, reply.customers, reply.foundDay, reply.asOfDay) = ([line], 1_234, 9, 10)
    let told = SegmentsText(reply: reply, currency: "EUR")
    #expect(try SegmentsFile.read(Array(JSONWriter.lines(told.json).utf8), name: "f") == [fields])
    let text = told.text
    #expect(text.contains("1,234") && text.contains("100.0 %") && text.contains("+34"))
    #expect(text.contains("10.00") && text.contains("5.00"))
    #expect(text.contains("\nloyal  orders >= 4 and \"x\" == source\n"))
    #expect(text.hasSuffix("\n       who was in it stays: orders > 2"))
    reply.asOfDay = 8
    #expect(!SegmentsText(reply: reply, currency: "").text.contains("+34"))
    let plain = Array("{\"segments\": [{\"name\": \"vip\", \"enter\": \"true\"}]}".utf8)
    #expect(
      try SegmentsFile.read(plain, name: "f")
        == [SegmentFields(segment: "vip", enters: "true", stays: "true")])
    for wrong in ["", "{}", "{\"segments\": []}", "[1]"] {
      #expect(throws: CommandError.self) { try SegmentsFile.read(Array(wrong.utf8), name: "f") }
    }
  }
}
