// What some processors can do and others cannot, asked at run time.
// Not here: the portable ways; who uses an instruction brings one along.

internal import CLinux

/// Instructions beyond the baseline.
public enum Processor {
  /// Whether `crc32c` may be called.
  public static let hasCRC32C = linux_has_crc32c() != 0

  private static let hasCarrylessProduct = linux_has_carryless_product() != 0

  /// Carries a CRC-32C over bytes with the processor's instruction.
  ///
  /// - Parameters:
  ///   - state: The remainder so far, not inverted.
  ///   - bytes: What comes next.
  /// - Returns: The remainder after them.
  /// - Precondition: `hasCRC32C`.
  public static func crc32c(_ state: UInt32, _ bytes: RawSpan) -> UInt32 {
    // The helper reads `count` bytes and keeps nothing.
    unsafe bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return state }
      let bytes = unsafe start.assumingMemoryBound(to: UInt8.self)
      return unsafe hasCarrylessProduct
        ? linux_crc32c_thirds(state, bytes, buffer.count)
        : linux_crc32c(state, bytes, buffer.count)
    }
  }
}
