// Scans of BG/NBD and MBG/NBD under the even clock: time runs in whole days, so logarithms are looked up by
// day. The loop is Kernels' ColumnKernel.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// What a scan looks up by day.
struct DayTable: Sendable {
  /// Expected orders of the living, for few orders, by x and within it by whole days; then a number that is
  /// none.
  let byDay: [Double]
  private let numbers: InlineArray<12, Double>
  private let table: GeometricTable

  /// So many numbers by day stay near the processor.
  private static let byDayMax = 1 << 16

  /// - Returns: nil for a blend, another model, an uneven clock or a correction.
  init?(
    _ model: CustomerModel, _ parts: [PartTable], _ reach: TableReach
  ) {
    guard parts.count == 1, case .geometric(let table) = parts[0],
      model.purchase.kind.stages == 1, model.calibration.clock.isEven,
      model.calibration.correction == nil
    else { return nil }
    self.table = table
    let days = Int(reach.ageDaysMax)
    let rows = min(max(Self.byDayMax / (days + 1), 1), reach.repeatOrdersMax + 1)
    var byDay: [Double] = []
    byDay.reserveCapacity(rows * (days + 1) + 1)
    for x in 0..<rows {
      for age in 0...days { byDay.append(table.sheet.value(0, x: x, ageDays: Double(age))) }
    }
    self.byDay = byDay + [.nan]
    numbers = table.columnNumbers(
      level: exp(model.calibration.logLevel), days: days, rows: rows)
  }

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
          x: x, first: first, last: last, day: day, numbers, lengths: table.lengths.span,
          byDay: byDay.span, coefficients,
          alive: &alive, orders: &orders)
      case .v3:
        return KernelsV3.ColumnKernel.aliveAndOrders(
          x: x, first: first, last: last, day: day, numbers, lengths: table.lengths.span,
          byDay: byDay.span, coefficients,
          alive: &alive, orders: &orders)
    #endif
    default:
      return Kernels.ColumnKernel.aliveAndOrders(
        x: x, first: first, last: last, day: day, numbers, lengths: table.lengths.span,
        byDay: byDay.span, coefficients,
        alive: &alive, orders: &orders)
    }
  }
}
