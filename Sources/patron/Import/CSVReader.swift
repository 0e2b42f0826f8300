// Cuts records out of a stream of bytes: quotes, doubled quotes, line ends of three kinds, a byte
// order mark. The scan of a record starts again when its end has not arrived, so how the bytes came
// in pieces cannot change what is read. Not here: what fields mean; see ImportRow.swift.

/// Where bytes come from.
protocol ByteSource {
  /// Appends some bytes; false at the end.
  mutating func read(into bytes: inout [UInt8]) throws(CommandError) -> Bool
}

/// One field of a record.
struct CSVField: Equatable {
  /// The field's bytes without quotes: a range of `CSVReader.bytes` or of `unquoted`.
  var range: Range<Int>
  /// Offset of its first byte, quotes included, from the record's first.
  var offset: Int
  /// Whether doubled quotes had to be undone, so that the range is one of `unquoted`.
  var isUnquoted = false
}

/// What breaks a record as such.
struct CSVFault: Equatable {
  var reason: RowFault
  /// Offset of the byte at fault from the record's first.
  var offset: Int
}

/// Reads records one after the other, holding no more than one and a piece of the file.
///
/// A record with broken quotes is one bad line: reading goes on with the line after it, so that a
/// stray quote does not swallow the rest of the file. The longest record is `recordSizeMax`.
struct CSVReader<Source: ByteSource> {
  static var recordSizeMax: Int { 1 << 16 }

  var source: Source
  /// What separates fields.
  var delimiter: UInt8
  /// The record's bytes lie in here at `record`; valid until the next call.
  private(set) var bytes: [UInt8] = []
  /// The record without its line end.
  private(set) var record = 0..<0
  /// The fields of the record; empty when it is broken.
  private(set) var fields: [CSVField] = []
  /// Fields in which doubled quotes were undone.
  private(set) var unquoted: [UInt8] = []
  /// What is broken, if anything.
  private(set) var fault: CSVFault?
  /// The physical line the record begins on, from 1.
  private(set) var line = 0
  /// Bytes of the file up to the end of the record.
  private(set) var consumedBytes = 0

  private var next = 0
  private var nextLine = 1
  private var isAtEnd = false
  /// Whether the rest of a line that was too long is still to be skipped.
  private var isSkipping = false
  private var hasQuotes = false

  init(_ source: Source, delimiter: UInt8 = UInt8(ascii: ","), line: Int = 1) {
    self.source = source
    self.delimiter = delimiter
    nextLine = line
  }

  /// Drops a byte order mark and shows the first line, to find out about the file.
  mutating func peekFirstLine() throws(CommandError) -> ArraySlice<UInt8> {
    while true {
      if bytes.count > Self.recordSizeMax || bytes.contains(where: { $0 == 10 || $0 == 13 }) {
        break
      }
      guard try more() else { break }
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { advance(to: 3) }
    return bytes[next...].prefix(Self.recordSizeMax).prefix { $0 != 10 && $0 != 13 }
  }

  /// Reads the next record that is not blank.
  ///
  /// False at the end of the file.
  mutating func read() throws(CommandError) -> Bool {
    while true {
      if isSkipping { try skipLine() }
      switch scan() {
      case .needsMore:
        // What was consumed makes room; a record's offsets begin at 0 again.
        bytes.removeFirst(next)
        next = 0
        if try !more() { isAtEnd = true }
      case .end: return false
      case .blank: continue
      case .record: return true
      }
    }
  }

  /// A field's bytes.
  func content(of field: CSVField) -> ArraySlice<UInt8> {
    field.isUnquoted ? unquoted[field.range] : bytes[field.range]
  }

  /// The line and the character column of a byte of the record, both from 1.
  func place(of offset: Int) -> (line: Int, column: Int) {
    var line = line
    var column = 1
    var previous: UInt8 = 0
    for byte in bytes[record].prefix(offset) {
      if byte == 10 && previous == 13 {
        // The second half of one line end.
      } else if byte == 10 || byte == 13 {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        // Bytes that continue a character do not begin one.
        column += 1
      }
      previous = byte
    }
    return (line, column)
  }

  // MARK: Scanning

  private enum Scan {
    case needsMore
    case end
    case blank
    case record
  }

  private enum Ending {
    case field(next: Int)
    case line(next: Int)
    case needsMore
    case broken(RowFault, at: Int)
  }

  private mutating func scan() -> Scan {
    let start = next
    guard start < bytes.count else { return isAtEnd ? .end : .needsMore }
    fields.removeAll(keepingCapacity: true)
    unquoted.removeAll(keepingCapacity: true)
    fault = nil
    hasQuotes = false
    var position = start
    while true {
      let ending = scanField(from: position, record: start)
      switch ending {
      case .needsMore: return .needsMore
      case .field(let after): position = after
      case .broken(let reason, let place): return breakOff(start, reason, at: place)
      case .line(let after):
        take(start..<contentEnd(before: after), next: after)
        let isBlank =
          fields.count == 1 && bytes[record].allSatisfy { $0 == 32 || $0 == 9 }
        return isBlank ? .blank : .record
      }
    }
  }

  private mutating func scanField(from first: Int, record start: Int) -> Ending {
    let limit = start + Self.recordSizeMax
    let end = min(bytes.count, limit)
    var position = first
    if position < end && bytes[position] == UInt8(ascii: "\"") {
      return scanQuoted(from: first, record: start, end: end)
    }
    while position < end {
      let byte = bytes[position]
      if byte == delimiter || byte == 10 || byte == 13 {
        fields.append(CSVField(range: first..<position, offset: first - start))
        return ending(at: position)
      }
      if byte == UInt8(ascii: "\"") { return .broken(.quoteInside, at: position - start) }
      position += 1
    }
    if position == limit { return .broken(.recordTooLong, at: Self.recordSizeMax) }
    guard isAtEnd else { return .needsMore }
    fields.append(CSVField(range: first..<position, offset: first - start))
    return .line(next: position)
  }

  private mutating func scanQuoted(from first: Int, record start: Int, end: Int) -> Ending {
    let quote = UInt8(ascii: "\"")
    hasQuotes = true
    let unquotedStart = unquoted.count
    var isDoubled = false
    var pieceStart = first + 1
    var position = first + 1
    while position < end {
      guard bytes[position] == quote else {
        position += 1
        continue
      }
      if position + 1 == bytes.count && !isAtEnd { return .needsMore }
      if position + 1 < bytes.count && bytes[position + 1] == quote {
        unquoted.append(contentsOf: bytes[pieceStart...position])
        isDoubled = true
        position += 2
        pieceStart = position
        continue
      }
      if isDoubled {
        unquoted.append(contentsOf: bytes[pieceStart..<position])
        fields.append(
          CSVField(
            range: unquotedStart..<unquoted.count, offset: first - start, isUnquoted: true))
      } else {
        fields.append(CSVField(range: first + 1..<position, offset: first - start))
      }
      if position + 1 == bytes.count { return .line(next: position + 1) }
      let ending = ending(at: position + 1)
      if case .broken(let reason, _) = ending {
        // Behind a field of several lines the place would lie outside of the one bad line.
        let isOneLine = !bytes[first..<position].contains { $0 == 10 || $0 == 13 }
        return .broken(reason, at: (isOneLine ? position + 1 : first) - start)
      }
      return ending
    }
    let isTooLong = position >= start + Self.recordSizeMax
    return isTooLong || isAtEnd ? .broken(.quoteOpen, at: first - start) : .needsMore
  }

  /// What a byte after a field means.
  private func ending(at position: Int) -> Ending {
    switch bytes[position] {
    case delimiter: return .field(next: position + 1)
    case 10: return .line(next: position + 1)
    case 13:
      if position + 1 == bytes.count { return isAtEnd ? .line(next: position + 1) : .needsMore }
      return .line(next: bytes[position + 1] == 10 ? position + 2 : position + 1)
    default: return .broken(.textAfterQuote, at: position)
    }
  }

  private func contentEnd(before next: Int) -> Int {
    var end = next
    if end > self.next && bytes[end - 1] == 10 { end -= 1 }
    if end > self.next && bytes[end - 1] == 13 { end -= 1 }
    return end
  }

  /// Makes a record of a broken line and goes on behind it.
  private mutating func breakOff(_ start: Int, _ reason: RowFault, at offset: Int) -> Scan {
    let limit = start + Self.recordSizeMax
    let end = min(bytes.count, limit)
    let lineEnd = bytes[start..<end].firstIndex { $0 == 10 || $0 == 13 }
    if lineEnd == nil && end < limit && !isAtEnd { return .needsMore }
    var after = lineEnd.map { $0 + 1 } ?? end
    if let lineEnd, bytes[lineEnd] == 13 {
      if after == bytes.count && !isAtEnd { return .needsMore }
      if after < bytes.count && bytes[after] == 10 { after += 1 }
    }
    fields.removeAll(keepingCapacity: true)
    take(start..<(lineEnd ?? end), next: after)
    isSkipping = lineEnd == nil && !(isAtEnd && after == bytes.count)
    if isSkipping { nextLine -= 1 }
    fault = CSVFault(reason: reason, offset: offset)
    return .record
  }

  private mutating func take(_ range: Range<Int>, next after: Int) {
    record = range
    line = nextLine
    nextLine += 1
    if hasQuotes {
      // Only a quoted field can hold line ends.
      var previous: UInt8 = 0
      for byte in bytes[range] {
        if byte == 13 || byte == 10 && previous != 13 { nextLine += 1 }
        previous = byte
      }
    }
    advance(to: after)
  }

  private mutating func advance(to position: Int) {
    consumedBytes += position - next
    next = position
  }

  private mutating func skipLine() throws(CommandError) {
    while true {
      if let end = bytes[next...].firstIndex(where: { $0 == 10 || $0 == 13 }) {
        if bytes[end] == 13 && end + 1 == bytes.count {
          if try more() { continue }
        }
        let isPair = bytes[end] == 13 && end + 1 < bytes.count && bytes[end + 1] == 10
        advance(to: end + (isPair ? 2 : 1))
        break
      }
      advance(to: bytes.count)
      bytes.removeAll(keepingCapacity: true)
      next = 0
      guard try more() else {
        isAtEnd = true
        break
      }
    }
    nextLine += 1
    isSkipping = false
  }

  /// Reads another piece of the file.
  private mutating func more() throws(CommandError) -> Bool { try source.read(into: &bytes) }
}
