// Makes the checksums of a journal fit whatever stands under them, as if nobody looked at them. It
// knows the journal's format 1; when the format changes, this file changes with it.

import Durability
import Platform
import Support

enum ChecksumHealer {
  private static let segmentHeaderBytes = 40
  private static let batchHeaderBytes = 32
  private static let recordHeaderBytes = 16

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
      let count = Int(file.rawBytes.littleEndian32(at: offset + 24))
      let size = Int(file.rawBytes.littleEndian32(at: offset + 28))
      guard first == sequence, count > 0, size & 7 == 0, size > batchHeaderBytes,
        offset + size <= file.count
      else { break }
      var record = offset + batchHeaderBytes
      for number in 0..<count where record + recordHeaderBytes <= offset + size {
        heal(record: record, sequence: first + UInt64(number), salt: salt, in: &file)
        let payload = Int(file.rawBytes.littleEndian32(at: record + 8))
        record += (recordHeaderBytes + payload + 7) & ~7
      }
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

  private static func heal(record: Int, sequence: UInt64, salt: UInt32, in file: inout [UInt8]) {
    let payload = Int(file.rawBytes.littleEndian32(at: record + 8))
    guard record + recordHeaderBytes + payload <= file.count else { return }
    var number: [UInt8] = []
    number.append(littleEndian: sequence)
    var checksum = CRC32C(salt: salt)
    checksum.update(number.rawBytes)
    checksum.update(file.rawBytes.extracting(record..<record + 12))
    let start = record + recordHeaderBytes
    checksum.update(file.rawBytes.extracting(start..<start + payload))
    file.store(littleEndian: checksum.value, at: record + 12)
  }
}
