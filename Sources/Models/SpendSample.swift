// The customers a spend fit uses, and the likelihood they give it. SpendFit.swift drives it.

/// Mean spends of customers with repeat orders, ordered by x.
struct SpendSample {
  /// A customer's x and m̄ in major units.
  struct Row {
    let x: Double
    let mean: Double
  }

  /// The customers used, ordered by x.
  let rows: [Row]
  /// How many were left out.
  let skipped: Int
  /// The mean of all repeat orders.
  let mean: Double

  init(repeatOrders: Span<Double>, meanSpend: Span<Double>) {
    var rows: [Row] = []
    var (orders, total) = (0.0, 0.0)
    for i in 0..<repeatOrders.count {
      let row = Row(x: repeatOrders[i], mean: meanSpend[i])
      guard row.x >= 1, row.mean > 0, row.x.isFinite, row.mean.isFinite else { continue }
      rows.append(row)
      orders += row.x
      total += row.x * row.mean
    }
    rows.sort { ($0.x, $0.mean) < ($1.x, $1.mean) }
    self.rows = rows
    skipped = repeatOrders.count - rows.count
    mean = total / orders
  }

  /// Pearson's correlation of x and m̄, nil when either does not vary.
  var correlation: Double? {
    guard let first = rows.first else { return nil }
    let count = Double(rows.count)
    // Around the first row, then corrected: stable enough, and one pass.
    var (sumX, sumM, xx, mm, xm) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in rows {
      let (x, m) = (row.x - first.x, row.mean - first.mean)
      sumX += x
      sumM += m
      xx += x * x
      mm += m * m
      xm += x * m
    }
    let varianceX = xx - sumX * sumX / count
    let varianceM = mm - sumM * sumM / count
    guard varianceX > 1e-12 * xx, varianceM > 1e-12 * mm else { return nil }
    return (xm - sumX * sumM / count) / (varianceX * varianceM).squareRoot()
  }

  /// ln L with its derivatives in p, q and γ, spends in units of their mean.
  ///
  /// lnΓ(px+q) − lnΓ(px) − lnΓ(q) − px·ln(1+γ/y) − q·ln(1+y/γ) − ln m̄ with y = x·m̄.
  func curvature(at point: SIMD4<Double>) -> Curvature {
    let (p, q, gamma) = (point[0], point[1], point[2])
    let (logGammaQ, digammaQ, trigammaQ) = (logGamma(q), digamma(q), trigamma(q))
    var sum = Curvature()
    var start = 0
    while start < rows.count {
      let x = rows[start].x
      let shape = p * x
      var count = 0.0
      // Sums over the rows of equal x; the special functions are the same for all of them.
      var (logMean, logWithin, logAmong) = (0.0, 0.0, 0.0)
      var (reciprocal, square) = (0.0, 0.0)
      while start < rows.count, rows[start].x == x {
        let m = rows[start].mean / mean
        let inverse = 1 / (gamma + x * m)
        logMean += log(m)
        logWithin += log1p(gamma / (x * m))
        logAmong += log1p(x * m / gamma)
        reciprocal += inverse
        square += inverse * inverse
        count += 1
        start += 1
      }
      let digammaAll = digamma(shape + q)
      let trigammaAll = trigamma(shape + q)
      sum.value +=
        count * (logGamma(shape + q) - logGamma(shape) - logGammaQ)
        - shape * logWithin - q * logAmong - logMean
      sum.gradient += SIMD4(
        x * (count * (digammaAll - digamma(shape)) - logWithin),
        count * (digammaAll - digammaQ) - logAmong,
        count * q / gamma - (shape + q) * reciprocal,
        0)
      let pq = count * x * trigammaAll
      let pGamma = -x * reciprocal
      let qGamma = count / gamma - reciprocal
      sum.hessian[0] += SIMD4(count * x * x * (trigammaAll - trigamma(shape)), pq, pGamma, 0)
      sum.hessian[1] += SIMD4(pq, count * (trigammaAll - trigammaQ), qGamma, 0)
      sum.hessian[2] += SIMD4(
        pGamma, qGamma, (shape + q) * square - count * q / (gamma * gamma), 0)
    }
    return sum
  }
}
