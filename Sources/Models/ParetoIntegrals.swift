// The integrals over the time of departure that Pareto/NBD consists of, each in a logarithm of time
// in which the integrand is log-concave (PanelQuadrature.swift).

/// Someone who is alive now, with order rate λ ~ Gamma(R, A), until the end at rate μ ~ Gamma(s, B).
///
/// A new customer is one with r, α, s and β; a customer right after the last order is one with r+x,
/// α+t_x, s and β+t_x; a customer who is alive now is one with r+x, α+T, s and β+T.
struct Lifetime {
  /// R.
  let shape: Double
  /// A, in days.
  let alpha: Double
  let s: Double
  /// B, in days.
  let beta: Double

  /// The difference of two series is trusted up to this share of its second part in its first.
  static let shareMax = 0.75
  /// Beyond this z the series takes longer than the integral.
  static let slowMax = 0.9

  /// The life of a customer from some time on: of the last order, or of now.
  ///
  /// - Parameters:
  ///   - parameters: of the model.
  ///   - orders: x.
  ///   - days: since the first order.
  init(_ parameters: ParetoParameters, orders: Double, from days: Double) {
    shape = parameters.r + orders
    alpha = parameters.alpha + days
    s = parameters.s
    beta = parameters.beta + days
  }

  /// ln P(alive after t, and no order until then) = −R·ln(1+t/A) − s·ln(1+t/B).
  func logAlive(after t: Double) -> Double { -shape * log1p(t / alpha) - s * log1p(t / beta) }

  /// ln P(left within t, and no order until then), for t above 0.
  ///
  ///     s ∫₀^t (A/(A+w))^R · (B/(B+w))^s dw/(B+w)
  ///
  /// To infinity the integral is a ₂F₁, so this is a difference of two; where the series is slow or
  /// the difference loses digits, the integral itself takes over.
  func logGone(within t: Double) -> Double { logGoneBySeries(t) ?? logGoneByIntegral(t) }

  /// Nil where the series is slow or the difference loses digits.
  func logGoneBySeries(_ t: Double) -> Double? {
    guard abs(alpha - beta) <= hypergeometricMax * max(alpha, beta) else { return nil }
    let whole = goneEver(from: 0)
    let share = goneEver(from: t) / whole * exp(logAlive(after: t))
    return share <= Self.shareMax ? log(whole) + log1p(-share) : nil
  }

  /// P(leave before the next order), of someone who has been alive and quiet for some days.
  private func goneEver(from days: Double) -> Double {
    let (a, b) = (alpha + days, beta + days)
    let sum = shape + s
    return alpha >= beta
      ? s / sum * hypergeometric(b: shape, c: sum + 1, z: (alpha - beta) / a)
      : s / sum * (a / b) * hypergeometric(b: s + 1, c: sum + 1, z: (beta - alpha) / b)
  }

  /// P(leave before the next order), by whichever is faster.
  ///
  /// Not a number where the integral does not end within the range of doubles.
  var goneEver: Double {
    if abs(alpha - beta) <= Self.slowMax * max(alpha, beta) { return goneEver(from: 0) }
    let end = log1p(Double.greatestFiniteMagnitude)
    guard (shape + s) * end > -2 * GaussLegendre.nothing else { return .nan }
    let integrand = GoneIntegrand(self)
    return integrand.factor * exp(integrand.logIntegral(to: end))
  }

  func logGoneByIntegral(_ t: Double) -> Double {
    let integrand = GoneIntegrand(self)
    return log(integrand.factor) + integrand.logIntegral(to: log1p(t / integrand.near))
  }

  /// P(no order within t), for t above 0.
  func quietProbability(within t: Double) -> Double {
    min(exp(logAlive(after: t)) + exp(logGone(within: t)), 1)
  }

  /// P(X(t) = n): either still alive with n orders, or gone at some w < t with n orders until then.
  ///
  ///     (R)_n/n! · [ N(t)·(B/(B+t))^s + s ∫₀^t N(w)·B^s/(B+w)^(s+1) dw ],
  ///     N(w) = (A/(A+w))^R · (w/(A+w))^n.
  ///
  /// The result of Fader and Hardie's note «Deriving an Expression for P(X(t) = x) Under the
  /// Pareto/NBD Model» (2006), with its integral left whole.
  func probability(of count: Double, within t: Double) -> Double {
    guard t > 0 else { return count == 0 ? 1 : 0 }
    guard count > 0 else { return quietProbability(within: t) }
    let choices = Rise(from: shape, steps: count).logGamma - Rise(from: 1, steps: count).logGamma
    let alive = exp(choices - count * log1p(alpha / t) + logAlive(after: t))
    let integrand = GoneIntegrand(self, count: count)
    let gone = integrand.logIntegral(to: log1p(t / integrand.near))
    return min(alive + integrand.factor * exp(choices + gone), 1)
  }
}

/// The integrand of those gone, in y = ln(1+w/m), m the smaller of A and B and M the larger.
struct GoneIntegrand: LogConcave {
  let lifetime: Lifetime
  let count: Double
  /// Whether A is m.
  let isAlphaNear: Bool
  /// m.
  let near: Double
  /// M − m.
  let gap: Double
  /// The exponents of e^(−y) and of (M/(M+w)), without the orders' own factor.
  let p: Double
  let q: Double
  /// What stands before the integral.
  let factor: Double

  /// Up to this many orders their factor is nearly a polynomial that the rule sees through.
  static let polynomialMax = 8.0

  init(_ lifetime: Lifetime, count: Double = 0) {
    self.lifetime = lifetime
    self.count = count
    near = min(lifetime.alpha, lifetime.beta)
    gap = abs(lifetime.alpha - lifetime.beta)
    factor = lifetime.s * (near / lifetime.beta)
    isAlphaNear = lifetime.alpha <= lifetime.beta
    p = isAlphaNear ? lifetime.shape - 1 : lifetime.s
    q = isAlphaNear ? lifetime.s + 1 : lifetime.shape
  }

  func logValue(at y: Double) -> Double {
    let w = near * expm1(y)
    var value = -p * y - q * log1p(w / (near + gap))
    if count > 0 { value -= count * log1p(lifetime.alpha / w) }
    return value
  }

  func slope(at y: Double) -> Double {
    guard count > 0 else { return smoothSlope(at: y) }
    // ln(w/(A+w))′ = A/(A+w) · w′/w.
    let w = near * expm1(y)
    return smoothSlope(at: y)
      + count * (lifetime.alpha / (lifetime.alpha + w)) * (near * exp(y) / w)
  }

  /// The slope without the orders' factor.
  private func smoothSlope(at y: Double) -> Double {
    let grown = near * exp(y)
    return -p - q * (grown / (gap + grown))
  }

  func panel(at y: Double, backwards: Bool) -> Double {
    let bend = gap == 0 ? 0 : q / 4
    if count == 0 { return GaussLegendre.panel(slope: smoothSlope(at: y), bend: bend) }
    if count <= Self.polynomialMax {
      return GaussLegendre.panel(slope: smoothSlope(at: y), bend: bend) / 4
    }
    // The orders' factor bends by at most n/y² + n/4, within the panel four times that.
    let length = GaussLegendre.panel(
      slope: slope(at: y), bend: bend + count * (4 / (y * y) + 0.25))
    return backwards ? min(length, y / 2) : length
  }
}

/// The discounted stay of someone alive, in y = ln(1+w/B): e^(−δw)·(B/(B+w))^s dw/B.
struct DiscountIntegrand: LogConcave {
  let s: Double
  /// δ·B.
  let rate: Double

  func logValue(at y: Double) -> Double { (1 - s) * y - rate * expm1(y) }

  func slope(at y: Double) -> Double { (1 - s) - rate * exp(y) }

  func panel(at y: Double, backwards: Bool) -> Double {
    // |f″| = δB·e^y, which grows by e within a panel of 1.
    let bend = rate * exp(backwards ? y : y + 1)
    return min(GaussLegendre.panel(slope: slope(at: y), bend: bend), 1)
  }
}
