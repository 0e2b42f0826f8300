// The reliability table: sizes, means, and customers who are told the same.

import Testing

@testable import Models

@Suite("Reliability")
struct ReliabilityTests {
  @Test("a hundred customers make ten groups by rising prediction")
  func groups() throws {
    // Shuffled, for 37 and 101 have no common divisor; who comes last in each ten comes true.
    let rows = (0..<101).map { $0 * 37 % 101 }
    let predicted = rows.map { Double($0) / 200 }
    let happened = rows.map { $0 % 10 == 9 }
    let table = try Reliability(predicted: predicted.span, happened: happened.span)
    #expect(table.groups.map(\.customers) == [10, 10, 10, 10, 10, 10, 10, 10, 10, 11])
    for (part, group) in table.groups.enumerated().dropLast() {
      #expect(abs(group.predicted - (Double(part * 10) + 4.5) / 200) < 1e-12)
      #expect(group.observed == 0.1)
    }
  }

  @Test("customers who are told the same share what came of them, in whatever order they come")
  func ties() throws {
    let predicted = [Double](repeating: 0.25, count: 40)
    let happened = (0..<40).map { $0 < 10 }
    let table = try Reliability(predicted: predicted.span, happened: happened.span)
    #expect(table.groups.count == 10)
    for group in table.groups {
      #expect(group == Reliability.Group(customers: 4, predicted: 0.25, observed: 0.25))
    }
  }

  @Test("few customers make few groups, columns of different length are an error")
  func few() throws {
    let one = [1.0]
    let yes = [true]
    let none: [Bool] = []
    let table = try Reliability(predicted: one.span, happened: yes.span)
    #expect(table.groups.map(\.customers) == [1] && table.groups.map(\.observed) == [1])
    #expect(throws: ModelError.self) {
      try Reliability(predicted: one.span, happened: none.span)
    }
  }
}
