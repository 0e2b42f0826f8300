// Which chunks of customers a scan can pass over: those whose zone says that its condition holds for nobody.

import Offers
import Rules

/// The chunks in which a condition can hold, found from their zones.
struct ScanZones {
  /// The parts of the condition that zones tell something of; none where nothing can be passed over.
  private let programs: [RuleProgram]
  private let zones: [CustomerZone]
  private let instant: ZoneInstant
  private var reach = RuleReach()

  init(_ plan: ScanPlan, _ view: ScanView) {
    // Of a past day zones tell nothing: rows are made anew from the orders up to it.
    let all = view.looksBack ? [] : plan.condition?.programs ?? []
    programs = all.filter { $0.columns.contains(where: ZoneInstant.hasZone) }
    zones = view.store.customers.zones
    instant = ZoneInstant(view, plan.texts, Set(programs.flatMap(\.columns)))
  }

  /// Whether the condition can hold for a customer of a chunk.
  ///
  /// - Parameter chunk: its number.
  /// - Returns: false only where it holds for nobody.
  mutating func canHold(in chunk: Int) -> Bool {
    if programs.isEmpty { return true }
    let (zone, instant) = (zones[chunk], instant)
    for program in programs {
      let canHold = reach.canHold(program) { step in instant.range(of: step, zone) }
      if !canHold { return false }
    }
    return true
  }
}

/// What turns zones into the ranges of columns: the same operations that make the columns' values, see
/// ``CustomerLoops`` and ``ScanColumns``.
private struct ZoneInstant {
  private let day: Int32
  private let majorPerMinor: Double
  /// Columns that have one value for everybody.
  private var shared: [(column: ScanColumn, value: Double)] = []

  init(_ view: ScanView, _ texts: ScanTexts, _ columns: Set<ScanColumn>) {
    day = Int32(view.day)
    majorPerMinor = view.majorPerMinor
    var calendar = Offers.Facts()
    calendar.setCalendar(today: day, birthday: nil, firstOrder: nil)
    for column in columns {
      switch column {
      case .number(NumberField.weekday.rawValue): shared.append((column, calendar[.weekday]))
      case .number(NumberField.month.rawValue): shared.append((column, calendar[.month]))
      case .day(.today): shared.append((column, Double(day)))
      case .truth(TruthSlot.newCustomer): shared.append((column, 0))
      case .quantile(let text, let share):
        shared.append((column, view.quantile(texts.texts[Int(text)], share)))
      default: break
      }
    }
  }

  /// Whether zones tell something of a column, or it has one value for everybody.
  static func hasZone(_ column: ScanColumn) -> Bool {
    switch column {
    case .number(let slot):
      switch NumberField(rawValue: slot) {
      case .orders, .daysSinceOrder, .age, .totalSpend, .meanSpend, .weekday, .month: true
      default: false
      }
    case .day(let field): field == .firstOrder || field == .today
    case .truth(TruthSlot.newCustomer), .quantile: true
    default: false
    }
  }

  /// Where the values lie that a step reads, of all customers of a zone.
  func range(of step: RuleStep, _ zone: CustomerZone) -> RuleRange {
    guard let column = ScanColumn(step) else { return .anything }
    switch column {
    case .number(NumberField.orders.rawValue):
      let known = zone.hasOrders ? orders(zone) : RuleRange(1, 0)
      return zone.hasOrderless ? known.including(0) : known
    case .number(NumberField.daysSinceOrder.rawValue):
      return known(zone, Double(day - Int32(zone.mostLast)), Double(day - Int32(zone.leastLast)))
    case .number(NumberField.age.rawValue):
      return known(zone, Double(day - Int32(zone.mostFirst)), Double(day - Int32(zone.leastFirst)))
    case .number(NumberField.totalSpend.rawValue): return spend(zone)
    case .number(NumberField.meanSpend.rawValue): return spend(zone) / orders(zone)
    case .day(.firstOrder):
      return known(zone, Double(zone.leastFirst), Double(zone.mostFirst))
    default:
      return shared.first { $0.column == column }.map { RuleRange(of: $0.value) } ?? .anything
    }
  }

  private func spend(_ zone: CustomerZone) -> RuleRange {
    known(zone, zone.leastSpend * majorPerMinor, zone.mostSpend * majorPerMinor)
  }

  /// Of whoever has one.
  private func orders(_ zone: CustomerZone) -> RuleRange {
    RuleRange(Double(zone.leastRepeats) + 1, Double(zone.mostRepeats) + 1)
  }

  /// What is known of whoever has an order, and of nobody else.
  private func known(_ zone: CustomerZone, _ least: Double, _ most: Double) -> RuleRange {
    zone.hasOrders ? RuleRange(least, most, hasUnknown: zone.hasOrderless) : .unknown
  }
}
