// What the rows of every kind of file have in common: the header, fields without blanks, identifiers, and
// where exactly in the file something is wrong.

internal import Wire

extension CSVReader where Source == FileSource {
  /// Opens a file and reads its header; afterwards the reader stands before the first row.
  static func open(_ path: String) throws(CommandError) -> (CSVReader<FileSource>, [String]) {
    var reader = CSVReader(try FileSource(path))
    let first = try reader.peekFirstLine()
    if first.starts(with: [0xff, 0xfe]) || first.starts(with: [0xfe, 0xff]) {
      throw .failed("'\(path)' is UTF-16; save it as UTF-8")
    }
    reader.delimiter = TableColumns.delimiter(in: first)
    guard try reader.read() else { throw .failed("'\(path)' is empty: it has no header") }
    guard reader.fault == nil, RowPlaces.invalidUTF8(reader.bytes[reader.record]) == nil else {
      throw .failed("the header of '\(path)' cannot be read; is it CSV in UTF-8?")
    }
    let names = reader.fields.map { field in
      String(decoding: reader.content(of: field), as: UTF8.self).trimmingBlanks()
    }
    return (reader, names)
  }
}

extension CSVReader {
  /// A field without blanks around it.
  func trimmed(_ column: Int) -> ArraySlice<UInt8> {
    var text = content(of: fields[column])
    while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
    while let last = text.last, last == 32 || last == 9 { text.removeLast() }
    return text
  }

  /// A field of 1 to 64 bytes.
  func identifier(_ column: Int) throws(RowFault) -> String {
    let text = trimmed(column)
    if text.isEmpty { throw .identifierEmpty }
    if text.count > Limits.identifierSizeMax { throw .identifierTooLong }
    if text.contains(where: { $0 < 32 || $0 == 127 }) { throw .identifierControl }
    return String(decoding: text, as: UTF8.self)
  }

  /// What is wrong with the record as such; nil where each column has its field.
  func recordFault(columns names: [String]) -> BadRow? {
    if let fault { return badRow(fault.reason, at: fault.offset) }
    if let offset = RowPlaces.invalidUTF8(bytes[record]) { return badRow(.notUTF8, at: offset) }
    if fields.count == names.count { return nil }
    let isMany = fields.count > names.count
    // The first field that is too many, or the end of the row.
    var bad = badRow(
      isMany ? .tooManyFields : .tooFewFields,
      at: isMany ? fields[names.count].offset : record.count)
    bad.found = "\(fields.count) instead of \(names.count)"
    return bad
  }

  /// A fault of a field.
  func badRow(_ fault: RowFault, in column: Int, of names: [String]) -> BadRow {
    var bad = badRow(fault, at: fields[column].offset)
    bad.field = (column + 1, names[column])
    bad.found = BadRow.shortened(content(of: fields[column]))
    return bad
  }

  private func badRow(_ fault: RowFault, at offset: Int) -> BadRow {
    let place = place(of: offset)
    return BadRow(fault: fault, line: place.line, column: place.column)
  }
}

enum RowPlaces {
  /// Offset of the first byte that is no UTF-8, or nil.
  static func invalidUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
    if bytes.allSatisfy({ $0 < 0x80 }) { return nil }
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error: return offset
      case .emptyInput: return nil
      }
    }
  }
}

extension String {
  /// Without spaces and tabs around it.
  func trimmingBlanks() -> String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
