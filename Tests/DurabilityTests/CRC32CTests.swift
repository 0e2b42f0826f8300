// The checksum against published values and against the slow, obvious way.

import Platform
import Support
import Testing

@testable import Durability

@Suite("CRC32C")
struct CRC32CTests {
  @Test(
    "known answers of RFC 3720 and the check value",
    arguments: [
      (Array("123456789".utf8), 0xe306_9283), ([], 0),
      ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
      ((0..<32).map { UInt8($0) }, 0x46dd_794e),
      ((0..<32).reversed().map { UInt8($0) }, 0x113f_db5c),
    ] as [([UInt8], UInt32)])
  func knownAnswers(bytes: [UInt8], answer: UInt32) {
    #expect(CRC32C.checksum(bytes.rawBytes) == answer)
    var byTable = CRC32C()
    byTable.updateByTable(bytes.rawBytes)
    #expect(byTable.value == answer)
  }

  @Test("table, instruction and pieces agree", arguments: seeds(20))
  func agreement(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    // From 6 KiB on, thirds go side by side.
    let most = seed % 2 == 0 ? 300 : 40_000
    let bytes = generator.bytes(count: Int.random(in: 1...most, using: &generator))
    let cut = Int.random(in: 0...bytes.count, using: &generator)
    let whole = CRC32C.checksum(bytes.rawBytes, salt: 5)
    var pieces = CRC32C(salt: 5)
    pieces.update(bytes.rawBytes.extracting(0..<cut))
    pieces.updateByTable(bytes.rawBytes.extracting(cut..<bytes.count))
    #expect(pieces.value == whole)
    #expect(CRC32C.checksum(bytes.rawBytes, salt: 6) != whole)
  }
}
