// xxHash64 with seed 0, written down from its specification a second time, over bytes in an array.

/// The bucket of a customer: ⌊xxHash64(key ‖ 0x1F ‖ customer) · 10000 / 2⁶⁴⌋.
func oracleBucket(key: String, customer: [UInt8]) -> Int {
  let hash = oracleHash(Array(key.utf8) + [0x1f] + customer)
  return Int(hash.multipliedFullWidth(by: 10_000).high)
}

func oracleHash(_ bytes: [UInt8]) -> UInt64 {
  let p1: UInt64 = 11_400_714_785_074_694_791
  let p2: UInt64 = 14_029_467_366_897_019_727
  let p3: UInt64 = 1_609_587_929_392_839_161
  let p4: UInt64 = 9_650_029_242_287_828_579
  let p5: UInt64 = 2_870_177_450_012_600_261
  func turned(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
  func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    turned(lane &+ input &* p2, 31) &* p1
  }
  func word(_ place: Int, _ size: Int) -> UInt64 {
    var word: UInt64 = 0
    for offset in (0..<size).reversed() { word = word << 8 | UInt64(bytes[place + offset]) }
    return word
  }
  var place = 0
  var hash = p5
  if bytes.count >= 32 {
    var lanes: [UInt64] = [p1 &+ p2, p2, 0, 0 &- p1]
    while place + 32 <= bytes.count {
      for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(place + 8 * lane, 8)) }
      place += 32
    }
    hash =
      turned(lanes[0], 1) &+ turned(lanes[1], 7) &+ turned(lanes[2], 12) &+ turned(lanes[3], 18)
    for lane in lanes { hash = (hash ^ round(0, lane)) &* p1 &+ p4 }
  }
  hash = hash &+ UInt64(bytes.count)
  while place + 8 <= bytes.count {
    hash = turned(hash ^ round(0, word(place, 8)), 27) &* p1 &+ p4
    place += 8
  }
  if place + 4 <= bytes.count {
    hash = turned(hash ^ word(place, 4) &* p1, 23) &* p2 &+ p3
    place += 4
  }
  while place < bytes.count {
    hash = turned(hash ^ UInt64(bytes[place]) &* p5, 11) &* p1
    place += 1
  }
  hash = (hash ^ hash >> 33) &* p2
  hash = (hash ^ hash >> 29) &* p3
  return hash ^ hash >> 32
}
