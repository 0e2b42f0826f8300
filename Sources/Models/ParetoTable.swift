// The tables of Pareto/NBD: the probability to leave before the next order, and the stay of the living. What is
// made of them is in Kernels' ParetoKernel.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// A Pareto/NBD model and what is tabulated of it for one horizon.
///
/// With F(t) the probability to leave before the next order of someone who is alive t days after the first one,
/// and Λ = R·ln[(α+T)/(α+t_x)] + s·ln[(β+T)/(β+t_x)], those who have left since the last order are
/// F(t_x) − e^(−Λ)·F(T), and those who are alive and silent e^(−Λ). F is smooth, Λ is in closed form.
struct ParetoTable: Sendable {
  /// F by x.
  let sheet: PieceSheet
  /// Orders of the living by R.
  let stays: PieceSheet
  /// As ParetoKernel has them.
  private let numbers: InlineArray<16, Double>

  /// Beyond this r, s the exponents of P(alive) have fewer digits than are promised.
  static let shapeMax = 1e4
  /// F's largest error: short idle times take small differences of it.
  static let leavingErrorMax = 1e-12

  /// Tabulates.
  ///
  /// - Returns: nil for a model that is better left to its exact functions.
  init?(
    _ part: PurchasePart, _ horizon: ScoreHorizon, _ reach: TableReach, crew: some FitCrew
  ) {
    guard part.parameters.kind == .paretoNBD else { return nil }
    let parameters = ParetoParameters(trusted: part.parameters.values)
    guard max(parameters.r, parameters.s) <= Self.shapeMax else { return nil }
    let near = min(parameters.alpha, parameters.beta)
    sheet = reach.sheet(
      scale: near, to: reach.ageDaysMax + horizon.end, functions: 1, errorMax: Self.leavingErrorMax,
      crew: crew
    ) { x, ages, values in
      for lane in 0..<Lanes.scalarCount {
        values[0][lane] = Lifetime(parameters, orders: x, from: ages[lane]).goneEver
      }
    }
    let discounted = horizon.terms.discountRatePerYear > 0 ? 1 : 0
    let reference = horizon.reference == nil ? -1 : discounted + 1
    let model = ParetoNBD(parameters)
    stays = reach.sheet(
      scale: near, to: reach.ageDaysMax, functions: 1 + max(discounted, reference), isForAll: true,
      crew: crew
    ) { _, ages, values in
      for lane in 0..<Lanes.scalarCount {
        let history = PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: ages[lane])
        func orders(_ days: Double) -> Double {
          model.expectedOrdersIfAlive(of: history, within: days) / parameters.r
        }
        var schedule = DiscountSchedule(horizon.terms)
        var worth = 0.0
        while let month = schedule.monthTaken() {
          values[0][lane] = orders(horizon.endOfMonth(month, of: schedule.months))
          worth += values[0][lane] * schedule.nextWeight()
        }
        if discounted > 0 { values[1][lane] = worth }
        if let days = horizon.reference { values[reference][lane] = orders(days) }
      }
    }
    let isAlpha = parameters.alpha <= parameters.beta
    numbers = [
      parameters.r, parameters.s, 1 / near, max(parameters.alpha, parameters.beta),
      isAlpha ? 1 : 0, horizon.end, Double(reach.repeatOrdersMax), reach.ageDaysMax,
      sheet.perLength, Double(sheet.pieces), Double(sheet.outside), stays.perLength,
      Double(stays.outside), Double(discounted), Double(reference), Double(stays.functions),
    ]
  }

  /// Adds the outlooks of customers, see ParetoKernel.
  func add(
    _ histories: Span<Double>, octets: Int, _ level: Processor.Level,
    into outlooks: inout MutableSpan<Double>
  ) {
    let (table, stays) = (sheet.coefficients.span, self.stays.coefficients.span)
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.ParetoKernel.add(
          histories, width: ScoreBlock.customersMax, octets: octets, numbers, table, stays: stays,
          into: &outlooks)
      case .v3:
        KernelsV3.ParetoKernel.add(
          histories, width: ScoreBlock.customersMax, octets: octets, numbers, table, stays: stays,
          into: &outlooks)
    #endif
    default:
      Kernels.ParetoKernel.add(
        histories, width: ScoreBlock.customersMax, octets: octets, numbers, table, stays: stays,
        into: &outlooks)
    }
  }
}
