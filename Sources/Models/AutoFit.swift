// The choice of a model by the shop's own past: back-tests, the blend that won, its calibration.

/// A model chosen and calibrated by back-tests on the shop's own past, all before the fitting day.
///
/// What the classical models get wrong on real shops is not their form but what they leave out. So the
/// expectation is the mean of two models with different ideas of dropout (a customer leaves with an
/// order, or at any time), in the time of the shop's season, and the past says how far it is off: for
/// the shop as a whole (level) and for customers of one kind or another (correction). Both are shrunk:
/// a short history changes nothing.
public struct AutoFit: Sendable {
  /// How one candidate foretold the past.
  public struct Trial: Sendable, Equatable {
    /// The candidate's name.
    public let name: String
    /// Mean over customers and windows of the Poisson deviance of what was foretold.
    public let deviance: Double
    /// predicted/actual − 1 of all windows; nil where nobody ordered.
    public let bias: Double?
  }

  /// What is adopted of a fit: models whose expectations are averaged, and what is laid over them.
  public struct Outcome: Sendable {
    /// At least one model.
    public let purchases: [PurchaseParameters]
    /// What is laid over them.
    public let calibration: Calibration

    /// Puts both together.
    ///
    /// - Parameters:
    ///   - purchases: at least one model.
    ///   - calibration: what is laid over them.
    public init(purchases: [PurchaseParameters], calibration: Calibration) {
      self.purchases = purchases
      self.calibration = calibration
    }
  }

  /// How a new outcome foretells the windows beside the present one.
  ///
  /// Both know what the windows held, so neither has an advantage.
  public struct Comparison: Sendable {
    /// Mean Poisson deviance of the new one.
    public let new: Double
    /// The same of the present one.
    public let present: Double

    /// A difference of that part is no difference.
    static let tolerance = 0.001

    /// Whether the present one is to stay.
    public var isWorse: Bool { !(new <= present * (1 + Self.tolerance)) }
  }

  /// The models whose expectations are averaged, fitted in the calibration's time.
  public let fits: [PurchaseFit]
  /// Season, level and correction.
  public let calibration: Calibration
  /// What was tried, by rising deviance; empty when the history was too short to try anything.
  public let trials: [Trial]
  /// The new outcome beside a present one, if there is one and a window to compare them on.
  public let comparison: Comparison?
  /// The lengths of the windows that were foretold, in days.
  public let windowDays: [Int32]
  /// What a person should know, each a sentence.
  public let warnings: [String]

  /// The most customers looked at in back-tests; more say nothing new about a level.
  static let customersMax = 50_000
  /// By how much a single model must beat the blend, in every window, to be taken instead.
  static let gainMin = 0.01
  /// The name of the calibrated blend among the trials.
  public static let name = "auto"

  /// Chooses, fits and calibrates.
  ///
  /// - Parameters:
  ///   - orders: the days with an order of every customer; later ones than `day` are not looked at.
  ///   - day: the fitting day, days since 1970-01-01.
  ///   - horizonDays: how far ahead the model will be asked for.
  ///   - present: an outcome to compare with.
  ///   - crew: who computes; the result does not depend on it.
  /// - Returns: the fit.
  /// - Throws: `ModelError.noCustomers`.
  public static func fit(
    _ orders: OrderDays, through day: Int32, horizonDays: Double, present: Outcome? = nil,
    crew: any FitCrew = Alone()
  ) throws(ModelError) -> AutoFit {
    let standing = Standing(orders, on: day)
    guard !standing.customers.isEmpty else { throw .noCustomers }
    let sample = orders.sampled(most: customersMax)
    let clock = SeasonClock.fitted(to: sample, through: day)
    let histories = standing.grouped(clock)
    // A regular model joins only when the gaps are regular.
    let regular = try PurchaseFit.fitFamily(of: .bgNBD, histories: histories, crew: crew)
    let kinds = Array(
      Set([.bgNBD, .mbgNBD, .paretoNBD, regular.parameters.kind] as [PurchaseModelKind])
    ).sorted { $0.rawValue < $1.rawValue }

    let windows = BackTest.windows(history: day - orders.firstDay, horizonDays: horizonDays)
    let tests = crew.map(windows.count) {
      BackTest(sample, cut: day - windows[$0], days: windows[$0], kinds: kinds, clock: clock)
    }.filter { test in
      kinds.allSatisfy { test.expected[$0] != nil } && test.actual.contains { $0 > 0 }
    }

    let members = choice(
      tests, kinds: kinds, regular: regular.parameters.kind)
    var fits: [PurchaseFit] = []
    for kind in members {
      fits.append(
        kind == regular.parameters.kind
          ? regular : try PurchaseFit.fit(kind: kind, histories: histories, crew: crew))
    }
    let referenceDays = min(horizonDays, Double(day - orders.firstDay) / 2).rounded(.down)
    let learnt = Learnt(
      tests, members, sample: sample, day: day, fits: fits, clock: clock,
      referenceDays: referenceDays)
    let outcome = Outcome(
      purchases: fits.map(\.parameters), calibration: learnt.calibration)
    return AutoFit(
      fits: fits, calibration: learnt.calibration,
      trials: trials(tests, kinds: kinds, members: members, calibrated: learnt.tally),
      comparison: tests.isEmpty
        ? nil
        : present.map {
          Comparison(new: outcome.deviance(on: tests), present: $0.deviance(on: tests))
        },
      windowDays: tests.map(\.days),
      warnings: warnings(tests, history: day - orders.firstDay, fits: fits))
  }

  /// The members of the blend, or a single model that beats it in every window.
  private static func choice(
    _ tests: [BackTest], kinds: [PurchaseModelKind], regular: PurchaseModelKind
  ) -> [PurchaseModelKind] {
    var blend: [PurchaseModelKind] = [.bgNBD, .paretoNBD]
    guard !tests.isEmpty else { return blend }
    func deviances(_ members: [PurchaseModelKind]) -> [Double] {
      tests.map { Tally([$0], members).deviance }
    }
    // Regular gaps may be likely and foretell badly all the same.
    if deviances([regular]).reduce(0, +) < deviances([.bgNBD]).reduce(0, +) { blend[0] = regular }
    let blended = deviances(blend)
    var best = (members: blend, mean: blended.reduce(0, +))
    for kind in kinds {
      let alone = deviances([kind])
      let isBetter = zip(alone, blended).allSatisfy { $0 < $1 * (1 - gainMin) }
      if isBetter, alone.reduce(0, +) < best.mean { best = ([kind], alone.reduce(0, +)) }
    }
    return best.members
  }

  private static func trials(
    _ tests: [BackTest], kinds: [PurchaseModelKind], members: [PurchaseModelKind],
    calibrated: Tally?
  ) -> [Trial] {
    guard !tests.isEmpty else { return [] }
    var trials = kinds.map { Trial($0.name, Tally(tests, [$0])) }
    if members.count > 1 {
      trials.append(
        Trial(members.map(\.name).joined(separator: " + "), Tally(tests, members)))
    }
    if let calibrated { trials.append(Trial(name, calibrated)) }
    return trials.sorted { $0.deviance < $1.deviance }
  }

  private static func warnings(
    _ tests: [BackTest], history: Int32, fits: [PurchaseFit]
  ) -> [String] {
    var warnings = fits.flatMap { fit in
      fit.warnings.map { "\(fit.parameters.kind.title): \($0)" }
    }
    if tests.isEmpty {
      warnings.append(
        "The history of \(history) days is too short for a back-test: nothing was calibrated.")
    }
    if history < SeasonClock.historyMinDays {
      warnings.append(
        "The history of \(history) days is too short to show a season of the year: none is "
          + "supposed.")
    }
    return warnings
  }

  /// What is to be adopted.
  public var outcome: Outcome {
    Outcome(purchases: fits.map(\.parameters), calibration: calibration)
  }

  /// The expected orders of every customer known on a day, as a score has them.
  ///
  /// - Parameters:
  ///   - orders: the shop.
  ///   - day: the fitting day.
  ///   - horizonDays: how far ahead, whole days.
  /// - Returns: places of the customers in `orders` and their expected orders.
  public func expectedOrders(
    _ orders: OrderDays, on day: Int32, within horizonDays: Int32
  ) -> (customers: [Int32], expected: [Double]) {
    let standing = Standing(orders, on: day)
    let base = outcome.base(standing, days: Double(horizonDays))
    let level = exp(calibration.logLevel)
    guard let correction = calibration.correction else {
      return (standing.customers, base.map { $0 * level })
    }
    let reference =
      correction.referenceDays == Double(horizonDays)
      ? base : outcome.base(standing, days: correction.referenceDays)
    let signals = Learnt.signals(standing, orders, reference, days: correction.referenceDays)
    return (
      standing.customers,
      base.indices.map { base[$0] * level * correction.factor(signals: signals[$0]) }
    )
  }
}

extension AutoFit.Outcome {
  /// The mean of the models' expectations, before level and correction.
  func base(_ standing: Standing, days: Double) -> [Double] {
    let clock = calibration.clock
    let ahead = clock.time(from: Double(standing.day), to: Double(standing.day) + days)
    var sum = [Double](repeating: 0, count: standing.customers.count)
    for purchase in purchases {
      let expected = standing.expectedOrders(purchase.model, within: ahead, clock)
      for place in sum.indices { sum[place] += expected[place] / Double(purchases.count) }
    }
    return sum
  }

  /// How it foretells windows, the parameters being what they are.
  func deviance(on tests: [BackTest]) -> Double {
    var tally = Tally()
    let level = exp(calibration.logLevel)
    for test in tests {
      let base = base(test.standing, days: Double(test.days))
      for (place, y) in test.actual.enumerated() {
        let factor =
          calibration.correction?.factor(signals: test.signals(place, expected: base[place])) ?? 1
        tally.add(actual: y, predicted: base[place] * level * factor)
      }
    }
    return tally.deviance
  }
}

extension AutoFit.Trial {
  fileprivate init(_ name: String, _ tally: Tally) {
    self.init(name: name, deviance: tally.deviance, bias: tally.bias)
  }
}

extension Tally {
  /// How the mean of some models foretold windows.
  fileprivate init(_ tests: [BackTest], _ members: [PurchaseModelKind]) {
    self.init()
    for test in tests {
      guard let expected = test.blend(members) else { continue }
      for (place, y) in test.actual.enumerated() { add(actual: y, predicted: expected[place]) }
    }
  }
}

/// What the windows teach about a blend, and what that would have been worth.
private struct Learnt {
  var calibration = Calibration()
  /// How the calibrated blend foretold customers whom its correction had not seen.
  var tally: Tally?

  init(
    _ tests: [BackTest], _ members: [PurchaseModelKind], sample: OrderDays, day: Int32,
    fits: [PurchaseFit], clock: SeasonClock, referenceDays: Double
  ) {
    calibration.clock = clock
    guard !tests.isEmpty else { return }
    let expected = tests.map { $0.blend(members) ?? [] }
    calibration.logLevel = BackTest.logLevel(tests, expected: expected)

    // Each half of the customers is foretold by what the other half teaches.
    let halves = (0..<2 as Range<Int32>).map { half in
      CorrectionFit(tests, expected: expected) { $0 % 2 == half }
    }
    var (with, without) = (Tally(), Tally())
    for (test, expected) in zip(tests, expected) {
      let level = exp(calibration.logLevel)
      let signals = test.actual.indices.map { test.signals($0, expected: expected[$0]) }
      let corrections = halves.map { fit in
        fit?.correction(
          referenceDays: Double(test.days), neutralFor: Array(zip(expected, signals)))
      }
      for (place, y) in test.actual.enumerated() {
        let other = corrections[Int(1 - test.standing.customers[place] % 2)]
        let mu = expected[place] * level
        without.add(actual: y, predicted: mu)
        with.add(actual: y, predicted: mu * (other?.factor(signals: signals[place]) ?? 1))
      }
    }
    tally = without
    // What does not help strangers is not laid over anybody.
    guard with.deviance < without.deviance,
      let whole = CorrectionFit(tests, expected: expected, where: { _ in true })
    else { return }
    let standing = Standing(sample, on: day)
    let base = AutoFit.Outcome(purchases: fits.map(\.parameters), calibration: calibration)
      .base(standing, days: referenceDays)
    let signals = Self.signals(standing, sample, base, days: referenceDays)
    calibration.correction = whole.correction(
      referenceDays: referenceDays, neutralFor: Array(zip(base, signals)))
    if calibration.correction != nil { tally = with }
  }

  /// What is known of every customer.
  static func signals(
    _ standing: Standing, _ orders: OrderDays, _ expected: [Double], days: Double
  ) -> [[Double]] {
    let month = standing.recent(orders, days: BackTest.monthDays)
    let reference = standing.recent(orders, days: Int32(days))
    return expected.indices.map { place in
      Correction.signals(
        expectedOrders: expected[place], repeatOrders: Double(standing.repeatOrders[place]),
        idleDays: Double(standing.day - standing.lastDays[place]),
        recent: RecentOrders(month: month[place], reference: reference[place]))
    }
  }
}
