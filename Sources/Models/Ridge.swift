// Sums for regressions with a handful of unknowns, and the solution of their equations.

/// A symmetric positive definite system of a few equations.
struct NormalEquations: Sendable {
  private(set) var size: Int
  /// The lower triangle by rows; the upper one is not kept.
  private var matrix: [Double]
  private(set) var right: [Double]

  init(_ size: Int) {
    self.size = size
    matrix = [Double](repeating: 0, count: size * size)
    right = [Double](repeating: 0, count: size)
  }

  /// Adds to one element of the matrix, and to its mirror image.
  mutating func add(_ value: Double, row: Int, column: Int) {
    matrix[max(row, column) * size + min(row, column)] += value
  }

  /// Adds to one element of the right side.
  mutating func add(_ value: Double, right row: Int) { right[row] += value }

  /// Adds weight·f·fᵀ and weight·value·f for an observation with features f.
  mutating func add(features: [Double], value: Double, weight: Double) {
    for row in 0..<size where features[row] != 0 {
      let product = weight * features[row]
      for column in 0...row { matrix[row * size + column] += product * features[column] }
      right[row] += product * value
    }
  }

  /// The solution by Cholesky's factors, or nil when the matrix is not positive definite.
  func solved() -> [Double]? {
    var factor = matrix
    for row in 0..<size {
      for column in 0...row {
        var sum = factor[row * size + column]
        for k in 0..<column { sum -= factor[row * size + k] * factor[column * size + k] }
        if row == column {
          guard sum > 1e-14 * abs(matrix[row * size + row]), sum.isFinite else { return nil }
          factor[row * size + row] = sum.squareRoot()
        } else {
          factor[row * size + column] = sum / factor[column * size + column]
        }
      }
    }
    var result = right
    for row in 0..<size {
      for k in 0..<row { result[row] -= factor[row * size + k] * result[k] }
      result[row] /= factor[row * size + row]
    }
    for row in (0..<size).reversed() {
      for k in row + 1..<max(size, row + 1) { result[row] -= factor[k * size + row] * result[k] }
      result[row] /= factor[row * size + row]
    }
    return result
  }
}
