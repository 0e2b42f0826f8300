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
  private(set) var rows = BatchRows()
  /// Where their orders and days lie: in the store, or in memory of our own.
  private(set) var source: RowSource
  private var own: RowSource?

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
    source = RowSource(rows: 0)
    scores = [Double](repeating: 0, count: layout.kinds.count * Self.rowsMax)
    few = FewRows(layout.kinds.isEmpty ? 0 : Self.rowsMax)
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
    rows.take(from: first + UInt32(range.lowerBound))
    if view.looksBack {
      readBack()
    } else {
      source = RowSource(range.lowerBound, of: block)
    }
  }

  /// Takes some rows, wherever they are.
  mutating func load(_ some: Span<UInt32>) {
    begin(some.count)
    rows.take(some)
    if view.looksBack {
      readBack()
      return
    }
    source = takeOwn()
    for place in some.indices {
      source.set(Statistics(view.store.customers[some[place]]), at: place)
    }
  }

  private mutating func begin(_ count: Int) {
    precondition(count <= Self.rowsMax, "a batch has at most \(Self.rowsMax) rows")
    self.count = count
    all = RowSet(first: count)
    var none = filled.mutableSpan
    none.update(repeating: RowSet())
  }

  /// Memory of our own, which most scans never need.
  private mutating func takeOwn() -> RowSource {
    let taken = own ?? RowSource(rows: Self.rowsMax)
    own = taken
    return taken
  }

  /// Makes all rows anew from the orders up to the day.
  private mutating func readBack() {
    source = takeOwn()
    for place in 0..<count {
      source.set(view.statistics(of: view.store.customers[rows[place]]), at: place)
    }
  }

  /// The rows whose orders and days lie within ranges.
  func rows(within ranges: LineRanges) -> RowSet {
    CustomerLoops.find(source.lines(count), ranges).intersection(all)
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

/// The numbers of a batch's rows.
struct BatchRows {
  /// Of the first, where they follow each other; nil where they are anywhere.
  private var first: UInt32?
  private var numbers: [UInt32] = []

  subscript(place: Int) -> UInt32 { first.map { $0 + UInt32(place) } ?? numbers[place] }

  mutating func take(from first: UInt32) { self.first = first }

  mutating func take(_ some: Span<UInt32>) {
    first = nil
    numbers.removeAll(keepingCapacity: true)
    for place in some.indices { numbers.append(some[place]) }
  }
}

/// Rows that are scored apart from the others because they are few.
struct FewRows {
  var places: [Int]
  let source: RowSource

  init(_ count: Int) {
    places = [Int](repeating: 0, count: count)
    source = RowSource(rows: count)
  }
}
