// The season of the year as a clock that runs faster when customers order more.

/// A clock whose speed repeats every year: what the purchase models take for time.
///
/// Under the beta-geometric models with a rate λ·s(t), the orders of customers are those of the plain
/// model in the time S(t) = ∫s, and dropout, which comes with orders, needs no change; under Pareto/NBD
/// dropout is taken to follow the same clock. The mean speed is 1, so a year has its usual length.
public struct SeasonClock: Sendable, Equatable {
  /// The speed in each of 24 equal parts of the year, from 1 January 1970 on; their mean is 1.
  public let speeds: [Double]
  /// Whether all speeds are 1.
  public let isEven: Bool
  /// How much time has passed at the beginning of each part, and at the end of the year.
  private let passed: [Double]

  /// How many parts a year has.
  public static let parts = 24
  /// Days of a year.
  public static let yearDays = 365.25
  /// The range in which a speed is accepted, and in which it stays when the mean was made 1.
  public static let speedRange: ClosedRange<Double> = 1e-3...1e3

  /// The clock that always runs at the same speed.
  public static let even = SeasonClock(trusted: [Double](repeating: 1, count: parts))

  /// Checks and keeps the speeds, divided by their mean.
  ///
  /// - Parameter speeds: 24 numbers within `speedRange`.
  /// - Throws: `ModelError.unequalColumns` or `ModelError.outOfRange`.
  public init(speeds: [Double]) throws(ModelError) {
    guard speeds.count == Self.parts else {
      throw .unequalColumns(name: "season", count: speeds.count, expected: Self.parts)
    }
    for speed in speeds { try ModelError.check(speed, "season", in: Self.speedRange) }
    self.init(trusted: speeds)
    for speed in self.speeds { try ModelError.check(speed, "season", in: Self.speedRange) }
  }

  private init(trusted speeds: [Double]) {
    let mean = speeds.reduce(0, +) / Double(speeds.count)
    // Speeds that have the mean 1 already keep their bits.
    self.speeds = abs(mean - 1) < 1e-14 ? speeds : speeds.map { $0 / mean }
    isEven = self.speeds.allSatisfy { $0 == 1 }
    var passed = [0.0]
    for speed in self.speeds { passed.append(passed[passed.count - 1] + speed * Self.partDays) }
    self.passed = passed
  }

  /// Days of a part.
  static var partDays: Double { yearDays / Double(parts) }

  /// Which part of the year a time lies in.
  ///
  /// - Parameter day: days since 1970-01-01, not negative.
  /// - Returns: 0 to 23.
  static func part(of day: Double) -> Int {
    let inYear = day - (day / yearDays).rounded(.down) * yearDays
    return min(Int(inYear / partDays), parts - 1)
  }

  /// What the clock shows.
  ///
  /// - Parameter day: days since 1970-01-01, not negative.
  /// - Returns: S, in days; it grows with the day.
  public func time(at day: Double) -> Double {
    let year = (day / Self.yearDays).rounded(.down)
    let inYear = day - year * Self.yearDays
    let part = min(Int(inYear / Self.partDays), Self.parts - 1)
    return year * passed[Self.parts] + passed[part]
      + speeds[part] * (inYear - Double(part) * Self.partDays)
  }

  /// How much time passes between two days.
  ///
  /// - Parameters:
  ///   - day: days since 1970-01-01, not negative.
  ///   - end: the same, not before the day.
  /// - Returns: S(end) − S(day), not negative.
  public func time(from day: Double, to end: Double) -> Double {
    max(time(at: end) - time(at: day), 0)
  }
}
