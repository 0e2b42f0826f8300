// The truths of 512 rows, the registers of programs that run over as many, and the loops between
// spans that fill them. Which loop is done when is in ColumnMachine.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

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
  }
}

/// The loops: without a branch by row, so that they become lanes.
enum Lanes {
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

  /// Compares numbers with a constant, in the best build of the kernel.
  ///
  /// - Parameters:
  ///   - values: of them, infinite ones are unknown, as NaN is.
  ///   - number: finite or NaN.
  ///   - relations: those of one of the six comparisons.
  ///   - rows: how many, a multiple of 64.
  /// - Returns: the truths; of rows behind, any.
  static func compare(
    _ values: Span<Double>, _ number: Double, _ relations: UInt8, _ rows: Int
  ) -> StripeTruths {
    guard !number.isNaN else { return StripeTruths(.unknown) }
    var truths = StripeTruths(.unknown)
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.CompareKernel.compare(
          values, with: number, relations, rows: rows, yes: &truths.yes, no: &truths.no)
      case .v3:
        KernelsV3.CompareKernel.compare(
          values, with: number, relations, rows: rows, yes: &truths.yes, no: &truths.no)
    #endif
    default:
      Kernels.CompareKernel.compare(
        values, with: number, relations, rows: rows, yes: &truths.yes, no: &truths.no)
    }
    return truths
  }

  /// The same of a register's.
  static func compare(
    _ values: [Double], _ number: Double, _ relations: UInt8, _ rows: Int
  ) -> StripeTruths {
    compare(values.span, number, relations, rows)
  }

  /// Compares the numbers of two registers.
  static func compare(
    _ left: [Double], _ right: [Double], _ relations: UInt8, _ rows: Int
  ) -> StripeTruths {
    let (left, right) = (left.span, right.span)
    var truths = StripeTruths(.unknown)
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.CompareKernel.compare(
          left, with: right, relations, rows: rows, yes: &truths.yes, no: &truths.no)
      case .v3:
        KernelsV3.CompareKernel.compare(
          left, with: right, relations, rows: rows, yes: &truths.yes, no: &truths.no)
    #endif
    default:
      Kernels.CompareKernel.compare(
        left, with: right, relations, rows: rows, yes: &truths.yes, no: &truths.no)
    }
    return truths
  }

  /// Whether each number of a register is known.
  static func known(_ values: [Double], _ rows: Int) -> StripeTruths {
    var truths = compare(values.span, 0, 2, rows)
    truths.formKnown()
    return truths
  }
}
