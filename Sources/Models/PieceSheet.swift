// Functions of a customer's age as polynomials, piece by piece, for Kernels' PieceTable to look up. Which
// functions is the business of OutlookTables.swift and its neighbours.

/// Smooth functions of T for each number of orders, tabulated and checked.
///
/// The variable is L = ln(1 + T/scale): what is tabulated has its nearest singularities at a distance of
/// about π in it, whatever T is. A piece has a width of at most ln 2/4 and a polynomial through six nodes of
/// Chebyshev's for each function; at two points between the nodes, where the error of such a
/// polynomial is largest, it is compared with the function. A piece that fails holds no numbers.
struct PieceSheet: Sendable {
  /// What L is relative to, in days.
  let scale: Double
  /// Pieces by length of L.
  let perLength: Double
  /// Pieces of a row.
  let pieces: Int
  /// Functions of a piece.
  let functions: Int
  /// Row by row and piece by piece, with one more piece that holds no numbers.
  private(set) var coefficients: [Double]
  /// The largest relative error found in a piece that is used.
  private(set) var largestError = 0.0
  /// Pieces that were found too far off.
  private(set) var failures = 0

  /// The largest relative error of a piece that is used.
  static let errorMax = 1e-10
  /// Coefficients of a polynomial.
  static let terms = 6
  /// Pieces by doubling of T + scale, the coarsest first.
  static let finenesses = [4.0, 8, 16]
  /// Rows for one piece of work.
  private static let rowsAtOnce = 4

  /// The number of the piece without numbers.
  var outside: Int { coefficients.count / (functions * Self.terms) - 1 }

  /// The functions of a row at eight ages; false where nobody needs them.
  typealias Functions = @Sendable (_ row: Double, _ ages: Lanes, _ values: inout [Lanes]) -> Bool

  /// Tabulates.
  ///
  /// - Parameters:
  ///   - rows: one for each x from 0 on.
  ///   - scale: in days, above 0.
  ///   - end: up to this age, in days.
  ///   - fineness: pieces by doubling.
  ///   - functions: how many.
  ///   - errorMax: the largest relative error of a piece that is used.
  ///   - crew: shares the work out.
  ///   - evaluate: the functions; it gets ages a little below 0 too.
  init(
    rows: Int, scale: Double, to end: Double, fineness: Double, functions: Int,
    errorMax: Double, crew: some FitCrew, _ evaluate: @escaping Functions
  ) {
    self.scale = scale
    self.functions = functions
    perLength = fineness / log(2)
    // One more than needed, so that no rounding finds the end.
    pieces = Int((log1p(end / scale) * perLength).rounded(.up)) + 2
    let ages = Self.ages(pieces, perLength: perLength, scale: scale)
    let stride = functions * Self.terms
    let perRow = pieces * stride
    let parts = crew.map((rows + Self.rowsAtOnce - 1) / Self.rowsAtOnce) { part in
      let first = part * Self.rowsAtOnce
      let taken = min(Self.rowsAtOnce, rows - first)
      var found = Part(
        coefficients: [Double](repeating: .nan, count: taken * perRow), largestError: 0, failures: 0
      )
      var values = [Lanes](repeating: .zero, count: functions)
      for row in 0..<taken {
        for piece in ages.indices where evaluate(Double(first + row), ages[piece], &values) {
          found.take(values, at: row * perRow + piece * stride, errorMax: errorMax)
        }
      }
      return found
    }
    coefficients = []
    coefficients.reserveCapacity(rows * perRow + stride)
    for part in parts {
      coefficients += part.coefficients
      largestError = max(largestError, part.largestError)
      failures += part.failures
    }
    for _ in 0..<stride { coefficients.append(.nan) }
  }

  /// Where an age lies in every row.
  struct Position {
    let piece: Int
    /// How far from the middle of the piece, in pieces.
    let offset: Double
  }

  /// Where an age lies.
  func position(ageDays: Double) -> Position {
    let position = log1p(ageDays / scale) * perLength
    return Position(piece: Int(position.rounded()), offset: position - position.rounded())
  }

  /// What the table says, for tables made of it.
  func value(_ function: Int, x: Int, _ position: Position) -> Double {
    let at = ((x * pieces + position.piece) * functions + function) * Self.terms
    var sum = 0.0
    for term in (0..<Self.terms).reversed() {
      sum = sum * position.offset + coefficients[at + term]
    }
    return sum
  }

  /// What a crew member found.
  private struct Part: Sendable {
    var coefficients: [Double]
    var largestError: Double
    var failures: Int

    /// Makes polynomials of the values of a piece, if they are good enough.
    mutating func take(_ values: [Lanes], at start: Int, errorMax: Double) {
      var error = 0.0
      for (function, value) in values.enumerated() {
        let at = start + function * terms
        for term in 0..<terms {
          var sum = 0.0
          for node in 0..<nodeCount { sum += PieceSheet.weights[node][term] * value[node] }
          coefficients[at + term] = sum
        }
        for check in nodeCount..<Lanes.scalarCount {
          var sum = 0.0
          for term in (0..<terms).reversed() {
            sum = sum * offsets[check] + coefficients[at + term]
          }
          let off = abs(sum - value[check]) / abs(value[check])
          // A NaN is refused as well.
          error = off <= errorMax ? max(error, off) : .infinity
        }
      }
      if error <= errorMax {
        largestError = max(largestError, error)
      } else {
        failures += 1
        for place in start..<start + values.count * terms { coefficients[place] = .nan }
      }
    }
  }

  private static let nodeCount = 6
  /// Which of a piece's points is its end.
  static let endPoint = nodeCount

  /// Where in a piece the functions are evaluated: six nodes, then an end and a place in between.
  private static let offsets: Lanes = {
    var offsets = Lanes.zero
    for node in 0..<nodeCount {
      offsets[node] = -0.5 * sin(Double(2 * node + 1 - nodeCount) * Double.pi / 12)
    }
    (offsets[6], offsets[7]) = (0.5, -0.25)
    return offsets
  }()

  /// The coefficients of the polynomials that are 1 at one node and 0 at the others.
  private static let weights: [[Double]] = (0..<nodeCount).map { node in
    var product = [1.0]
    for other in 0..<nodeCount where other != node {
      let distance = offsets[node] - offsets[other]
      var next = [Double](repeating: 0, count: product.count + 1)
      for (power, coefficient) in product.enumerated() {
        next[power + 1] += coefficient / distance
        next[power] -= coefficient * offsets[other] / distance
      }
      product = next
    }
    return product
  }

  /// The ages of each piece's points, in days.
  private static func ages(_ pieces: Int, perLength: Double, scale: Double) -> [Lanes] {
    (0..<pieces).map { piece in
      var ages = Lanes.zero
      for point in 0..<Lanes.scalarCount {
        ages[point] = scale * expm1((Double(piece) + offsets[point]) / perLength)
      }
      return ages
    }
  }
}
