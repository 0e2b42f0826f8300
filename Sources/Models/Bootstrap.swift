// How far a fit's parameters would move had other customers come: the bootstrap.

/// The spread of a fit's parameters over shops drawn from the shop's own customers.
public struct Bootstrap: Sendable, Equatable {
  /// The parameters of every drawn shop whose fit converged, in the order of the parameters.
  public let draws: [SIMD4<Double>]
  /// How many shops were drawn.
  public let replicates: Int

  /// The most shops that may be drawn.
  public static let replicatesMax = 10_000

  /// Standard deviations over the draws; nil with fewer than two.
  public var standardErrors: SIMD4<Double>? {
    guard draws.count > 1 else { return nil }
    let mean = draws.reduce(SIMD4.zero, +) / Double(draws.count)
    let squares = draws.reduce(SIMD4.zero) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(draws.count - 1)).squareRoot()
  }

  /// The percentile interval of each parameter (Efron and Tibshirani 1993, chapter 13).
  ///
  /// - Parameter level: the share of draws within, above 0 and below 1.
  /// - Returns: lower and upper ends; nil with fewer than two draws.
  public func interval(_ level: Double) -> (low: SIMD4<Double>, high: SIMD4<Double>)? {
    guard draws.count > 1 else { return nil }
    var (low, high) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    for place in 0..<4 {
      let sorted = draws.map { $0[place] }.sorted()
      func quantile(_ share: Double) -> Double {
        let position = share * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
      }
      low[place] = quantile((1 - level) / 2)
      high[place] = quantile((1 + level) / 2)
    }
    return (low, high)
  }
}

extension PurchaseFit {
  /// Fits the model to shops drawn from the shop's own customers, with replacement.
  ///
  /// Each customer comes in as often as a Poisson count of mean 1 says, which for many customers is the
  /// bootstrap; for n customers of equal history that is one count of mean n.
  ///
  /// - Parameters:
  ///   - histories: the customers this fit was made of.
  ///   - replicates: how many shops are drawn, at most `Bootstrap.replicatesMax`.
  ///   - seed: of all draws.
  ///   - crew: who computes; the result does not depend on it.
  /// - Returns: the parameters of those that converged.
  public func bootstrap(
    _ histories: GroupedHistories, replicates: Int, seed: UInt64, crew: any FitCrew = Alone()
  ) -> Bootstrap {
    let count = min(max(replicates, 0), Bootstrap.replicatesMax)
    let parameters = parameters
    let draws = crew.map(count) { number -> SIMD4<Double>? in
      var random = SeededRandom(seed: seed, stream: UInt64(number))
      let shop = histories.resampled(&random)
      guard
        let fit = try? PurchaseFit.fit(
          kind: parameters.kind, histories: shop, start: parameters.values),
        fit.converged
      else { return nil }
      return fit.parameters.values
    }
    return Bootstrap(draws: draws.compactMap { $0 }, replicates: count)
  }
}

extension GroupedHistories {
  /// A shop in which each customer comes as often as a Poisson count of mean 1 says.
  fileprivate func resampled(_ random: inout SeededRandom) -> GroupedHistories {
    var drawn: [Group] = []
    drawn.reserveCapacity(groups.count)
    for group in groups {
      let customers = random.poisson(mean: Double(group.customers))
      if customers > 0 {
        drawn.append(
          Group(
            repeatOrders: group.repeatOrders, recencyDays: group.recencyDays,
            ageDays: group.ageDays, customers: customers))
      }
    }
    return GroupedHistories(groups: drawn, sumOfLogGaps: sumOfLogGaps)
  }
}
