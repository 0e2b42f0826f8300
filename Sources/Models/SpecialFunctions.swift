// Log-gamma, digamma, trigamma and their exact differences over whole steps.
// Own code instead of lgamma: that one writes a global, and its difference of two large values
// loses the digits a likelihood needs.

/// The logarithm of the gamma function.
///
/// Stirling's series (Abramowitz and Stegun 6.1.41) after a shift to 12 or more. Absolute error
/// below 4e-15 · max(1, |result|).
///
/// - Parameter x: a positive finite number.
/// - Returns: ln Γ(x).
func logGamma(_ x: Double) -> Double {
  var y = x
  var product = 1.0
  while y < 12 {
    product *= y
    y += 1
  }
  return (y - 0.5) * log(y) - y + 0.918_938_533_204_672_8 + stirlingCorrection(y) - log(product)
}

/// The first derivative of log-gamma (Abramowitz and Stegun 6.3.18 after a shift).
///
/// - Parameter x: a positive finite number.
/// - Returns: ψ(x).
func digamma(_ x: Double) -> Double {
  var y = x
  var sum = 0.0
  while y < 12 {
    sum += 1 / y
    y += 1
  }
  return log(y) - digammaCorrection(y) - sum
}

/// The second derivative of log-gamma (Abramowitz and Stegun 6.4.12 after a shift).
///
/// - Parameter x: a positive finite number.
/// - Returns: ψ′(x).
func trigamma(_ x: Double) -> Double {
  var y = x
  var sum = 0.0
  while y < 12 {
    sum += 1 / (y * y)
    y += 1
  }
  return trigammaAsymptote(y) + sum
}

/// How log-gamma and its two derivatives grow over `steps` whole steps.
///
/// Γ(x+n)/Γ(x) = x(x+1)…(x+n−1) is the rising factorial; its logarithm and derivatives are sums of
/// positive terms for few steps and differences of Stirling's series, arranged without
/// cancellation, for many.
struct Rise {
  /// ln Γ(x+n) − ln Γ(x).
  var logGamma: Double
  /// ψ(x+n) − ψ(x).
  var digamma: Double
  /// ψ′(x+n) − ψ′(x), which is negative.
  var trigamma: Double

  /// - Parameters:
  ///   - x: a positive number.
  ///   - steps: a whole number, at least 0.
  init(from x: Double, steps: Double) {
    var product = 1.0
    var first = 0.0
    var second = 0.0
    var y = x
    var left = steps
    // Few steps are taken one by one; of many, only as many as Stirling's series asks for.
    while left > 0, steps <= 24 || y < 12 {
      product *= y
      first += 1 / y
      second -= 1 / (y * y)
      y += 1
      left -= 1
    }
    logGamma = log(product)
    digamma = first
    trigamma = second
    if left > 0 {
      let end = y + left
      let ratio = log1p(left / y)
      logGamma +=
        (y - 0.5) * ratio + left * (log(end) - 1)
        + (stirlingCorrection(end) - stirlingCorrection(y))
      digamma += ratio - (digammaCorrection(end) - digammaCorrection(y))
      trigamma += trigammaAsymptote(end) - trigammaAsymptote(y)
    }
  }
}

/// ln Γ(y) − [(y − ½) ln y − y + ½ ln 2π] for y ≥ 12.
func stirlingCorrection(_ y: Double) -> Double {
  let inverse = 1 / y
  let square = inverse * inverse
  var series = -3617.0 / 122_400
  series = series * square + 1.0 / 156
  series = series * square - 691.0 / 360_360
  series = series * square + 1.0 / 1188
  series = series * square - 1.0 / 1680
  series = series * square + 1.0 / 1260
  series = series * square - 1.0 / 360
  series = series * square + 1.0 / 12
  return series * inverse
}

/// ln y − ψ(y) for y ≥ 12.
private func digammaCorrection(_ y: Double) -> Double {
  let inverse = 1 / y
  let square = inverse * inverse
  var series = 1.0 / 12
  series = series * square - 691.0 / 32_760
  series = series * square + 1.0 / 132
  series = series * square - 1.0 / 240
  series = series * square + 1.0 / 252
  series = series * square - 1.0 / 120
  series = series * square + 1.0 / 12
  return 0.5 * inverse + series * square
}

/// ψ′(y) for y ≥ 12.
private func trigammaAsymptote(_ y: Double) -> Double {
  let inverse = 1 / y
  let square = inverse * inverse
  var series = 7.0 / 6
  series = series * square - 691.0 / 2730
  series = series * square + 5.0 / 66
  series = series * square - 1.0 / 30
  series = series * square + 1.0 / 42
  series = series * square - 1.0 / 30
  series = series * square + 1.0 / 6
  return inverse + 0.5 * square + series * square * inverse
}
