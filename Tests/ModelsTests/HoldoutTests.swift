// The measures of a validation: by hand, and on CDNOW's hold-out.

import Testing

@testable import Models

@Suite("Holdout")
struct HoldoutTests {
  @Test("four customers have the measures worked out by hand")
  func byHand() throws {
    let holdout = try Holdout(actual: [0, 1, 3, 0], predicted: [0.5, 0.5, 2, 1])
    #expect(holdout.customers == 4)
    #expect(holdout.actual == 4)
    #expect(holdout.predicted == 4)
    #expect(holdout.bias == 0)
    #expect(holdout.meanAbsoluteError == 0.75)
    #expect(abs(holdout.rootMeanSquareError - (2.5 / 4).squareRoot()) < 1e-15)
    // 2·(0.5), 2·(ln 2 − 0.5), 2·(3·ln 1.5 − 1), 2·(1)
    let deviance = 2 * (0.5 + 0.693147180559945309 - 0.5 + 3 * 0.405465108108164382 - 1 + 1) / 4
    #expect(abs(holdout.poissonDeviance - deviance) < 1e-15)
    // By prediction: 3, 0, then ½ and ½ for the two who are equal; by truth: 3, 1, 0, 0. Areas above the
    // diagonal, in orders of 4: 3 + 3 + 3.5 + 4 − 10 and 3 + 4 + 4 + 4 − 10.
    let gini = try #require(holdout.normalizedGini)
    #expect(abs(gini - 3.5 / 5) < 1e-15)
    #expect(holdout.deciles.map(\.customers) == [1, 1, 1, 1])
    #expect(holdout.deciles.map(\.actual) == [3, 0, 0, 1])
  }

  @Test(
    "neither the order of the customers nor ties change the measures", arguments: [UInt64(3), 4])
  func orderless(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededRandom(seed: seed)
    let pairs = (0..<500).map { _ in
      (Double(chance.next() % 4), Double(chance.next() % 6) / 4)
    }
    let one = try Holdout(actual: pairs.map(\.0), predicted: pairs.map(\.1))
    let shuffled = pairs.shuffled(using: &chance)
    let other = try Holdout(actual: shuffled.map(\.0), predicted: shuffled.map(\.1))
    let (a, b) = (try #require(one.normalizedGini), try #require(other.normalizedGini))
    #expect(abs(a - b) < 1e-12)
    #expect(abs(one.poissonDeviance - other.poissonDeviance) < 1e-12)
    #expect(one.deciles.map(\.customers) == [Int](repeating: 50, count: 10))
    let total = one.deciles.reduce(0) { $0 + $1.actual }
    #expect(total == one.actual)
  }

  @Test("the truth orders customers as well as can be, and its reverse as badly")
  func extremes() throws {
    let actual = [0.0, 1, 2, 3, 4]
    #expect(try Holdout(actual: actual, predicted: actual).normalizedGini == 1)
    let worst = try #require(
      try Holdout(actual: actual, predicted: actual.reversed()).normalizedGini)
    #expect(abs(worst + 1) < 1e-15)
    #expect(try Holdout(actual: actual, predicted: [1, 1, 1, 1, 1]).normalizedGini == 0)
  }

  @Test("a period without orders has neither bias nor Gini, and no measure is NaN")
  func nothing() throws {
    let holdout = try Holdout(actual: [0, 0], predicted: [0, 0.5])
    #expect(holdout.bias == nil && holdout.normalizedGini == nil)
    #expect(holdout.poissonDeviance == 0.5)
    #expect(try Holdout(actual: [2], predicted: [0]).poissonDeviance.isFinite)
  }

  @Test("no customers and columns of different length are errors")
  func bad() {
    #expect(throws: ModelError.noCustomers) { try Holdout(actual: [], predicted: []) }
    #expect(throws: ModelError.unequalColumns(name: "predicted", count: 1, expected: 2)) {
      try Holdout(actual: [1, 2], predicted: [1])
    }
  }

  @Test("CDNOW's 39 weeks after the cut have the measures known of all models")
  func cdnow() throws {
    let (histories, actual) = try CDNOWSample.holdout()
    // Orders predicted, MAE, RMSE, deviance, Gini, as printed where these models were compared.
    let known: [(PurchaseModelKind, [Double])] = [
      (.bgNBD, [1653, 0.7855, 1.608, 1.5992, 0.6625]),
      (.mbgNBD, [1577, 0.7648, 1.6072, 1.6015, 0.6637]),
      (.paretoNBD, [1666, 0.7545, 1.6028, 1.594, 0.6727]),
    ]
    let columns = (
      histories.map { Int32($0.repeatOrders) }, histories.map { Int32($0.recencyDays) },
      histories.map { Int32($0.ageDays) }
    )
    let grouped = try GroupedHistories(
      repeatOrders: columns.0.span, recencyDays: columns.1.span, ageDays: columns.2.span)
    for (kind, figures) in known {
      let model = try PurchaseFit.fit(kind: kind, histories: grouped).parameters.model
      let predicted = histories.map { model.expectedOrders(of: $0, within: 273) }
      let holdout = try Holdout(actual: actual, predicted: predicted)
      print(
        kind.name, holdout.predicted, holdout.meanAbsoluteError, holdout.rootMeanSquareError,
        holdout.poissonDeviance, holdout.normalizedGini ?? .nan)
      #expect(holdout.actual == 1882)
      #expect(abs(holdout.predicted - figures[0]) <= 0.5)
      #expect(abs(holdout.meanAbsoluteError - figures[1]) <= 0.00006)
      #expect(abs(holdout.rootMeanSquareError - figures[2]) <= 0.00006)
      #expect(abs(holdout.poissonDeviance - figures[3]) <= 0.00006)
      // How equal predictions were ordered there is not known; it moves the fourth digit.
      #expect(abs(try #require(holdout.normalizedGini) - figures[4]) <= 0.0003)
    }
  }
}
