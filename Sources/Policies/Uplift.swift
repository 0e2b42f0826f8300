// Treatment against control: differences, ratios and relative uplift with intervals that cover, and when
// no verdict may be given. Not here: who belongs to which group; see Bucket.swift.

internal import Models

/// A number with its 95 % interval.
public struct Estimate: Equatable, Sendable {
  /// The number.
  public var value: Double
  /// Where it ends; infinite where the data do not bound it.
  public var interval: ClosedRange<Double>

  static let z = 1.959963984540054

  /// The standard error that an interval of Welch's kind was made of; infinite where nothing bounds it.
  public var error: Double { (interval.upperBound - value) / Self.z }

  /// How probable a number as far from 0 is, if the true one is 0 and the error normal: two-sided.
  public var probability: Double {
    error > 0 ? 2 * Normal.cumulative(-abs(value) / error) : value == 0 ? 1 : 0
  }

  /// The same multiplied by a number, the ends in their order.
  ///
  /// - Parameter factor: any finite number.
  /// - Returns: the product.
  public func scaled(by factor: Double) -> Estimate {
    let ends = [interval.lowerBound * factor, interval.upperBound * factor]
    return Estimate(value * factor, min(ends[0], ends[1]), max(ends[0], ends[1]))
  }

  init(_ value: Double, error: Double, z: Double = Self.z) {
    self.value = value
    interval = (value - z * error)...(value + z * error)
  }

  init(_ value: Double, _ low: Double, _ high: Double) {
    self.value = value
    interval = low...high
  }
}

/// The difference of two groups' means.
public struct Uplift: Equatable, Sendable {
  /// Treatment less control, per customer.
  public let estimate: Estimate
  /// Whether the smaller group has fewer than 30 buyers: then the variance is pooled and counts four buyers
  /// more, for Welch's interval covers 85 to 93 % there.
  public let hasFewBuyers: Bool
  /// Variance left after the adjustment, as a share; 1 without one.
  public let varianceRatio: Double

  /// Fewer are few.
  public static let buyersMin = 30

  /// Compares the means: Welch, or pooled where buyers are few.
  ///
  /// Nil when either group has fewer than two customers: no comparison, not 0.
  ///
  /// - Parameters:
  ///   - treatment: the customers assigned to it, whatever reached them.
  ///   - control: the customers held back.
  public init?(_ treatment: GroupSums, against control: GroupSums) {
    self.init(treatment, control, slope: 0)
  }

  /// Compares the means, with what was already different before taken off: y − θ(x − x̄).
  ///
  /// θ = cov(y, x)/var(x) within both groups (Deng, Xu, Kohavi and Walker, WSDM 2013). Nil when either group
  /// has fewer than two customers.
  ///
  /// - Parameters:
  ///   - treatment: the customers assigned to it, with the same sums from before.
  ///   - control: the customers held back.
  public init?(adjusted treatment: GroupSums, against control: GroupSums) {
    let spread =
      treatment.varianceBefore * Double(treatment.count) + control.varianceBefore
      * Double(control.count)
    let common =
      treatment.covariance * Double(treatment.count) + control.covariance * Double(control.count)
    self.init(treatment, control, slope: spread > 0 ? common / spread : 0)
  }

  private init?(_ treatment: GroupSums, _ control: GroupSums, slope: Double) {
    guard treatment.count > 1, control.count > 1 else { return nil }
    func variance(_ group: GroupSums) -> Double {
      max(
        group.variance - 2 * slope * group.covariance + slope * slope * group.varianceBefore, 0)
    }
    let (n, m) = (Double(treatment.count), Double(control.count))
    let smaller = treatment.count <= control.count ? treatment : control
    hasFewBuyers = smaller.buyers < Self.buyersMin
    let (one, other) = (variance(treatment), variance(control))
    let error: Double
    if hasFewBuyers {
      // Four more buyers, as if by chance none had come: the few there are do not show the spread.
      let buyers = Double(max(treatment.buyers + control.buyers, 1))
      let square = (treatment.sumOfSquares + control.sumOfSquares) / buyers
      let pooled =
        ((n - 1) * one + (m - 1) * other) / (n + m - 2) + 4 * square / (n + m)
      error = (pooled * (1 / n + 1 / m)).squareRoot()
    } else {
      error = (one / n + other / m).squareRoot()
    }
    let value =
      treatment.mean - control.mean - slope * (treatment.meanBefore - control.meanBefore)
    estimate = Estimate(value, error: error)
    let plain = treatment.variance / n + control.variance / m
    varianceRatio = plain > 0 ? (one / n + other / m) / plain : 1
  }

  /// Treatment relative to control, (mean₁ − mean₀)/mean₀, by Fieller's theorem (1954).
  ///
  /// - Parameters:
  ///   - treatment: the customers assigned to it.
  ///   - control: the customers held back.
  /// - Returns: the ratio; its ends are infinite where the control's mean may be 0, and nil where there is
  ///   no comparison.
  public static func relative(_ treatment: GroupSums, against control: GroupSums) -> Estimate? {
    guard treatment.count > 1, control.count > 1, control.mean != 0 else { return nil }
    let (a, b) = (treatment.mean, control.mean)
    let square = Estimate.z * Estimate.z
    let va = square * treatment.variance / Double(treatment.count)
    let vb = square * control.variance / Double(control.count)
    // (a − r·b)² ≤ va + r²·vb, a quadratic in r.
    let lead = b * b - vb
    let root = (a * b) * (a * b) - lead * (a * a - va)
    guard lead > 0, root >= 0 else { return Estimate(a / b - 1, -.infinity, .infinity) }
    let half = root.squareRoot()
    return Estimate(a / b - 1, (a * b - half) / lead - 1, (a * b + half) / lead - 1)
  }

  /// The interval that may be looked at every day: a confidence sequence.
  ///
  /// d ± σ·√(2(nρ² + 1)/(n²ρ²)·ln(√(nρ² + 1)/α)) with n the customers of the smaller group, σ² = s₁² + s₀²
  /// (weighted to the group's sizes), ρ² = (−2 ln α + ln(1 − 2 ln α))/n*, narrowest at n*, a quarter of the
  /// planned size (Waudby-Smith et al., «Time-uniform central limit theory», 2021).
  ///
  /// - Parameters:
  ///   - treatment: the customers assigned to it so far.
  ///   - control: the customers held back so far.
  ///   - planned: customers of the smaller group at the end, at least 1.
  ///   - alpha: how often it may fail to cover at any look, between 0 and 1.
  /// - Returns: nil when either group has fewer than two customers.
  public static func sequence(
    _ treatment: GroupSums, against control: GroupSums, planned: Int, alpha: Double = 0.05
  ) -> Estimate? {
    guard treatment.count > 1, control.count > 1 else { return nil }
    let n = Double(min(treatment.count, control.count))
    let perCustomer =
      treatment.variance / Double(treatment.count) + control.variance / Double(control.count)
    let log = Elementary.log(alpha)
    let rho = (-2 * log + Elementary.log(1 - 2 * log)) / max(Double(planned) / 4, 1)
    let scaled = n * rho + 1
    let half =
      (perCustomer * n * 2 * scaled / (n * n * rho)
      * (Elementary.log(scaled) / 2 - log)).squareRoot()
    return Estimate(treatment.mean - control.mean, error: half, z: 1)
  }
}

/// A ratio of two sums over the same customers, such as sales per order.
public struct RatioSums: Equatable, Sendable {
  /// Customers.
  public private(set) var count = 0
  private var top = 0.0
  private var bottom = 0.0
  private var topSquares = 0.0
  private var bottomSquares = 0.0
  private var products = 0.0

  /// Makes the sums of nobody.
  public init() {}

  /// Adds a customer.
  ///
  /// - Parameters:
  ///   - top: what is divided, such as sales.
  ///   - bottom: by what, such as orders.
  public mutating func add(_ top: Double, over bottom: Double) {
    count += 1
    self.top += top
    self.bottom += bottom
    topSquares += top * top
    bottomSquares += bottom * bottom
    products += top * bottom
  }

  /// Adds the customers of another part of the same group.
  ///
  /// - Parameter other: their sums.
  public mutating func append(_ other: RatioSums) {
    count += other.count
    top += other.top
    bottom += other.bottom
    topSquares += other.topSquares
    bottomSquares += other.bottomSquares
    products += other.products
  }

  /// Σ top/Σ bottom and its variance by the delta method; nil when the bottom is 0.
  private var ratio: (value: Double, variance: Double)? {
    guard count > 1, bottom != 0 else { return nil }
    let n = Double(count)
    let ratio = top / bottom
    // Of Σ (top − ratio·bottom), whose mean is 0.
    let square = topSquares - 2 * ratio * products + ratio * ratio * bottomSquares
    let mean = bottom / n
    return (ratio, max(square, 0) / (n - 1) / (n * mean * mean))
  }

  /// The ratio with its interval.
  public var estimate: Estimate? {
    ratio.map { Estimate($0.value, error: $0.variance.squareRoot()) }
  }

  /// The difference of two groups' ratios.
  ///
  /// - Parameter control: the customers held back.
  /// - Returns: nil when either ratio does not exist.
  public func difference(against control: RatioSums) -> Estimate? {
    guard let one = ratio, let other = control.ratio else { return nil }
    return Estimate(
      one.value - other.value, error: (one.variance + other.variance).squareRoot())
  }
}
