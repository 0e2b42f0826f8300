// What each step of a program does to registers of 512 rows, and programs over whole columns. The loops
// are in Stripe; the same steps for one subject are in Machine.

/// Rows that are evaluated together: at most 512, from a multiple of 512 on.
struct Stripe {
  let start: Int
  let count: Int
  /// `count` in whole words; the registers behind `count` have any values.
  let rows: Int
  let all: StripeTruths.Words

  init(from start: Int, of count: Int) {
    self.start = start
    self.count = min(count - start, RuleLimits.stripeRows)
    rows = (self.count + 63) & ~63
    all = StripeTruths.rows(self.count)
  }

  /// This stripe's part of a column.
  @_lifetime(copy column)
  func of<Value>(_ column: Span<Value>) -> Span<Value> {
    column.extracting(start..<start + count)
  }

  func of(_ truths: RuleTruths) -> StripeTruths {
    let first = start >> 6
    let words = rows >> 6
    return StripeTruths(
      yes: .init { $0 < words ? truths.yes[first + $0] : 0 },
      no: .init { $0 < words ? truths.no[first + $0] : 0 })
  }
}

extension RuleWorkspace {
  /// Runs the clause that begins at a place over a stripe, and stops behind it.
  ///
  /// Its truth is in register 0.
  mutating func run<Columns: RuleColumns & ~Copyable & ~Escapable>(
    _ steps: Span<RuleStep>, from place: inout Int, over columns: borrowing Columns,
    _ stripe: Stripe
  ) {
    while true {
      let step = steps[place]
      place += 1
      let (target, left, right) = (Int(step.target), Int(step.left), Int(step.right))
      let (index, relations) = (Int(step.index), UInt8(truncatingIfNeeded: step.code))
      let arguments = RuleArguments(text: step.code, number: step.number)
      let rows = stripe.rows
      switch step.operation {
      case .constantNumber: Lanes.fill(&numbers[target], step.number)
      case .loadNumber:
        let column = stripe.of(columns.numbers(at: index))
        let next = steps[place]
        // Compared at once with a constant, the column need not be copied.
        if next.operation == .compareNumberConstant, stripe.count == rows {
          truths[Int(next.target)] = Lanes.compare(
            column, next.number, UInt8(truncatingIfNeeded: next.code), rows)
          place += 1
        } else {
          load(column, target)
        }
      case .callNumber: load(stripe.of(columns.numbers(of: index, arguments)), target)
      case .add: join(target, right, rows) { RuleArithmetic.finite($0 + $1) }
      case .subtract: join(target, right, rows) { RuleArithmetic.finite($0 - $1) }
      case .multiply: join(target, right, rows) { RuleArithmetic.finite($0 * $1) }
      case .divide: join(target, right, rows) { RuleArithmetic.finite($0 / $1) }
      case .lesser: join(target, right, rows) { RuleArithmetic.lesser($0, $1) }
      case .greater: join(target, right, rows) { RuleArithmetic.greater($0, $1) }
      case .negate: change(target, rows) { -$0 }
      case .absolute: change(target, rows) { $0.magnitude }
      case .numberElse: change(target, rows) { $0 == $0 ? $0 : step.number }
      case .days:
        let (later, earlier) = (codes[left], codes[right])
        var days = numbers[target].mutableSpan
        Lanes.load(&days, later.span) { $0 }
        Lanes.join(&days, earlier.span, rows) { $0 - $1 }
      case .constantCode:
        Lanes.fill(&codes[target], RuleArithmetic.number(ofCode: step.code))
      case .loadCode: load(stripe.of(columns.codes(at: index)), target)
      case .loadDay: load(stripe.of(columns.days(at: index)), target)
      case .constantTruth:
        truths[target] = StripeTruths(Truth(rawValue: relations) ?? .unknown)
      case .loadTruth: truths[target] = stripe.of(columns.truths(at: index))
      case .callTruth: truths[target] = stripe.of(columns.truths(of: index, arguments))
      case .compareNumbers:
        truths[target] = Lanes.compare(
          numbers[left], numbers[right], relations, rows)
      case .compareNumberConstant:
        truths[target] = Lanes.compare(
          numbers[left], step.number, relations, rows)
      case .compareCodes:
        truths[target] = Lanes.compare(
          codes[left], codes[right], relations, rows)
      case .compareCodeConstant:
        let code = RuleArithmetic.number(ofCode: step.index)
        truths[target] = Lanes.compare(codes[left], code, relations, rows)
      case .sameTruth: truths[target].formSame(truths[right])
      case .betweenNumbers:
        truths[target] = Lanes.compare(
          numbers[left], numbers[right], 6, rows)
        truths[target].formAnd(
          Lanes.compare(numbers[left], numbers[right + 1], 3, rows))
      case .betweenCodes:
        truths[target] = Lanes.compare(codes[left], codes[right], 6, rows)
        truths[target].formAnd(
          Lanes.compare(codes[left], codes[right + 1], 3, rows))
      case .inNumbers, .inCodes:
        let isCode = step.operation == .inCodes
        let values = isCode ? codes[left] : numbers[left]
        truths[target] = StripeTruths(.no)
        for member in place..<place + index {
          let number =
            isCode ? RuleArithmetic.number(ofCode: steps[member].code) : steps[member].number
          truths[target].formOr(Lanes.compare(values, number, 2, rows))
        }
        place += index
      case .member: break
      case .knownNumber: truths[target] = Lanes.known(numbers[left], rows)
      case .knownCode: truths[target] = Lanes.known(codes[left], rows)
      case .knownTruth: truths[target].formKnown()
      case .truthElse: truths[target].fill(Truth(rawValue: relations) ?? .unknown)
      case .not: truths[target].negate()
      case .and: truths[target].formAnd(truths[right])
      case .or: truths[target].formOr(truths[right])
      case .skipIfNo: if StripeTruths.isAll(truths[left].no, of: stripe.all) { place += index }
      case .skipIfYes: if StripeTruths.isAll(truths[left].yes, of: stripe.all) { place += index }
      case .end: return
      }
    }
  }

  // The emitter has the first operand in the result's register, so that a step changes it in place.

  @inline(__always)
  private mutating func join(
    _ target: Int, _ right: Int, _ rows: Int, _ operation: (Double, Double) -> Double
  ) {
    let other = numbers[right]
    var span = numbers[target].mutableSpan
    Lanes.join(&span, other.span, rows, operation)
  }

  @inline(__always)
  private mutating func change(_ target: Int, _ rows: Int, _ operation: (Double) -> Double) {
    var span = numbers[target].mutableSpan
    Lanes.change(&span, rows, operation)
  }

  private mutating func load(_ column: Span<Double>, _ target: Int) {
    var span = numbers[target].mutableSpan
    Lanes.load(&span, column) { RuleArithmetic.finite($0) }
  }

  private mutating func load(_ column: Span<Int32>, _ target: Int) {
    var span = codes[target].mutableSpan
    Lanes.load(&span, column) { RuleArithmetic.number(ofCode: $0) }
  }
}

extension RuleProgram {
  /// Evaluates the whole condition for each row.
  ///
  /// A row's truth is ``truth(for:)``'s of the row alone.
  ///
  /// - Parameters:
  ///   - columns: the rows.
  ///   - yes: becomes the rows for which it holds; a bit each, bits behind the last row 0.
  ///   - unknown: becomes the rows for which it is unknown, likewise.
  ///   - workspace: the memory it takes.
  /// - Precondition: both bitmaps have a word for each 64 rows begun.
  public func evaluate<Columns: RuleColumns & ~Copyable & ~Escapable>(
    over columns: borrowing Columns, yes: inout MutableSpan<UInt64>,
    unknown: inout MutableSpan<UInt64>, with workspace: inout RuleWorkspace
  ) {
    let steps = steps.span
    for start in stride(from: 0, to: columns.count, by: RuleLimits.stripeRows) {
      let stripe = Stripe(from: start, of: columns.count)
      var whole = StripeTruths(.yes)
      var place = 0
      while place < steps.count, !StripeTruths.isAll(whole.no, of: stripe.all) {
        workspace.run(steps, from: &place, over: columns, stripe)
        whole.formAnd(workspace.truths[0])
      }
      for word in 0..<(stripe.rows >> 6) {
        yes[(start >> 6) + word] = whole.yes[word] & stripe.all[word]
        unknown[(start >> 6) + word] = ~(whole.yes[word] | whole.no[word]) & stripe.all[word]
      }
    }
  }
}
