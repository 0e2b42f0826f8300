// Scans of BG/NBD and MBG/NBD under the even clock: time runs in whole days, so logarithms are looked up by
// day. The loop is Kernels' ColumnKernel.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// What a scan looks up by day.
struct DayTable: Sendable {
  /// ln(1 + d/α) by days d.
  private let lengths: [Double]
  private let numbers: InlineArray<11, Double>
  private let table: GeometricTable

  /// - Returns: nil for a blend, another model, an uneven clock or a correction.
  init?(
    _ model: CustomerModel, _ parts: [PartTable], _ horizon: ScoreHorizon, ageDaysMax: Double
  ) {
    guard parts.count == 1, case .geometric(let table) = parts[0],
      model.purchase.kind.stages == 1, model.calibration.clock.isEven,
      model.calibration.correction == nil
    else { return nil }
    self.table = table
    let parameters = BetaGeometricParameters(trusted: model.purchase.values)
    let days = Int(ageDaysMax)
    lengths = (0...days).map { log1p(Double($0) / parameters.alpha) }
    numbers = table.columnNumbers(level: exp(model.calibration.logLevel), days: days)
  }

  /// In bytes, the table of orders aside.
  var bytes: Int { lengths.count * MemoryLayout<Double>.stride }

  /// P(alive) and expected orders of whole octets of rows, see ColumnKernel.
  ///
  /// - Returns: whether all are in the table.
  func aliveAndOrders(
    x: Span<UInt32>, first: Span<UInt16>, last: Span<UInt16>, day: UInt16,
    _ level: Processor.Level, alive: inout MutableSpan<Double>, orders: inout MutableSpan<Double>
  ) -> Bool {
    let coefficients = table.sheet.coefficients.span
    switch level {
    #if arch(x86_64)
      case .v4:
        return KernelsV4.ColumnKernel.aliveAndOrders(
          x: x, first: first, last: last, day: day, numbers, lengths: lengths.span, coefficients,
          alive: &alive, orders: &orders)
      case .v3:
        return KernelsV3.ColumnKernel.aliveAndOrders(
          x: x, first: first, last: last, day: day, numbers, lengths: lengths.span, coefficients,
          alive: &alive, orders: &orders)
    #endif
    default:
      return Kernels.ColumnKernel.aliveAndOrders(
        x: x, first: first, last: last, day: day, numbers, lengths: lengths.span, coefficients,
        alive: &alive, orders: &orders)
    }
  }
}
