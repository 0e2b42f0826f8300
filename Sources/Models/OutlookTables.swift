// What is tabulated of a customer model for one horizon: built here, looked up in CustomerModel+Tables.swift
// and CustomerModel+Columns.swift.

public import Kernels

/// The expected orders of the living under a model and a horizon, tabulated by x and T.
///
/// Under a purchase model and a horizon whose end is fixed all of a score but P(alive) depends on x and T alone,
/// and smoothly on T. So it is tabulated as polynomials, each checked against the exact functions when it is made;
/// whatever lies outside the table, or in a piece that was not good enough, is answered by the exact functions.
public struct OutlookTables: Sendable {
  /// Customers with more repeat orders are answered by the exact functions.
  public let repeatOrdersMax: Int
  /// So are older ones, in days by the model's clock.
  public let ageDaysMax: Double
  /// The horizon for which it was made.
  let horizon: ScoreHorizon
  /// Which build of the loops looks it up; all this processor can run give the same but for roundings.
  public var level = Processor.level
  let parts: [PartTable]
  let overlay: OverlayNumbers
  /// For scans, of every model; none under an uneven clock.
  let days: [DayTable]
  /// Whether scans look customers up by day, which is fastest.
  public var looksUpDays: Bool { !days.isEmpty }

  /// The range in which a largest number of repeat orders is accepted.
  public static let repeatOrdersMaxRange = 0...1023
  /// What scans look up by day takes no more memory than this, or than a row for each model.
  static let dayBytesMax = 4 << 20

  /// Tabulates; nil for parameters that are better left to the exact functions.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - horizon: made under the model's calibration.
  ///   - repeatOrdersMax: the largest x in the table, within `repeatOrdersMaxRange`.
  ///   - ageDaysMax: the largest T, in days by the model's clock, 1 to 65,535.
  ///   - crew: shares the work out.
  /// - Precondition: both limits are within their ranges.
  /// - Complexity: O(x · months · log T); some milliseconds for x up to 63 and ten months.
  public init?(
    _ model: CustomerModel, _ horizon: ScoreHorizon, repeatOrdersMax: Int, ageDaysMax: Double,
    crew: some FitCrew = Alone()
  ) {
    precondition(
      Self.repeatOrdersMaxRange.contains(repeatOrdersMax) && (1...65_535).contains(ageDaysMax),
      "A table has limits within their ranges.")
    let ageDaysMax = ageDaysMax.rounded(.down)
    guard let overlay = OverlayNumbers(model, horizon.terms) else { return nil }
    let reach = TableReach(
      repeatOrdersMax: repeatOrdersMax, ageDaysMax: ageDaysMax,
      slowest: model.calibration.clock.speeds.min() ?? 1,
      agesInDays: model.calibration.clock.isEven ? (0...Int(ageDaysMax)).map(Double.init) : [])
    var parts: [PartTable] = []
    for part in model.parts {
      guard let table = PartTable(part, horizon, reach, crew: crew) else { return nil }
      parts.append(table)
    }
    self.repeatOrdersMax = repeatOrdersMax
    self.ageDaysMax = ageDaysMax
    self.horizon = horizon
    self.parts = parts
    self.overlay = overlay
    var days: [DayTable] = []
    for (part, table) in zip(model.parts, parts) {
      let day = DayTable(
        part, table, horizon, reach, level: exp(model.calibration.logLevel),
        bytesMax: Self.dayBytesMax / parts.count)
      if let day { days.append(day) }
    }
    self.days = days.count == parts.count ? days : []
  }

  /// How much memory it takes, in bytes.
  public var bytes: Int {
    let lengths = parts.reduce(0) { $0 + $1.lengths.count }
    let byDay = days.reduce(0) { $0 + $1.bytes }
    return sheets.reduce(lengths) { $0 + $1.coefficients.count } * 8 + byDay
  }

  /// The largest relative error that the check of a piece in use has found.
  public var largestError: Double { sheets.reduce(0) { max($0, $1.largestError) } }

  /// Pieces that were not good enough and are left to the exact functions.
  public var failures: Int { sheets.reduce(0) { $0 + $1.failures } }

  private var sheets: [PieceSheet] { parts.flatMap(\.sheets) }
}

/// How far a table reaches.
struct TableReach: Sendable {
  let repeatOrdersMax: Int
  let ageDaysMax: Double
  /// The clock's slowest speed: x orders have x days, so a customer with x orders is at least that old.
  let slowest: Double
  /// All ages, if they are whole days.
  let agesInDays: [Double]

  /// The largest error with which a table is not made finer.
  static let errorWanted = 5e-12

  /// Tabulates functions, as finely as they need.
  func sheet(
    scale: Double, to end: Double, functions: Int, isForAll: Bool = false,
    errorMax: Double = PieceSheet.errorMax, crew: some FitCrew,
    _ evaluate: @escaping @Sendable (_ x: Double, _ ages: Lanes, _ values: inout [Lanes]) -> Void
  ) -> PieceSheet {
    let slowest = self.slowest
    func sheet(_ fineness: Double, rows: [Double]?, _ crew: some FitCrew) -> PieceSheet {
      PieceSheet(
        rows: rows?.count ?? (isForAll ? 1 : repeatOrdersMax + 1), scale: scale, to: end,
        fineness: fineness, functions: functions, errorMax: errorMax, crew: crew
      ) { row, ages, values in
        let x = rows?[Int(row)] ?? row
        // The end of a piece is one of its points.
        guard x * slowest <= ages[PieceSheet.endPoint] else { return false }
        evaluate(x, ages, &values)
        return true
      }
    }
    // A few rows tell how fine it must be; if others do not agree, it is made finer.
    let probes = isForAll ? [0] : [0, 1, 8, Double(repeatOrdersMax)]
    let wanted = min(Self.errorWanted, errorMax / 4)
    var finenesses = PieceSheet.finenesses[...]
    while finenesses.count > 1 {
      let probe = sheet(finenesses[finenesses.startIndex], rows: probes, Alone())
      if probe.failures == 0, probe.largestError <= wanted { break }
      finenesses.removeFirst()
    }
    while true {
      let found = sheet(finenesses[finenesses.startIndex], rows: nil, crew)
      if found.failures == 0 || finenesses.count == 1 { return found }
      finenesses.removeFirst()
    }
  }
}

/// The table of one purchase model.
enum PartTable: Sendable {
  case geometric(GeometricTable)
  case pareto(ParetoTable)

  init?(_ part: PurchasePart, _ horizon: ScoreHorizon, _ reach: TableReach, crew: some FitCrew) {
    switch part.parameters.kind {
    case .paretoNBD:
      guard let table = ParetoTable(part, horizon, reach, crew: crew) else { return nil }
      self = .pareto(table)
    default:
      guard let table = GeometricTable(part, horizon, reach, crew: crew) else { return nil }
      self = .geometric(table)
    }
  }

  func add(
    _ histories: Span<Double>, octets: Int, _ level: Processor.Level,
    into outlooks: inout MutableSpan<Double>
  ) {
    switch self {
    case .geometric(let table): table.add(histories, octets: octets, level, into: &outlooks)
    case .pareto(let table): table.add(histories, octets: octets, level, into: &outlooks)
    }
  }

  /// What is looked up by day.
  var lengths: [Double] {
    switch self {
    case .geometric(let table): table.lengths
    case .pareto: []
    }
  }

  /// What was tabulated.
  var sheets: [PieceSheet] {
    switch self {
    case .geometric(let table): [table.sheet]
    case .pareto(let table): [table.sheet, table.stays]
    }
  }
}
