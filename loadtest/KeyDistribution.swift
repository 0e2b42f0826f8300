// Which customer the next request is about. Not here: what is asked.

import Foundation
import Models

/// How requests spread over customers.
enum KeyDistribution: Equatable, CustomStringConvertible {
  case uniform
  /// The k-th busiest customer is asked for in proportion to k^-exponent.
  case zipf(exponent: Double)

  init?(_ text: String) {
    switch text {
    case "uniform": self = .uniform
    case "zipf": self = .zipf(exponent: 1.1)
    default:
      guard text.hasPrefix("zipf:"), let exponent = Double(text.dropFirst(5)), exponent > 0,
        exponent <= 10
      else { return nil }
      self = .zipf(exponent: exponent)
    }
  }

  var description: String {
    switch self {
    case .uniform: "uniform"
    case .zipf(let exponent): "zipf:\(exponent)"
    }
  }
}

/// Draws customers' numbers.
struct KeyChoice {
  private let count: Int
  private let zipf: ZipfSampler?
  private let stride: Int

  init(_ distribution: KeyDistribution, count: Int) {
    self.count = count
    switch distribution {
    case .uniform: zipf = nil
    case .zipf(let exponent): zipf = ZipfSampler(exponent: exponent, count: count)
    }
    // Neighbours in rank shall not be neighbours in the server's memory.
    stride = Self.coprime(to: count)
  }

  /// A number of 0 to one less than the count.
  mutating func next(_ random: inout SeededRandom) -> Int {
    guard let zipf else {
      return Int(random.next().multipliedFullWidth(by: UInt64(count)).high)
    }
    return (zipf.next(&random) - 1) * stride % count
  }

  /// A step near the golden section of the count that visits every number.
  private static func coprime(to count: Int) -> Int {
    var step = max(1, Int(Double(count) * 0.618))
    while gcd(step, count) != 1 { step += 1 }
    return step
  }

  private static func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
}

/// Draws ranks in proportion to rank^-s, by rejection-inversion without a table.
///
/// Hörmann and Derflinger, «Rejection-inversion to generate variates from monotone discrete
/// distributions», 1996. A rank takes little more than one draw.
struct ZipfSampler {
  private let exponent: Double
  private let count: Int
  private let lower: Double
  private let upper: Double
  private let shortcut: Double

  init(exponent: Double, count: Int) {
    self.exponent = exponent
    self.count = count
    lower = Self.integral(1.5, exponent) - 1
    upper = Self.integral(Double(count) + 0.5, exponent)
    shortcut = 2 - Self.inverse(Self.integral(2.5, exponent) - pow(2, -exponent), exponent)
  }

  /// A rank of 1 to the count.
  func next(_ random: inout SeededRandom) -> Int {
    while true {
      let u = upper + random.uniform() * (lower - upper)
      let x = Self.inverse(u, exponent)
      let rank = min(max(x.rounded(), 1), Double(count))
      let isCertain = rank - x <= shortcut
      if isCertain || u >= Self.integral(rank + 0.5, exponent) - pow(rank, -exponent) {
        return Int(rank)
      }
    }
  }

  /// ∫ x^-s dx = (x^(1-s) - 1)/(1-s), and ln x where s is 1.
  private static func integral(_ x: Double, _ s: Double) -> Double {
    let t = (1 - s) * log(x)
    return abs(t) < 1e-9 ? log(x) : expm1(t) / (1 - s)
  }

  private static func inverse(_ y: Double, _ s: Double) -> Double {
    let t = max(-1, y * (1 - s))
    return abs(t) < 1e-9 ? exp(y) : exp(log1p(t) / (1 - s))
  }
}
