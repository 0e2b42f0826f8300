// What the customers of one chunk have in common: the least and the most of what conditions ask of everybody.
// A scan passes over chunks in which nobody can be meant. No part of the state: neither saved nor hashed.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// Between what the statistics of some customers lie; the least are more than the most where there is nobody.
struct CustomerZone: Equatable, Sendable {
  /// x, days with an order after the first one.
  private(set) var leastRepeats = UInt32.max
  private(set) var mostRepeats: UInt32 = 0
  /// Days of first orders, of whoever has one.
  private(set) var leastFirst = UInt16.max
  private(set) var mostFirst: UInt16 = 0
  /// Days of last orders, of whoever has one.
  private(set) var leastLast = UInt16.max
  private(set) var mostLast: UInt16 = 0
  /// All that was spent, in minor units, added as conditions' fields do it: none is of one part of it alone.
  private(set) var leastSpend = Double.infinity
  private(set) var mostSpend = -Double.infinity
  /// Whether there is a customer without orders.
  private(set) var hasOrderless = false

  /// Whether there is a customer with an order.
  var hasOrders: Bool { leastFirst <= mostFirst }

  /// Whether a customer lies within.
  @inline(__always)
  func contains(_ row: CustomerRow) -> Bool {
    let spend = Self.spend(row)
    let isWithin =
      row.repeatOrders >= leastRepeats && row.repeatOrders <= mostRepeats
      && spend >= leastSpend && spend <= mostSpend
    if row.firstDay == CustomerRow.noDay { return isWithin && hasOrderless }
    return isWithin && row.firstDay >= leastFirst && row.firstDay <= mostFirst
      && row.lastDay >= leastLast && row.lastDay <= mostLast
  }

  /// Takes a customer in.
  mutating func include(_ row: CustomerRow) {
    let spend = Self.spend(row)
    leastRepeats = min(leastRepeats, row.repeatOrders)
    mostRepeats = max(mostRepeats, row.repeatOrders)
    leastSpend = min(leastSpend, spend)
    mostSpend = max(mostSpend, spend)
    if row.firstDay == CustomerRow.noDay {
      hasOrderless = true
      return
    }
    leastFirst = min(leastFirst, row.firstDay)
    mostFirst = max(mostFirst, row.firstDay)
    leastLast = min(leastLast, row.lastDay)
    mostLast = max(mostLast, row.lastDay)
  }

  @inline(__always)
  private static func spend(_ row: CustomerRow) -> Double {
    Double(row.firstSpendMinor) + Double(row.repeatSpendMinor)
  }

  /// Of nobody.
  init() {}

  /// Exactly that of the first rows of a chunk.
  ///
  /// - Parameters:
  ///   - count: how many rows, at most those of a chunk.
  ///   - block: a chunk of customers.
  init(ofRows count: Int, in block: Block) {
    let (bytes, size) = (block.bytes, CustomerRow.chunkRows * 8)
    func column(before: Int) -> Range<Int> {
      before * CustomerRow.chunkRows..<before * CustomerRow.chunkRows + size
    }
    let lines = bytes.extracting(column(before: 0))
    let firsts = bytes.extracting(column(before: CustomerRow.firstSpendBefore))
    let repeats = bytes.extracting(column(before: CustomerRow.repeatSpendBefore))
    // The last ones that are no eight one by one.
    let whole = count / 8 * 8
    let ends =
      switch Processor.level {
      #if arch(x86_64)
        case .v4: KernelsV4.ZoneKernel.ends(lines, firsts: firsts, repeats: repeats, count: whole)
        case .v3: KernelsV3.ZoneKernel.ends(lines, firsts: firsts, repeats: repeats, count: whole)
      #endif
      default: Kernels.ZoneKernel.ends(lines, firsts: firsts, repeats: repeats, count: whole)
      }
    (leastRepeats, mostRepeats) = ends.repeats
    (leastFirst, mostFirst) = ends.first
    (leastLast, mostLast) = ends.last
    (leastSpend, mostSpend) = ends.spend
    hasOrderless = ends.hasOrderless
    for row in whole..<count { include(block.load(row: row)) }
  }
}
