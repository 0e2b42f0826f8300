// The integrals over the time of departure that Pareto/NBD consists of, each in a logarithm of time
// in which the integrand is log-concave (PanelQuadrature.swift), and the odds of having left.

/// The odds that a customer of Pareto/NBD has left since the last order.
///
///     odds = s ∫ ((α+T)/(α+u))^R · ((β+T)/(β+u))^s du/(β+u) over u from t_x to T,   R = r+x.
///
/// Over u from any point to infinity the integral is a ₂F₁, so the odds are a difference of two;
/// where the series is slow or the difference loses digits, the integral itself takes over.
struct DepartureOdds {
  let parameters: ParetoParameters
  /// r + x.
  let shape: Double
  let recency: Double
  let age: Double
  /// T − t_x, above 0.
  let idle: Double

  /// The difference is trusted up to this share of its second part in its first.
  static let shareMax = 0.75

  /// Nil when no time has passed since the last order.
  init?(_ parameters: ParetoParameters, _ history: PurchaseHistory) {
    self.parameters = parameters
    shape = parameters.r + history.repeatOrders
    recency = history.recencyDays
    age = history.ageDays
    idle = age - recency
    if !(idle > 0) { return nil }
  }

  var logOdds: Double { logOddsBySeries ?? logOddsByIntegral }

  /// ln(odds) from two hypergeometric series, or nil where that is slow or loses digits.
  var logOddsBySeries: Double? {
    let (alpha, s, beta) = (parameters.alpha, parameters.s, parameters.beta)
    guard abs(alpha - beta) <= hypergeometricMax * (max(alpha, beta) + recency) else { return nil }
    let growth = shape * log1p(idle / (alpha + recency)) + s * log1p(idle / (beta + recency))
    let first = tail(from: recency)
    let share = tail(from: age) / first * exp(-growth)
    guard share <= Self.shareMax else { return nil }
    return growth + log(first) + log1p(-share)
  }

  /// s ∫ ((α+u)/(α+w))^R · ((β+u)/(β+w))^s dw/(β+w) over w from u to infinity.
  private func tail(from u: Double) -> Double {
    let (alpha, s, beta) = (parameters.alpha, parameters.s, parameters.beta)
    let sum = shape + s
    if alpha >= beta {
      return s / sum * hypergeometric(b: shape, c: sum + 1, z: (alpha - beta) / (alpha + u))
    }
    return s / sum * ((alpha + u) / (beta + u))
      * hypergeometric(b: s + 1, c: sum + 1, z: (beta - alpha) / (beta + u))
  }

  /// ln(odds) from the integral.
  var logOddsByIntegral: Double {
    let integrand = DepartureIntegrand(self)
    return log(integrand.factor) + integrand.logIntegral(to: integrand.end)
  }
}

/// The integrand of the odds in y = ln((m+T)/(m+u)), m the smaller of α and β and M the larger.
///
/// It is e^(p·y + q·ℓ) with ℓ(y) = ln((M+T)/(M+u)); ℓ′ = σ = (m+u)/(M+u) falls as y grows.
struct DepartureIntegrand: LogConcave {
  let isAlphaSmaller: Bool
  /// The exponent of y.
  let p: Double
  /// The exponent of ℓ.
  let q: Double
  /// m + T.
  let near: Double
  /// M − m.
  let gap: Double
  /// What stands before the integral.
  let factor: Double
  /// y of the last order.
  let end: Double

  init(_ odds: DepartureOdds) {
    let (alpha, s, beta) = (odds.parameters.alpha, odds.parameters.s, odds.parameters.beta)
    isAlphaSmaller = alpha < beta
    gap = abs(alpha - beta)
    near = min(alpha, beta) + odds.age
    end = log1p(odds.idle / (min(alpha, beta) + odds.recency))
    if isAlphaSmaller {
      // du/(β+u) is −σ dy, and σ = (α+T)/(β+T)·e^(ℓ−y).
      (p, q) = (odds.shape - 1, s + 1)
      factor = s * (near / (near + gap))
    } else {
      (p, q) = (s, odds.shape)
      factor = s
    }
  }

  /// What is known at one y.
  struct Point {
    /// m + u.
    var near: Double
    /// M + u.
    var far: Double
    /// T − u.
    var back: Double
    /// ℓ.
    var logFar: Double
  }

  func point(at y: Double) -> Point {
    let lost = -expm1(-y)
    let kept = y < 0.5 ? 1 - lost : exp(-y)
    let far = gap + near * kept
    return Point(
      near: near * kept, far: far, back: near * lost, logFar: log1p(near * lost / far))
  }

  func logValue(at y: Double) -> Double { p * y + q * point(at: y).logFar }

  func slope(at y: Double) -> Double {
    let kept = near * exp(-y)
    return p + q * (kept / (gap + kept))
  }

  func panel(at y: Double, backwards: Bool) -> Double {
    // |f″| = q·σ(1−σ).
    GaussLegendre.panel(slope: slope(at: y), bend: gap == 0 ? 0 : q / 4)
  }
}

/// How often someone orders who is alive now: λ ~ Gamma(R, A) until the end at μ ~ Gamma(s, B).
struct LifetimeCounts {
  /// R.
  let shape: Double
  /// A, in days.
  let alpha: Double
  let s: Double
  /// B, in days.
  let beta: Double

  /// P(X(t) = n): either still alive with n orders, or gone at some w < t with n orders until then.
  ///
  ///     (R)_n/n! · [ N(t)·(B/(B+t))^s + s ∫₀^t N(w)·B^s/(B+w)^(s+1) dw ],
  ///     N(w) = (A/(A+w))^R · (w/(A+w))^n.
  ///
  /// The result of Fader and Hardie's note «Deriving an Expression for P(X(t) = x) Under the
  /// Pareto/NBD Model» (2006), with its integral left whole.
  func probability(of count: Double, within t: Double) -> Double {
    guard t > 0 else { return count == 0 ? 1 : 0 }
    var choices = 0.0
    var orders = 0.0
    if count > 0 {
      choices = Rise(from: shape, steps: count).logGamma - Rise(from: 1, steps: count).logGamma
      orders = count * log1p(alpha / t)
    }
    let alive = exp(choices - orders - shape * log1p(t / alpha) - s * log1p(t / beta))
    let nearer = min(alpha, beta)
    let gone = CountIntegrand(self, count: count).logIntegral(to: log1p(t / nearer))
    return min(alive + s * (nearer / beta) * exp(choices + gone), 1)
  }
}

/// The integrand of those gone, in y = ln(1+w/m), m the smaller of A and B and M the larger.
struct CountIntegrand: LogConcave {
  let counts: LifetimeCounts
  let count: Double
  let near: Double
  /// M − m.
  let gap: Double
  /// The exponents of e^(−y) and of (M/(M+w)), without the orders' own factor.
  let p: Double
  let q: Double

  /// Up to this many orders their factor is nearly a polynomial that the rule sees through.
  static let polynomialMax = 8.0

  init(_ counts: LifetimeCounts, count: Double) {
    self.counts = counts
    self.count = count
    near = min(counts.alpha, counts.beta)
    gap = abs(counts.alpha - counts.beta)
    let isAlphaNear = counts.alpha <= counts.beta
    p = isAlphaNear ? counts.shape - 1 : counts.s
    q = isAlphaNear ? counts.s + 1 : counts.shape
  }

  func logValue(at y: Double) -> Double {
    let w = near * expm1(y)
    var value = -p * y - q * log1p(w / (near + gap))
    if count > 0 { value -= count * log1p(counts.alpha / w) }
    return value
  }

  func slope(at y: Double) -> Double {
    guard count > 0 else { return smoothSlope(at: y) }
    // ln(w/(A+w))′ = A/(A+w) · w′/w.
    let w = near * expm1(y)
    return smoothSlope(at: y)
      + count * (counts.alpha / (counts.alpha + w)) * (near * exp(y) / w)
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
