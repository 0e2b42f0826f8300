// Where identifiers are kept: one length byte and 1 to 64 bytes each, one behind the other, in
// blocks that only grow at the end.

/// All customers' identifiers; a position finds one again.
struct IdentifierArena: Sendable {
  static let blockSize = 1 << 16
  /// Blocks a UInt32 position can reach.
  static let blocksMax = Int((UInt64(UInt32.max) + 1) / UInt64(blockSize))

  private(set) var blocks: [Block] = []
  /// Where the next identifier goes, counted over all blocks.
  private(set) var end = 0
  /// The sequence of the command that writes now.
  var stamp: UInt64 = 0

  /// Blocks that reach to `end`.
  static func blockCount(of end: Int) -> Int { (end + blockSize - 1) / blockSize }

  /// Bytes of memory the blocks take.
  var size: Int { blocks.count * Self.blockSize }

  /// Whether the longest identifier may find no room.
  var isFull: Bool { blocks.count >= Self.blocksMax }

  /// Takes over blocks that were read from a snapshot; false when they do not reach to `end`.
  mutating func restore(end: Int, blocks: [Block]) -> Bool {
    guard end >= 0, blocks.count <= Self.blocksMax,
      blocks.count == Self.blockCount(of: end),
      blocks.allSatisfy({ $0.size == Self.blockSize })
    else { return false }
    self.blocks = blocks
    self.end = end
    return true
  }

  /// Keeps an identifier of 1 to 64 bytes and returns its position.
  mutating func append(_ identifier: RawSpan) -> UInt32 {
    let size = identifier.byteCount
    precondition(size >= 1 && size <= 255, "the length of an identifier must fit its byte")
    // An identifier never straddles two blocks.
    if blocks.count * Self.blockSize - end < size + 1 {
      end = blocks.count * Self.blockSize
      blocks.append(Block(size: Self.blockSize, stamp: stamp))
    }
    let position = end
    let block = Block.writable(&blocks[position / Self.blockSize], stamp: stamp)
    let place = position % Self.blockSize
    block.store(UInt8(size), at: place)
    block.store(bytes: identifier, at: place + 1)
    end += size + 1
    return UInt32(position)
  }

  /// Asks for the memory of the identifier at a position.
  @inline(__always)
  func prefetch(_ position: UInt32) {
    let place = Int(position) % Self.blockSize
    Block.prefetch(blocks[Int(position) / Self.blockSize].address(at: place))
  }

  /// Whether an identifier with at least one byte lies whole at a position.
  func holds(_ position: UInt32) -> Bool {
    let place = Int(position) % Self.blockSize
    guard Int(position) < end else { return false }
    let size = Int(blocks[Int(position) / Self.blockSize].load(UInt8.self, at: place))
    return size >= 1 && place + 1 + size <= Self.blockSize && Int(position) + 1 + size <= end
  }

  /// Whether the identifier at a position has these bytes.
  func equals(_ identifier: RawSpan, at position: UInt32) -> Bool {
    bytes(at: position).isSame(as: identifier)
  }

  /// The identifier at a position.
  @_lifetime(borrow self)
  func bytes(at position: UInt32) -> RawSpan {
    let block = blocks[Int(position) / Self.blockSize]
    let place = Int(position) % Self.blockSize
    let size = Int(block.load(UInt8.self, at: place))
    let span = block.bytes.extracting((place + 1)..<(place + 1 + size))
    // The block is kept alive by `blocks`, which `self` lends for as long as the span lives.
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

extension RawSpan {
  /// Whether another run of bytes is the same.
  @inline(__always)
  func isSame(as other: RawSpan) -> Bool {
    let count = byteCount
    guard other.byteCount == count else { return false }
    // Both spans have the same length, and every load below ends within it.
    if count >= 8 {
      var place = 0
      while place < count &- 8 {
        if word(place) != other.word(place) { return false }
        place &+= 8
      }
      // The last eight bytes, some of them again.
      return word(count &- 8) == other.word(count &- 8)
    }
    for place in 0..<count {
      let left = unsafe unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
      let right = unsafe other.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
      if left != right { return false }
    }
    return true
  }

  /// Eight bytes of at least as many from a place on.
  @inline(__always)
  private func word(_ place: Int) -> UInt64 {
    // The caller asks for what lies within the span.
    unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
  }
}
