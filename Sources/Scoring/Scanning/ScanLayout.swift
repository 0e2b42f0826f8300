// Where the columns of a scan lie in a thread's memory: found once for a question, the same for all threads.

import Models
import Offers
import Rules

/// Where each column that is needed lies among those of its kind.
struct ScanLayout: Sendable {
  /// Rows of a column.
  static let rowsMax = RowSet.rowsMax

  /// The scores that are needed; their columns come first, in the order in which models give them.
  let kinds: ScoreKinds
  /// Where the values of each column begin among those of its kind.
  private(set) var starts: [Int] = []
  /// Values of all columns of a kind.
  private(set) var sizes: (numbers: Int, codes: Int, days: Int, truths: Int)
  /// The numbers of the columns of the five scores, in the order of their kinds; nil for those not needed.
  private(set) var scorePlaces = [Int?](repeating: nil, count: 5)
  private var numberPlaces = [Int](repeating: -1, count: CustomerFields.More.end)
  private var codePlaces = [Int](repeating: -1, count: LevelSlot.tier + 1)
  private var dayPlaces = [Int](repeating: -1, count: DayField.allCases.count)
  private var truthPlaces = [Int](repeating: -1, count: CustomerFields.truthsEnd)
  private var callPlaces: [(function: Int, text: Int32, number: Double, place: Int)] = []

  /// Lays columns out.
  init(_ needs: Set<ScanColumn>) {
    var needs = needs
    if needs.contains(.number(CustomerFields.More.netValue)) {
      needs.insert(.number(NumberField.totalSpend.rawValue))
      needs.insert(.number(NumberField.lifetimeValue.rawValue))
    }
    kinds = needs.reduce(into: []) { $0.formUnion($1.scores) }
    sizes = (kinds.count * Self.rowsMax, 0, 0, 0)
    for column in needs { add(column) }
  }

  /// How many columns there are.
  var count: Int { starts.count }

  private mutating func add(_ column: ScanColumn) {
    let place = starts.count
    switch column {
    case .number(let slot):
      numberPlaces[slot] = place
      if !column.isNetValue, column.scores != [], let score = kinds.column(of: column.scores) {
        scorePlaces[column.scores.rawValue.trailingZeroBitCount] = place
        starts.append(score * Self.rowsMax)
      } else {
        addNumbers()
      }
    case .quantile(let text, let number):
      callPlaces.append((CustomerFields.quantile, text, number, place))
      addNumbers()
    case .code(let field):
      codePlaces[field.slot] = place
      starts.append(sizes.codes)
      sizes.codes += Self.rowsMax
    case .day(let field):
      dayPlaces[field.rawValue] = place
      starts.append(sizes.days)
      sizes.days += Self.rowsMax
    case .truth(let slot):
      truthPlaces[slot] = place
      addTruths()
    case .category(let question, let text):
      callPlaces.append((question.rawValue, text, 0, place))
      addTruths()
    }
  }

  private mutating func addNumbers() {
    starts.append(sizes.numbers)
    sizes.numbers += Self.rowsMax
  }

  private mutating func addTruths() {
    starts.append(sizes.truths)
    sizes.truths += Self.rowsMax / 64
  }

  // MARK: Looking up

  /// The number of a column.
  func place(of column: ScanColumn) -> Int {
    let place =
      switch column {
      case .number(let slot): numberPlaces[slot]
      case .code(let field): codePlaces[field.slot]
      case .day(let field): dayPlaces[field.rawValue]
      case .truth(let slot): truthPlaces[slot]
      case .category(let question, let text): call(question.rawValue, text, 0)
      case .quantile(let text, let share): call(CustomerFields.quantile, text, share)
      }
    precondition(place >= 0, "a column is asked for that was not said to be needed")
    return place
  }

  /// Where the values of a number begin.
  func numbers(at slot: Int) -> Int { starts[numberPlaces[slot]] }

  /// Where the codes of a text or level begin.
  func codes(at slot: Int) -> Int { starts[codePlaces[slot]] }

  /// Where the values of a day begin.
  func days(at slot: Int) -> Int { starts[dayPlaces[slot]] }

  /// Where the words of a yes/no begin.
  func truths(at slot: Int) -> Int { starts[truthPlaces[slot]] }

  /// Where the answers of a function begin.
  func answers(of function: Int, _ arguments: RuleArguments) -> Int {
    starts[call(function, arguments.text, arguments.number)]
  }

  private func call(_ function: Int, _ text: Int32, _ number: Double) -> Int {
    callPlaces.first { $0.function == function && $0.text == text && $0.number == number }?.place
      ?? -1
  }
}
