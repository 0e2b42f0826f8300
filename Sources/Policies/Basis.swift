// What regressions see of a row's features: one, the features standardised, and what of them is not
// straight: levels, bends and products.

internal import Models

/// A row's features as octets of numbers for a regression.
///
/// First 1, then each feature that varies, standardised; then, with a shrinkage of their own, indicators of
/// the levels of features with 3 to 12 of them, two bends of each other feature, and products of pairs where
/// features are few. Learnt from features only, never from rewards.
struct Basis: Sendable {
  /// A term behind the straight ones.
  private enum Term {
    case level(column: Int, value: Double)
    case bend(column: Int, at: Double)
    case product(Int, Int)
  }

  /// A feature that varies.
  private struct Column {
    var place: Int
    var centre: Double
    var scale: Double
  }

  private var columns: [Column] = []
  private var terms: [Term] = []
  /// Where each straight term comes from, and what was taken off and divided by.
  var straight: [(place: Int, centre: Double, scale: Double)] {
    columns.map { ($0.place, $0.centre, $0.scale) }
  }
  /// Centre and scale of each term.
  private var termScales: [(centre: Double, scale: Double)] = []
  /// 1 and the straight terms.
  let straightCount: Int
  /// All terms.
  let count: Int
  /// Octets that hold a row.
  let octets: Int

  /// How far from its centre a feature may count, in deviations.
  private static let farthest = 6.0

  /// Looks at the features.
  ///
  /// - Parameters:
  ///   - table: the rows.
  ///   - termsMax: no more terms than so many; the straight ones count first and are never left out.
  init(_ table: LoggedTable, termsMax: Int) {
    let (rows, width) = (table.count, table.width)
    for place in 0..<width {
      var sum = 0.0
      for row in 0..<rows { sum += table.features[row * width + place] }
      let centre = sum / Double(max(rows, 1))
      var square = 0.0
      for row in 0..<rows {
        let away = table.features[row * width + place] - centre
        square += away * away
      }
      let deviation = (square / Double(max(rows, 1))).squareRoot()
      if deviation > 1e-12 * max(abs(centre), 1e-300), deviation.isFinite {
        columns.append(Column(place: place, centre: centre, scale: deviation))
      }
    }
    straightCount = columns.count + 1
    // A few thousand rows, evenly taken, tell levels and quantiles.
    let step = max(rows / 4_096, 1)
    var candidates: [Term] = []
    for (number, column) in columns.enumerated() {
      let values = stride(from: 0, to: rows, by: step).map {
        table.features[$0 * width + column.place]
      }.sorted()
      var levels: [Double] = []
      for value in values where levels.last != value && levels.count <= 12 { levels.append(value) }
      if levels.count <= 2 { continue }
      if levels.count <= 12 {
        candidates += levels.map { .level(column: number, value: $0) }
      } else {
        candidates += [1, 2].map {
          .bend(column: number, at: (values[values.count * $0 / 3] - column.centre) / column.scale)
        }
      }
    }
    if columns.count <= 8 {
      for one in columns.indices {
        for other in 0..<one { candidates.append(.product(one, other)) }
      }
    }
    if straightCount + candidates.count <= termsMax { terms = candidates }
    count = straightCount + terms.count
    octets = (count + 7) / 8
    termScales = terms.map { _ in (0, 1) }
    var sums = [(Double, Double)](repeating: (0, 0), count: terms.count)
    var row = [Lanes](repeating: .zero, count: octets)
    var seen = 0.0
    for number in stride(from: 0, to: rows, by: step) {
      fill(&row, table, number)
      seen += 1
      for place in terms.indices {
        let value = row[(straightCount + place) / 8][(straightCount + place) % 8]
        sums[place].0 += value
        sums[place].1 += value * value
      }
    }
    termScales = sums.map { sum, squares in
      let centre = sum / seen
      let deviation = max(squares / seen - centre * centre, 0).squareRoot()
      // A rare level must not move its few rows by much without evidence.
      return (centre, max(deviation, 0.1))
    }
  }

  /// Writes the terms of a row; lanes behind the last are 0.
  func fill(_ octets: inout [Lanes], _ table: LoggedTable, _ row: Int) {
    let start = row * table.width
    octets[0][0] = 1
    for (number, column) in columns.enumerated() {
      let z = (table.features[start + column.place] - column.centre) / column.scale
      octets[(number + 1) / 8][(number + 1) % 8] = min(max(z, -Self.farthest), Self.farthest)
    }
    for (number, term) in terms.enumerated() {
      let value: Double
      switch term {
      case .level(let column, let level):
        value = table.features[start + columns[column].place] == level ? 1 : 0
      case .bend(let column, let knot):
        value = max(octets[(column + 1) / 8][(column + 1) % 8] - knot, 0)
      case .product(let one, let other):
        value = octets[(one + 1) / 8][(one + 1) % 8] * octets[(other + 1) / 8][(other + 1) % 8]
      }
      let place = straightCount + number
      octets[place / 8][place % 8] = (value - termScales[number].centre) / termScales[number].scale
    }
  }

  /// Σ a·b over octets.
  @inline(__always)
  static func product(_ a: [Lanes], _ b: [Lanes]) -> Double {
    var sum = Lanes.zero
    for place in 0..<a.count { sum += a[place] * b[place] }
    var total = 0.0
    for lane in 0..<8 { total += sum[lane] }
    return total
  }
}
