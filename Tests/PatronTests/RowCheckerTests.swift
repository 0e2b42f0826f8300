// Rows of a file, good and bad, each with the exact place and reason it is told with.

import Testing
import Wire

@testable import patron

/// Checks all rows of a text with the columns customer_id, date, amount, order_id, note.
func check(
  _ text: [UInt8], pieceSize: Int = .max, zone: String = "UTC", minorDigits: UInt8 = 2,
  order: String? = nil, untilDay: Int? = nil, category: String? = nil
) throws -> [CheckedRow] {
  var reader = CSVReader(BytesSource(text, pieceSize: pieceSize))
  reader.delimiter = TableColumns.delimiter(in: try reader.peekFirstLine())
  guard try reader.read() else { return [] }
  let names = reader.fields.map { String(decoding: reader.content(of: $0), as: UTF8.self) }
  var wanted = TableColumns.Wanted()
  wanted.order = order
  wanted.category = category
  let settings = ImportSettings(
    columns: try TableColumns(wanted, header: names), currency: "USD", minorDigits: minorDigits,
    untilDay: untilDay, lastDay: 20_000)
  var checker = RowChecker(settings, zone: try #require(ShopZone(zone)))
  var rows: [CheckedRow] = []
  while try reader.read() { rows.append(checker.check(reader)) }
  return rows
}

func check(_ text: String, order: String? = nil, untilDay: Int? = nil) throws -> [CheckedRow] {
  try check(Array(text.utf8), order: order, untilDay: untilDay)
}

extension CheckedRow {
  var order: RecordOrdersRequest.Order? {
    if case .order(let order) = self { order } else { nil }
  }

  var bad: BadRow? {
    if case .bad(let row) = self { row } else { nil }
  }
}

@Suite("RowChecker")
struct RowCheckerTests {
  @Test("a row with a category is a line, one without is an order alone, a long one is bad")
  func category() throws {
    let long = String(repeating: "x", count: 65)
    let text =
      "customer_id,date,amount,kind\na,1997-01-01,5, shoes \na,1997-01-01,6,\na,1997-01-01,7,\(long)\n"
    let rows = try check(Array(text.utf8), category: "kind")
    guard rows.count == 3, case .line(let order, "shoes") = rows[0] else {
      Issue.record("\(rows)")
      return
    }
    #expect(order.amountMinor == 500 && rows[1].order?.amountMinor == 600)
    #expect(rows[2].bad?.fault == .identifierTooLong && rows[2].bad?.field?.number == 4)
  }

  struct Case: CustomTestStringConvertible {
    var row: String
    var sentence: String
    var testDescription: String { row.debugDescription }
  }

  /// Each stands on line 3 of a file, behind a good row and before another.
  static let cases: [Case] = [
    Case(row: "a,1997-01-01", sentence: "3:13: too few fields, '2 instead of 3'"),
    Case(row: "a", sentence: "3:2: too few fields, '1 instead of 3'"),
    Case(row: "a,1997-01-01,5,6", sentence: "3:16: too many fields, '4 instead of 3'"),
    Case(row: ",1997-01-01,5", sentence: "3:1: column 1 (customer_id): an empty identifier"),
    Case(
      row: "  ,1997-01-01,5", sentence: "3:1: column 1 (customer_id): an empty identifier, '  '"),
    Case(
      row: String(repeating: "é", count: 33) + ",1997-01-01,5",
      sentence: "3:1: column 1 (customer_id): an identifier longer than 64 bytes, '"
        + String(repeating: "é", count: 33) + "'"),
    Case(
      row: "\"a\tb\",1997-01-01,5",
      sentence: "3:1: column 1 (customer_id): a control character in an identifier, 'a\tb'"),
    Case(row: "a,,5", sentence: "3:3: column 2 (date): an empty date"),
    Case(
      row: "é,01/02/1997,5",
      sentence: "3:3: column 2 (date): a date that is not YYYY-MM-DD, '01/02/1997'"),
    Case(
      row: "a,19970101,5",
      sentence: "3:3: column 2 (date): a date that is not YYYY-MM-DD, '19970101'"
    ),
    Case(
      row: "a,1997-1-1,5",
      sentence: "3:3: column 2 (date): a date that is not YYYY-MM-DD, '1997-1-1'"
    ),
    Case(
      row: "a,1997-01-01x,5",
      sentence: "3:3: column 2 (date): a date that is not YYYY-MM-DD, '1997-01-01x'"),
    Case(
      row: "a,1997-02-29,5",
      sentence: "3:3: column 2 (date): a date that does not exist, '1997-02-29'"),
    Case(
      row: "a,1997-13-01,5",
      sentence: "3:3: column 2 (date): a date that does not exist, '1997-13-01'"),
    Case(
      row: "a,1997-00-10,5",
      sentence: "3:3: column 2 (date): a date that does not exist, '1997-00-10'"),
    Case(
      row: "a,1997-01-01 noon,5",
      sentence: "3:3: column 2 (date): a time that is not HH:MM:SS, '1997-01-01 noon'"),
    Case(
      row: "a,1997-01-01T10:00:00.,5",
      sentence: "3:3: column 2 (date): a time that is not HH:MM:SS, '1997-01-01T10:00:00.'"),
    Case(
      row: "a,1997-01-01T24:00:00,5",
      sentence: "3:3: column 2 (date): a time that does not exist, '1997-01-01T24:00:00'"),
    Case(
      row: "a,1997-01-01T10:00:00+2,5",
      sentence: "3:3: column 2 (date): an offset that is not Z or ±HH:MM, "
        + "'1997-01-01T10:00:00+2'"),
    Case(
      row: "a,1969-12-31,5",
      sentence: "3:3: column 2 (date): a date before 1970 or after 2149, '1969-12-31'"),
    Case(
      row: "a,2149-06-06,5",
      sentence: "3:3: column 2 (date): a date before 1970 or after 2149, '2149-06-06'"),
    Case(
      row: "a,2024-10-05,5", sentence: "3:3: column 2 (date): a date in the future, '2024-10-05'"),
    Case(row: "a,1997-01-01,", sentence: "3:14: column 3 (amount): an empty amount"),
    Case(
      row: "a,1997-01-01,abc",
      sentence: "3:14: column 3 (amount): an amount that is not a decimal number, 'abc'"),
    Case(
      row: "a,1997-01-01,$5",
      sentence: "3:14: column 3 (amount): an amount that is not a decimal number, '$5'"),
    Case(
      row: "a,1997-01-01,1.2.3",
      sentence: "3:14: column 3 (amount): an amount that is not a decimal number, '1.2.3'"),
    Case(
      row: "a,1997-01-01,.",
      sentence: "3:14: column 3 (amount): an amount that is not a decimal number, '.'"),
    Case(
      row: "a,1997-01-01,\"1,200.50\"",
      sentence:
        "3:14: column 3 (amount): an amount with a comma, '1,200.50'; write 1200.50 without "
        + "separators"),
    Case(
      row: "a,1997-01-01,1e3",
      sentence: "3:14: column 3 (amount): an amount with an exponent, '1e3'"),
    Case(
      row: "a,1997-01-01,-5.00",
      sentence: "3:14: column 3 (amount): a negative amount, '-5.00'; what comes back is recorded "
        + "with record returns"),
    Case(
      row: "a,1997-01-01,5.001",
      sentence: "3:14: column 3 (amount): an amount with too many decimals, '5.001'"),
    Case(
      row: "a,1997-01-01,10000000000000.01",
      sentence: "3:14: column 3 (amount): an amount that is too large, '10000000000000.01'"),
    Case(
      row: "a,1997-01-01,99999999999999999999999999",
      sentence: "3:14: column 3 (amount): an amount that is too large, "
        + "'99999999999999999999999999'"),
    Case(
      row: "a\"b,1997-01-01,5",
      sentence: "3:2: a quote inside an unquoted field; quote the whole field and double the "
        + "quotes in it"),
    Case(row: "\"a\"b,1997-01-01,5", sentence: "3:4: text behind a closing quote"),
    Case(row: "a,1997-01-01,\"5", sentence: "3:14: a quote that is never closed"),
  ]

  @Test("a bad row is told with its line, column and reason, and spoils no other", arguments: cases)
  func badRow(of item: Case) throws {
    let rows = try check(
      "customer_id,date,amount\nfirst,1997-01-01,1\n\(item.row)\nlast,1997-01-02,2\n")
    try #require(rows.count == 3)
    #expect(rows[0].order?.customer == "first")
    #expect(rows[1].bad?.sentence(file: "f") == "f:" + item.sentence)
    #expect(rows[2].order?.customer == "last")
  }

  @Test("bytes that are no UTF-8 make the row bad at their place")
  func invalidUTF8() throws {
    let head = Array("customer_id,date,amount\né".utf8)
    for bytes: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]] {
      let rows = try check(head + bytes + Array(",1997-01-01,5\nb,1997-01-01,5\n".utf8))
      #expect(rows[0].bad == BadRow(fault: .notUTF8, line: 2, column: 2))
      #expect(rows[1].order?.customer == "b")
    }
  }

  @Test("a row longer than the limit is one bad row, quoted or not")
  func tooLong() throws {
    let long = String(repeating: "x", count: 200_000)
    let rows = try check(
      "customer_id,date,amount\n\(long),1997-01-01,5\nb,1997-01-01,5\n\"\(long)\nc,1997-01-01,5\n")
    #expect(rows.count == 4)
    #expect(rows[0].bad == BadRow(fault: .recordTooLong, line: 2, column: 65_537))
    #expect(rows[1].order?.customer == "b")
    #expect(rows[2].bad == BadRow(fault: .quoteOpen, line: 4, column: 1))
    #expect(rows[3].order?.customer == "c")
  }

  @Test("lines are physical lines, also behind quoted line ends and blank lines")
  func physicalLines() throws {
    let text =
      "customer_id,date,amount,note\r\na,1997-01-01,5,\"one\r\ntwo\nthree\"\r\n\r\n"
      + "\"b\nc\",1997-01-01,bad,\rd,1997-01-01,bad,\n"
    let rows = try check(text)
    #expect(rows[0].order != nil)
    // The row begins on line 6; the identifier's fault is told where the field begins.
    #expect(rows[1].bad?.line == 6)
    #expect(rows[1].bad?.fault == .identifierControl)
    #expect(rows[2].bad?.line == 8)
    #expect(rows[2].bad?.column == 14)
  }

  @Test("what is good is read exactly")
  func goodRows() throws {
    let text =
      "\u{feff}note;Customer_ID;DATE;amount;order_id\r\n"
      + "\"say \"\"hi\"\"; twice\"; 0001 ;1997-01-12;12.0; X-1 \r\n"
      + ";\"Zoë \"\"Z\"\"\";1997-01-12T23:30:00.25-02:00;+0.50;X-2\r\n"
      + ";c;1997-01-12 08:15;7;X-3"
    let orders = try check(text, order: "order_id").compactMap(\.order)
    let noon: Int64 = 853_070_400_000_000
    #expect(
      orders == [
        .init(customer: "0001", order: "X-1", timeMicros: noon, amountMinor: 1_200),
        .init(
          customer: "Zoë \"Z\"", order: "X-2", timeMicros: noon + 48_600_250_000, amountMinor: 50),
        .init(
          customer: "c", order: "X-3", timeMicros: noon - 13_500_000_000, amountMinor: 700),
      ])
  }

  @Test(
    "an order without an identifier is named by day, amount and occurrence, in every file alike")
  func madeIdentifiers() throws {
    let rows =
      "a,1997-01-12,12.00\na,1997-01-12,12\nb,1997-01-12,12.0\na,1997-01-13,12\n"
      + "a,1997-01-12 18:00,12\na,1997-01-12,0\n"
    let text = "customer_id,date,amount\n" + rows
    let names = try check(text).compactMap(\.order?.order)
    #expect(
      names == [
        "1997-01-12/1200/1", "1997-01-12/1200/2", "1997-01-12/1200/1", "1997-01-13/1200/1",
        "1997-01-12/1200/3", "1997-01-12/0/1",
      ])
    // Bad rows and other customers between them change nothing.
    let more = text.replacing("b,1997", with: "x,y,z\nb,1997")
    #expect(try check(more).compactMap(\.order?.order) == names)
  }

  @Test("rows after --until are left out, the day itself is not")
  func until() throws {
    let text = "customer_id,date,amount\na,1997-09-30 23:59:59,1\na,1997-10-01,1\n"
    let rows = try check(text, untilDay: 10_134)
    #expect(rows[0].order != nil)
    guard case .skipped = rows[1] else {
      Issue.record("the second row was not left out")
      return
    }
  }

  @Test("a row that the server refuses is told with its place in the file")
  func refusedByServer() throws {
    let columns = try TableColumns(
      TableColumns.Wanted(), header: ["customer_id", "date", "amount"])
    let settings = ImportSettings(
      columns: columns, currency: "USD", minorDigits: 2, untilDay: nil, lastDay: 20_000)
    let checker = RowChecker(settings, zone: try #require(ShopZone("UTC")))
    var reader = CSVReader(BytesSource(Array("\"a\",2024-01-01,7".utf8)), line: 12)
    #expect(try reader.read())
    let places = [Status.timeOutOfRange, .amountOverflow, .tableFull].map {
      checker.refused(reader, $0).sentence(file: "f")
    }
    #expect(
      places == [
        "f:12:5: column 2 (date): refused by the server: time out of range, '2024-01-01'",
        "f:12:16: column 3 (amount): refused by the server: amount overflow, '7'",
        "f:12:1: column 1 (customer_id): refused by the server: table full, 'a'",
      ])
  }
}
