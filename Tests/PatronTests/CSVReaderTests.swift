// Records cut from bytes, however the bytes arrive.

import Support
import Testing

@testable import patron

/// Everything a reader says of a file.
private struct Reading: Equatable {
  var line: Int
  var fields: [[UInt8]]
  var fault: CSVFault?
  var raw: [UInt8]
}

private func readings(_ bytes: [UInt8], pieceSize: Int = .max) throws -> [Reading] {
  var reader = CSVReader(BytesSource(bytes, pieceSize: pieceSize))
  _ = try reader.peekFirstLine()
  var all: [Reading] = []
  while try reader.read() {
    all.append(
      Reading(
        line: reader.line, fields: reader.fields.map { Array(reader.content(of: $0)) },
        fault: reader.fault, raw: Array(reader.bytes[reader.record])))
  }
  return all
}

private func texts(_ text: String) throws -> [[String]] {
  try readings(Array(text.utf8)).map { reading in
    reading.fields.map { String(decoding: $0, as: UTF8.self) }
  }
}

@Suite("CSVReader")
struct CSVReaderTests {
  @Test("line ends are LF, CRLF or CR, and the last one may be missing")
  func lineEnds() throws {
    for text in [
      "a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\nc,d", "\u{feff}a,b\n\nc,d\n\n",
    ] {
      #expect(try texts(text) == [["a", "b"], ["c", "d"]], "\(text.debugDescription)")
    }
  }

  @Test("quotes keep delimiters, line ends and quotes")
  func quotes() throws {
    #expect(
      try texts("\"a,b\",\"c\"\"d\",\"\",\"e\r\nf\"\n\"\"\"\"\n,\n")
        == [["a,b", "c\"d", "", "e\r\nf"], ["\""], ["", ""]])
    #expect(try texts("a,\"b\"") == [["a", "b"]])
    #expect(try texts("a,") == [["a", ""]])
    #expect(try texts("").isEmpty)
    #expect(try texts("\u{feff}").isEmpty)
  }

  @Test("a stray quote costs one line")
  func strayQuotes() throws {
    let all = try readings(Array("\"a,b\nc,d\n1,\"x\"y\n\"p\nq\"z\nlast,row".utf8))
    #expect(all.map(\.line) == [1, 2, 3, 4, 5, 6])
    #expect(
      all.map(\.fault?.reason) == [
        .textAfterQuote, nil, .textAfterQuote, .textAfterQuote, .quoteInside, nil,
      ])
    #expect(all.map(\.fault?.offset) == [0, nil, 5, 0, 1, nil])
    #expect(all[3].raw == Array("\"p".utf8))
  }

  @Test("how the bytes arrive in pieces changes nothing", arguments: 1...64)
  func pieces(of size: Int) throws {
    let text =
      "\u{feff}a,b\r\n\"x\r\n\"\"y\"\"\",z\r\"open\nc,\"d\"e\r\nü\"\n\n\"\",\r\n" + "last,\"\r\""
    let bytes = Array(text.utf8) + [13, 10, 0xff, 44, 10]
    #expect(try readings(bytes, pieceSize: size) == readings(bytes))
  }

  @Test("what was written is read again", arguments: seeds(40))
  func roundTrip(of seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("ab,\"\n\r;é 1".utf8)
    var rows: [[[UInt8]]] = []
    var bytes: [UInt8] = []
    for _ in 0..<50 {
      // A record of one blank field would be a blank line.
      var row: [[UInt8]] = [[65]]
      for _ in 0..<Int(random.next() % 5) {
        row.append(
          (0..<Int(random.next() % 9)).map { _ in
            alphabet[Int(random.next() % UInt64(alphabet.count))]
          })
      }
      rows.append(row)
      for (index, field) in row.enumerated() {
        if index > 0 { bytes.append(44) }
        let mustQuote = field.contains { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }
        if mustQuote || random.next() % 3 == 0 {
          bytes.append(34)
          for byte in field { bytes += byte == 34 ? [34, 34] : [byte] }
          bytes.append(34)
        } else {
          bytes += field
        }
      }
      bytes += [[10], [13, 10], [13]][Int(random.next() % 3)]
    }
    let size = Int(random.next() % 64) + 1
    #expect(try readings(bytes, pieceSize: size).map(\.fields) == rows, "seed \(seed)")
  }

  @Test(
    "any bytes are read to their end, alike in pieces and whole", arguments: seeds(60)
  )
  func anyBytes(of seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabet: [UInt8] = [34, 34, 44, 10, 13, 65, 66, 0xff]
    let bytes = (0..<300).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
    let whole = try readings(bytes)
    for size in [1, 2, 3, 7, 50] {
      #expect(try readings(bytes, pieceSize: size) == whole, "seed \(seed), pieces of \(size)")
    }
    // Lines only go up, and every record begins on a line of the file.
    let lines = whole.map(\.line)
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
  }

  @Test("the delimiter is the most frequent of comma, semicolon and tab outside of quotes")
  func delimiters() {
    func delimiter(_ text: String) -> Character {
      Character(UnicodeScalar(TableColumns.delimiter(in: Array(text.utf8)[...])))
    }
    #expect(delimiter("a,b;c,d") == ",")
    #expect(delimiter("a;b;c") == ";")
    #expect(delimiter("\"a,b,c,d\";b;c") == ";")
    #expect(delimiter("a\tb") == "\t")
    #expect(delimiter("only") == ",")
  }

  @Test("columns are found by name, a missing one is told with those that exist")
  func columns() throws {
    let wanted = TableColumns.Wanted()
    let names = ["Amount", "x", "date", "DATE", "customer_id"]
    let columns = try TableColumns(wanted, header: names)
    #expect([columns.customer, columns.date, columns.amount] == [4, 2, 0])
    #expect(
      throws: CommandError.failed(
        "the file has no column 'date' (--date); its columns are 'customer_id', 'amount'")
    ) { try TableColumns(wanted, header: ["customer_id", "amount"]) }
    #expect(throws: CommandError.failed("the file has 2 columns 'date'; one must be renamed")) {
      try TableColumns(wanted, header: ["customer_id", "amount", "date", "date"])
    }
  }
}
