// Log-gamma and its kin against closed forms and figures of many digits.

import Glibc
import Testing

@testable import Models

@Suite("SpecialFunctions")
struct SpecialFunctionsTests {
  @Test("log-gamma, digamma and trigamma have known values")
  func knownValues() {
    let pi = Double.pi
    let euler = 0.577_215_664_901_532_86
    #expect(abs(logGamma(1)) < 2e-14)
    #expect(abs(logGamma(2)) < 2e-14)
    #expect(abs(logGamma(0.5) - Glibc.log(pi) / 2) < 2e-14)
    #expect(abs(logGamma(171) / 706.573_062_245_787_4 - 1) < 1e-15)
    #expect(abs(logGamma(1e-6) - 13.815_509_980_749_431) < 2e-14)
    #expect(abs(digamma(1) + euler) < 1e-14)
    #expect(abs(digamma(0.5) + euler + 2 * Glibc.log(2)) < 1e-14)
    #expect(abs(trigamma(1) - pi * pi / 6) < 1e-14)
    #expect(abs(trigamma(0.5) - pi * pi / 2) < 1e-14)
    #expect(abs(digamma(1e6) - 13.815_510_057_964_191) < 1e-14)
    #expect(abs(trigamma(1e6) / 1.000_000_500_000_166_7e-06 - 1) < 1e-15)
  }

  @Test("the recurrences hold", arguments: [1e-6, 0.3, 1, 2.5, 11.9, 12, 40, 1e5])
  func recurrences(x: Double) {
    #expect(abs(digamma(x + 1) - digamma(x) - 1 / x) <= 4e-15 * max(1, 1 / x))
    #expect(abs(trigamma(x) - trigamma(x + 1) - 1 / (x * x)) <= 4e-15 * max(1, 1 / (x * x)))
    let sum = logGamma(x + 1) - logGamma(x) - Glibc.log(x)
    #expect(abs(sum) <= 4e-15 * max(1, abs(logGamma(x))))
  }

  @Test(
    "a rise is the difference of its ends",
    arguments: [1e-4, 0.25, 3, 15, 900], [0.0, 1, 7, 24, 25, 300, 5000])
  func rise(x: Double, steps: Double) {
    let rise = Rise(from: x, steps: steps)
    let scale = max(1, abs(logGamma(x + steps)))
    #expect(abs(rise.logGamma - (logGamma(x + steps) - logGamma(x))) < 1e-14 * scale)
    #expect(abs(rise.digamma - (digamma(x + steps) - digamma(x))) < 1e-14 * max(1, 1 / x))
    #expect(
      abs(rise.trigamma - (trigamma(x + steps) - trigamma(x))) < 1e-14 * max(1, 1 / (x * x)))
  }
}
