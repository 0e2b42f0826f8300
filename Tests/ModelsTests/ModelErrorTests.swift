// What is refused, and the sentence it is refused with.

import Testing

@testable import Models

@Suite("ModelError")
struct ModelErrorTests {
  static let bad = [0, -1, Double.nan, .infinity, -.infinity, 1e300, 1e-300]

  @Test("every parameter is refused by name", arguments: bad)
  func parameters(value: Double) {
    func name(_ make: () throws(ModelError) -> Void) -> String? {
      do throws(ModelError) {
        try make()
        return nil
      } catch {
        guard case .outOfRange(let name, _, _) = error else { return nil }
        return name
      }
    }
    #expect(
      name { () throws(ModelError) in
        _ = try BetaGeometricParameters(r: value, alpha: 1, a: 1, b: 1)
      }
        == "r")
    #expect(
      name { () throws(ModelError) in
        _ = try BetaGeometricParameters(r: 1, alpha: value, a: 1, b: 1)
      }
        == "alpha")
    #expect(
      name { () throws(ModelError) in
        _ = try BetaGeometricParameters(r: 1, alpha: 1, a: value, b: 1)
      }
        == "a")
    #expect(
      name { () throws(ModelError) in
        _ = try BetaGeometricParameters(r: 1, alpha: 1, a: 1, b: value)
      }
        == "b")
    #expect(
      name { () throws(ModelError) in _ = try SpendParameters(p: value, q: 2, gamma: 1) } == "p")
    #expect(
      name { () throws(ModelError) in _ = try SpendParameters(p: 1, q: value, gamma: 1) } == "q")
    #expect(
      name { () throws(ModelError) in _ = try SpendParameters(p: 1, q: 2, gamma: value) } == "gamma"
    )
    #expect(
      name { () throws(ModelError) in
        _ = try ScoreTerms(horizonDays: value, discountRatePerYear: 0.1, margin: 1)
      } == "horizon")
  }

  @Test("a spend model without a finite mean is refused")
  func infiniteMean() {
    #expect(throws: ModelError.self) { try SpendParameters(p: 1, q: 1, gamma: 1) }
    #expect(throws: ModelError.self) { try SpendParameters(p: 1, q: 0.9, gamma: 1) }
  }

  @Test("terms have bounds, and zero rate and zero margin are fine")
  func terms() throws {
    _ = try ScoreTerms(horizonDays: 36_525, discountRatePerYear: 0, margin: 0)
    #expect(throws: ModelError.self) {
      try ScoreTerms(horizonDays: 36_526, discountRatePerYear: 0, margin: 1)
    }
    #expect(throws: ModelError.self) {
      try ScoreTerms(horizonDays: 1, discountRatePerYear: -0.01, margin: 1)
    }
    #expect(throws: ModelError.self) {
      try ScoreTerms(horizonDays: 1, discountRatePerYear: 0.1, margin: -1)
    }
  }

  @Test("errors are sentences")
  func sentences() {
    #expect(
      throws: ModelError.outOfRange(
        name: "alpha", value: -2, allowed: "between 1e-06 and 1000000000.0 days")
    ) { try BetaGeometricParameters(r: 1, alpha: -2, a: 1, b: 1) }
    #expect(
      ModelError.outOfRange(name: "alpha", value: -2, allowed: "between 1 and 2 days").description
        == "alpha is -2.0, but must be between 1 and 2 days.")
    #expect(
      ModelError.unequalColumns(name: "age", count: 3, expected: 4).description
        == "Column age has 3 rows, but 4 were expected.")
  }

  @Test("whole months begin no further month, whatever the rounding")
  func months() throws {
    func months(_ days: Double) throws -> Int {
      try ScoreTerms(horizonDays: days, discountRatePerYear: 0.1, margin: 1).months
    }
    for n in 1...1200 {
      #expect(try months(Double(n) * 30.4375) == n)
      #expect(try months((Double(n) * 30.4375).nextDown) == n)
      if n < 1200 { #expect(try months((Double(n) * 30.4375).nextUp) == n) }
      if n < 1200 { #expect(try months(Double(n) * 30.4375 + 1e-3) == n + 1) }
    }
    #expect(try months(365.25) == 12)
    #expect(try months(91.3125) == 3)
    #expect(try months(1e-9) == 1)
    #expect(try months(273) == 9)
  }
}
