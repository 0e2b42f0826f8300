// How lifetime value is spread over customers: about twenty bins with round edges.

import Wire

/// Values in bins of one width and an open one at the end, with their middle and mean.
struct ValueHistogram: Equatable {
  private(set) var bins: [ReportReply.Bin] = []
  private(set) var median = 0.0
  private(set) var mean = 0.0

  /// The most bins that are closed.
  private static let closedMax = 20.0

  /// Sorts values into bins up to about the 98th percentile.
  ///
  /// - Parameter values: at least 0, in any order; without any there are no bins.
  init(_ values: [Double]) {
    guard !values.isEmpty else { return }
    let sorted = values.sorted()
    let count = sorted.count
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    mean = sorted.reduce(0, +) / Double(count)

    let edges = Self.edges(to: sorted[min(count - 1, count * 98 / 100)])
    var from = 0
    for (place, edge) in edges.enumerated() {
      let isLast = place + 1 == edges.count
      let end = isLast ? count : Self.first(in: sorted, from: from, notBelow: edges[place + 1])
      bins.append(ReportReply.Bin(lowerEdge: edge, customers: UInt64(end - from)))
      from = end
    }
  }

  /// 0 and the multiples of 1, 2 or 5 times a power of ten, up to the first not below a value.
  private static func edges(to top: Double) -> [Double] {
    for exponent in -6...18 {
      let power = (0..<abs(exponent)).reduce(1.0) { power, _ in power * 10 }
      for digit in [1.0, 2, 5] {
        // Divided, not multiplied, so that 0.3 is 0.3.
        func edge(_ place: Double) -> Double {
          exponent < 0 ? place * digit / power : place * digit * power
        }
        if edge(closedMax) >= top {
          var edges = [0.0]
          while let last = edges.last, last < top { edges.append(edge(Double(edges.count))) }
          return edges
        }
      }
    }
    return [0]
  }

  /// The first place with a value that is not below another.
  private static func first(in sorted: [Double], from: Int, notBelow value: Double) -> Int {
    var (low, high) = (from, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
