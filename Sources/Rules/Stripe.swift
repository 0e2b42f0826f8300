// The truths of 512 rows, the registers of programs that run over as many, and the loops between
// spans that fill them. Which loop is done when is in ColumnMachine.

/// The truths of a stripe of rows, two bits each; neither is unknown.
struct StripeTruths {
  typealias Words = InlineArray<8, UInt64>

  var yes: Words
  var no: Words

  init(yes: Words, no: Words) {
    self.yes = yes
    self.no = no
  }

  init(_ truth: Truth) {
    yes = Words(repeating: truth == .yes ? .max : 0)
    no = Words(repeating: truth == .no ? .max : 0)
  }

  /// The rows below a count.
  static func rows(_ count: Int) -> Words {
    Words { word in
      let left = count - word * 64
      return left >= 64 ? .max : left <= 0 ? 0 : (1 << UInt64(left)) - 1
    }
  }

  mutating func negate() { swap(&yes, &no) }

  mutating func formAnd(_ other: StripeTruths) {
    for word in 0..<8 {
      yes[word] &= other.yes[word]
      no[word] |= other.no[word]
    }
  }

  mutating func formOr(_ other: StripeTruths) {
    for word in 0..<8 {
      yes[word] |= other.yes[word]
      no[word] &= other.no[word]
    }
  }

  /// Whether both are the same.
  mutating func formSame(_ other: StripeTruths) {
    for word in 0..<8 {
      let (left, right) = (yes[word], no[word])
      yes[word] = left & other.yes[word] | right & other.no[word]
      no[word] = left & other.no[word] | right & other.yes[word]
    }
  }

  /// Whether each is known, which is never unknown.
  mutating func formKnown() {
    for word in 0..<8 {
      yes[word] |= no[word]
      no[word] = ~yes[word]
    }
  }

  mutating func fill(_ truth: Truth) {
    for word in 0..<8 {
      switch truth {
      case .yes: yes[word] = ~no[word]
      case .no: no[word] = ~yes[word]
      case .unknown: break
      }
    }
  }

  /// Whether some bits are there for all of some rows.
  static func isAll(_ bits: Words, of rows: Words) -> Bool {
    var missing: UInt64 = 0
    for word in 0..<8 { missing |= rows[word] & ~bits[word] }
    return missing == 0
  }
}

/// The memory of evaluations over columns, so that none is allocated while evaluating: about 220 kB.
///
/// It holds nothing between evaluations; one does for any number of programs, one after the other.
public struct RuleWorkspace: ~Copyable {
  var numbers: [[Double]]
  var codes: [[Int32]]
  var truths: [StripeTruths]
  /// The rows of a stripe for which each place of a set fails.
  var places: [StripeTruths.Words]
  /// 1, 2, 4 and so on: a row's bit in its word, loaded by the lanes as they are.
  let bits: [UInt64]

  /// Makes the memory.
  public init() {
    let registers = RuleProgram.registersMax
    let rows = RuleLimits.stripeRows
    numbers = (0..<registers).map { _ in [Double](repeating: 0, count: rows) }
    codes = (0..<registers).map { _ in [Int32](repeating: 0, count: rows) }
    truths = [StripeTruths](repeating: StripeTruths(.unknown), count: registers)
    places = [StripeTruths.Words](
      repeating: StripeTruths.Words(repeating: 0), count: RuleSet.placesMax)
    bits = (0..<64).map { 1 << UInt64($0) }
  }
}

/// The loops: each over whole words of 64 rows, without a branch by row, so that they become lanes.
enum Lanes {
  /// All bits if it holds.
  ///
  /// Selected values joined by `&` become lanes; a choice of what is added to the word did not.
  @inline(__always)
  static func mask(_ holds: Bool) -> UInt64 { holds ? .max : 0 }

  /// One bit for each value, `rows` of them, a multiple of 64.
  @inline(__always)
  static func words<Value>(
    _ values: Span<Value>, _ rows: Int, _ bits: Span<UInt64>, _ test: (Value) -> UInt64
  ) -> StripeTruths.Words {
    precondition(bits.count == 64)
    var words = StripeTruths.Words(repeating: 0)
    for word in 0..<(rows >> 6) {
      let part = values.extracting(word * 64..<word * 64 + 64)
      var sum: UInt64 = 0
      for row in 0..<64 {
        let set = test(part[row])
        sum |= set & bits[row]
      }
      words[word] = sum
    }
    return words
  }

  /// The same of pairs.
  @inline(__always)
  static func words<Value>(
    _ left: Span<Value>, _ right: Span<Value>, _ rows: Int, _ bits: Span<UInt64>,
    _ test: (Value, Value) -> UInt64
  ) -> StripeTruths.Words {
    precondition(bits.count == 64)
    var words = StripeTruths.Words(repeating: 0)
    for word in 0..<(rows >> 6) {
      let one = left.extracting(word * 64..<word * 64 + 64)
      let other = right.extracting(word * 64..<word * 64 + 64)
      var sum: UInt64 = 0
      for row in 0..<64 {
        let set = test(one[row], other[row])
        sum |= set & bits[row]
      }
      words[word] = sum
    }
    return words
  }

  /// What a number becomes of two; the first operand's register is the result's.
  @inline(__always)
  static func join(
    _ target: inout MutableSpan<Double>, _ right: Span<Double>, _ rows: Int,
    _ operation: (Double, Double) -> Double
  ) {
    precondition(target.count >= rows && right.count >= rows)
    for row in 0..<rows { target[row] = operation(target[row], right[row]) }
  }

  @inline(__always)
  static func change(
    _ target: inout MutableSpan<Double>, _ rows: Int, _ operation: (Double) -> Double
  ) {
    precondition(target.count >= rows)
    for row in 0..<rows { target[row] = operation(target[row]) }
  }

  /// Takes a lent column into a register.
  @inline(__always)
  static func load<Value>(
    _ target: inout MutableSpan<Value>, _ column: Span<Value>, _ operation: (Value) -> Value
  ) {
    precondition(target.count >= column.count)
    for row in 0..<column.count { target[row] = operation(column[row]) }
  }

  static func days(_ target: inout MutableSpan<Double>, _ left: [Int32], _ right: [Int32]) {
    let (left, right) = (left.span, right.span)
    precondition(target.count == left.count && target.count == right.count)
    for row in 0..<target.count { target[row] = RuleArithmetic.days(left[row], right[row]) }
  }

  // MARK: Comparisons

  /// Compares numbers with a constant; `isKnown` says which numbers are known.
  @inline(__always)
  private static func compare(
    _ values: Span<Double>, _ number: Double, _ relations: UInt8, _ rows: Int,
    _ bits: Span<UInt64>, _ isKnown: (Double) -> UInt64
  ) -> StripeTruths {
    // Each relation and its opposite; that one of both holds makes the difference to the unknown.
    switch relations {
    case 1, 6:
      let less = words(values, rows, bits) { mask($0 < number) & isKnown($0) }
      let not = words(values, rows, bits) { mask($0 >= number) & isKnown($0) }
      return relations == 1 ? StripeTruths(yes: less, no: not) : StripeTruths(yes: not, no: less)
    case 4, 3:
      let more = words(values, rows, bits) { mask($0 > number) & isKnown($0) }
      let not = words(values, rows, bits) { mask($0 <= number) & isKnown($0) }
      return relations == 4 ? StripeTruths(yes: more, no: not) : StripeTruths(yes: not, no: more)
    default:
      let same = words(values, rows, bits) { mask($0 == number) & isKnown($0) }
      let not = words(values, rows, bits) {
        (mask($0 < number) | mask($0 > number)) & isKnown($0)
      }
      return relations == 2 ? StripeTruths(yes: same, no: not) : StripeTruths(yes: not, no: same)
    }
  }

  /// Compares numbers of a register, finite or NaN.
  @inline(never)
  static func compare(
    _ values: [Double], _ number: Double, _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    let (values, bits) = (values.span, bits.span)
    return compare(values, number, relations, rows, bits) { _ in .max }
  }

  /// Compares numbers as they are lent, of which infinite ones are unknown.
  @inline(never)
  static func compare(
    lent values: Span<Double>, _ number: Double, _ relations: UInt8, _ rows: Int,
    _ bits: [UInt64]
  ) -> StripeTruths {
    let bits = bits.span
    return compare(values, number, relations, rows, bits) { mask($0.magnitude < .infinity) }
  }

  @inline(never)
  static func compare(
    _ left: [Double], _ right: [Double], _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    let (left, right, bits) = (left.span, right.span, bits.span)
    switch relations {
    case 1, 6:
      let less = words(left, right, rows, bits) { mask($0 < $1) }
      let not = words(left, right, rows, bits) { mask($0 >= $1) }
      return relations == 1 ? StripeTruths(yes: less, no: not) : StripeTruths(yes: not, no: less)
    case 4, 3:
      let more = words(left, right, rows, bits) { mask($0 > $1) }
      let not = words(left, right, rows, bits) { mask($0 <= $1) }
      return relations == 4 ? StripeTruths(yes: more, no: not) : StripeTruths(yes: not, no: more)
    default:
      let same = words(left, right, rows, bits) { mask($0 == $1) }
      let not = words(left, right, rows, bits) { mask($0 < $1) | mask($0 > $1) }
      return relations == 2 ? StripeTruths(yes: same, no: not) : StripeTruths(yes: not, no: same)
    }
  }

  /// Which of two numbers' or codes' relations hold, from three bitmaps.
  private static func choose(
    _ relations: UInt8, _ less: StripeTruths.Words, _ same: StripeTruths.Words,
    known: StripeTruths.Words
  ) -> StripeTruths {
    var truths = StripeTruths(.unknown)
    for word in 0..<8 {
      let more = known[word] & ~less[word] & ~same[word]
      let yes =
        (relations & 1 != 0 ? less[word] : 0) | (relations & 2 != 0 ? same[word] : 0)
        | (relations & 4 != 0 ? more : 0)
      truths.yes[word] = yes & known[word]
      truths.no[word] = known[word] & ~yes
    }
    return truths
  }

  @inline(never)
  static func compare(
    _ values: [Int32], _ code: Int32, _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    guard code != RuleCode.unknown else { return StripeTruths(.unknown) }
    let known = known(values, rows, bits)
    let (values, bits) = (values.span, bits.span)
    let less = words(values, rows, bits) { mask($0 < code) }
    let same = words(values, rows, bits) { mask($0 == code) }
    return choose(relations, less, same, known: known)
  }

  @inline(never)
  static func compare(
    _ left: [Int32], _ right: [Int32], _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    let (left, right, bits) = (left.span, right.span, bits.span)
    let less = words(left, right, rows, bits) { mask($0 < $1) }
    let same = words(left, right, rows, bits) { mask($0 == $1) }
    let known = words(left, right, rows, bits) {
      mask($0 != RuleCode.unknown) & mask($1 != RuleCode.unknown)
    }
    return choose(relations, less, same, known: known)
  }

  @inline(never)
  static func known(
    _ values: [Int32], _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths.Words {
    let (values, bits) = (values.span, bits.span)
    return words(values, rows, bits) { mask($0 != RuleCode.unknown) }
  }

  @inline(never)
  static func known(
    _ values: [Double], _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths.Words {
    let (values, bits) = (values.span, bits.span)
    return words(values, rows, bits) { mask($0 == $0) }
  }
}
