// Customers as they lie in the server's memory: a line of 64 bytes holds the orders and days of eight.
// Unsafe code: loads within a line that the caller's octet is one of, and addresses that are only asked for.

import CLinux

/// Lines of eight customers: x of each as 32 bits, then their first days and their last days as 16 bits.
///
/// Octets that are handed in are those of a line, which callers count.
enum CustomerLines {
  /// The first day of who has no order.
  static let noDay = UInt16.max

  /// Lines that are asked for before they are needed: as many as come while the first of them does.
  private static let ahead = 24

  /// Days with an order after the first one.
  @inline(__always)
  static func repeatOrders(_ lines: Span<SIMD16<UInt32>>, _ octet: Int) -> SIMD8<UInt32> {
    unsafe lines.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: octet &* 64, as: SIMD8<UInt32>.self)
  }

  /// Days of the first orders.
  @inline(__always)
  static func firstDays(_ lines: Span<SIMD16<UInt32>>, _ octet: Int) -> SIMD8<UInt16> {
    unsafe lines.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: octet &* 64 &+ 32, as: SIMD8<UInt16>.self)
  }

  /// Days of the last orders.
  @inline(__always)
  static func lastDays(_ lines: Span<SIMD16<UInt32>>, _ octet: Int) -> SIMD8<UInt16> {
    unsafe lines.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: octet &* 64 &+ 48, as: SIMD8<UInt16>.self)
  }

  /// Asks for what comes soon of a column that has 64 bytes for each octet.
  ///
  /// It need not be there: nothing is read, and behind a batch mostly the next one lies.
  @inline(__always)
  static func prefetch<Octet: BitwiseCopyable>(_ column: Span<Octet>, behind octet: Int) {
    unsafe column.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let address = UInt(bitPattern: base) &+ UInt(bitPattern: (octet &+ ahead) &* 64)
      unsafe linux_prefetch(UnsafeRawPointer(bitPattern: address))
    }
  }

  /// The lanes of those who have an order.
  @inline(__always)
  static func known(_ firstDays: SIMD8<UInt16>) -> SIMDMask<SIMD8<Int64>> {
    linux_longs_of(linux_words_of(firstDays)) .!= LaneBits(repeating: UInt64(noDay))
  }
}
