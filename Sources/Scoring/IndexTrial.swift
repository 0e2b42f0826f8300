// An index alone with keys of 16 bytes, found the ways the engine finds customers, orders and answers:
// so that a look-up can be timed without an engine around it.

package import Wire

/// Keys, each under the number of its place.
package struct IndexTrial: ~Copyable {
  /// Most keys of a batch.
  package static let batchMax = 64

  private static let hashKey = (UInt64(1), UInt64(2))
  private static let blockKeys = 4096

  private var index = Index()
  private var blocks: [Block] = []
  private var count = 0
  private var hashes = [UInt64](repeating: 0, count: IndexTrial.batchMax)

  /// Makes one without keys.
  package init() {}

  /// Bytes of memory the index takes, without its keys.
  package var size: Int { index.size }

  /// Adds a key that is not there.
  ///
  /// - Parameter key: it gets the next number, from 0 on.
  package mutating func insert(_ key: CommandKey) {
    if count == blocks.count * Self.blockKeys {
      blocks.append(Block(size: Self.blockKeys * CommandKey.size, stamp: 0))
    }
    let block = blocks[count / Self.blockKeys]
    let place = count % Self.blockKeys * CommandKey.size
    block.store(key.producer, at: place)
    block.store(key.number, at: place + 8)
    let blocks = blocks
    index.insert(SipHash.hash(key, key: Self.hashKey), UInt32(count)) { number in
      SipHash.hash(Self.key(number, in: blocks), key: Self.hashKey)
    }
    count += 1
  }

  /// Finds one key.
  ///
  /// - Parameter key: it may be there or not.
  /// - Returns: its number.
  package func find(_ key: CommandKey) -> UInt32? {
    index.find(SipHash.hash(key, key: Self.hashKey)) { Self.key($0, in: blocks) == key }
  }

  /// Finds keys together: the memory of a step is asked for, for all of them, before the first is read.
  ///
  /// - Parameters:
  ///   - keys: at most `batchMax`.
  ///   - isComparing: whether keys are compared; without it each gets the first number whose hash is alike.
  ///   - numbers: takes their numbers, `UInt32.max` for one that is not there; as many.
  /// - Precondition: there is room for the numbers.
  package mutating func find(
    _ keys: [CommandKey], isComparing: Bool = true, into numbers: inout [UInt32]
  ) {
    precondition(keys.count <= Self.batchMax && keys.count <= numbers.count, "a batch fits")
    Self.find(keys, isComparing, index, blocks, &hashes, &numbers)
  }

  private static func find(
    _ keys: [CommandKey], _ isComparing: Bool, _ index: borrowing Index, _ blocks: [Block],
    _ hashes: inout [UInt64], _ numbers: inout [UInt32]
  ) {
    var hashes = hashes.mutableSpan
    for place in keys.indices {
      let hash = SipHash.hash(keys[place], key: hashKey)
      index.prefetch(hash)
      hashes[place] = hash
    }
    for place in keys.indices {
      numbers[place] = index.find(hashes[place]) { _ in true } ?? UInt32.max
    }
    if !isComparing { return }
    for place in keys.indices where numbers[place] != UInt32.max {
      let number = Int(numbers[place])
      Block.prefetch(
        blocks[number / Self.blockKeys].address(at: number % Self.blockKeys * CommandKey.size))
    }
    for place in keys.indices where numbers[place] != UInt32.max {
      // Nearly always it is the candidate; if not, the bucket has another one, or none.
      if key(numbers[place], in: blocks) != keys[place] {
        let found = index.find(hashes[place]) { key($0, in: blocks) == keys[place] }
        numbers[place] = found ?? UInt32.max
      }
    }
  }

  @inline(__always)
  private static func key(_ number: UInt32, in blocks: [Block]) -> CommandKey {
    let block = blocks[Int(number) / blockKeys]
    let place = Int(number) % blockKeys * CommandKey.size
    return CommandKey(
      producer: block.load(UInt64.self, at: place), number: block.load(UInt64.self, at: place + 8))
  }
}
