// All customers, and a zone for each chunk of them. Whoever writes a row does it here, so that no row is ever
// beside its chunk's zone.

/// The customers' rows with the zones of their chunks.
///
/// A zone is widened by what is written, and never narrowed by it; it is made anew, and exact, when its chunk is
/// loaded, and when the chunk is copied because somebody else holds it too: that costs much more than to go over
/// its rows once. So zones stay narrow where snapshots are written and questions asked.
struct CustomerTable: Sendable {
  private var rows = Table<CustomerRow>()
  /// One for each chunk.
  private(set) var zones: [CustomerZone] = []

  var count: Int { rows.count }

  var chunks: Chunks {
    @inline(__always) get { rows.chunks }
  }

  /// The sequence of the command that writes now.
  var stamp: UInt64 {
    get { rows.chunks.stamp }
    set { rows.chunks.stamp = newValue }
  }

  /// Adds a customer and returns its number.
  mutating func append(_ row: CustomerRow) -> UInt32 {
    let number = rows.chunks.append()
    if zones.count < rows.chunks.blocks.count { zones.append(CustomerZone()) }
    self[number] = row
    return number
  }

  /// One row; naming one field of it reads no other.
  subscript(number: UInt32) -> CustomerRow {
    @inline(__always) get { rows[number] }
    set {
      let chunk = Int(number) / CustomerRow.chunkRows
      let former = address(of: chunk)
      rows[number] = newValue
      if address(of: chunk) != former {
        zones[chunk] = zone(of: chunk)
      } else if !zones[chunk].contains(newValue) {
        // Only what changes is written: the list may be shared too.
        zones[chunk].include(newValue)
      }
    }
  }

  /// Tells a copy of a chunk from the chunk.
  private func address(of chunk: Int) -> UInt {
    rows.chunks.blocks[chunk].address(at: 0)
  }

  /// Exactly that of a chunk as it is now.
  func zone(of chunk: Int) -> CustomerZone {
    CustomerZone(ofRows: rows.chunks.rowCount(inBlock: chunk), in: rows.chunks.blocks[chunk])
  }

  /// Takes over chunks that were read from a snapshot.
  ///
  /// - Parameters:
  ///   - count: how many customers they hold.
  ///   - blocks: the chunks.
  ///   - zones: of each chunk if all its rows are customers.
  /// - Returns: false, with nothing changed, when the chunks cannot hold exactly so many.
  mutating func restore(count: Int, blocks: [Block], zones: [CustomerZone]) -> Bool {
    guard zones.count == blocks.count, rows.chunks.restore(count: count, blocks: blocks)
    else { return false }
    self.zones = zones
    // Behind the last customer there are rows of nobody.
    if count % CustomerRow.chunkRows > 0 { self.zones[zones.count - 1] = zone(of: zones.count - 1) }
    return true
  }

  /// What there is of all rows of a chunk, such as one of their fields.
  @inline(__always)
  func values<T>(inBlock index: Int, _ value: (CustomerRow) -> T) -> [T] {
    rows.values(inBlock: index, value)
  }

  /// Asks for the memory of a row, as a table does.
  @inline(__always)
  func prefetch(_ number: UInt32, first size: Int) { rows.prefetch(number, first: size) }
}
