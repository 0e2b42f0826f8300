// Sums for regressions with a handful of unknowns, and the solution of their equations.

/// A symmetric positive definite system of a few equations.
struct NormalEquations: Sendable {
  let size: Int
  /// The lower triangle, row by row.
  private var triangle: [Double]
  private var right: [Double]

  init(_ size: Int) {
    self.size = size
    triangle = [Double](repeating: 0, count: size * (size + 1) / 2)
    right = [Double](repeating: 0, count: size)
  }

  /// Adds to one element of the matrix, and to its mirror image.
  mutating func add(_ value: Double, row: Int, column: Int) {
    let (low, high) = (min(row, column), max(row, column))
    triangle[high * (high + 1) / 2 + low] += value
  }

  /// Adds to one element of the right side.
  mutating func add(_ value: Double, right row: Int) { right[row] += value }

  /// Adds weight·f·fᵀ and weight·value·f for an observation with features f.
  mutating func add(features: [Double], value: Double, weight: Double) {
    for row in 0..<size where features[row] != 0 {
      for column in 0...row {
        add(weight * features[row] * features[column], row: row, column: column)
      }
      right[row] += weight * features[row] * value
    }
  }

  /// The solution, or nil when the matrix is not positive definite.
  func solved() -> [Double]? {
    CholeskyFactor(triangle, size: size)?.solve(right)
  }
}

/// The triangular factor of a positive definite matrix of any size.
public struct CholeskyFactor: Sendable {
  private let size: Int
  private var rows: [[Double]]

  /// Factorises; nil when the matrix is not positive definite.
  ///
  /// - Parameters:
  ///   - triangle: the lower triangle, row by row.
  ///   - size: rows of the matrix.
  /// - Complexity: O(size³).
  public init?(_ triangle: [Double], size: Int) {
    self.size = size
    rows = []
    for row in 0..<size {
      var new = Array(triangle[(row * (row + 1) / 2)..<((row + 1) * (row + 2) / 2)])
      for column in 0...row {
        for k in 0..<column {
          new[column] -= new[k] * (column < row ? rows[column][k] : new[k])
        }
        if column < row {
          new[column] /= rows[column][column]
        } else {
          guard new[row] > 0, new[row].isFinite else { return nil }
          new[row] = new[row].squareRoot()
        }
      }
      rows.append(new)
    }
  }

  /// Solves matrix · x = right.
  ///
  /// - Parameter right: as many numbers as the matrix has rows.
  /// - Returns: x.
  public func solve(_ right: [Double]) -> [Double] {
    var x = right
    for row in 0..<size {
      for k in 0..<row { x[row] -= rows[row][k] * x[k] }
      x[row] /= rows[row][row]
    }
    for row in (0..<size).reversed() {
      for k in row + 1..<size { x[row] -= rows[k][row] * x[k] }
      x[row] /= rows[row][row]
    }
    return x
  }

  /// The diagonal of the inverse matrix; O(size³).
  public var inverseDiagonal: [Double] {
    (0..<size).map { place in
      var unit = [Double](repeating: 0, count: size)
      unit[place] = 1
      return solve(unit)[place]
    }
  }

  /// The logarithm of the matrix's determinant.
  public var logDeterminant: Double {
    2 * (0..<size).reduce(0) { $0 + log(rows[$1][$1]) }
  }
}
