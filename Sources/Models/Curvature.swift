// A log-likelihood with its first and second derivatives; its maximum is found in Newton.swift.

/// A 4×4 matrix by rows.
typealias Matrix4 = InlineArray<4, SIMD4<Double>>

/// A value with its gradient and Hessian in up to four parameters.
struct Curvature: Sendable {
  var value = 0.0
  var gradient = SIMD4<Double>.zero
  /// The rows of the symmetric matrix of second derivatives.
  var hessian = Matrix4(repeating: .zero)

  static func += (sum: inout Self, other: Self) {
    sum.value += other.value
    sum.gradient += other.gradient
    for row in 0..<4 { sum.hessian[row] += other.hessian[row] }
  }

  static func * (factor: Double, curvature: Self) -> Self {
    var product = curvature
    product.value *= factor
    product.gradient *= factor
    for row in 0..<4 { product.hessian[row] *= factor }
    return product
  }
}
