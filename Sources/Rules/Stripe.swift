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

  /// Sets 64 rows of those that a test holds for and those that are known.
  @inline(__always)
  mutating func set(_ word: Int, _ holds: UInt64, _ known: UInt64) {
    yes[word] = holds & known
    no[word] = ~holds & known
  }

  mutating func negate() { swap(&yes, &no) }

  mutating func formAnd(_ other: StripeTruths) {
    for word in yes.indices {
      yes[word] &= other.yes[word]
      no[word] |= other.no[word]
    }
  }

  mutating func formOr(_ other: StripeTruths) {
    for word in yes.indices {
      yes[word] |= other.yes[word]
      no[word] &= other.no[word]
    }
  }

  /// Whether both are the same.
  mutating func formSame(_ other: StripeTruths) {
    for word in yes.indices {
      let (left, right) = (yes[word], no[word])
      yes[word] = left & other.yes[word] | right & other.no[word]
      no[word] = left & other.no[word] | right & other.yes[word]
    }
  }

  /// Whether each is known, which is never unknown.
  mutating func formKnown() {
    for word in yes.indices {
      yes[word] |= no[word]
      no[word] = ~yes[word]
    }
  }

  mutating func fill(_ truth: Truth) {
    for word in yes.indices {
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
    for word in rows.indices { missing |= rows[word] & ~bits[word] }
    return missing == 0
  }
}

/// The memory of evaluations over columns, so that none is allocated while evaluating: about 280 kB.
///
/// It holds nothing between evaluations; one does for any number of programs, one after the other.
public struct RuleWorkspace: ~Copyable {
  var numbers: [[Double]]
  /// Codes as numbers, of which unknown ones are NaN: what is done with codes is then done with them.
  var codes: [[Double]]
  var truths: [StripeTruths]
  /// The rows of a stripe for which each place of a set fails.
  var places: [StripeTruths.Words]
  /// 1, 2, 4 and so on: a row's bit in its word, loaded by the lanes as they are.
  let bits: [UInt64]

  /// Makes the memory.
  ///
  /// - Parameter registers: how many registers of each kind the programs take that are to be evaluated with it;
  ///   without it as many as any program may.
  public init(registers: Int = RuleProgram.registersMax) {
    let count = registers
    let register = [Double](repeating: 0, count: RuleLimits.stripeRows)
    // Each of its own, so that none is copied when it is first written.
    numbers = (0..<count).map { _ in register.map { $0 } }
    codes = (0..<count).map { _ in register.map { $0 } }
    truths = [StripeTruths](repeating: StripeTruths(.unknown), count: count)
    places = [StripeTruths.Words](
      repeating: StripeTruths.Words(repeating: 0), count: RuleSet.placesMax)
    bits = (0..<64).map { 1 << UInt64($0) }
  }
}

/// The loops: without a branch by row, so that they become lanes.
enum Lanes {
  typealias Four = SIMD4<Double>
  typealias Mask = SIMDMask<SIMD4<Int64>>

  /// Compares numbers, `rows` of them, a multiple of 64.
  ///
  /// Written with four numbers at a time; of one at a time, the compiler made branches.
  @inline(__always)
  private static func truths(
    _ values: Span<Double>, _ rows: Int, _ bits: Span<UInt64>, _ test: (Four) -> Mask,
    _ isKnown: (Four) -> Mask
  ) -> StripeTruths {
    precondition(bits.count == 64)
    var truths = StripeTruths(.unknown)
    for word in 0..<(rows >> 6) {
      let part = values.extracting(word * 64..<word * 64 + 64)
      var (yes, known) = (SIMD4<UInt64>(), SIMD4<UInt64>())
      for row in stride(from: 0, to: 64, by: 4) {
        let (value, own) = (four(part, row), four(bits, row))
        yes |= own.replacing(with: 0, where: .!test(value))
        known |= own.replacing(with: 0, where: .!isKnown(value))
      }
      truths.set(word, joined(yes), joined(known))
    }
    return truths
  }

  /// The same of pairs.
  @inline(__always)
  private static func truths(
    _ left: Span<Double>, _ right: Span<Double>, _ rows: Int, _ bits: Span<UInt64>,
    _ test: (Four, Four) -> Mask
  ) -> StripeTruths {
    precondition(bits.count == 64)
    var truths = StripeTruths(.unknown)
    for word in 0..<(rows >> 6) {
      let one = left.extracting(word * 64..<word * 64 + 64)
      let other = right.extracting(word * 64..<word * 64 + 64)
      var (yes, known) = (SIMD4<UInt64>(), SIMD4<UInt64>())
      for row in stride(from: 0, to: 64, by: 4) {
        let (value, second, own) = (four(one, row), four(other, row), four(bits, row))
        yes |= own.replacing(with: 0, where: .!test(value, second))
        known |= own.replacing(with: 0, where: .!((value .== value) .& (second .== second)))
      }
      truths.set(word, joined(yes), joined(known))
    }
    return truths
  }

  @inline(__always)
  private static func joined(_ sum: SIMD4<UInt64>) -> UInt64 {
    (sum[0] | sum[1]) | (sum[2] | sum[3])
  }

  @inline(__always)
  private static func four<Value>(_ values: Span<Value>, _ row: Int) -> SIMD4<Value> {
    var four = SIMD4<Value>(repeating: values[row])
    for lane in 1..<4 { four[lane] = values[row + lane] }
    return four
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

  static func fill(_ register: inout [Double], _ value: Double) {
    var span = register.mutableSpan
    span.update(repeating: value)
  }

  /// Takes a lent column into a register.
  @inline(__always)
  static func load<Value>(
    _ target: inout MutableSpan<Double>, _ column: Span<Value>, _ operation: (Value) -> Double
  ) {
    precondition(target.count >= column.count)
    for row in 0..<column.count { target[row] = operation(column[row]) }
  }

  // MARK: Comparisons

  /// What six comparisons are by three, and their opposites.
  @inline(__always)
  private static func truths(
    _ relations: UInt8, _ compare: ((Four, Four) -> Mask) -> StripeTruths
  ) -> StripeTruths {
    var truths: StripeTruths
    switch relations {
    case 1, 6: truths = compare { $0 .< $1 }
    case 3, 4: truths = compare { $0 .<= $1 }
    default: truths = compare { $0 .== $1 }
    }
    if relations >= 4 { truths.negate() }
    return truths
  }

  /// Compares the numbers of a register with a constant.
  ///
  /// - Parameters:
  ///   - values: finite or NaN.
  ///   - number: finite or NaN.
  ///   - relations: those of one of the six comparisons.
  ///   - rows: how many, a multiple of 64.
  ///   - bits: the workspace's.
  /// - Returns: the truths; of rows behind, any.
  @inline(never)
  static func compare(
    _ values: [Double], _ number: Double, _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    guard !number.isNaN else { return StripeTruths(.unknown) }
    let (values, bits) = (values.span, bits.span)
    let constant = Four(repeating: number)
    return truths(relations) { test in
      truths(values, rows, bits, { test($0, constant) }, { $0 .== $0 })
    }
  }

  /// The same of numbers as they are lent, of which infinite ones are unknown.
  @inline(never)
  static func compare(
    lent values: Span<Double>, _ number: Double, _ relations: UInt8, _ rows: Int,
    _ bits: [UInt64]
  ) -> StripeTruths {
    guard !number.isNaN else { return StripeTruths(.unknown) }
    let bits = bits.span
    let constant = Four(repeating: number)
    return truths(relations) { test in
      // The difference of infinity to itself is NaN, as NaN's is.
      truths(values, rows, bits, { test($0, constant) }, { ($0 - $0) .== Four() })
    }
  }

  /// The same of two registers.
  @inline(never)
  static func compare(
    _ left: [Double], _ right: [Double], _ relations: UInt8, _ rows: Int, _ bits: [UInt64]
  ) -> StripeTruths {
    let (left, right, bits) = (left.span, right.span, bits.span)
    return truths(relations) { test in truths(left, right, rows, bits, test) }
  }

  /// Whether each number of a register is known.
  @inline(never)
  static func known(_ values: [Double], _ rows: Int, _ bits: [UInt64]) -> StripeTruths {
    let (values, bits) = (values.span, bits.span)
    return truths(values, rows, bits, { $0 .== $0 }, { _ in Mask(repeating: true) })
  }
}
