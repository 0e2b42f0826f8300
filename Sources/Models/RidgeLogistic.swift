// Ridge logistic regression by Newton's method on the exact Hessian, eight rows at a time.
// What it means for churn is in ChurnFit.swift.

/// The regression of «stayed away» on the features, pulled towards the purchase model.
///
/// It minimises Σ (ln(1 + e^η) − y·η) + ridge/2·(β₀² + Σ β²) with η = ln(q/(1 − q)) + β₀ + Σ β·z and
/// z = (feature − centre)/scale, after le Cessie and van Houwelingen, «Ridge estimators in logistic
/// regression», Applied Statistics 41 (1992), but towards the given q and not towards one half. It is
/// strictly convex, so there is one minimum and halved Newton steps reach it, on separable rows too.
struct RidgeLogistic {
  /// The rows.
  let samples: [ChurnSample]
  /// Places in the table of the features that vary, with centres and scales.
  let columns: [Column]
  /// The strength of the pull, above 0: 1/variance of the prior of each coefficient.
  let ridge: Double
  /// Who computes.
  let crew: any FitCrew
  private let pieces: [Piece]

  /// A feature that varies.
  struct Column {
    var place: Int
    var centre: Double
    var scale: Double
  }

  /// Octets of one sample that one of the crew takes at a time.
  struct Piece {
    var sample: Int
    var octets: Range<Int>
  }

  /// Where the search ended.
  struct Result {
    /// β₀, then β in the order of the columns.
    var coefficients: [Double]
    /// From the inverse Hessian, the ridge in it.
    var standardErrors: [Double]
    var iterations: Int
    var converged: Bool
  }

  /// No scale is smaller: what sets few apart from many must not move them by much without evidence.
  static let scaleMin = 0.25
  private static let iterationsMax = 60

  /// Looks at the features.
  ///
  /// - Parameters:
  ///   - samples: the rows, one at least.
  ///   - ridge: the strength of the pull, above 0.
  ///   - crew: who computes; the result does not depend on it.
  ///   - octetsPerPiece: octets one of the crew takes at a time; sums are rounded differently by it.
  init(
    _ samples: [ChurnSample], ridge: Double, crew: any FitCrew = Alone(), octetsPerPiece: Int = 4096
  ) {
    self.samples = samples
    self.ridge = ridge
    self.crew = crew
    pieces = samples.indices.flatMap { sample in
      let octets = samples[sample].quiet.count
      return stride(from: 0, to: octets, by: octetsPerPiece).map {
        Piece(sample: sample, octets: $0..<min($0 + octetsPerPiece, octets))
      }
    }
    let width = ChurnSample.width
    let count = Double(samples.reduce(0) { $0 + $1.count })
    var sums = [Lanes](repeating: .zero, count: width)
    for sample in samples {
      // Lanes behind the last row hold zeros.
      for (index, lanes) in sample.octets.enumerated() { sums[index % width] += Lanes(lanes) }
    }
    let centres = sums.map { Self.sum($0) / count }
    var squares = [Lanes](repeating: .zero, count: width)
    for sample in samples {
      for octet in sample.quiet.indices {
        let weights = sample.weights(octet: octet)
        for place in 0..<width {
          let away = (Lanes(sample.octets[octet * width + place]) - centres[place]) * weights
          squares[place] += away * away
        }
      }
    }
    columns = (0..<width).compactMap { place in
      let deviation = (Self.sum(squares[place]) / count).squareRoot()
      return deviation > 1e-6
        ? Column(place: place, centre: centres[place], scale: max(deviation, Self.scaleMin)) : nil
    }
  }

  /// What is minimised, its gradient and its Hessian.
  ///
  /// - Parameter coefficients: β₀, then β in the order of the columns.
  /// - Returns: the sums over all rows with the ridge, the same whoever is in the crew.
  /// - Complexity: O(rows · columns²).
  func sums(at coefficients: [Double]) -> Sums {
    // Only what a piece needs goes along.
    let (samples, columns, pieces) = (samples, columns, pieces)
    var sums = Sums(size: coefficients.count)
    for part in crew.map(
      pieces.count,
      {
        Sums(
          of: samples[pieces[$0].sample], octets: pieces[$0].octets, columns, at: coefficients)
      })
    { sums += part }
    sums.add(ridge: ridge, at: coefficients)
    return sums
  }

  /// Goes downhill to the minimum.
  ///
  /// - Parameter start: β₀ and β to begin with; nil for the purchase model.
  /// - Returns: the minimum; its numbers are finite however it ended.
  func minimise(from start: [Double]? = nil) -> Result {
    var point = start ?? [Double](repeating: 0, count: columns.count + 1)
    var here = sums(at: point)
    var iterations = 0
    var converged = false
    while iterations < Self.iterationsMax, !converged {
      guard let factor = CholeskyFactor(here.hessian, size: point.count) else { break }
      let step = factor.solve(here.gradient)
      let gain = zip(step, here.gradient).reduce(0) { $0 + $1.0 * $1.1 } / 2
      guard gain.isFinite else { break }
      var share = 1.0
      var moved = false
      while !moved, share > 1e-6 {
        let next = zip(point, step).map { $0 - share * $1 }
        let there = sums(at: next)
        // Close to the minimum the rounding of the sum is more than what is gained.
        let noise = 1e-12 * abs(here.value) + (gain < 1e-6 ? 1e-8 : 0)
        if there.value.isFinite, there.value <= here.value + noise {
          (point, here) = (next, there)
          moved = true
        } else {
          share /= 2
        }
      }
      iterations += 1
      converged = moved && gain < 1e-10
      if !moved { break }
    }
    let factor = CholeskyFactor(here.hessian, size: point.count)
    return Result(
      coefficients: point, standardErrors: factor?.inverseDiagonal.map { $0.squareRoot() } ?? [],
      iterations: iterations, converged: converged)
  }

  /// The coefficients of another regression's minimum, as a start for this one.
  func start(from other: RidgeLogistic, _ coefficients: [Double]) -> [Double] {
    var start = [Double](repeating: 0, count: columns.count + 1)
    start[0] = coefficients[0]
    for (index, column) in columns.enumerated() {
      guard let old = other.columns.firstIndex(where: { $0.place == column.place }) else {
        continue
      }
      let slope = coefficients[old + 1] / other.columns[old].scale
      start[index + 1] = slope * column.scale
      start[0] += slope * (column.centre - other.columns[old].centre)
    }
    return start
  }
}

extension RidgeLogistic {
  /// What is minimised, with its derivatives, at some coefficients.
  struct Sums {
    var value = 0.0
    var gradient: [Double]
    /// The lower triangle, row by row.
    var hessian: [Double]

    /// The sums of no rows.
    init(size: Int) {
      gradient = [Double](repeating: 0, count: size)
      hessian = [Double](repeating: 0, count: size * (size + 1) / 2)
    }

    /// The sums of some rows, without the ridge.
    init(of sample: ChurnSample, octets: Range<Int>, _ columns: [Column], at coefficients: [Double])
    {
      let size = coefficients.count
      let purchase = ChurnFeature.place(of: ChurnFeature.purchaseNumber) ?? 0
      var value = Lanes.zero
      var gradient = [Lanes](repeating: .zero, count: size)
      var hessian = [Lanes](repeating: .zero, count: size * (size + 1) / 2)
      var z = [Lanes](repeating: Lanes(repeating: 1), count: size)
      for octet in octets {
        let row = octet * ChurnSample.width
        var eta = Lanes(sample.octets[row + purchase]) + coefficients[0]
        for (index, column) in columns.enumerated() {
          let lanes = (Lanes(sample.octets[row + column.place]) - column.centre) / column.scale
          z[index + 1] = lanes
          eta += lanes * coefficients[index + 1]
        }
        let weights = sample.weights(octet: octet)
        let y = Lanes(sample.quiet[octet])
        let isHigh = eta .> Lanes.zero
        let e = LaneMath.exp(-eta.magnitudes)
        let p = Lanes(repeating: 1).replacing(with: e, where: .!isHigh) / (e + 1)
        let softplus = LaneMath.log1p(e) + eta.replacing(with: 0, where: .!isHigh)
        value += (softplus - y * eta) * weights
        let residual = (p - y) * weights
        let spread = e / ((e + 1) * (e + 1)) * weights
        var place = 0
        for i in 0..<size {
          gradient[i] += residual * z[i]
          let weighted = spread * z[i]
          for j in 0...i {
            hessian[place] += weighted * z[j]
            place += 1
          }
        }
      }
      self.value = RidgeLogistic.sum(value)
      self.gradient = gradient.map(RidgeLogistic.sum)
      self.hessian = hessian.map(RidgeLogistic.sum)
    }

    static func += (sums: inout Sums, others: Sums) {
      sums.value += others.value
      for place in sums.gradient.indices { sums.gradient[place] += others.gradient[place] }
      for place in sums.hessian.indices { sums.hessian[place] += others.hessian[place] }
    }

    /// Adds ridge/2·Σ β² with its derivatives.
    mutating func add(ridge: Double, at coefficients: [Double]) {
      for (row, coefficient) in coefficients.enumerated() {
        value += ridge / 2 * coefficient * coefficient
        gradient[row] += ridge * coefficient
        hessian[row * (row + 3) / 2] += ridge
      }
    }
  }

  /// The lanes' sum, always in the same order.
  fileprivate static func sum(_ lanes: Lanes) -> Double {
    var sum = 0.0
    for lane in 0..<8 { sum += lanes[lane] }
    return sum
  }
}
