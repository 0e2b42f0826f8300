// What was answered to the last commands with a key, so that a command sent again is answered again
// and not applied again. How an answer is found is Engine+Answers' matter.

import Wire

/// A command that its key tells from every other one.
struct KeyedCommand: Equatable {
  let key: CommandKey
  let verb: UInt16
  /// A hash of the body behind the key: the same key with another body is a mistake.
  let check: UInt32
}

/// Answers one behind the other, in blocks that only grow at the end.
///
/// An entry never straddles two blocks (little-endian):
///
///      0  8 producer     8  8 number     16  4 check
///     20  2 verb        22  2 size of the reply's body, then the body
struct AnswerHalf: Sendable {
  static let blockSize = 1 << 16
  static let headSize = 24
  /// Bytes of the largest body: the reply to a batch whose rows are all refused is smaller.
  static let replySizeMax = blockSize - headSize

  private(set) var blocks: [Block] = []
  /// Where the next entry goes, counted over all blocks.
  private(set) var end = 0

  /// Blocks that reach to `end`.
  static func blockCount(of end: Int) -> Int { (end + blockSize - 1) / blockSize }

  /// Takes over blocks that were read from a snapshot; false when they do not reach to `end`.
  mutating func restore(end: Int, blocks: [Block]) -> Bool {
    guard blocks.count == Self.blockCount(of: end),
      blocks.allSatisfy({ $0.size == Self.blockSize })
    else { return false }
    self.blocks = blocks
    self.end = end
    return true
  }

  /// Whether an entry needs a new block.
  func needsBlock(_ replySize: Int) -> Bool {
    blocks.count * Self.blockSize - end < Self.headSize + replySize
  }

  /// Keeps an answer, which may come in two pieces, and returns its position.
  mutating func append(
    _ command: KeyedCommand, _ reply: RawSpan, _ rest: RawSpan, stamp: UInt64
  ) -> UInt32 {
    let size = reply.byteCount + rest.byteCount
    precondition(size <= Self.replySizeMax, "a reply that is remembered must fit into a block")
    if needsBlock(size) {
      end = blocks.count * Self.blockSize
      blocks.append(Block(size: Self.blockSize, stamp: stamp))
    }
    let position = end
    let block = Block.writable(&blocks[position / Self.blockSize], stamp: stamp)
    let place = position % Self.blockSize
    block.store(command.key.producer, at: place)
    block.store(command.key.number, at: place + 8)
    block.store(command.check, at: place + 16)
    block.store(command.verb, at: place + 20)
    block.store(UInt16(size), at: place + 22)
    block.store(bytes: reply, at: place + Self.headSize)
    block.store(bytes: rest, at: place + Self.headSize + reply.byteCount)
    end += Self.headSize + size
    return UInt32(position)
  }

  /// The key of the command whose answer is at a position.
  @inline(__always)
  func key(at position: UInt32) -> CommandKey {
    let block = blocks[Int(position) / Self.blockSize]
    let place = Int(position) % Self.blockSize
    return CommandKey(
      producer: block.load(UInt64.self, at: place),
      number: block.load(UInt64.self, at: place + 8))
  }

  /// The command whose answer is at a position.
  func command(at position: UInt32) -> KeyedCommand {
    let block = blocks[Int(position) / Self.blockSize]
    let place = Int(position) % Self.blockSize
    return KeyedCommand(
      key: key(at: position), verb: block.load(UInt16.self, at: place + 20),
      check: block.load(UInt32.self, at: place + 16))
  }

  /// Appends the reply's body that is at a position.
  func copyReply(at position: UInt32, to out: inout ByteBuffer) {
    let block = blocks[Int(position) / Self.blockSize]
    let place = Int(position) % Self.blockSize
    let start = place + Self.headSize
    let size = Int(block.load(UInt16.self, at: place + 22))
    out.append(bytes: block.bytes.extracting(start..<(start + size)))
  }

  /// The reply's body that is at a position.
  @_lifetime(borrow self)
  func reply(at position: UInt32) -> RawSpan {
    let block = blocks[Int(position) / Self.blockSize]
    let place = Int(position) % Self.blockSize
    let start = place + Self.headSize
    let size = Int(block.load(UInt16.self, at: place + 22))
    let span = block.bytes.extracting(start..<(start + size))
    // The block lives as long as the half that holds it.
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Where the entry behind one begins, or the next one will.
  func position(after position: Int) -> Int {
    let block = blocks[position / Self.blockSize]
    let place = position % Self.blockSize
    let next = position + Self.headSize + Int(block.load(UInt16.self, at: place + 22))
    let room = Self.blockSize - next % Self.blockSize
    let isLast = next / Self.blockSize >= blocks.count - 1
    // What follows in a block is blank where no entry fitted any more.
    if next % Self.blockSize == 0 || next >= end { return next }
    if !isLast, room < Self.headSize || key(at: UInt32(next)).isNone { return next + room }
    return next
  }

  /// The block of a byte, for writing.
  mutating func writableBlock(at position: Int, stamp: UInt64) -> Block {
    Block.writable(&blocks[position / Self.blockSize], stamp: stamp)
  }

  /// The positions of all entries, after a look at each whether it lies whole in its block.
  func positions() throws(SectionError) -> [UInt32] {
    var positions: [UInt32] = []
    var reached = 0
    for (index, block) in blocks.enumerated() {
      let start = index * Self.blockSize
      let room = min(Self.blockSize, end - start)
      var place = 0
      while place + Self.headSize <= room,
        !key(at: UInt32(start + place)).isNone
      {
        positions.append(UInt32(start + place))
        place += Self.headSize + Int(block.load(UInt16.self, at: place + 22))
      }
      guard place <= room else {
        throw SectionError("answer \(positions.count - 1) is longer than its block")
      }
      reached = start + place
    }
    guard reached == end else { throw SectionError("the answers end before they should") }
    return positions
  }
}

/// The answers that are remembered, in two halves.
///
/// When the younger half is full the older one is forgotten whole, and a new one begins: so at least
/// the last half of `Limits.answersSizeMax` is always there, and forgetting costs nothing.
struct AnswerLog: Sendable {
  /// Blocks a half may have; the sections of the second half are numbered from here on.
  static let halfBlocksLimit = 1 << 16

  /// Blocks a half has before it is full.
  ///
  /// It is part of the state: what is forgotten decides what counts as a repeat.
  let halfBlocksMax: Int
  var halves = [AnswerHalf(), AnswerHalf()]
  /// The half that grows: 0 or 1.
  var younger = 0
  /// The sequence of the command that writes now.
  var stamp: UInt64 = 0

  /// Makes an empty log.
  init(halfBlocksMax: Int = Limits.answersSizeMax / 2 / AnswerHalf.blockSize) {
    precondition(
      halfBlocksMax >= 1 && halfBlocksMax <= Self.halfBlocksLimit,
      "a position within a half must fit into 32 bits")
    self.halfBlocksMax = halfBlocksMax
  }

  /// Bytes of memory the blocks take.
  var size: Int { halves.reduce(0) { $0 + $1.blocks.count } * AnswerHalf.blockSize }

  /// The block of a byte in one half, for writing.
  mutating func writableBlock(half: Int, at position: Int) -> Block {
    halves[half].writableBlock(at: position, stamp: stamp)
  }

  /// Whether the younger half is too full for a reply of this size.
  func isFull(for replySize: Int) -> Bool {
    halves[younger].blocks.count >= halfBlocksMax && halves[younger].needsBlock(replySize)
  }

  /// Forgets the older half; the younger one becomes the older.
  mutating func turnOver() {
    younger = 1 - younger
    halves[younger] = AnswerHalf()
  }

  /// Keeps an answer, which may come in two pieces, in the younger half and returns its position there.
  mutating func append(
    _ command: KeyedCommand, _ reply: RawSpan, _ rest: RawSpan = RawSpan()
  ) -> UInt32 {
    halves[younger].append(command, reply, rest, stamp: stamp)
  }
}
