// Sums from which ridge regressions over any set of folds are solved without going over rows again.

internal import Models

/// Σ w·x·xᵀ and Σ w·x·y of some rows.
struct RegressionSums: Sendable {
  let size: Int
  let octets: Int
  /// The lower triangle's rows, in octets: row r takes octets 0 to r/8.
  private var square: [Lanes]
  private var right: [Lanes]

  init(size: Int, octets: Int) {
    self.size = size
    self.octets = octets
    square = [Lanes](repeating: .zero, count: size * octets)
    right = [Lanes](repeating: .zero, count: octets)
  }

  /// Adds a row.
  mutating func add(_ row: [Lanes], value: Double, weight: Double) {
    var place = 0
    var octet = 0
    while place < size {
      let lanes = row[octet]
      let base = place
      for lane in 0..<min(8, size - base) {
        let factor = lanes[lane] * weight
        place = base + lane
        if factor != 0 {
          for other in 0...octet { square[place * octets + other] += row[other] * factor }
        }
      }
      place = base + 8
      octet += 1
    }
    for other in 0..<octets { right[other] += row[other] * (weight * value) }
  }

  static func += (sums: inout RegressionSums, other: RegressionSums) {
    for place in sums.square.indices { sums.square[place] += other.square[place] }
    for place in sums.right.indices { sums.right[place] += other.right[place] }
  }

  static func *= (sums: inout RegressionSums, factor: Double) {
    for place in sums.square.indices { sums.square[place] *= factor }
    for place in sums.right.indices { sums.right[place] *= factor }
  }

  /// One element of the matrix.
  func element(_ row: Int, _ column: Int) -> Double {
    let (high, low) = (max(row, column), min(row, column))
    return square[high * octets + low / 8][low % 8]
  }

  /// Σ w·x·y.
  var values: [Double] { (0..<size).map { right[$0 / 8][$0 % 8] } }

  /// Σ w.
  var weight: Double { element(0, 0) }

  /// The matrix times a vector.
  func times(_ vector: [Double]) -> [Double] {
    (0..<size).map { row in
      var sum = 0.0
      for column in 0..<size { sum += element(row, column) * vector[column] }
      return sum
    }
  }

  /// The factor of the matrix with penalties on its diagonal, or nil where that is not positive definite.
  func factor(_ penalties: [Double]) -> CholeskyFactor? {
    var triangle: [Double] = []
    triangle.reserveCapacity(size * (size + 1) / 2)
    for row in 0..<size {
      for column in 0...row {
        triangle.append(element(row, column) + (row == column ? penalties[row] : 0))
      }
    }
    return CholeskyFactor(triangle, size: size)
  }
}

extension [Double] {
  /// The numbers in octets, zeros behind the last.
  func inOctets(_ octets: Int) -> [Lanes] {
    var lanes = [Lanes](repeating: .zero, count: octets)
    for (place, value) in enumerated() { lanes[place / 8][place % 8] = value }
    return lanes
  }
}
