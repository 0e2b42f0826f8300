// Makes the checksums of a journal fit whatever stands under them, as if nobody looked at them. It
// knows the journal's format 1; when the format changes, this file changes with it.

import Durability
import Platform
import Support

enum ChecksumHealer {
  private static let segmentHeaderBytes = 40
  private static let batchHeaderBytes = 24

  /// The same disk with fitting checksums.
  static func healed(_ disk: SimulatedStorage) -> SimulatedStorage {
    var files = disk.files
    for (name, bytes) in files where name.hasPrefix("journal-") && !name.hasSuffix(".tmp") {
      files[name] = healed(bytes)
    }
    return SimulatedStorage(files: files)
  }

  private static func healed(_ file: [UInt8]) -> [UInt8] {
    var file = file
    guard file.count >= segmentHeaderBytes else { return file }
    let salt = file.rawBytes.littleEndian32(at: 32)
    var sequence = file.rawBytes.littleEndian64(at: 24)
    var offset = segmentHeaderBytes
    while offset + batchHeaderBytes <= file.count {
      let first = file.rawBytes.littleEndian64(at: offset + 8)
      let count = file.rawBytes.littleEndian32(at: offset + 16)
      let size = Int(file.rawBytes.littleEndian32(at: offset + 20))
      guard first == sequence, count > 0, size & 7 == 0, size > batchHeaderBytes,
        offset + size <= file.count
      else { break }
      let body = CRC32C.checksum(
        file.rawBytes.extracting(offset + batchHeaderBytes..<offset + size))
      file.store(littleEndian: body, at: offset + 4)
      let header = CRC32C.checksum(
        file.rawBytes.extracting(offset + 4..<offset + batchHeaderBytes), salt: salt)
      file.store(littleEndian: header, at: offset)
      sequence += UInt64(count)
      offset += size
    }
    return file
  }
}
