// Sums of columns, and who has no order, against one row at a time, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("CustomerKernel's sums")
struct CustomerSumsTests {
  /// What every build answers.
  private struct Sums: Equatable {
    var known = 0
    var sum: UInt64 = 0
    var least = Double.infinity
    var most = -Double.infinity
  }

  private static var levels: [Processor.Level] {
    Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
  }

  private static func found(_ column: [Double], _ level: Processor.Level) -> Sums {
    switch level {
    #if arch(x86_64)
      case .v4:
        let sums = KernelsV4.CustomerKernel.sums(column.span)
        return Sums(
          known: sums.known, sum: sums.sum.bitPattern, least: sums.least, most: sums.most)
      case .v3:
        let sums = KernelsV3.CustomerKernel.sums(column.span)
        return Sums(
          known: sums.known, sum: sums.sum.bitPattern, least: sums.least, most: sums.most)
    #endif
    default:
      let sums = Kernels.CustomerKernel.sums(column.span)
      return Sums(known: sums.known, sum: sums.sum.bitPattern, least: sums.least, most: sums.most)
    }
  }

  /// The same in sixteen sums that take turns, halves added to halves, and then what is left of an octet.
  private static func wanted(_ column: [Double]) -> Sums {
    var sums = [Double](repeating: 0, count: 16)
    let whole = column.count / 8 * 8
    for (row, value) in column.prefix(whole).enumerated() where value.isFinite {
      sums[row % 16] += value
    }
    for half in [8, 4, 2, 1] {
      for place in 0..<half { sums[place] += sums[place + half] }
    }
    var sum = sums[0]
    for value in column.dropFirst(whole) where value.isFinite { sum += value }
    let finite = column.filter(\.isFinite)
    return Sums(
      known: finite.count, sum: sum.bitPattern, least: finite.min() ?? .infinity,
      most: finite.max() ?? -.infinity)
  }

  @Test(
    "a column's sums are those of its finite numbers, to the bit on every processor",
    arguments: [0, 1, 7, 8, 9, 16, 23, 24, 32, 1000, 1024])
  func sums(rows: Int) {
    var random = SeededRandom(seed: UInt64(rows) + 11)
    print("seed \(rows + 11)")
    let odd = [Double.nan, .infinity, -.infinity]
    for share in [0, 1, 30, 100] {
      for _ in 0..<20 {
        let column = (0..<rows).map { _ in
          Int.random(in: 0..<100, using: &random) < share
            ? odd.randomElement(using: &random) ?? .nan
            : Double.random(in: -1e6...1e9, using: &random)
        }
        let wanted = Self.wanted(column)
        for level in Self.levels {
          #expect(Self.found(column, level) == wanted, "\(level), \(share) % are none")
        }
      }
    }
  }

  @Test("one number that is none is left out wherever it stands", arguments: [8, 16, 29, 64])
  func single(rows: Int) {
    for place in 0..<rows {
      for value in [Double.nan, .infinity, -.infinity] {
        var column = (0..<rows).map { Double($0) - 3.5 }
        column[place] = value
        for level in Self.levels {
          #expect(Self.found(column, level) == Self.wanted(column), "\(level) \(place) \(value)")
        }
      }
    }
  }

  @Test("a sum beyond the numbers is infinite, and the least and the largest number are told")
  func overflow() {
    var column = [Double](repeating: 1e308, count: 40)
    column[17] = -3
    for level in Self.levels {
      let found = Self.found(column, level)
      #expect(found.sum == Double.infinity.bitPattern && found.known == 40, "\(level)")
      #expect(found.least == -3 && found.most == 1e308, "\(level)")
    }
  }

  @Test("who has no order is seen wherever he stands, and nobody else is", arguments: [1, 5, 17])
  func orderless(octets: Int) {
    for place in -1..<octets * 8 {
      var lines = [SIMD16<UInt32>](repeating: .zero, count: octets)
      for row in 0..<octets * 8 {
        lines[row / 8].setCustomer(
          row % 8, repeatOrders: .max, firstDay: row == place ? .max : .max - 1, lastDay: .max)
      }
      for level in Self.levels {
        let found =
          switch level {
          #if arch(x86_64)
            case .v4: KernelsV4.CustomerKernel.hasOrderless(lines.span)
            case .v3: KernelsV3.CustomerKernel.hasOrderless(lines.span)
          #endif
          default: Kernels.CustomerKernel.hasOrderless(lines.span)
          }
        #expect(found == (place >= 0), "\(level) \(place)")
        var column = [Double](repeating: 7, count: octets * 8)
        var room = column.mutableSpan
        switch level {
        #if arch(x86_64)
          case .v4: KernelsV4.CustomerKernel.forget(lines.span, in: &room)
          case .v3: KernelsV3.CustomerKernel.forget(lines.span, in: &room)
        #endif
        default: Kernels.CustomerKernel.forget(lines.span, in: &room)
        }
        for row in column.indices {
          #expect(row == place ? column[row].isNaN : column[row] == 7, "\(level) \(place) \(row)")
        }
      }
    }
  }
}
