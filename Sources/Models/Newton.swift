// Maximises a smooth function of up to four positive parameters within a box: damped Newton steps
// in their logarithms. It knows nothing of customers; PurchaseFit and SpendFit give it curvatures.

/// The box, the limits and the course of a maximisation.
struct Newton {
  /// The smallest value of each parameter.
  let lower: SIMD4<Double>
  /// The largest value of each parameter; equal to the smallest one where there is no parameter.
  let upper: SIMD4<Double>

  /// Steps after which it gives up.
  static let iterationsMax = 100
  /// A predicted gain of log-likelihood below which it is done.
  static let gainMin = 1e-10
  /// How much the first step of a climb is damped.
  static let dampingFirst = 1e-3
  /// The longest step in the logarithm of a parameter.
  static let stepMax = 1.5

  /// Where a maximisation ended.
  struct Result {
    var parameters: SIMD4<Double>
    var curvature: Curvature
    var iterations: Int
    /// Whether the last predicted gain was below the limit.
    var settled: Bool
    /// Parameters that stand at the edge of the box and want to leave it.
    var atEdge: SIMDMask<SIMD4<Int64>>

    /// Whether the maximum was found inside the box.
    var isInside: Bool { settled && !any(atEdge) }
  }

  /// Climbs from a start, and from others if that leads to an edge or to nothing.
  ///
  /// - Parameters:
  ///   - start: where the first climb begins.
  ///   - others: where further climbs begin.
  ///   - damping: μ of the first climb's first step; 0 where the start is known to be near the top.
  ///   - curvature: value, gradient and Hessian in the parameters themselves.
  /// - Returns: the best end; its iterations are those of all climbs together.
  func maximise(
    from start: SIMD4<Double>, otherwise others: [SIMD4<Double>], damping: Double = dampingFirst,
    _ curvature: (SIMD4<Double>) -> Curvature
  ) -> Result {
    var best = maximise(from: start, damping: damping, curvature)
    if best.isInside { return best }
    var iterations = best.iterations
    for start in others {
      let other = maximise(from: start, curvature)
      iterations += other.iterations
      let gain = other.curvature.value - best.curvature.value
      if gain > 1e-6 || (gain > -1e-6 && other.isInside && !best.isInside) { best = other }
    }
    best.iterations = iterations
    return best
  }

  /// Climbs from a start.
  ///
  /// Each step solves (−H + μ·D)δ = g over the parameters that are free to move, D the diagonal of
  /// −H; μ grows until the step gains and shrinks after (Levenberg and Marquardt).
  ///
  /// - Parameters:
  ///   - start: the first parameters; they are moved into the box.
  ///   - firstDamping: μ of the first step.
  ///   - curvature: value, gradient and Hessian in the parameters themselves.
  /// - Returns: the best parameters met and how the climb ended.
  func maximise(
    from start: SIMD4<Double>, damping firstDamping: Double = dampingFirst,
    _ curvature: (SIMD4<Double>) -> Curvature
  ) -> Result {
    var point = start.clamped(lowerBound: lower, upperBound: upper)
    var here = curvature(point)
    var damping = firstDamping
    var iterations = 0
    var settled = false
    while iterations < Self.iterationsMax, !settled {
      iterations += 1
      let (gradient, hessian) = Self.inLogarithms(here, at: point)
      let edge = atEdge(point, gradient)
      var moved = false
      while !moved, damping < 1e12 {
        guard
          let step = Self.step(gradient, hessian, damping: damping, fixed: edge)
        else {
          damping = max(damping * 10, 1e-3)
          continue
        }
        let gain = (gradient * step).sum() / 2
        let next = moving(point, along: step)
        let there = curvature(next)
        // Once the predicted gain is as small as the rounding of the sum, the sum cannot judge.
        let noise = 1e-13 * abs(here.value) + (gain < 1e-6 ? 1e-8 : 0)
        if there.value.isFinite, there.value >= here.value - noise {
          moved = true
          settled = gain < Self.gainMin && damping <= 1e-3
          (point, here) = (next, there)
          damping = damping < 1e-9 ? 0 : damping / 10
        } else {
          damping = max(damping * 10, 1e-6)
        }
      }
      if !moved { break }
    }
    var edge = atEdge(point, here.gradient)
    // A climb that ran out of steps just short of an edge was on its way there.
    let isNear = (point .<= lower * 1.01) .| (point .>= upper * 0.99)
    if !settled { edge .|= isNear }
    // Where there is no parameter there is no edge either.
    edge .&= lower .< upper
    return Result(
      parameters: point, curvature: here, iterations: iterations, settled: settled, atEdge: edge)
  }

  /// Gradient and Hessian with respect to the logarithms of the parameters.
  private static func inLogarithms(
    _ curvature: Curvature, at point: SIMD4<Double>
  ) -> (SIMD4<Double>, Matrix4) {
    let gradient = curvature.gradient * point
    var hessian = curvature.hessian
    for row in 0..<4 {
      hessian[row] = hessian[row] * point * point[row]
      hessian[row][row] += gradient[row]
    }
    return (gradient, hessian)
  }

  /// Parameters at the edge of the box whose gradient points out of it.
  private func atEdge(
    _ point: SIMD4<Double>, _ gradient: SIMD4<Double>
  ) -> SIMDMask<SIMD4<Int64>> {
    (point .<= lower .& gradient .<= SIMD4(repeating: 0))
      .| (point .>= upper .& gradient .>= SIMD4(repeating: 0))
  }

  /// The damped Newton step, or nil when the damped matrix is not positive definite.
  private static func step(
    _ gradient: SIMD4<Double>, _ hessian: Matrix4, damping: Double,
    fixed: SIMDMask<SIMD4<Int64>>
  ) -> SIMD4<Double>? {
    var matrix = Matrix4(repeating: .zero)
    var right = gradient
    for row in 0..<4 {
      if fixed[row] {
        matrix[row][row] = 1
        right[row] = 0
        continue
      }
      matrix[row] = (-hessian[row]).replacing(with: 0, where: fixed)
      let scale = max(abs(hessian[row][row]), abs(gradient[row]), 1e-12)
      matrix[row][row] += damping * scale
    }
    guard let factor = Cholesky(matrix) else { return nil }
    let step = factor.solve(right)
    let longest = max(abs(step[0]), abs(step[1]), abs(step[2]), abs(step[3]))
    guard longest.isFinite else { return nil }
    return longest > stepMax ? step * (stepMax / longest) : step
  }

  /// A point moved in logarithms and held within the box.
  private func moving(_ point: SIMD4<Double>, along step: SIMD4<Double>) -> SIMD4<Double> {
    var next = point
    for i in 0..<4 where step[i] != 0 { next[i] *= exp(step[i]) }
    return next.clamped(lowerBound: lower, upperBound: upper)
  }
}

/// The triangular factor of a positive definite 4×4 matrix.
struct Cholesky {
  private var rows = Matrix4(repeating: .zero)

  /// Nil when the matrix is not safely positive definite.
  init?(_ matrix: Matrix4) {
    for row in 0..<4 {
      for column in 0...row {
        var sum = matrix[row][column]
        for k in 0..<column { sum -= rows[row][k] * rows[column][k] }
        if row == column {
          guard sum > 1e-14 * abs(matrix[row][row]), sum.isFinite else { return nil }
          rows[row][row] = sum.squareRoot()
        } else {
          rows[row][column] = sum / rows[column][column]
        }
      }
    }
  }

  /// Solves matrix · x = right.
  func solve(_ right: SIMD4<Double>) -> SIMD4<Double> {
    var x = right
    for row in 0..<4 {
      for k in 0..<row { x[row] -= rows[row][k] * x[k] }
      x[row] /= rows[row][row]
    }
    for row in (0..<4).reversed() {
      for k in row + 1..<4 { x[row] -= rows[k][row] * x[k] }
      x[row] /= rows[row][row]
    }
    return x
  }

  /// The diagonal of the inverse matrix.
  var inverseDiagonal: SIMD4<Double> {
    var diagonal = SIMD4<Double>.zero
    for i in 0..<4 {
      var unit = SIMD4<Double>.zero
      unit[i] = 1
      diagonal[i] = solve(unit)[i]
    }
    return diagonal
  }
}
