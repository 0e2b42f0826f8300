// The tables of BG/NBD, MBG/NBD and their regular forms: expected orders if alive, those discounted, and those
// within the reference days of a correction. P(alive) and churn are computed by Kernels' GeometricKernel.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// A beta-geometric model and what is tabulated of it for one horizon.
struct GeometricTable: Sendable {
  let sheet: PieceSheet
  /// As GeometricKernel has them.
  private let numbers: InlineArray<14, Double>
  private let stages: Int
  /// For each whole age d, ln(1 + d/α) and the same at the end of the horizon; empty under an uneven clock.
  let lengths: [Double]

  /// Beyond this r the exponent of P(alive) has fewer digits than are promised.
  static let shapeMax = 1e4

  /// Tabulates.
  ///
  /// - Returns: nil for a model that is better left to its exact functions.
  init?(
    _ part: PurchasePart, _ horizon: ScoreHorizon, _ reach: TableReach, crew: some FitCrew
  ) {
    let parameters = BetaGeometricParameters(trusted: part.parameters.values)
    let kind = part.parameters.kind
    guard kind != .paretoNBD, parameters.r <= Self.shapeMax else { return nil }
    stages = kind.stages
    let firstChances = PurchaseModelKind.bgNBD.family.contains(kind) ? 0.0 : 1
    let functions = GeometricFunctions(part, horizon)
    sheet = reach.sheet(
      scale: parameters.alpha, to: reach.ageDaysMax, functions: functions.count, crew: crew,
      functions.evaluate)
    lengths = reach.agesInDays.flatMap { age in
      [log1p(age / parameters.alpha), log1p((age + horizon.end) / parameters.alpha)]
    }
    numbers = [
      parameters.r, 1 / parameters.alpha, 1 / parameters.a, parameters.b + (firstChances - 1),
      firstChances, horizon.end / parameters.alpha, Double(reach.repeatOrdersMax),
      reach.ageDaysMax, sheet.perLength, Double(sheet.pieces), Double(sheet.outside),
      Double(functions.discounted), Double(functions.reference), Double(sheet.functions),
    ]
  }

  /// Adds the outlooks of customers, see GeometricKernel.
  func add(
    _ histories: Span<Double>, octets: Int, _ level: Processor.Level,
    into outlooks: inout MutableSpan<Double>
  ) {
    let table = sheet.coefficients.span
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.GeometricKernel.add(
          histories, width: ScoreBlock.customersMax, octets: octets, numbers, stages: stages, table,
          lengths: lengths.span,
          into: &outlooks)
      case .v3:
        KernelsV3.GeometricKernel.add(
          histories, width: ScoreBlock.customersMax, octets: octets, numbers, stages: stages, table,
          lengths: lengths.span,
          into: &outlooks)
    #endif
    default:
      Kernels.GeometricKernel.add(
        histories, width: ScoreBlock.customersMax, octets: octets, numbers, stages: stages, table,
        lengths: lengths.span,
        into: &outlooks)
    }
  }
}

/// What is tabulated of a beta-geometric model.
struct GeometricFunctions: Sendable {
  /// How many functions there are.
  let count: Int
  /// Where the discounted orders are; 0, which are the orders themselves, without a discount.
  let discounted: Int
  /// Where the reference orders are; −1 without a correction.
  let reference: Int
  private let kernel: ScoreKernel?
  private let regular: RegularLanes?
  private let alpha: Double
  private let horizon: ScoreHorizon
  private let stages: Int

  init(_ part: PurchasePart, _ horizon: ScoreHorizon) {
    self.horizon = horizon
    stages = part.parameters.kind.stages
    kernel = part.kernel
    regular = (part.model as? RegularBetaGeometric).map(RegularLanes.init)
    alpha = part.parameters.values[1]
    discounted = horizon.terms.discountRatePerYear > 0 ? 1 : 0
    reference = horizon.reference == nil ? -1 : discounted + 1
    count = stages * (1 + max(discounted, reference))
  }

  /// The functions of customers with x orders.
  @Sendable
  func evaluate(_ x: Double, _ ages: Lanes, _ values: inout [Lanes]) {
    let reach = ages + alpha
    var schedule = DiscountSchedule(horizon.terms)
    for stage in 0..<stages where discounted > 0 { values[stages + stage] = .zero }
    while let month = schedule.monthTaken() {
      let end = Lanes(repeating: horizon.endOfMonth(month, of: schedule.months))
      orders(x, end / reach, at: 0, &values)
      let weight = schedule.nextWeight()
      for stage in 0..<stages where discounted > 0 {
        values[stages + stage] += values[stage] * weight
      }
    }
    if let reference = horizon.reference {
      orders(x, Lanes(repeating: reference) / reach, at: self.reference * stages, &values)
    }
  }

  private func orders(_ x: Double, _ u: Lanes, at start: Int, _ values: inout [Lanes]) {
    if let kernel { values[start] = kernel.ordersIfAlive(x: Lanes(repeating: x), u: u) }
    if let regular { regular.ordersIfAlive(x: x, u: u, at: start, &values) }
  }
}
