// Scans: what a purchase model says by whole days, ready to be looked up. The loop is Kernels'
// ColumnKernel; how its tables lie is told there.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// What a scan looks up of one purchase model.
///
/// The odds of being alive are a power of T times a power of t_x, and all else depends on x and T alone. Both
/// powers are tabulated by days, so a scan computes neither logarithms nor exponentials.
struct DayTable: Sendable {
  private let kind: Int
  private let r: Double
  private let end: Double
  private let days: Int
  private let rows: Int
  /// By x and T.
  private let ages: [Double]
  /// By x and t_x.
  private let recencies: [Double]

  /// Powers and their products stay this far from the ends of the numbers.
  private static let logMax = 600.0
  /// Odds of being alive that no one who has had a chance to leave comes near: a power of two.
  fileprivate static let certainOdds = 0x1p830

  /// How much memory it takes, in bytes.
  var bytes: Int { (ages.count + recencies.count) * 8 }

  /// Tabulates; nil under an uneven clock and for powers beyond the numbers.
  ///
  /// - Parameters:
  ///   - part: the model.
  ///   - table: its table.
  ///   - horizon: how far it looks.
  ///   - reach: how far the table reaches.
  ///   - level: what orders are multiplied by.
  ///   - bytesMax: how much memory it may take.
  init?(
    _ part: PurchasePart, _ table: PartTable, _ horizon: ScoreHorizon, _ reach: TableReach,
    level: Double, bytesMax: Int
  ) {
    guard !reach.agesInDays.isEmpty, reach.ageDaysMax < 65_535 else { return nil }
    days = Int(reach.ageDaysMax)
    let rowsMax: Int
    let entry: any EntryMaker
    switch table {
    case .geometric(let table):
      kind = part.parameters.kind.stages
      let maker = GeometricEntries(part, table, horizon, days: days, level: level)
      r = maker.r
      entry = maker
    case .pareto(let table):
      kind = Kernels.ColumnKernel.pareto
      let maker = ParetoEntries(part, table, horizon, days: days, level: level)
      r = maker.r
      entry = maker
    }
    end = horizon.end
    let (ageWidth, recencyWidth) = (
      Kernels.ColumnKernel.width(ofAges: kind), Kernels.ColumnKernel.width(ofRecencies: kind)
    )
    let perRow = (days + 2) * (ageWidth + recencyWidth) * 8
    rowsMax = min(reach.repeatOrdersMax + 1, max(bytesMax / perRow, 1))
    var ages: [Double] = []
    var recencies: [Double] = []
    ages.reserveCapacity((rowsMax * (days + 2) + 1) * ageWidth)
    recencies.reserveCapacity(rowsMax * (days + 2) * recencyWidth)
    var rows = 0
    // Longer exponents at the oldest age have longer ones everywhere, and more orders have longer ones.
    while rows < rowsMax, entry.logPower(x: rows, day: days) <= Self.logMax {
      for day in 0...days { entry.add(x: rows, day: day, to: &ages, &recencies) }
      for _ in 0..<ageWidth { ages.append(.nan) }
      for _ in 0..<recencyWidth { recencies.append(.nan) }
      rows += 1
    }
    guard rows > 0 else { return nil }
    for _ in 0..<ageWidth { ages.append(.nan) }
    self.rows = rows
    self.ages = ages
    self.recencies = recencies
  }

  /// Finds the scores of whole octets of customers, see ColumnKernel.
  func find(
    _ columns: borrowing CustomerColumns, _ spend: ColumnSpend, share: Double,
    _ level: Processor.Level, places: InlineArray<5, Int>, adds: Bool,
    into scores: inout MutableSpan<Double>, marks: inout MutableSpan<UInt8>
  ) {
    let numbers: InlineArray<10, Double> = [
      r, end, Double(days), Double(rows - 1), share, spend.p, spend.qLess, spend.gamma,
      spend.populationMean, spend.majorPerMinor,
    ]
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.ColumnKernel.find(
          lines: columns.lines, spend: columns.repeatSpendMinor, day: spend.day, kind: kind,
          numbers, ages: ages.span,
          recencies: recencies.span, places: places, adds: adds, into: &scores, marks: &marks)
      case .v3:
        KernelsV3.ColumnKernel.find(
          lines: columns.lines, spend: columns.repeatSpendMinor, day: spend.day, kind: kind,
          numbers, ages: ages.span,
          recencies: recencies.span, places: places, adds: adds, into: &scores, marks: &marks)
    #endif
    default:
      Kernels.ColumnKernel.find(
        lines: columns.lines, spend: columns.repeatSpendMinor, day: spend.day, kind: kind, numbers,
        ages: ages.span,
        recencies: recencies.span, places: places, adds: adds, into: &scores, marks: &marks)
    }
  }
}

/// Spend model, day and currency, as ColumnKernel needs them.
struct ColumnSpend {
  let day: UInt16
  let p: Double
  let qLess: Double
  let gamma: Double
  let populationMean: Double
  let majorPerMinor: Double

  init(_ spend: SpendParameters, day: UInt16, majorPerMinor: Double) {
    self.day = day
    p = spend.p
    qLess = spend.q - 1
    gamma = spend.gamma
    populationMean = GammaGamma(spend).populationMean
    self.majorPerMinor = majorPerMinor
  }
}

/// Who knows the entries of a table.
private protocol EntryMaker {
  /// The logarithm of the power of an age.
  func logPower(x: Int, day: Int) -> Double

  /// Appends the entries of x orders and a day.
  func add(x: Int, day: Int, to ages: inout [Double], _ recencies: inout [Double])
}

/// The entries of a beta-geometric model.
private struct GeometricEntries: EntryMaker {
  let r: Double
  private let parameters: BetaGeometricParameters
  private let firstChances: Double
  private let stages: Int
  private let end: Double
  private let level: Double
  private let worth: Double
  private let table: GeometricTable
  private let places: [PieceSheet.Position]
  private let discounted: Int

  init(
    _ part: PurchasePart, _ table: GeometricTable, _ horizon: ScoreHorizon, days: Int,
    level: Double
  ) {
    parameters = BetaGeometricParameters(trusted: part.parameters.values)
    r = parameters.r
    let kind = part.parameters.kind
    firstChances = PurchaseModelKind.bgNBD.family.contains(kind) ? 0.0 : 1
    stages = kind.stages
    end = horizon.end
    self.level = level
    worth = level * horizon.terms.margin
    self.table = table
    places = (0...days).map { table.sheet.position(ageDays: Double($0)) }
    discounted = GeometricFunctions(part, horizon).discounted
  }

  func logPower(x: Int, day: Int) -> Double {
    (Double(x * stages) + parameters.r) * table.lengths[2 * day]
  }

  func add(x: Int, day: Int, to ages: inout [Double], _ recencies: inout [Double]) {
    let power = exp(logPower(x: x, day: day))
    let isNever = Double(x) + firstChances == 0
    let stay = (Double(x) + parameters.b + (firstChances - 1)) / parameters.a
    ages.append(isNever ? DayTable.certainOdds : stay / power)
    recencies.append(isNever ? 1 : power)
    let shape = Double(x * stages) + parameters.r
    ages.append(exp(max(-700, shape * (table.lengths[2 * day] - table.lengths[2 * day + 1]))))
    for (function, factor) in [(0, level), (discounted, worth)] {
      for stage in 0..<stages {
        ages.append(table.sheet.value(function * stages + stage, x: x, places[day]) * factor)
      }
    }
    if stages > 1 {
      ages.append(1 / (parameters.alpha + Double(day)))
      ages.append(1 / (parameters.alpha + Double(day) + end))
    }
  }
}

/// The entries of Pareto/NBD.
private struct ParetoEntries: EntryMaker {
  let r: Double
  private let parameters: ParetoParameters
  private let end: Double
  private let level: Double
  private let worth: Double
  private let table: ParetoTable
  private let discounted: Int
  /// By day: ln(1 + T/α) and the same of β, and from there to the horizon's end.
  private let lengths: [SIMD4<Double>]
  private let places: [Places]

  /// Where an age, the horizon's end from there, and the stay at that age are tabulated.
  private struct Places {
    let now: PieceSheet.Position
    let later: PieceSheet.Position
    let stay: PieceSheet.Position
  }

  init(
    _ part: PurchasePart, _ table: ParetoTable, _ horizon: ScoreHorizon, days: Int, level: Double
  ) {
    let parameters = ParetoParameters(trusted: part.parameters.values)
    let end = horizon.end
    self.parameters = parameters
    self.end = end
    r = parameters.r
    self.level = level
    worth = level * horizon.terms.margin
    self.table = table
    discounted = horizon.terms.discountRatePerYear > 0 ? 1 : 0
    lengths = (0...days).map { day in
      let age = Double(day)
      return SIMD4(
        log1p(age / parameters.alpha), log1p(age / parameters.beta),
        log1p(end / (parameters.alpha + age)), log1p(end / (parameters.beta + age)))
    }
    places = (0...days).map { day in
      Places(
        now: table.sheet.position(ageDays: Double(day)),
        later: table.sheet.position(ageDays: Double(day) + end),
        stay: table.stays.position(ageDays: Double(day)))
    }
  }

  func logPower(x: Int, day: Int) -> Double {
    (Double(x) + parameters.r) * lengths[day][0] + parameters.s * lengths[day][1]
  }

  func add(x: Int, day: Int, to ages: inout [Double], _ recencies: inout [Double]) {
    let shape = Double(x) + parameters.r
    let power = exp(logPower(x: x, day: day))
    let now = table.sheet.value(0, x: x, places[day].now)
    let later = table.sheet.value(0, x: x, places[day].later)
    let ahead = shape * lengths[day][2] + parameters.s * lengths[day][3]
    // Those who leave before the end without an order, as a sum of what is small for a near end.
    let goneAhead = exp(-ahead) * (now - later) - now * expm1(-ahead)
    ages.append(1 / power)
    ages.append(now)
    ages.append(min(1, exp(-ahead) + goneAhead))
    ages.append(table.stays.value(0, x: 0, places[day].stay) * shape * level)
    ages.append(table.stays.value(discounted, x: 0, places[day].stay) * shape * worth)
    recencies.append(power)
    recencies.append(now)
  }
}
