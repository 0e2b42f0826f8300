// Where large blocks have their memory: side by side in huge pages, where the system has them. Among
// millions of customers nearly every look-up would otherwise wait for the processor to find its page too.
// Unsafe code: addresses are lent and taken back as numbers; what lies at them is the block's business.

internal import CLinux
internal import Synchronization

/// The memory of all blocks of some size, of all engines of the process, as `malloc` is for the others.
///
/// It is one stretch of addresses, of which the kernel gives memory for what is used. The free ranges are
/// known by their addresses, the lowest one that fits is used, and neighbours become one: the parts of
/// an index, which grow in turn, fit where the former ones were.
///
/// A huge page is zeroed at its first use, which takes from 0.2 to 10 ms. So a server has somebody
/// prepare memory ahead, and then only what is prepared is given out.
package enum BlockMemory {
  /// Sizes that are served here; smaller blocks would not gain by it, and larger ones are not foreseen.
  static let sizes = 16 << 10...32 << 20

  /// The least and the most bytes that are kept ready.
  private static let readySizes = (least: 4 << 20, most: 64 << 20)
  private static let hugePageSize = 2 << 20
  /// Blocks begin at a page, so that no range is too small to be of use.
  private static let pageSize = 4096

  /// Addresses for all blocks there may ever be; empty where the system has none, and then nothing is
  /// served here.
  private static let addresses: Range<UInt> = {
    let size = 64 << 30
    let start = unsafe UInt(bitPattern: linux_map_huge(size, hugePageSize))
    return start..<start + UInt(start == 0 ? 0 : size)
  }()

  private static let state = Mutex(State())

  // MARK: Blocks

  /// Takes memory with anything in it.
  ///
  /// - Parameter size: within `sizes`.
  /// - Returns: the memory, at a multiple of 4096, which nobody else has until it is given back; nil when
  ///   nothing is ready that is large enough.
  static func take(_ size: Int) -> UnsafeMutableRawPointer? {
    let (address, ask) = withState { state in
      let address = state.take(rounded(size))
      return (address, state.isTimeForMore() ? state.ask : nil)
    }
    // Not under the lock, for it may wake a thread that wants it.
    if let ask { ask() }
    return unsafe address.flatMap { unsafe UnsafeMutableRawPointer(bitPattern: $0) }
  }

  /// Whether memory is from here.
  static func has(_ memory: UnsafeMutableRawPointer) -> Bool {
    addresses.contains(UInt(bitPattern: memory))
  }

  /// Gives memory back.
  ///
  /// - Parameters:
  ///   - memory: from `take`.
  ///   - size: what was taken.
  static func give(_ memory: UnsafeMutableRawPointer, _ size: Int) {
    let address = UInt(bitPattern: memory)
    withState { state in
      state.ranges.give(address, rounded(size))
      state.trim()
    }
  }

  private static func rounded(_ size: Int) -> Int { (size + pageSize - 1) & ~(pageSize - 1) }

  // MARK: Who prepares

  /// From now on only memory is given out that `prepare` has made ready.
  ///
  /// - Parameter ask: called by any thread when it is time to prepare more.
  package static func beginToPrepare(_ ask: @escaping @Sendable () -> Void) {
    withState { $0.ask = ask }
    prepare()
  }

  /// Makes memory ready, by a thread that may wait for the kernel.
  package static func prepare() {
    while let piece = withState({ $0.beginPiece() }) {
      // Nobody has any of it before it is given below.
      unsafe linux_touch(UnsafeMutableRawPointer(bitPattern: piece), hugePageSize)
      withState { $0.endPiece(piece) }
    }
  }

  /// Nobody prepares any more: who takes memory waits for the kernel itself.
  package static func endToPrepare() { withState { $0.ask = nil } }

  private static func withState<T>(_ body: (inout State) -> sending T) -> T {
    state.withLock { state in
      // As in Platform's Mailbox: the thread sanitizer does not see Swift's mutex. The address of an
      // object that lives for ever is a name for it; nothing is read there.
      unsafe linux_tell_locked(Unmanaged.passUnretained(Block.empty).toOpaque())
      defer { unsafe linux_tell_unlocking(Unmanaged.passUnretained(Block.empty).toOpaque()) }
      return body(&state)
    }
  }

  private struct State: Sendable {
    /// What is free and ready.
    var ranges = FreeRanges()
    /// Where memory begins that was not used yet, or was given back to the kernel.
    var bare = BlockMemory.addresses.lowerBound
    /// Wakes who prepares; nil when nobody does.
    var ask: (@Sendable () -> Void)?
    private var isAsked = false

    /// Bytes that are kept ready, a sixteenth of all; it is time for more below half of them.
    private var readySize: Int {
      let size = Int(bare - BlockMemory.addresses.lowerBound) / 16
      return min(max(BlockMemory.readySizes.least, size), BlockMemory.readySizes.most)
    }

    /// Bytes that are ready at the end, in one piece.
    private var readyAtEnd: Int { ranges.size(endingAt: bare) }

    mutating func take(_ size: Int) -> UInt? {
      if let address = ranges.take(size) { return address }
      guard ask == nil else { return nil }
      let missing = size - readyAtEnd
      let pages = (missing + BlockMemory.hugePageSize - 1) / BlockMemory.hugePageSize
      guard extend(pages * BlockMemory.hugePageSize) else { return nil }
      ranges.give(bare - UInt(pages * BlockMemory.hugePageSize), pages * BlockMemory.hugePageSize)
      return ranges.take(size)
    }

    mutating func isTimeForMore() -> Bool {
      guard ask != nil, !isAsked, readyAtEnd < readySize / 2 else { return false }
      isAsked = true
      return true
    }

    /// The next huge page to make ready; nil when enough are.
    mutating func beginPiece() -> UInt? {
      guard readyAtEnd < readySize, extend(BlockMemory.hugePageSize) else {
        isAsked = false
        return nil
      }
      return bare - UInt(BlockMemory.hugePageSize)
    }

    mutating func endPiece(_ piece: UInt) { ranges.give(piece, BlockMemory.hugePageSize) }

    private mutating func extend(_ size: Int) -> Bool {
      guard BlockMemory.addresses.upperBound - bare >= UInt(size) else { return false }
      bare += UInt(size)
      return true
    }

    /// Gives the kernel back what is free at the end beyond what is kept ready.
    mutating func trim() {
      let surplus = readyAtEnd - readySize
      guard surplus > BlockMemory.readySizes.most else { return }
      let size = surplus & ~(BlockMemory.hugePageSize - 1)
      ranges.cut(size, endingAt: bare)
      bare -= UInt(size)
      // It was free, and is not in the list any more.
      unsafe linux_forget(UnsafeMutableRawPointer(bitPattern: bare), size)
    }
  }
}

/// Ranges of addresses in their order; none touches another.
struct FreeRanges: Sendable {
  private(set) var ranges: [(start: UInt, size: Int)] = []

  /// Takes from the first range that is large enough.
  mutating func take(_ size: Int) -> UInt? {
    guard let place = ranges.firstIndex(where: { $0.size >= size }) else { return nil }
    let start = ranges[place].start
    if ranges[place].size == size {
      ranges.remove(at: place)
    } else {
      ranges[place] = (start + UInt(size), ranges[place].size - size)
    }
    return start
  }

  /// Takes a range back, or a new one, that touches none but at its ends.
  mutating func give(_ start: UInt, _ size: Int) {
    let place = place(from: start)
    let end = start + UInt(size)
    let joinsNext = place < ranges.count && ranges[place].start == end
    if place > 0, ranges[place - 1].start + UInt(ranges[place - 1].size) == start {
      ranges[place - 1].size += size
      if joinsNext { ranges[place - 1].size += ranges.remove(at: place).size }
    } else if joinsNext {
      ranges[place] = (start, size + ranges[place].size)
    } else {
      ranges.insert((start, size), at: place)
    }
  }

  /// The size of the range that ends at an address; 0 when none does.
  func size(endingAt end: UInt) -> Int {
    let place = place(from: end)
    guard place > 0, ranges[place - 1].start + UInt(ranges[place - 1].size) == end else { return 0 }
    return ranges[place - 1].size
  }

  /// Takes the last bytes of the range that ends at an address, not all of them.
  mutating func cut(_ size: Int, endingAt end: UInt) {
    precondition(self.size(endingAt: end) > size, "what is cut off is less than the range")
    ranges[place(from: end) - 1].size -= size
  }

  /// The place of the first range that begins at an address or behind it.
  private func place(from address: UInt) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].start < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
