// How a scan walks over the chunks of customers: a slice at a time, each shared out in tasks whose bounds hang on
// nothing but the store, so that sums are the same whoever computes them.

/// How far a scan has come.
struct ScanProgress: Sendable {
  /// Chunks that are one task.
  static let taskChunks = 32
  /// Chunks of the longest slice, a million customers, and where looking at one costs next to nothing.
  private static let sliceChunksMax = 256
  private static let quickSliceChunksMax = 2048
  /// Chunks of the first slice, likewise.
  private static let sliceChunksLeast = 2 * taskChunks
  private static let quickSliceChunksLeast = 8 * taskChunks

  private(set) var chunk = 0
  /// Customers that were looked at.
  private(set) var scanned = 0
  private var slice = 0

  /// Takes the next slice.
  ///
  /// - Parameters:
  ///   - store: whose customers.
  ///   - isQuick: whether looking at one costs next to nothing, so that a slice may be a long one.
  /// - Returns: its tasks; nil when there is none.
  mutating func next(of store: borrowing Store, isQuick: Bool = false) -> [Range<Int>]? {
    let end = store.customers.chunks.blocks.count
    if chunk >= end { return nil }
    // The first answers come soon, the others with little ado.
    slice =
      isQuick
      ? min(max(slice * 2, Self.quickSliceChunksLeast), Self.quickSliceChunksMax)
      : min(max(slice * 2, Self.sliceChunksLeast), Self.sliceChunksMax)
    let last = min(chunk + slice, end)
    let tasks = stride(from: chunk, to: last, by: Self.taskChunks).map {
      $0..<min($0 + Self.taskChunks, last)
    }
    chunk = last
    scanned = min(last * CustomerRow.chunkRows, store.customers.count)
    return tasks
  }

  /// Ends it: nothing more is looked at.
  mutating func stop() { chunk = .max }

  func isEnd(of store: borrowing Store) -> Bool {
    chunk >= store.customers.chunks.blocks.count
  }
}
