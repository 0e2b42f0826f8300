// Latencies counted in buckets. Not here: what a latency is; the help says that.

/// Counts of times in log-linear buckets: exact below 128 ns, above in 128 steps per doubling.
struct LatencyHistogram: Sendable {
  private static let stepBits = 7
  /// Twenty minutes; whatever is longer is counted there, and the maximum stays exact.
  private static let longest: UInt64 = 1 << 40

  private var buckets = [UInt64](
    repeating: 0, count: LatencyHistogram.bucket(of: LatencyHistogram.longest) + 1)
  /// How many times were counted.
  private(set) var count: UInt64 = 0
  /// The longest time in nanoseconds.
  private(set) var max: UInt64 = 0

  mutating func record(_ nanoseconds: UInt64) {
    buckets[Self.bucket(of: Swift.min(nanoseconds, Self.longest))] += 1
    count += 1
    max = Swift.max(max, nanoseconds)
  }

  mutating func add(_ other: LatencyHistogram) {
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    max = Swift.max(max, other.max)
  }

  /// The time that a share of all times does not exceed, at most 1/128 too long.
  ///
  /// - Parameter share: 0 to 1.
  /// - Returns: nanoseconds; 0 without any.
  func quantile(_ share: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    let rank = Swift.max(1, UInt64((share * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, held) in buckets.enumerated() {
      seen += held
      if seen >= rank { return Swift.min(max, Self.last(of: index)) }
    }
    return max
  }

  private static func bucket(of value: UInt64) -> Int {
    let shift = shift(value)
    return shift << stepBits + Int(value >> UInt64(shift))
  }

  /// How many low bits of a value its bucket ignores.
  private static func shift(_ value: UInt64) -> Int {
    Swift.max(0, 63 - stepBits - value.leadingZeroBitCount)
  }

  /// The longest time of a bucket.
  private static func last(of bucket: Int) -> UInt64 {
    let shift = Swift.max(0, bucket >> stepBits - 1)
    return UInt64(bucket - shift << stepBits + 1) << UInt64(shift) - 1
  }
}
