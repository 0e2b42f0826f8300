// How often a customer, a day and an amount have come together in a file, so that orders without an
// identifier of their own get the same one each time the file is imported.

/// Counts keys of which only a hash is kept: 8 bytes a slot, 11 to 22 bytes a distinct key.
///
/// A slot holds 56 bits of the hash and a count of 8 bits; larger counts go to a dictionary. With
/// ten million keys two of them share 56 bits with a probability of about 7 in 10,000; then the
/// later one's occurrence is counted on from the earlier one's, which is still the same each time.
struct OccurrenceTable {
  private var slots = [UInt64](repeating: 0, count: 1 << 10)
  private var used = 0
  private var large: [UInt64: Int] = [:]
  private static let countMask: UInt64 = 0xff

  /// Counts a key.
  ///
  /// The result is 1 for the first time.
  mutating func next(_ hash: UInt64) -> Int {
    if used * 4 >= slots.count * 3 { grow() }
    let key = hash & ~Self.countMask
    let place = place(of: key)
    let count = slots[place] & Self.countMask
    if count == 0 { used += 1 }
    if count < Self.countMask {
      slots[place] = key | (count + 1)
      return Int(count) + 1
    }
    large[key, default: Int(Self.countMask)] += 1
    return large[key] ?? 0
  }

  /// FNV-1a over the customer, then over both numbers, finished like MurmurHash3: the same in every
  /// process, unlike Swift's own.
  static func hash(_ customer: some Sequence<UInt8>, day: Int, amountMinor: Int64) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in customer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for number in [UInt64(bitPattern: Int64(day)), UInt64(bitPattern: amountMinor)] {
      hash = mixed(hash ^ mixed(number &+ 0x9e37_79b9_7f4a_7c15))
    }
    return hash
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
    value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return value ^ (value >> 33)
  }

  /// The key's slot or the free one it gets: linear probing from the hash's high bits.
  private func place(of key: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(key >> UInt64(64 - slots.count.trailingZeroBitCount))
    while slots[place] & Self.countMask != 0 && slots[place] & ~Self.countMask != key {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    for slot in old where slot & Self.countMask != 0 {
      slots[place(of: slot & ~Self.countMask)] = slot
    }
  }
}
