// The memory of blocks: free ranges against a plain list of pages, and blocks that come, go and are
// handed from thread to thread.

import Platform
import Support
import Synchronization
import Testing

@testable import Scoring

@Suite("Block memory")
struct BlockMemoryTests {
  @Test("no page is given out twice, and all of them come back as one range", arguments: seeds(10))
  func ranges(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var ranges = FreeRanges()
    let pages = 200
    var isFree = [Bool](repeating: true, count: pages)
    ranges.give(1000, pages)
    var taken: [(start: Int, count: Int)] = []
    for _ in 0..<2000 {
      if Bool.random(using: &generator), let index = taken.indices.randomElement(using: &generator)
      {
        let range = taken.remove(at: index)
        ranges.give(UInt(1000 + range.start), range.count)
        for page in range.start..<range.start + range.count { isFree[page] = true }
      } else {
        let count = Int.random(in: 1...12, using: &generator)
        let lowest = (0...pages - count).first { start in
          isFree[start..<start + count].allSatisfy { $0 }
        }
        // The lowest place where so many lie side by side, and none only where there is none.
        #expect(ranges.take(count) == lowest.map { UInt(1000 + $0) }, "seed \(seed)")
        guard let lowest else { continue }
        for page in lowest..<lowest + count { isFree[page] = false }
        taken.append((lowest, count))
      }
      var end = pages
      while end > 0 && isFree[end - 1] { end -= 1 }
      #expect(ranges.size(endingAt: UInt(1000 + pages)) == pages - end, "seed \(seed)")
    }
    for range in taken { ranges.give(UInt(1000 + range.start), range.count) }
    #expect(ranges.ranges.count == 1)
    ranges.cut(50, endingAt: 1200)
    #expect(ranges.size(endingAt: 1150) == 150)
  }

  @Test("a new block is zero, whatever its memory held, and blocks share none", arguments: seeds(3))
  func blocks(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var blocks: [(block: Block, mark: UInt64)] = []
    // With nobody who prepares, then with one who does not come, then with one who does.
    for round in 0..<3 {
      if round > 0 { BlockMemory.beginToPrepare {} }
      for step in 0..<300 {
        if round == 2 && step % 50 == 0 { BlockMemory.prepare() }
        let size = Int.random(in: 64...1 << 20, using: &generator) & ~63
        let block = Block(size: size, stamp: 0)
        let mark = generator.next()
        for place in [0, size / 2 & ~7, size - 8] {
          #expect(block.load(UInt64.self, at: place) == 0, "seed \(seed)")
          block.store(mark, at: place)
        }
        blocks.append((block, mark))
        if blocks.count > 60 {
          let gone = blocks.remove(at: Int.random(in: 0..<blocks.count, using: &generator))
          for place in [0, gone.block.size / 2 & ~7, gone.block.size - 8] {
            #expect(gone.block.load(UInt64.self, at: place) == gone.mark, "seed \(seed)")
          }
        }
      }
    }
    BlockMemory.endToPrepare()
  }

  @Test("blocks may end on another thread than they began on")
  func threads() throws {
    let kept = Mutex<[Block]>([])
    let results = try inParallel(8, threads: 4) { task in
      var generator = SeededGenerator(seed: UInt64(task))
      for _ in 0..<200 {
        let size = Int.random(in: 1...40, using: &generator) << 12
        let block = Block(size: size, stamp: UInt64(size))
        block.store(UInt64(size), at: size - 8)
        let others = kept.withLock { kept in
          kept.append(block)
          let others = kept.count > 20 ? kept : []
          if kept.count > 20 { kept = [] }
          return others
        }
        for other in others
        where other.load(UInt64.self, at: other.size - 8) != UInt64(other.size) { return false }
      }
      return true
    }
    #expect(results.allSatisfy { $0 })
  }
}
