// What is particular to the fit of each purchase model: bounds, starts, its likelihood's derivatives,
// and what its edges mean.

/// How a purchase model is fitted.
struct FitPlan: Sendable {
  /// The bounds: narrower than what a model accepts, wide enough for any shop.
  let lower: SIMD4<Double>
  let upper: SIMD4<Double>
  /// The last two parameters at the first start and at those that are tried when it fails.
  let dropoutStarts: @Sendable (GroupedHistories) -> [SIMD2<Double>]
  /// The dropout of a shop that has shown none.
  let dropoutUnknown: SIMD2<Double>
  /// Prepares a shop: what is returned gives its log-likelihood with the derivatives at a point.
  let curvature: @Sendable (GroupedHistories, any FitCrew) -> (SIMD4<Double>) -> Curvature
  /// What it means that one of the last two parameters stands at an edge.
  let dropoutStory: @Sendable (SIMD4<Double>) -> String

  /// Where climbs begin: uneven rates around twice the shop's mean one, and some dropout.
  func starts(for histories: GroupedHistories) -> [SIMD4<Double>] {
    let daysPerOrder = histories.days / Double(histories.repeatOrders)
    return dropoutStarts(histories).map { SIMD4(0.5, max(daysPerOrder / 4, 1), $0[0], $0[1]) }
  }

  /// The parameters of a shop to which nobody ever came back.
  func withoutRepeatOrders(alpha: Double) -> SIMD4<Double> {
    SIMD4(1, alpha, dropoutUnknown[0], dropoutUnknown[1])
  }
}

extension PurchaseModelKind {
  /// How this kind is fitted.
  var fitPlan: FitPlan {
    switch self {
    case .bgNBD:
      .betaGeometric(inLanes { BetaGeometric.bgNBD(BetaGeometricParameters(trusted: $0)) })
    case .mbgNBD:
      .betaGeometric(inLanes { BetaGeometric.mbgNBD(BetaGeometricParameters(trusted: $0)) })
    case .paretoNBD:
      .pareto
    case .bgCNBD2, .bgCNBD3, .bgCNBD4:
      .betaGeometric(
        oneByOne {
          RegularBetaGeometric(
            BetaGeometricParameters(trusted: $0), firstChances: 0, stages: stages)
        })
    case .mbgCNBD2, .mbgCNBD3, .mbgCNBD4:
      .betaGeometric(
        oneByOne {
          RegularBetaGeometric(
            BetaGeometricParameters(trusted: $0), firstChances: 1, stages: stages)
        })
    }
  }
}

extension FitPlan {
  /// The plan of a model with a beta distributed chance to leave at each order.
  fileprivate static func betaGeometric(
    _ curvature: @escaping @Sendable (GroupedHistories, any FitCrew) -> (SIMD4<Double>) -> Curvature
  ) -> FitPlan {
    FitPlan(
      lower: SIMD4(1e-4, 1e-2, 1e-4, 1e-4), upper: SIMD4(1e4, 1e7, 1e4, 1e4),
      // At first some dropout; then dropout rare and dropout frequent.
      dropoutStarts: { _ in [SIMD2(1, 2.5), SIMD2(0.3, 6), SIMD2(2, 1.5)] },
      dropoutUnknown: SIMD2(1, 1),
      curvature: curvature,
      dropoutStory: { point in
        let (a, b) = (point[2], point[3])
        if a < 0.01 * (a + b) {
          return
            "The data show no dropout: the likelihood grows towards customers who never leave"
        }
        if b < 0.01 * (a + b) { return "The likelihood grows towards customers who leave at once" }
        return a > 100
          ? "The dropout probability looks the same for everybody: a and b grow without limit"
          : "Customers seem to leave at once or never: a and b shrink without limit"
      })
  }

  /// The plan of Pareto/NBD.
  fileprivate static let pareto = FitPlan(
    // With β near 1e18 a difference of logarithms once gave a false maximum; here there is none,
    // and β ends at 27,000 years all the same.
    lower: SIMD4(1e-4, 1e-2, 1e-4, 1e-2), upper: SIMD4(1e4, 1e7, 1e4, 1e7),
    dropoutStarts: { histories in
      let age = max(histories.days / Double(histories.customers), 1)
      return [SIMD2(0.5, age / 4), SIMD2(0.3, age * 4), SIMD2(2, age / 2)]
    },
    dropoutUnknown: SIMD2(1, 365.25),
    curvature: oneByOne { ParetoNBD(ParetoParameters(trusted: $0)) },
    dropoutStory: { point in
      let (s, beta) = (point[2], point[3])
      if s <= 1e-4 * 1.01 || (beta > 1e5 && s < 10) {
        return "The data show no dropout: the likelihood grows towards customers who never leave"
      }
      return beta > 1e4
        ? "The dropout rate looks the same for everybody: s and beta grow without limit"
        : "Customers seem to leave at once or never: s and beta shrink without limit"
    })
}

/// Groups a crew's member takes at a time; results depend on it, but not on the crew.
private let groupsPerPiece = 1024
/// The same over lanes: fewer are done before another thread has begun.
private let lanedGroupsPerPiece = 16_384

/// The derivatives from a model's functions of one history.
private func oneByOne<Model: LikelihoodModel>(
  _ model: @escaping @Sendable (SIMD4<Double>) -> Model
) -> @Sendable (GroupedHistories, any FitCrew) -> (SIMD4<Double>) -> Curvature {
  { histories, crew in
    { point in
      let model = model(point)
      let groups = histories.groups
      return histories.curvature(model, crew, pieces: groups.count, of: groupsPerPiece) { piece in
        var sum = Curvature()
        for group in groups[piece] {
          sum += Double(group.customers) * model.timeCurvature(of: group.history)
        }
        return sum
      }
    }
  }
}

/// The derivatives over lanes.
private func inLanes(
  _ model: @escaping @Sendable (SIMD4<Double>) -> BetaGeometric
) -> @Sendable (GroupedHistories, any FitCrew) -> (SIMD4<Double>) -> Curvature {
  { histories, crew in
    let packs = histories.lanes()
    return { point in
      let model = model(point)
      let size = lanedGroupsPerPiece / Lanes.scalarCount
      return histories.curvature(model, crew, pieces: packs.count, of: size) {
        model.timeCurvature(of: packs[$0])
      }
    }
  }
}

extension GroupedHistories {
  /// The log-likelihood of all histories: what depends on x alone, and pieces of what does not.
  fileprivate func curvature(
    _ model: some LikelihoodModel, _ crew: any FitCrew, pieces count: Int, of size: Int,
    _ piece: @escaping @Sendable (Range<Int>) -> Curvature
  ) -> Curvature {
    var sum = crew.map((count + size - 1) / size) {
      piece($0 * size..<min(($0 + 1) * size, count))
    }.reduce(into: Curvature(), +=)
    for (orders, customers) in customersByOrders {
      sum += Double(customers) * model.countCurvature(repeatOrders: Double(orders))
    }
    return sum
  }
}
