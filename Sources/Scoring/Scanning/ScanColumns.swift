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
  let layout: ScanLayout

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

  /// For which rows each column is filled.
  var filled: [RowSet]
  var numbers: [Double]
  var codes: [Int32]
  /// Customers' texts as they are kept, beside their codes.
  var raws: [UInt32]
  var days: [Int32]
  var yes: [UInt64]
  var no: [UInt64]
  // Memory that is used again.
  var scores: [Double]
  var few: FewRows
  var desk = DecisionDesk()

  /// Takes the memory for some columns.
  init(_ view: ScanView, _ texts: ScanTexts, _ layout: ScanLayout) {
    self.view = view
    self.texts = texts
    self.layout = layout
    let count = Self.rowsMax
    rows = [UInt32](repeating: 0, count: count)
    repeatOrders = [UInt32](repeating: 0, count: count)
    firstDays = [UInt16](repeating: 0, count: count)
    lastDays = [UInt16](repeating: 0, count: count)
    repeatMinor = [Int64](repeating: 0, count: count)
    firstMinor = [Int64](repeating: 0, count: count)
    scores = [Double](repeating: 0, count: layout.kinds.count * count)
    few = FewRows(layout.kinds.isEmpty ? 0 : count)
    filled = [RowSet](repeating: RowSet(), count: layout.count)
    let sizes = layout.sizes
    numbers = [Double](repeating: .nan, count: sizes.numbers)
    codes = [Int32](repeating: RuleCode.unknown, count: sizes.codes)
    raws = [UInt32](repeating: 0, count: sizes.codes)
    days = [Int32](repeating: RuleCode.unknown, count: sizes.days)
    yes = [UInt64](repeating: 0, count: sizes.truths)
    no = [UInt64](repeating: 0, count: sizes.truths)
  }

  /// The scores that are needed.
  var kinds: ScoreKinds { layout.kinds }

  /// The number under which a column is known here.
  func place(of column: ScanColumn) -> Int { layout.place(of: column) }

  /// Where a column's values begin among those of its kind.
  func start(of place: Int) -> Int { layout.starts[place] }

  // MARK: Rows

  /// Takes rows that follow each other in one chunk.
  mutating func load(_ range: Range<Int>, of block: Block, from first: UInt32) {
    begin(range.count)
    Self.number(&rows, from: first + UInt32(range.lowerBound), count: range.count)
    if view.looksBack {
      readBack()
      return
    }
    // What comes next is on its way while this is worked on.
    CustomerRow.prefetch(
      range.upperBound..<min(range.upperBound + range.count, CustomerRow.chunkRows), of: block,
      sums: layout.needsRepeats)
    CustomerRow.readDays(
      range, of: block, repeatOrders: &repeatOrders, firstDays: &firstDays, lastDays: &lastDays)
    if layout.needsRepeats { CustomerRow.readRepeats(range, of: block, into: &repeatMinor) }
    if layout.needsFirsts { CustomerRow.readFirsts(range, of: block, into: &firstMinor) }
  }

  private static func number(_ rows: inout [UInt32], from first: UInt32, count: Int) {
    var numbers = rows.mutableSpan
    for place in 0..<count { numbers[place] = first &+ UInt32(truncatingIfNeeded: place) }
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
  func number(_ place: Int, _ row: Int) -> Double { numbers[start(of: place) + row] }

  /// A text of a row, as it is kept.
  func raw(_ place: Int, _ row: Int) -> UInt32 { raws[start(of: place) + row] }

  func day(_ place: Int, _ row: Int) -> Int32 { days[start(of: place) + row] }

  func truth(_ place: Int, _ row: Int) -> Truth {
    let (word, bit) = (start(of: place) + row >> 6, UInt64(1) << UInt64(row & 63))
    return yes[word] & bit != 0 ? .yes : no[word] & bit != 0 ? .no : .unknown
  }
}

extension ScanColumns: RuleColumns {
  @_lifetime(borrow self)
  func numbers(at slot: Int) -> Span<Double> {
    let start = layout.numbers(at: slot)
    return numbers.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func codes(at slot: Int) -> Span<Int32> {
    let start = layout.codes(at: slot)
    return codes.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func days(at slot: Int) -> Span<Int32> {
    let start = layout.days(at: slot)
    return days.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func truths(at slot: Int) -> RuleTruths { truths(from: layout.truths(at: slot)) }

  @_lifetime(borrow self)
  func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double> {
    let start = layout.answers(of: function, arguments)
    return numbers.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths {
    truths(from: layout.answers(of: function, arguments))
  }

  @_lifetime(borrow self)
  private func truths(from start: Int) -> RuleTruths {
    let words = start..<start + Self.rowsMax / 64
    return RuleTruths(yes: yes.span.extracting(words), no: no.span.extracting(words))
  }
}

extension CustomerRow {
  /// Where the columns that scans read begin, in bytes of a row before them.
  static let repeatSpendBefore = 16
  static let firstSpendBefore = 24

  /// Reads x and the days of rows of a chunk, from a multiple of eight on, a line of eight rows at a time.
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

  /// Asks for the lines of rows of a chunk: x and the days, and the sums of later days.
  static func prefetch(_ range: Range<Int>, of block: Block, sums: Bool) {
    let days = block.address(at: 0)
    let repeats = block.address(at: repeatSpendBefore * chunkRows)
    for line in stride(from: range.lowerBound * 8, to: range.upperBound * 8, by: 64) {
      Block.prefetch(days + UInt(line))
      if sums { Block.prefetch(repeats + UInt(line)) }
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
