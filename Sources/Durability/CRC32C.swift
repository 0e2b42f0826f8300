// The checksum under all our files: CRC-32C (Castagnoli), by instruction or by table.
// Not here: what is covered by it; each format says so.

internal import Platform

/// CRC-32C: polynomial 0x1EDC6F41, reflected, initial value and final exclusive-or all ones; the
/// one of iSCSI (RFC 3720, appendix B.4) and ext4.
public struct CRC32C: Sendable {
  private var state: UInt32

  /// Starts a checksum.
  ///
  /// - Parameter salt: Makes checksums of different places differ; 0 is the plain CRC-32C.
  public init(salt: UInt32 = 0) { state = ~salt }

  /// The checksum of everything so far.
  public var value: UInt32 { ~state }

  /// Goes on over more bytes.
  ///
  /// - Parameter bytes: What comes next.
  public mutating func update(_ bytes: RawSpan) {
    if Processor.hasCRC32C {
      state = Processor.crc32c(state, bytes)
    } else {
      updateByTable(bytes)
    }
  }

  /// The checksum of bytes that lie together.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - salt: As in `init(salt:)`.
  /// - Returns: Their checksum.
  public static func checksum(_ bytes: RawSpan, salt: UInt32 = 0) -> UInt32 {
    var checksum = CRC32C(salt: salt)
    checksum.update(bytes)
    return checksum.value
  }

  /// The portable way: eight bytes a step through eight tables (Kounavis and Berry, 2005).
  ///
  /// - Parameter bytes: What comes next.
  mutating func updateByTable(_ bytes: RawSpan) {
    let tables = Self.tables.span
    var offset = 0
    while offset + 8 <= bytes.byteCount {
      let word = bytes.littleEndian64(at: offset) ^ UInt64(state)
      var next: UInt32 = 0
      for byte in 0..<8 {
        next ^= tables[(7 - byte) << 8 | Int(truncatingIfNeeded: word >> (8 * byte)) & 255]
      }
      state = next
      offset += 8
    }
    while offset < bytes.byteCount {
      state = state >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes.byte(at: offset))]
      offset += 1
    }
  }

  /// Table k, byte b: the remainder of b followed by k zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 << 8)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82f6_3b78 : 0)
      }
      tables[byte] = remainder
    }
    for place in 256..<tables.count {
      let shorter = tables[place - 256]
      tables[place] = shorter >> 8 ^ tables[Int(shorter & 255)]
    }
    return tables
  }()
}
