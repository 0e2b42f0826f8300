// Grouping: nothing is lost, order does not matter, impossible rows are refused with their number.

import Testing

@testable import Models

@Suite("GroupedHistories")
struct GroupedHistoriesTests {
  static func grouped(
    _ x: [Int32], _ recency: [Int32], _ age: [Int32]
  ) throws(ModelError) -> GroupedHistories {
    try GroupedHistories(
      repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span)
  }

  @Test("equal histories are counted once, in any order")
  func counts() throws {
    let histories = try Self.grouped([0, 2, 0, 2, 1], [0, 9, 0, 9, 4], [30, 20, 30, 20, 4])
    #expect(histories.customers == 5 && histories.repeatOrders == 5)
    #expect(
      histories.groups.map {
        [Int($0.repeatOrders), Int($0.recencyDays), Int($0.ageDays), $0.customers]
      }
        == [[0, 0, 30, 2], [1, 4, 4, 1], [2, 9, 20, 2]])
    let turned = try Self.grouped([1, 2, 0, 2, 0], [4, 9, 0, 9, 0], [4, 20, 30, 20, 30])
    #expect(turned.groups == histories.groups)
  }

  @Test(
    "impossible histories are refused with their row",
    arguments: [
      (-1, 0, 5), (0, 1, 5), (1, 0, 5), (1, 6, 5), (7, 6, 9), (1, -1, 5), (0, 0, -1),
      (0, 0, 1 << 21), (.max, .max, .max),
    ] as [(Int32, Int32, Int32)])
  func impossible(x: Int32, recency: Int32, age: Int32) {
    do throws(ModelError) {
      _ = try Self.grouped([0, x], [0, recency], [3, age])
      Issue.record("accepted \(x), \(recency), \(age)")
    } catch {
      guard case .impossibleHistory(let row, let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(row == 1 && !reason.isEmpty)
      #expect(error.description.hasPrefix("Row 1 is no customer's history: "))
    }
  }

  @Test("columns of different length are an error")
  func unequal() {
    #expect(throws: ModelError.unequalColumns(name: "age", count: 0, expected: 1)) {
      try Self.grouped([0], [0], [])
    }
  }

  @Test("the longest possible history is kept whole")
  func extremes() throws {
    let most = GroupedHistories.daysMax
    let histories = try Self.grouped([most, 1], [most, most], [most, most])
    #expect(histories.groups.map(\.repeatOrders) == [1, most])
    #expect(
      histories.groups.allSatisfy { $0.recencyDays == Double(most) && $0.ageDays == Double(most) })
  }
}
