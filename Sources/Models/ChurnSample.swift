// What a churn layer is fitted on: the features of a shop's customers on one past day, and whether
// they stayed away after it.

/// All customers of a shop on a past day, with the outcome of the horizon after it.
///
/// 44 bytes a customer; ten million take 0.44 GB.
public struct ChurnSample: Sendable {
  /// The day of the cut: signals know orders up to and including it, outcomes those after it.
  public let cutDay: Int32
  /// Customers.
  public private(set) var count = 0
  /// Customers without an order within the horizon after the cut.
  public private(set) var quietCount = 0

  /// Eight customers at a time, for each of them all features in the table's order.
  private(set) var octets: [SIMD8<Float>] = []
  /// 1 for who stayed away, 0 for who ordered.
  private(set) var quiet: [SIMD8<Float>] = []

  /// Features of a customer.
  static let width = ChurnFeature.table.count

  /// An empty sample.
  ///
  /// - Parameter cutDay: the day of the cut, counted from any day that is the same for all samples.
  public init(cutDay: Int32) {
    self.cutDay = cutDay
  }

  /// Adds one customer.
  ///
  /// - Parameters:
  ///   - signals: what was known on the day of the cut.
  ///   - isQuiet: whether no order came within the horizon after it.
  public mutating func append(_ signals: ChurnSignals, isQuiet: Bool) {
    let (octet, lane) = (count / 8, count % 8)
    if lane == 0 {
      octets.append(contentsOf: repeatElement(.zero, count: Self.width))
      quiet.append(.zero)
    }
    for (place, feature) in ChurnFeature.table.enumerated() {
      octets[octet * Self.width + place][lane] = Float(feature.value(of: signals))
    }
    quiet[octet][lane] = isQuiet ? 1 : 0
    count += 1
    quietCount += isQuiet ? 1 : 0
  }

  /// Adds many customers, one row each.
  ///
  /// - Parameters:
  ///   - signals: what was known on the day of the cut.
  ///   - isQuiet: whether no order came within the horizon after it.
  /// - Throws: `ModelError.unequalColumns`, and then nobody was added.
  public mutating func append(
    _ signals: Span<ChurnSignals>, isQuiet: Span<Bool>
  ) throws(ModelError) {
    guard signals.count == isQuiet.count else {
      throw .unequalColumns(name: "is quiet", count: isQuiet.count, expected: signals.count)
    }
    for row in 0..<signals.count { append(signals[row], isQuiet: isQuiet[row]) }
  }

  /// Makes room, so that the sample grows once.
  ///
  /// - Parameter customers: how many there will be.
  public mutating func reserveCapacity(_ customers: Int) {
    octets.reserveCapacity((customers + 7) / 8 * Self.width)
    quiet.reserveCapacity((customers + 7) / 8)
  }

  /// One feature of one customer.
  func value(row: Int, place: Int) -> Double {
    Double(octets[row / 8 * Self.width + place][row % 8])
  }

  /// Whether one customer stayed away.
  func isQuiet(row: Int) -> Bool { quiet[row / 8][row % 8] > 0 }

  /// 1 for the lanes of an octet that hold a customer, 0 for those behind the last.
  func weights(octet: Int) -> Lanes {
    let held = min(count - octet * 8, 8)
    if held == 8 { return Lanes(repeating: 1) }
    var weights = Lanes.zero
    for lane in 0..<held { weights[lane] = 1 }
    return weights
  }
}
