// Rows of a file of customers, good and bad, each with the exact place and reason it is told with.

import Testing
import Wire

@testable import patron

@Suite("CustomerRowChecker")
struct CustomerRowTests {
  private static let options = [
    "--customer", "id", "--source", "from", "--acquisition-cost", "cost", "--country", "land",
    "--language", "lang", "--birthday", "born", "--channel", "by", "--tier", "level",
    "--tier-until", "end",
  ]
  private static let header = "id,from,cost,land,lang,born,by,level,end\n"

  private static func columns(
    _ words: [String] = options, header: String = header
  ) throws -> CustomerColumns {
    try CustomerColumns(
      Arguments(words, options: Import.command.options),
      header: header.dropLast().split(separator: ",").map(String.init))
  }

  private static func check(
    _ text: String, pieceSize: Int = .max, minorDigits: UInt8 = 2
  ) throws -> [CustomerRowChecker.Checked] {
    var reader = CSVReader(BytesSource(Array(text.utf8), pieceSize: pieceSize))
    try #require(try reader.read())
    let checker = CustomerRowChecker(
      columns: try columns(), currency: "EUR", minorDigits: minorDigits)
    var rows: [CustomerRowChecker.Checked] = []
    while try reader.read() { rows.append(checker.check(reader)) }
    return rows
  }

  private static func row(_ checked: CustomerRowChecker.Checked) -> RecordProfilesRequest.Row? {
    if case .customer(let row) = checked { row } else { nil }
  }

  private static func bad(_ checked: CustomerRowChecker.Checked) -> BadRow? {
    if case .bad(let row) = checked { row } else { nil }
  }

  @Test(
    "each cell says its field, and an empty one keeps what is known", arguments: [1, 7, Int.max])
  func good(pieceSize: Int) throws {
    let birthday = try #require(Birthday(year: 1980, month: 2, day: 29))
    let noYear = try #require(Birthday(month: 5, day: 17))
    let text =
      Self.header + "c1, paid search ,12.5,FR,fr,1980-02-29,email,gold,2027-01-31\n"
      + "c2,,,,,,,,\n\"c,3\",,0,,,05-17,,silver,\nc4,\"a \"\"b\"\"\",,,,,store,,\n"
    let rows = try Self.check(text, pieceSize: pieceSize).map(Self.row)
    #expect(
      rows == [
        .init(
          customer: "c1",
          ProfileChange(
            birthday: .set(birthday), country: .set("FR"), language: .set("fr"),
            channel: .set(.email), source: .set("paid search"),
            acquisitionCost: .set(
              AcquisitionCost(amountMinor: 1250, currency: "EUR", minorDigits: 2)),
            tier: .set(HeldTier(.gold, untilDay: 20_849)))),
        .init(customer: "c2", ProfileChange()),
        .init(
          customer: "c,3",
          ProfileChange(
            birthday: .set(noYear),
            acquisitionCost: .set(AcquisitionCost(amountMinor: 0, currency: "EUR", minorDigits: 2)),
            tier: .set(HeldTier(.silver)))),
        .init(customer: "c4", ProfileChange(channel: .set(.store), source: .set("a \"b\""))),
      ])
  }

  struct Case: CustomTestStringConvertible {
    var row: String
    var sentence: String
    var testDescription: String { row.debugDescription }
  }

  /// Each stands on line 3 of a file, behind a good row and before another.
  static let cases: [Case] = [
    Case(row: "c,x", sentence: "3:4: too few fields, '2 instead of 9'"),
    Case(row: "c,,,,,,,,,", sentence: "3:11: too many fields, '10 instead of 9'"),
    Case(row: ",x,,,,,,,", sentence: "3:1: column 1 (id): an empty identifier"),
    Case(
      row: "c,\(String(repeating: "é", count: 33)),,,,,,,",
      sentence: "3:3: column 2 (from): a source longer than 64 bytes, '"
        + String(repeating: "é", count: 33) + "'"),
    Case(
      row: "c,\"a\tb\",,,,,,,",
      sentence: "3:3: column 2 (from): a control character in a source, 'a\tb'"),
    Case(row: "c,x,-1,,,,,,", sentence: "3:5: column 3 (cost): a negative cost, '-1'"),
    Case(
      row: "c,x,1.005,,,,,,",
      sentence: "3:5: column 3 (cost): an amount with too many decimals, '1.005'"),
    Case(
      row: "c,x,free,,,,,,",
      sentence: "3:5: column 3 (cost): an amount that is not a decimal number, 'free'"),
    Case(
      row: "c,é,1,fr,,,,,",
      sentence: "3:7: column 4 (land): a country that is not two capital letters, 'fr'"),
    Case(
      row: "c,,,FRA,,,,,",
      sentence: "3:5: column 4 (land): a country that is not two capital letters, 'FRA'"),
    Case(
      row: "c,,,,FR,,,,",
      sentence: "3:6: column 5 (lang): a language that is not two small letters, 'FR'"),
    Case(
      row: "c,,,,,17.5.1980,,,",
      sentence: "3:7: column 6 (born): a birthday that is not YYYY-MM-DD or MM-DD, '17.5.1980'"),
    Case(
      row: "c,,,,,5-17,,,",
      sentence: "3:7: column 6 (born): a birthday that is not YYYY-MM-DD or MM-DD, '5-17'"),
    Case(
      row: "c,,,,,1981-02-29,,,",
      sentence:
        "3:7: column 6 (born): a birthday that does not exist, or is before 1850, '1981-02-29'"),
    Case(
      row: "c,,,,,0000-02-29,,,",
      sentence:
        "3:7: column 6 (born): a birthday that does not exist, or is before 1850, '0000-02-29'"),
    Case(
      row: "c,,,,,,fax,,",
      sentence: "3:8: column 7 (by): a channel that is not known, 'fax'; it must be one of email, "
        + "sms, push, site, phone, post, store"),
    Case(
      row: "c,,,,,,,Gold,",
      sentence: "3:9: column 8 (level): a tier that is not known, 'Gold'; it must be one of "
        + "bronze, silver, gold, platinum"),
    Case(
      row: "c,,,,,,,,2027-01-31",
      sentence: "3:10: column 9 (end): a last day without a tier, '2027-01-31'"),
    Case(
      row: "c,,,,,,,gold,soon",
      sentence: "3:14: column 9 (end): a date that is not YYYY-MM-DD, 'soon'"),
    Case(
      row: "c,,,,,,,gold,1970-01-01",
      sentence: "3:14: column 9 (end): a last day before 1970-01-02 or after 2149-06-05, "
        + "'1970-01-01'"),
    Case(
      row: "c,,,,,,,gold,2027-01-31T10:00",
      sentence: "3:14: column 9 (end): a date that is not YYYY-MM-DD, '2027-01-31T10:00'"),
    Case(
      row: "c,\"x",
      sentence: "3:3: a quote that is never closed"),
  ]

  @Test(
    "a bad row is told with its line, column, field and reason, and spoils no other",
    arguments: cases)
  func badRow(of item: Case) throws {
    let rows = try Self.check(Self.header + "first,,,,,,,,\n\(item.row)\nlast,,,,,,,,\n")
    try #require(rows.count == 3)
    #expect(Self.row(rows[0])?.customer == "first" && Self.row(rows[2])?.customer == "last")
    #expect(Self.bad(rows[1])?.sentence(file: "f") == "f:" + item.sentence)
  }

  @Test("a row that the server refuses is told with the birthday or the customer")
  func refusedByServer() throws {
    let checker = CustomerRowChecker(
      columns: try Self.columns(), currency: "EUR", minorDigits: 2)
    var reader = CSVReader(BytesSource(Array("c,,,,,2099-01-01,,,".utf8)), line: 12)
    #expect(try reader.read())
    let places = [Status.timeOutOfRange, .tableFull].map {
      checker.refused(reader, $0).sentence(file: "f")
    }
    #expect(
      places == [
        "f:12:7: column 6 (born): refused by the server: time out of range, '2099-01-01'",
        "f:12:1: column 1 (id): refused by the server: table full, 'c'",
      ])
  }

  @Test("columns are found by name, and one that is not there is told with those that are")
  func missingColumn() throws {
    let columns = try Self.columns(
      ["--customer", "ID", "--tier", "level"], header: "level,id\n")
    #expect(columns.customer == 1 && columns.places == [.tier: 0])
    let error = #expect(throws: CommandError.self) {
      try Self.columns(["--customer", "id", "--tier", "rank"], header: "level,id\n")
    }
    guard case .failed(let sentence) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(sentence == "the file has no column 'rank' (--tier); its columns are 'level', 'id'")
  }
}
