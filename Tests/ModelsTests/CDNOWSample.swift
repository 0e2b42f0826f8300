// Unpacks the tables of CDNOWFigures.

import Testing

@testable import Models

enum CDNOWSample {
  /// The comma separated numbers of each word of a table.
  private static func words(_ table: String) throws -> [[Int32]] {
    try table.split(whereSeparator: \.isWhitespace).map { word in
      try word.split(separator: ",").map { try #require(Int32($0)) }
    }
  }

  /// Σ ln of the days between successive days with an order, to the cut.
  static let sumOfLogGaps = 7690.605904818631

  /// All 2,357 customers, times in days.
  static func histories() throws -> GroupedHistories {
    var (x, recency, age): ([Int32], [Int32], [Int32]) = ([], [], [])
    for word in try words(CDNOWFigures.histories) {
      for _ in 0..<(word.count > 3 ? word[3] : 1) {
        x.append(word[0])
        recency.append(word[1])
        age.append(word[2])
      }
    }
    return try GroupedHistories(
      repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span,
      sumOfLogGaps: sumOfLogGaps)
  }

  /// All customers one by one, and their days with an order in the 273 days after the cut.
  static func holdout() throws -> (histories: [PurchaseHistory], actual: [Double]) {
    var histories: [PurchaseHistory] = []
    var actual: [Double] = []
    for word in try words(CDNOWFigures.holdout) {
      for _ in 0..<(word.count > 4 ? word[4] : 1) {
        histories.append(
          PurchaseHistory(
            repeatOrders: Double(word[0]), recencyDays: Double(word[1]), ageDays: Double(word[2])))
        actual.append(Double(word[3]))
      }
    }
    return (histories, actual)
  }

  /// x and m̄ of all 946 customers with repeat orders, free ones included.
  static func spend() throws -> (repeatOrders: [Double], meanSpend: [Double]) {
    var (x, mean): ([Double], [Double]) = ([], [])
    for word in try words(CDNOWFigures.spend) {
      for _ in 0..<(word.count > 2 ? word[2] : 1) {
        x.append(Double(word[0]))
        mean.append(Double(word[1]) / 100 / Double(word[0]))
      }
    }
    return (x, mean)
  }
}
