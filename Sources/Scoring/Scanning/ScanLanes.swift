// Eight values of a column at a time.
// Unsafe code: a store that checks its place itself, of whole values of the span's own type.

extension MutableSpan where Element: BitwiseCopyable {
  /// Writes eight values from a place on.
  @inline(__always)
  mutating func put<Lanes: BitwiseCopyable>(_ lanes: Lanes, at place: Int)
  where Lanes: SIMD, Lanes.Scalar == Element {
    var bytes = unsafe mutableBytes
    bytes.storeBytes(
      of: lanes, toByteOffset: place * MemoryLayout<Element>.stride, as: Lanes.self)
  }
}
