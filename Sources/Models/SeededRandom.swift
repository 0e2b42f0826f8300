// A small seeded generator and the variates a simulated shop needs.
// Not for secrets. Swift's own generator is not seeded, and its hashing differs in every process.

/// The xoshiro256** generator of Blackman and Vigna (2018), its state filled by SplitMix64.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: SIMD4<UInt64>

  /// Starts the stream of a seed.
  ///
  /// - Parameter seed: any number.
  public init(seed: UInt64) {
    self.init(seed: seed, stream: 0)
  }

  /// Starts one of many independent streams of a seed.
  ///
  /// - Parameters:
  ///   - seed: any number.
  ///   - stream: any number, such as that of a customer.
  public init(seed: UInt64, stream: UInt64) {
    var mixer = SplitMix64(state: seed)
    mixer = SplitMix64(state: mixer.next() ^ (stream &* 0xd134_2543_de82_ef95))
    state = SIMD4(mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 random bits.
  ///
  /// - Returns: a number of which all values are equally likely.
  public mutating func next() -> UInt64 {
    let result = Self.rotated(state[1] &* 5, by: 7) &* 9
    let shifted = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = Self.rotated(state[3], by: 45)
    return result
  }

  private static func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    word << bits | word >> (64 - bits)
  }

  /// A number between 0 and 1, never either of them.
  ///
  /// - Returns: one of 2^52 equally spaced numbers.
  public mutating func uniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// An exponential variate.
  ///
  /// - Parameter rate: per unit of the result, above 0.
  /// - Returns: above 0, with mean 1/rate.
  public mutating func exponential(rate: Double) -> Double {
    -log(uniform()) / rate
  }

  /// A standard normal variate, by Marsaglia's polar method.
  ///
  /// - Returns: a number of mean 0 and variance 1.
  public mutating func normal() -> Double {
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let square = u * u + v * v
      if square < 1, square > 0 { return u * (-2 * log(square) / square).squareRoot() }
    }
  }

  /// A gamma variate of rate 1, as a logarithm, for that of a small shape may be below any number.
  ///
  /// Marsaglia and Tsang (2000); a shape below 1 is raised by one and lowered by a power.
  ///
  /// - Parameter shape: above 0.
  /// - Returns: the logarithm of a number with mean `shape`.
  public mutating func logGammaVariate(shape: Double) -> Double {
    if shape < 1 {
      return logGammaVariate(shape: shape + 1) + log(uniform()) / shape
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return log(d * v) }
    }
  }

  /// A Poisson count: by Knuth's products for pieces of the mean, by a normal variate for a large one.
  ///
  /// - Parameter mean: at least 0.
  /// - Returns: a number of that mean and variance.
  public mutating func poisson(mean: Double) -> Int {
    if mean > 10_000 { return max(Int((mean + mean.squareRoot() * normal()).rounded()), 0) }
    var (count, left) = (0, mean)
    while left > 0 {
      let floor = exp(-min(left, 25))
      left -= 25
      var product = uniform()
      while product > floor {
        count += 1
        product *= uniform()
      }
    }
    return count
  }

  /// A gamma variate.
  ///
  /// - Parameters:
  ///   - shape: above 0.
  ///   - rate: per unit of the result, above 0.
  /// - Returns: at least 0, with mean shape/rate.
  public mutating func gamma(shape: Double, rate: Double) -> Double {
    exp(logGammaVariate(shape: shape)) / rate
  }

  /// A beta variate.
  ///
  /// - Parameters:
  ///   - a: first shape, above 0.
  ///   - b: second shape, above 0.
  /// - Returns: between 0 and 1, with mean a/(a+b).
  public mutating func beta(_ a: Double, _ b: Double) -> Double {
    let first = logGammaVariate(shape: a)
    let second = logGammaVariate(shape: b)
    return 1 / (1 + exp(second - first))
  }
}

/// Steele, Lea and Flood's SplitMix64 (2014): good at turning related seeds into unrelated ones.
private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
