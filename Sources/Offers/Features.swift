// x: the features of a decision, 32 numbers of a declared schema. What is learnt from them is in
// Policies.

/// The features of a decision: those built from what is known, then the shop's own, then zeros.
///
/// Each lies mostly within −2 and 2. What is not known is 0, which is in the middle, and has its bit set
/// among those missing. Without the customer's consent to profiling only the constant is left: the
/// context-free prior.
public enum Features {
  /// How many there are in all.
  public static let count = 32
  /// What the built ones are called, in their order; the first is 1.
  public static let names = [
    "constant", "orders", "days_since_order", "mean_spend", "returned_share", "p_alive", "churn",
    "expected_orders", "lifetime_value", "age", "basket", "basket_in_mean_spends", "by_message",
    "bought_share", "cart_or_view_left", "season",
  ]

  /// The shop's own, at most.
  static let ownMax = 16

  /// What all of them are called.
  ///
  /// - Parameter catalogue: has the shop's own.
  /// - Returns: 16 to 32 names.
  public static func names(of catalogue: Catalogue) -> [String] {
    names + catalogue.ownFeatures.map(\.name)
  }

  /// Builds the features.
  ///
  /// - Parameters:
  ///   - facts: what is known.
  ///   - channel: how an offer would reach the customer.
  ///   - own: the shop's own, as told; empty where none are.
  ///   - ownMissing: those of them that are not known, a bit each.
  ///   - catalogue: has their schema.
  ///   - isPersonal: whether the customer may be judged by what is known.
  ///   - x: 32 numbers.
  /// - Returns: which are not known, a bit each.
  /// - Precondition: there are as many as the catalogue declares, or none; all are finite.
  public static func build(
    _ facts: Facts, channel: Channel, own: Span<Double>, ownMissing: UInt16,
    in catalogue: Catalogue, isPersonal: Bool, into x: inout MutableSpan<Float>
  ) -> UInt32 {
    for place in 0..<count { x[place] = 0 }
    x[0] = 1
    guard isPersonal else { return ~1 }
    let signs = FeatureSigns(
      orders: facts[.orders], daysSinceOrder: facts[.daysSinceOrder],
      meanSpend: facts[.meanSpend], returnedShare: facts[.returnedShare], alive: facts[.alive],
      churn: facts[.churn], expectedOrders: facts[.expectedOrders],
      lifetimeValue: facts[.lifetimeValue], age: facts[.age], basket: facts[.basket],
      categoryShare: Double.maximum(facts.boughtShare, facts.viewedShare),
      daysLeft: Double.minimum(facts[.cartLeft], facts[.viewedLeft]), month: facts[.month])
    var missing = write(
      signs, isMessage: isMessage(channel), much: much(catalogue), into: &x, from: 0)
    for place in 0..<catalogue.ownFeatures.count {
      let feature = catalogue.ownFeatures[place]
      let isMissing = place >= own.count || ownMissing & 1 << UInt16(place) != 0
      if isMissing { missing |= 1 << UInt32(names.count + place) }
      let value = isMissing ? feature.missing : own[place]
      x[names.count + place] = Float(feature.standardised(value))
    }
    return missing
  }

  /// Whether an offer comes as a message.
  static func isMessage(_ channel: Channel) -> Bool {
    switch channel {
    case .email, .sms, .push, .post: true
    case .site, .phone, .store: false
    }
  }

  /// Amounts of a shop are of the size of what it calls much.
  static func much(_ catalogue: borrowing Catalogue) -> Double { max(catalogue.vipValue, 1) }

  /// Writes the built features but the first.
  ///
  /// - Parameters:
  ///   - signs: what is known.
  ///   - isMessage: whether an offer would come as a message.
  ///   - much: the shop's measure of amounts.
  ///   - x: gets 15 numbers; those that are not known stay as they are.
  ///   - start: the place of the first feature, the constant.
  /// - Returns: which are not known, a bit each.
  @inline(__always)
  static func write(
    _ signs: FeatureSigns, isMessage: Bool, much: Double, into x: inout MutableSpan<Float>,
    from start: Int
  ) -> UInt32 {
    var missing: UInt32 = 0
    func set(_ place: Int, _ value: Double) {
      // NaN is not known; what lies far out would rule the estimate alone.
      if value.isNaN {
        missing |= 1 << UInt32(place)
      } else {
        x[start + place] = Float(min(max(value, -4), 4))
      }
    }
    /// A magnitude: −2 for nothing, 0 for `unit`, towards 2 for much more.
    func size(_ value: Double, _ unit: Double) -> Double {
      let size = max(value, 0)
      return 4 * (size.isInfinite ? 1 : size / (unit + size)) - 2
    }
    set(1, size(signs.orders, 3))
    set(2, size(signs.daysSinceOrder, 30))
    set(3, size(signs.meanSpend, much / 5))
    set(4, signs.returnedShare * 2)
    set(5, signs.alive * 2 - 1)
    set(6, signs.churn * 2 - 1)
    set(7, size(signs.expectedOrders, 1))
    set(8, size(signs.lifetimeValue, much / 2))
    set(9, size(signs.age, 180))
    set(10, size(signs.basket, much / 5))
    set(11, size(signs.basket / max(signs.meanSpend, 0.01), 1))
    if isMessage { x[start + 12] = 1 }
    set(13, signs.categoryShare * 2 - 1)
    // Nothing left behind is known as well as something is.
    x[start + 14] = signs.daysLeft.isNaN ? 0 : 1
    set(15, season(signs.month))
    return missing
  }

  /// Half a turn from midwinter to midsummer of the northern half of the earth: −1 in January, 1 in July.
  static func season(_ month: Double) -> Double {
    let turn = (month - 1) / 6
    return turn <= 1 ? turn * 2 - 1 : 3 - turn * 2
  }
}

/// What the built features are made of, in the units of ``NumberField``; NaN is not known.
struct FeatureSigns {
  var orders: Double
  var daysSinceOrder: Double
  var meanSpend: Double
  var returnedShare: Double
  var alive: Double
  var churn: Double
  var expectedOrders: Double
  var lifetimeValue: Double
  var age: Double
  var basket: Double
  /// The larger share of the basket's categories that was bought or looked at before.
  var categoryShare: Double
  /// Days since a cart or something looked at was left behind.
  var daysLeft: Double
  var month: Double
}

extension OwnFeature {
  /// A value in the feature's own measure, at most ten of them away from its middle.
  func standardised(_ value: Double) -> Double { min(max((value - center) / scale, -10), 10) }
}
