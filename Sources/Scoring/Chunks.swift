// Rows in chunks: what all tables have in common. Which columns a chunk has is the row's business.

/// A growing list of equally large blocks, each holding the columns of `chunkRows` rows.
///
/// Copying it copies references: that is how a snapshot is taken.
struct Chunks: Sendable {
  let chunkRows: Int
  let chunkSize: Int
  private(set) var count = 0
  private(set) var blocks: [Block] = []
  /// The sequence of the command that writes now.
  var stamp: UInt64 = 0

  /// Makes an empty list for rows of `rowSize` bytes over all columns.
  init(chunkRows: Int, rowSize: Int) {
    self.chunkRows = chunkRows
    chunkSize = chunkRows * rowSize
  }

  /// Takes over blocks that were read from a snapshot.
  ///
  /// Returns false, and changes nothing, when the blocks cannot hold exactly `count` rows.
  mutating func restore(count: Int, blocks: [Block]) -> Bool {
    guard count >= 0, count < Int(UInt32.max),
      blocks.count == blockCount(of: count),
      blocks.allSatisfy({ $0.size == chunkSize })
    else { return false }
    self.count = count
    self.blocks = blocks
    return true
  }

  /// Blocks that hold `count` rows.
  func blockCount(of count: Int) -> Int { (count + chunkRows - 1) / chunkRows }

  /// Rows of a block: all but the last one are full.
  func rowCount(inBlock index: Int) -> Int { min(chunkRows, count - index * chunkRows) }

  /// Bytes of memory the blocks take.
  var size: Int { blocks.count * chunkSize }

  /// Whether another row can be numbered; the largest UInt32 marks the end of lists.
  var isFull: Bool { count >= Int(UInt32.max) - 1 }

  /// Adds a row of zeroes and returns its number.
  mutating func append() -> UInt32 {
    precondition(!isFull, "callers check `isFull` before they append")
    if count == blocks.count * chunkRows {
      blocks.append(Block(size: chunkSize, stamp: stamp))
    }
    count += 1
    return UInt32(count - 1)
  }

  /// Adds rows of zeroes until there are `count`; they take no memory before they are written.
  mutating func grow(to count: Int) {
    guard count > self.count else { return }
    let missing = blockCount(of: count) - blocks.count
    if missing > 0 {
      // One block in all the places: whoever writes to it gets a copy.
      blocks += repeatElement(Block(size: chunkSize, stamp: stamp), count: missing)
    }
    self.count = count
  }

  /// The block that holds a row, for writing.
  @inline(__always)
  mutating func writableBlock(of number: UInt32) -> Block {
    precondition(number < count, "a row must be in its table")
    return Block.writable(&blocks[Int(number) / chunkRows], stamp: stamp)
  }
}
