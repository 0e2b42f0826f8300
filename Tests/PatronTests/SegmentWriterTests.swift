// Customers as lines, part after part.

import Testing
import Wire

@testable import patron

@Suite("SegmentWriter")
struct SegmentWriterTests {
  /// What is written of some parts.
  private func written(_ form: SegmentForm, _ parts: [SelectReply]) throws -> String {
    final class Text { var text = "" }
    let out = Text()
    var writer = SegmentWriter(form, columns: ["customer", "lifetime_value"]) {
      (text) throws(CommandError) in out.text += text
    }
    for part in parts { try writer.add(part) }
    return out.text
  }

  private func part(scanned: UInt64, _ names: [String?], _ values: [Double]) -> SelectReply {
    var part = SelectReply()
    part.scanned = scanned
    part.columns = names.isEmpty ? [] : [.texts(names), .numbers(values)]
    return part
  }

  @Test("CSV has its head once, before the first customer, however far the search had come")
  func head() throws {
    let parts = [
      part(scanned: 4_096, [], []), part(scanned: 8_192, ["a,b", nil], [1.5, .nan]),
      part(scanned: 8_192, ["c"], [2]),
    ]
    #expect(try written(.csv, parts) == "customer,lifetime_value\n\"a,b\",1.5\n,\nc,2\n")
    #expect(try written(.csv, [part(scanned: 3, [], [])]) == "customer,lifetime_value\n")
  }
}
