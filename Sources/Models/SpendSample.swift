// The customers a spend fit uses, and the likelihood they give it. SpendFit.swift drives it.

/// Mean spends of customers with repeat orders, ordered by x.
struct SpendSample {
  /// A customer's x and m̄ in major units.
  struct Row {
    let x: Double
    let mean: Double
  }

  /// The customers used, ordered by x as far as it matters: see `byOrders`.
  let rows: [Row]
  /// How many were left out.
  let skipped: Int
  /// The mean of all repeat orders.
  let mean: Double

  init(repeatOrders: Span<Double>, meanSpend: Span<Double>) {
    var rows: [Row] = []
    rows.reserveCapacity(repeatOrders.count)
    var (orders, total) = (0.0, 0.0)
    for i in 0..<repeatOrders.count {
      let row = Row(x: repeatOrders[i], mean: meanSpend[i])
      guard row.x >= 1, row.mean > 0, row.x.isFinite, row.mean.isFinite else { continue }
      rows.append(row)
      orders += row.x
      total += row.x * row.mean
    }
    self.rows = Self.byOrders(rows)
    skipped = repeatOrders.count - rows.count
    mean = total / orders
  }

  /// Rows of equal x beside one another, but for an x of thousands: the fewer runs of equal x there
  /// are, the fewer special functions are computed.
  private static func byOrders(_ rows: [Row]) -> [Row] {
    let last = 4095
    var counts = [Int](repeating: 0, count: last + 2)
    var places = counts.mutableSpan
    for row in rows { places[Int(min(row.x, Double(last))) + 1] += 1 }
    for x in 1...last { places[x] += places[x - 1] }
    var sorted = rows
    var target = sorted.mutableSpan
    for row in rows {
      let x = Int(min(row.x, Double(last)))
      target[places[x]] = row
      places[x] += 1
    }
    return sorted
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

  /// Eight mean spends of customers with the same x.
  private struct Pack {
    let x: Double
    /// y = x·m̄ in units of the mean; 1 in lanes that are left over.
    var spend = Lanes(repeating: 1)
    var logSpend = Lanes.zero
    /// 1, and 0 in lanes that are left over.
    var customers = Lanes.zero
  }

  /// The rows, eight by eight.
  private func packs() -> [Pack] {
    let width = Lanes.scalarCount
    var packs: [Pack] = []
    packs.reserveCapacity(rows.count / width + 64)
    var lane = width
    for row in rows {
      if lane == width || packs[packs.count - 1].x != row.x {
        packs.append(Pack(x: row.x))
        lane = 0
      }
      packs[packs.count - 1].spend[lane] = row.x * row.mean / mean
      packs[packs.count - 1].customers[lane] = 1
      lane += 1
    }
    for place in packs.indices { packs[place].logSpend = LaneMath.log(packs[place].spend) }
    return packs
  }

  /// Gives ln L with its derivatives in p, q and γ, spends in units of their mean.
  ///
  /// lnΓ(px+q) − lnΓ(px) − lnΓ(q) − px·ln(1+γ/y) − q·ln(1+y/γ) − ln m̄ with y = x·m̄.
  func curvature() -> (SIMD4<Double>) -> Curvature {
    let packs = packs()
    let logMeans = rows.reduce(0) { $0 + log($1.mean / mean) }
    return { Self.curvature(at: $0, packs, logMeans: logMeans) }
  }

  private static func curvature(
    at point: SIMD4<Double>, _ packs: [Pack], logMeans: Double
  ) -> Curvature {
    let (p, q, gamma) = (point[0], point[1], point[2])
    let (logGammaQ, digammaQ, trigammaQ) = (logGamma(q), digamma(q), trigamma(q))
    let logScale = log(gamma)
    var sum = Curvature()
    sum.value = -logMeans
    var start = 0
    while start < packs.count {
      let x = packs[start].x
      let shape = p * x
      // Sums over the rows of equal x; the special functions are the same for all of them.
      var sums = SpendSums()
      while start < packs.count, packs[start].x == x {
        let pack = packs[start]
        sums.add(pack.spend, log: pack.logSpend, pack.customers, gamma: gamma, logScale: logScale)
        start += 1
      }
      let (count, logWithin, logAmong) = (
        sums.customers.sum(), sums.logWithin.sum(), sums.logAmong.sum()
      )
      let (reciprocal, square) = (sums.reciprocal.sum(), sums.square.sum())
      let digammaAll = digamma(shape + q)
      let trigammaAll = trigamma(shape + q)
      sum.value +=
        count * (logGamma(shape + q) - logGamma(shape) - logGammaQ)
        - shape * logWithin - q * logAmong
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

/// Sums over customers of equal x, lane by lane.
private struct SpendSums {
  var customers = Lanes.zero
  /// Σ ln(1+γ/y).
  var logWithin = Lanes.zero
  /// Σ ln(1+y/γ).
  var logAmong = Lanes.zero
  /// Σ 1/(γ+y).
  var reciprocal = Lanes.zero
  /// Σ 1/(γ+y)².
  var square = Lanes.zero

  @inline(__always)
  mutating func add(
    _ spend: Lanes, log logSpend: Lanes, _ customers: Lanes, gamma: Double, logScale: Double
  ) {
    let zero = Lanes.zero
    let isLarge = spend .> Lanes(repeating: gamma)
    let larger = Lanes(repeating: gamma).replacing(with: spend, where: isLarge)
    let smaller = spend.replacing(with: Lanes(repeating: gamma), where: isLarge)
    // One logarithm for both: they differ by ln(y/γ), which is added to the larger of the two.
    let common = LaneMath.log1p(smaller / larger)
    let distance = logSpend - logScale
    let inverse = customers / (spend + gamma)
    self.customers += customers
    logWithin += customers * (common - distance.replacing(with: zero, where: isLarge))
    logAmong += customers * (common + distance.replacing(with: zero, where: .!isLarge))
    reciprocal += inverse
    square += inverse * inverse
  }
}
