// The customers the load test makes up: their names, their orders, and what a server that was told
// of them must answer. Not here: orders recorded during the load; see OrderLog.

import Foundation
import Models
import Wire

/// Simulated customers 0 to count − 1, each known from the seed and the number alone.
struct Population: Sendable {
  static let currency = "USD"
  static let minorDigits: UInt8 = 2
  private static let minorPerMajor = 100.0
  /// How far back the first orders reach, so that customers have all ages.
  private static let firstDaysBack: Int32 = 540

  let count: Int
  let shop: SimulatedShop
  let terms: ScoreTerms

  /// Makes a population.
  ///
  /// CDNOW's parameters as Fader, Hardie and Lee 2005 and Fader and Hardie 2013 publish them.
  ///
  /// - Parameters:
  ///   - count: how many customers.
  ///   - seed: of all lives.
  ///   - today: days since 1970; the simulated orders end the day before.
  ///   - terms: what every score is asked for.
  /// - Throws: never, for the parameters are in range.
  init(count: Int, seed: UInt64, today: Int32, terms: ScoreTerms) throws(Failure) {
    self.count = count
    self.terms = terms
    do throws(ModelError) {
      shop = SimulatedShop(
        kind: .bgNBD,
        purchase: try BetaGeometricParameters(r: 0.243, alphaWeeks: 4.414, a: 0.793, b: 2.426),
        spend: try SpendParameters(p: 6.25, q: 3.74, gamma: 15.44), seed: seed,
        firstDays: (today - Self.firstDaysBack)...(today - 1), endDay: today - 1)
    } catch {
      throw .failed("the population cannot be simulated: \(error)")
    }
  }

  /// The parameters as the server adopts them.
  var model: ModelFields {
    var fields = ModelFields(
      kind: shop.model.kind.rawValue, parameters: shop.model.values)
    fields.spendKnown = true
    (fields.p, fields.q, fields.gamma) = (shop.spend.p, shop.spend.q, shop.spend.gamma)
    return fields
  }

  /// The orders of one life, in the order of time.
  func orders(of customer: Int) -> [DatedAmount] {
    shop.customer(UInt64(customer)).orders.map {
      DatedAmount(day: $0.day, amountMinor: Int64(($0.amount * Self.minorPerMajor).rounded()))
    }
  }

  // MARK: What must be answered

  /// What a score must say of a customer with these orders.
  ///
  /// It goes by the exact functions of the models, not by the lanes a server uses, and takes the
  /// lifetime value month by month, as its definition is written.
  func score(of account: Account, asOf day: Int32) -> CustomerScore {
    let model = shop.model.model
    let history = account.history(asOf: day)
    let horizon = terms.horizonDays
    let expectedSpend = GammaGamma(shop.spend).expectedSpend(
      repeatOrders: history.repeatOrders, meanSpend: meanSpend(of: account))
    var (lifetime, before, month) = (0.0, 0.0, 1)
    while true {
      let end = min(Double(month) * ScoreTerms.monthDays, horizon)
      let orders = model.expectedOrders(of: history, within: end)
      lifetime += (orders - before) / pow(1 + terms.discountRatePerYear, Double(month) / 12)
      before = orders
      if end >= horizon * (1 - 1e-12) { break }
      month += 1
    }
    return CustomerScore(
      aliveProbability: model.aliveProbability(of: history),
      churnProbability: model.churnProbability(of: history, within: horizon),
      expectedOrders: before, expectedSpendPerOrder: expectedSpend,
      lifetimeValue: lifetime * expectedSpend * terms.margin)
  }

  /// m̄ in major units.
  func meanSpend(of account: Account) -> Double {
    account.repeatOrders == 0
      ? 0 : Double(account.repeatSpendMinor) / Double(account.repeatOrders) / Self.minorPerMajor
  }

  // MARK: Names

  /// A number below 100,000,000 as eight digits, first digit in the lowest byte: how it lies in a frame.
  ///
  /// All digits are split at once, in halves of the word: the load does this for every request.
  static func digits(_ number: Int) -> UInt64 {
    let number = UInt64(truncatingIfNeeded: number)
    var parts = number / 10_000 | (number % 10_000) << 32
    // Division by 100 of what is below 10,000, and by 10 of what is below 100, by multiplication.
    let hundreds = (parts &* 10_486) >> 20 & 0x7f_0000_007f
    parts = hundreds | (parts &- hundreds &* 100) << 16
    let tens = (parts &* 103) >> 10 & 0x000f_000f_000f_000f
    return 0x3030_3030_3030_3030 | tens | (parts &- tens &* 10) << 8
  }

  /// A number as the eight characters of an identifier.
  static func name(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// What was ordered on a day, in minor units.
struct DatedAmount: Equatable, Sendable {
  let day: Int32
  let amountMinor: Int64
}

/// A customer's sufficient statistics, counted from orders.
struct Account: Equatable {
  let firstDay: Int32
  let lastDay: Int32
  /// Days with an order after the first one.
  let repeatOrders: Int
  let repeatSpendMinor: Int64

  /// Counts orders up to a day; nil when there is none.
  init?(_ orders: [DatedAmount], asOf day: Int32) {
    let known = orders.filter { $0.day <= day }
    guard let first = known.map(\.day).min(), let last = known.map(\.day).max() else { return nil }
    firstDay = first
    lastDay = last
    repeatOrders = Set(known.map(\.day)).count - 1
    repeatSpendMinor = known.reduce(0) { $0 + ($1.day > first ? $1.amountMinor : 0) }
  }

  func history(asOf day: Int32) -> PurchaseHistory {
    PurchaseHistory(
      repeatOrders: Double(repeatOrders), recencyDays: Double(lastDay - firstDay),
      ageDays: Double(day - firstDay))
  }
}
