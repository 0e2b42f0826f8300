// The parts of a condition that ask for ranges of orders and days: they are answered from customers' lines at
// once, without columns of numbers. Everything else of conditions is Rules' business.

import Models
import Offers
import Rules

/// Whole numbers from the least to the most, both included; none where they cross.
struct WholeRange: Equatable, Sendable {
  /// No value that is compared is further from 0, and no sum of few of these overflows.
  private static let limit = 1 << 40

  var least = -limit
  var most = limit

  /// All of them.
  init() {}

  /// Those that stand to a number in one of some relations: less 1, equal 2, greater 4; nil where that is no
  /// range.
  init?(_ relations: Int32, _ number: Double) {
    guard number.isFinite else { return nil }
    // Beyond the limit it makes no difference how far.
    let number = min(max(number, Double(-Self.limit)), Double(Self.limit))
    let (below, above) = (Int(number.rounded(.down)), Int(number.rounded(.up)))
    switch relations {
    case 1: most = above - 1
    case 2: (least, most) = (above, below)
    case 3: most = below
    case 4: least = below + 1
    case 6: least = above
    default: return nil
    }
  }

  func contains(_ number: Int) -> Bool { least <= number && number <= most }

  func intersection(_ other: WholeRange) -> WholeRange {
    var both = self
    (both.least, both.most) = (max(least, other.least), min(most, other.most))
    return both
  }

  /// The ends as numbers of a type; ends that cross where no such number is within.
  func ends<Number: FixedWidthInteger & UnsignedInteger>(
    upTo limit: Number
  ) -> (least: Number, most: Number) {
    let (low, high) = (max(least, 0), min(most, Int(limit)))
    return low <= high ? (Number(low), Number(high)) : (1, 0)
  }
}

/// What customers' orders and days must be, the whole of it.
struct LineFilter: Equatable, Sendable {
  /// The number of orders.
  private var orders = WholeRange()
  /// Days from the last order to today.
  private var idle = WholeRange()
  /// Days from the first order to today.
  private var age = WholeRange()
  private var first = WholeRange()
  /// Whether it holds for who has no order.
  private var hasOrderless = true

  /// A clause's question; nil where it asks for anything else.
  init?(_ clause: ArraySlice<RuleStep>) {
    let steps = Array(clause)
    guard let last = steps.last, last.operation == .end, let load = steps.first else { return nil }
    let range: WholeRange?
    switch steps.dropLast().map(\.operation) {
    case [.loadNumber, .compareNumberConstant]:
      range = WholeRange(steps[1].code, steps[1].number)
    case [.loadDay, .compareCodeConstant] where steps[1].index >= 0:
      range = WholeRange(steps[1].code, Double(steps[1].index))
    case [.loadNumber, .constantNumber, .constantNumber, .betweenNumbers]:
      range = WholeRange(6, steps[1].number).flatMap { least in
        WholeRange(3, steps[2].number).map(least.intersection)
      }
    case [.loadDay, .constantCode, .constantCode, .betweenCodes]
    where steps[1].code >= 0 && steps[2].code >= 0:
      range = WholeRange(6, Double(steps[1].code)).flatMap { least in
        WholeRange(3, Double(steps[2].code)).map(least.intersection)
      }
    default: return nil
    }
    guard let range, let column = ScanColumn(load) else { return nil }
    switch column {
    case .number(NumberField.orders.rawValue): (orders, hasOrderless) = (range, range.contains(0))
    case .number(NumberField.daysSinceOrder.rawValue): (idle, hasOrderless) = (range, false)
    case .number(NumberField.age.rawValue): (age, hasOrderless) = (range, false)
    case .day(.firstOrder): (first, hasOrderless) = (range, false)
    default: return nil
    }
  }

  /// Asks for something else, too.
  mutating func formIntersection(_ other: LineFilter) {
    orders = orders.intersection(other.orders)
    idle = idle.intersection(other.idle)
    age = age.intersection(other.age)
    first = first.intersection(other.first)
    hasOrderless = hasOrderless && other.hasOrderless
  }

  /// The same of numbers as lines have them.
  ///
  /// - Parameter today: the day that is asked about.
  /// - Returns: where a customer's numbers must lie.
  func ranges(on today: UInt16) -> LineRanges {
    let repeats = WholeRange(least: orders.least - 1, most: orders.most - 1)
    let first = first.intersection(age.before(today))
    let lastDay = CustomerRow.noDay - 1
    return LineRanges(
      repeats: repeats.ends(upTo: UInt32.max), first: first.ends(upTo: lastDay),
      last: idle.before(today).ends(upTo: lastDay), hasOrderless: hasOrderless)
  }
}

extension WholeRange {
  fileprivate init(least: Int, most: Int) { (self.least, self.most) = (least, most) }

  /// The days that lie so many days before another.
  fileprivate func before(_ day: UInt16) -> WholeRange {
    WholeRange(least: Int(day) - most, most: Int(day) - least)
  }
}

/// Where the numbers of a customer's line must lie, see FilterKernel.
struct LineRanges: Sendable {
  let repeats: (least: UInt32, most: UInt32)
  let first: (least: UInt16, most: UInt16)
  let last: (least: UInt16, most: UInt16)
  let hasOrderless: Bool
}
