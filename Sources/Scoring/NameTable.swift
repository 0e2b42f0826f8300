// Names that facts refer to by number: categories, sources, references, offers. Each is kept once
// and keeps its number for ever.

import Wire

/// One name.
struct NameRow: Equatable, TableRow {
  /// Where it begins in the names' arena.
  var position: UInt32 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) { visit(&position) }
}

/// All names.
struct NameTable: Sendable {
  var rows = Table<NameRow>()
  var arena = IdentifierArena()

  var count: Int { rows.count }

  /// Whether the names of one row of a batch, two at most, may find no room.
  var isFull: Bool {
    rows.count + 2 >= Int(UInt32.max) - 1 || arena.blocks.count + 2 >= IdentifierArena.blocksMax
  }

  /// Whether so many more names surely find room.
  func hasRoom(for names: Int) -> Bool {
    let perBlock = IdentifierArena.blockSize / (Limits.identifierSizeMax + 1)
    return rows.count + names < Int(UInt32.max) - 1
      && arena.blocks.count + names / perBlock + 2 < IdentifierArena.blocksMax
  }

  /// Keeps a name of 1 to 64 bytes that is not kept yet.
  mutating func append(_ name: RawSpan) -> UInt32 {
    rows.append(NameRow(position: arena.append(name)))
  }

  /// The name with a number.
  @_lifetime(borrow self)
  func bytes(of number: UInt32) -> RawSpan { arena.bytes(at: rows[number].position) }

  /// Whether a number's name has these bytes.
  func equals(_ name: RawSpan, _ number: UInt32) -> Bool {
    arena.equals(name, at: rows[number].position)
  }

  /// The name behind a link; empty for nowhere.
  func text(_ link: Link) -> String {
    guard let number = link.number else { return "" }
    return String(bytes: bytes(of: number)) ?? ""
  }
}
