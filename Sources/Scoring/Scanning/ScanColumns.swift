// The rows of a batch as columns: who they are, and what conditions read of them. How each column is filled is in
// ScanColumns+….

import Models
import Offers
import Rules

/// At most 1,024 customers, column by column; a column is filled for the rows that it is needed for.
struct ScanColumns: ~Copyable {
  static let rowsMax = RowSet.rowsMax

  let view: ScanView
  let texts: ScanTexts
  /// All that may be asked for.
  let needs: Set<ScanColumn>
  /// The scores among that.
  let kinds: ScoreKinds

  /// Whether the sums of later days, and of first days, are read.
  private let needsRepeats: Bool
  private let needsFirsts: Bool
  /// The places of the five scores, in the order of their kinds; nil for those that are not needed.
  let scorePlaces: [Int?]

  private(set) var count = 0
  /// All rows of the batch.
  private(set) var all = RowSet()
  // What is read of every row.
  private(set) var rows: [UInt32]
  private(set) var repeatOrders: [UInt32]
  private(set) var firstDays: [UInt16]
  private(set) var lastDays: [UInt16]
  private(set) var repeatMinor: [Int64]
  private(set) var firstMinor: [Int64]

  // Where each column lies, and for which rows it is filled.
  private var numberPlaces = [Int](repeating: -1, count: CustomerFields.More.end)
  private var codePlaces = [Int](repeating: -1, count: LevelSlot.tier + 1)
  private var dayPlaces = [Int](repeating: -1, count: DayField.allCases.count)
  private var truthPlaces = [Int](repeating: -1, count: CustomerFields.truthsEnd)
  private var callPlaces: [(function: Int, text: Int32, number: Double, place: Int)] = []
  var filled: [RowSet] = []
  var numbers: [Double] = []
  var codes: [Int32] = []
  /// Customers' texts as they are kept, beside their codes.
  var raws: [UInt32] = []
  var days: [Int32] = []
  var yes: [UInt64] = []
  var no: [UInt64] = []
  /// The places of each kind of column, in multiples of `rowsMax` rows.
  private var starts: [Int] = []
  // Memory that is used again.
  var scores: [Double]
  var few: FewRows
  var desk = DecisionDesk()

  /// Takes the memory for some columns.
  init(_ view: ScanView, _ texts: ScanTexts, needs: Set<ScanColumn>) {
    self.view = view
    self.texts = texts
    var needs = needs
    if needs.contains(.number(CustomerFields.More.netValue)) {
      needs.insert(.number(NumberField.totalSpend.rawValue))
      needs.insert(.number(NumberField.lifetimeValue.rawValue))
    }
    self.needs = needs
    kinds = needs.reduce(into: []) { $0.formUnion($1.scores) }
    needsFirsts = [NumberField.totalSpend, .meanSpend, .returnedShare].contains {
      needs.contains(.number($0.rawValue))
    }
    needsRepeats = needsFirsts || !kinds.isDisjoint(with: [.spend, .value])
    let count = Self.rowsMax
    rows = [UInt32](repeating: 0, count: count)
    repeatOrders = rows.map { $0 }
    firstDays = [UInt16](repeating: 0, count: count)
    lastDays = firstDays.map { $0 }
    repeatMinor = [Int64](repeating: 0, count: count)
    firstMinor = repeatMinor.map { $0 }
    scores = [Double](repeating: 0, count: kinds.count * count)
    few = FewRows(kinds.isEmpty ? 0 : count)
    // The scores first, in the order in which models give them.
    var ends = (numbers: kinds.count * count, codes: 0, days: 0, truths: 0)
    var scorePlaces = [Int?](repeating: nil, count: 5)
    for column in needs {
      if !column.isNetValue, column.scores != [] {
        scorePlaces[column.scores.rawValue.trailingZeroBitCount] = filled.count
      }
      filled.append(RowSet())
      switch column {
      case .number(let slot):
        numberPlaces[slot] = filled.count - 1
        if column.scores != [], !column.isNetValue, let score = kinds.column(of: column.scores) {
          starts.append(score * count)
        } else {
          starts.append(ends.numbers)
          ends.numbers += count
        }
      case .quantile(let text, let number):
        callPlaces.append((CustomerFields.quantile, text, number, filled.count - 1))
        starts.append(ends.numbers)
        ends.numbers += count
      case .code(let field):
        codePlaces[field.slot] = filled.count - 1
        starts.append(ends.codes)
        ends.codes += count
      case .day(let field):
        dayPlaces[field.rawValue] = filled.count - 1
        starts.append(ends.days)
        ends.days += count
      case .truth(let slot):
        truthPlaces[slot] = filled.count - 1
        starts.append(ends.truths)
        ends.truths += count / 64
      case .category(let question, let text):
        callPlaces.append((question.rawValue, text, 0, filled.count - 1))
        starts.append(ends.truths)
        ends.truths += count / 64
      }
    }
    self.scorePlaces = scorePlaces
    numbers = [Double](repeating: .nan, count: ends.numbers)
    codes = [Int32](repeating: RuleCode.unknown, count: ends.codes)
    raws = [UInt32](repeating: 0, count: ends.codes)
    days = [Int32](repeating: RuleCode.unknown, count: ends.days)
    yes = [UInt64](repeating: 0, count: ends.truths)
    no = yes.map { $0 }
  }

  /// The number under which a column is known here.
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

  /// Where a column's values begin among those of its kind.
  func start(of place: Int) -> Int { starts[place] }

  // MARK: Rows

  /// Takes rows that follow each other in one chunk.
  mutating func load(_ range: Range<Int>, of block: Block, from first: UInt32) {
    begin(range.count)
    for place in 0..<range.count { rows[place] = first + UInt32(range.lowerBound + place) }
    if view.looksBack {
      readBack()
      return
    }
    CustomerRow.readDays(
      range, of: block, repeatOrders: &repeatOrders, firstDays: &firstDays, lastDays: &lastDays)
    if needsRepeats { CustomerRow.readRepeats(range, of: block, into: &repeatMinor) }
    if needsFirsts { CustomerRow.readFirsts(range, of: block, into: &firstMinor) }
  }

  /// Takes some rows, wherever they are.
  mutating func load(_ some: Span<UInt32>) {
    begin(some.count)
    for place in some.indices { rows[place] = some[place] }
    if view.looksBack {
      readBack()
      return
    }
    for place in some.indices {
      let row = view.store.customers[some[place]]
      set(Statistics(row), at: place)
    }
  }

  private mutating func begin(_ count: Int) {
    precondition(count <= Self.rowsMax, "a batch has at most \(Self.rowsMax) rows")
    self.count = count
    all = RowSet(first: count)
    for place in filled.indices { filled[place] = RowSet() }
  }

  /// Makes all rows anew from the orders up to the day.
  private mutating func readBack() {
    for place in 0..<count {
      set(view.statistics(of: view.store.customers[rows[place]]), at: place)
    }
  }

  private mutating func set(_ statistics: Statistics, at place: Int) {
    repeatOrders[place] = statistics.repeatOrders
    firstDays[place] = statistics.firstDay
    lastDays[place] = statistics.lastDay
    repeatMinor[place] = statistics.repeatSpendMinor
    firstMinor[place] = statistics.firstSpendMinor
  }

  /// A row's statistics as of the day.
  func statistics(at place: Int) -> Statistics {
    var statistics = Statistics()
    statistics.repeatOrders = repeatOrders[place]
    statistics.firstDay = firstDays[place]
    statistics.lastDay = lastDays[place]
    statistics.repeatSpendMinor = repeatMinor[place]
    statistics.firstSpendMinor = firstMinor[place]
    return statistics
  }

  // MARK: What was filled

  /// A number of a row.
  func number(_ place: Int, _ row: Int) -> Double { numbers[starts[place] + row] }

  /// A text of a row, as it is kept.
  func raw(_ place: Int, _ row: Int) -> UInt32 { raws[starts[place] + row] }

  func day(_ place: Int, _ row: Int) -> Int32 { days[starts[place] + row] }

  func truth(_ place: Int, _ row: Int) -> Truth {
    let (word, bit) = (starts[place] + row >> 6, UInt64(1) << UInt64(row & 63))
    return yes[word] & bit != 0 ? .yes : no[word] & bit != 0 ? .no : .unknown
  }
}

extension ScanColumns: RuleColumns {
  @_lifetime(borrow self)
  func numbers(at slot: Int) -> Span<Double> {
    let start = starts[numberPlaces[slot]]
    return numbers.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func codes(at slot: Int) -> Span<Int32> {
    let start = starts[codePlaces[slot]]
    return codes.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func days(at slot: Int) -> Span<Int32> {
    let start = starts[dayPlaces[slot]]
    return days.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func truths(at slot: Int) -> RuleTruths { truths(from: starts[truthPlaces[slot]]) }

  @_lifetime(borrow self)
  func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double> {
    let start = starts[call(function, arguments.text, arguments.number)]
    return numbers.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths {
    truths(from: starts[call(function, arguments.text, arguments.number)])
  }

  @_lifetime(borrow self)
  private func truths(from start: Int) -> RuleTruths {
    let words = start..<start + Self.rowsMax / 64
    return RuleTruths(yes: yes.span.extracting(words), no: no.span.extracting(words))
  }

  private func call(_ function: Int, _ text: Int32, _ number: Double) -> Int {
    callPlaces.first { $0.function == function && $0.text == text && $0.number == number }?.place
      ?? -1
  }
}

extension CustomerRow {
  /// Where the columns that scans read begin, in bytes of a row before them.
  private static let repeatSpendBefore = 16
  private static let firstSpendBefore = 24

  /// Reads x and the days of rows of a chunk, a line of eight rows at a time.
  ///
  /// - Parameters:
  ///   - range: the rows, from a multiple of eight on.
  ///   - block: the chunk.
  static func readDays(
    _ range: Range<Int>, of block: Block, repeatOrders: inout [UInt32],
    firstDays: inout [UInt16], lastDays: inout [UInt16]
  ) {
    precondition(range.lowerBound % 8 == 0, "a batch begins with a line")
    var x = repeatOrders.mutableSpan
    var first = firstDays.mutableSpan
    var last = lastDays.mutableSpan
    var place = 0
    while place < range.count {
      let line = (range.lowerBound + place) * 8
      let (orders, firsts, lasts) = (
        block.load(SIMD8<UInt32>.self, at: line), block.load(SIMD8<UInt16>.self, at: line + 32),
        block.load(SIMD8<UInt16>.self, at: line + 48)
      )
      x.put(orders, at: place)
      first.put(firsts, at: place)
      last.put(lasts, at: place)
      place += 8
    }
  }

  /// Reads the sums of later days of rows of a chunk.
  static func readRepeats(_ range: Range<Int>, of block: Block, into sums: inout [Int64]) {
    readSums(range, of: block, before: repeatSpendBefore, into: &sums)
  }

  /// Reads the sums of first days of rows of a chunk.
  static func readFirsts(_ range: Range<Int>, of block: Block, into sums: inout [Int64]) {
    readSums(range, of: block, before: firstSpendBefore, into: &sums)
  }

  private static func readSums(
    _ range: Range<Int>, of block: Block, before: Int, into sums: inout [Int64]
  ) {
    precondition(range.lowerBound % 8 == 0, "a batch begins with a line")
    var column = sums.mutableSpan
    var place = 0
    while place < range.count {
      let at = before * chunkRows + (range.lowerBound + place) * 8
      column.put(block.load(SIMD8<Int64>.self, at: at), at: place)
      place += 8
    }
  }
}

/// Rows that are scored apart from the others because they are few.
struct FewRows {
  var places: [Int]
  var repeatOrders: [UInt32]
  var firstDays: [UInt16]
  var lastDays: [UInt16]
  var repeatMinor: [Int64]

  init(_ count: Int) {
    places = [Int](repeating: 0, count: count)
    repeatOrders = [UInt32](repeating: 0, count: count)
    firstDays = [UInt16](repeating: 0, count: count)
    lastDays = firstDays.map { $0 }
    repeatMinor = [Int64](repeating: 0, count: count)
  }
}
