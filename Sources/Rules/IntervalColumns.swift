// Finds what of ``RuleIntervals`` does not hold, for many subjects: looked up column by column, and the
// rest run over stripes and turned from bitmaps by condition into sets by row.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

extension RuleIntervals {
  /// Finds for each row the places of which a condition does not hold.
  ///
  /// A row's set is ``failing(for:among:)``'s of the row alone.
  ///
  /// - Parameters:
  ///   - columns: the rows.
  ///   - failing: becomes each row's set.
  ///   - workspace: the memory it takes.
  /// - Precondition: there is a set for each row.
  public func findFailing<Columns: RuleColumns & ~Copyable & ~Escapable>(
    over columns: borrowing Columns, into failing: inout MutableSpan<RuleSet>,
    with workspace: inout RuleWorkspace
  ) {
    let count = columns.count
    precondition(failing.count >= count, "each row has a set")
    for row in 0..<count { failing[row] = always }
    let tables = Tables(cuts: cuts.span, sets: sets.span)
    for axis in axes {
      let (index, arguments) = (Int(axis.read.index), axis.read.arguments)
      switch axis.read.operation {
      case .loadTruth: tables.look(columns.truths(at: index), axis, count, &failing)
      case .callTruth: tables.look(columns.truths(of: index, arguments), axis, count, &failing)
      case .loadCode: tables.look(columns.codes(at: index), axis, count, &failing)
      case .loadDay: tables.look(columns.days(at: index), axis, count, &failing)
      case .callNumber: tables.look(columns.numbers(of: index, arguments), axis, count, &failing)
      default: tables.look(columns.numbers(at: index), axis, count, &failing)
      }
    }
    for scale in scales {
      let (read, factor) = (scale.axis.read, scale.factor)
      switch (read.operation, factor.operation) {
      case (.loadNumber, .loadNumber):
        tables.look(
          columns.numbers(at: Int(read.index)), columns.numbers(at: Int(factor.index)), scale,
          count, &failing)
      case (.loadNumber, _):
        tables.look(
          columns.numbers(at: Int(read.index)),
          columns.numbers(of: Int(factor.index), factor.arguments), scale, count, &failing)
      case (_, .loadNumber):
        tables.look(
          columns.numbers(of: Int(read.index), read.arguments),
          columns.numbers(at: Int(factor.index)), scale, count, &failing)
      default:
        tables.look(
          columns.numbers(of: Int(read.index), read.arguments),
          columns.numbers(of: Int(factor.index), factor.arguments), scale, count, &failing)
      }
    }
    guard !starts.isEmpty else { return }
    var run = RuleSet()
    for places in uses { run.formUnion(places) }
    for start in stride(from: 0, to: count, by: RuleLimits.stripeRows) {
      let stripe = Stripe(from: start, of: count)
      runOthers(over: columns, stripe, run, &workspace)
      workspace.turn(run, stripe, &failing)
    }
  }

  /// Runs the other clauses over a stripe, and notes at each place the rows that fail.
  private func runOthers<Columns: RuleColumns & ~Copyable & ~Escapable>(
    over columns: borrowing Columns, _ stripe: Stripe, _ run: RuleSet,
    _ workspace: inout RuleWorkspace
  ) {
    let steps = steps.span
    var left = run
    while let place = left.popFirst() { workspace.places[place] = .init(repeating: 0) }
    for clause in starts.indices {
      var place = starts[clause]
      workspace.run(steps, from: &place, over: columns, stripe)
      let yes = workspace.truths[0].yes
      var used = uses[clause]
      while let place = used.popFirst() {
        var rows = workspace.places[place]
        for word in yes.indices { rows[word] |= ~yes[word] }
        workspace.places[place] = rows
      }
    }
  }
}

extension RuleStep {
  fileprivate var arguments: RuleArguments { RuleArguments(text: code, number: number) }
}

/// The tables, lent to the loops.
private struct Tables: ~Escapable {
  let cuts: Span<Double>
  let sets: Span<RuleSet>

  @_lifetime(copy cuts, copy sets)
  init(cuts: Span<Double>, sets: Span<RuleSet>) {
    self.cuts = cuts
    self.sets = sets
  }

  func look(
    _ column: Span<Double>, _ axis: RuleAxis, _ count: Int, _ failing: inout MutableSpan<RuleSet>
  ) {
    precondition(column.count >= count && failing.count >= count)
    var places = InlineArray<64, Int32>(repeating: 0)
    for first in stride(from: 0, to: count, by: places.count) {
      let end = min(first + places.count, count)
      find(column.extracting(first..<end), axis, &places)
      add(places.span, axis, first, end, &failing)
    }
  }

  func look(
    _ column: Span<Int32>, _ axis: RuleAxis, _ count: Int, _ failing: inout MutableSpan<RuleSet>
  ) {
    precondition(column.count >= count && failing.count >= count)
    var places = InlineArray<64, Int32>(repeating: 0)
    var values = InlineArray<64, Double>(repeating: 0)
    for first in stride(from: 0, to: count, by: places.count) {
      let end = min(first + places.count, count)
      for row in first..<end {
        values[row &- first] = RuleArithmetic.number(ofCode: column[row])
      }
      find(values.span.extracting(first: end - first), axis, &places)
      add(places.span, axis, first, end, &failing)
    }
  }

  func look(
    _ column: Span<Double>, _ factors: Span<Double>, _ scale: RuleScale, _ count: Int,
    _ failing: inout MutableSpan<RuleSet>
  ) {
    precondition(
      column.count >= count && factors.count >= count && failing.count >= count)
    var places = InlineArray<64, Int32>(repeating: 0)
    for first in stride(from: 0, to: count, by: places.count) {
      let end = min(first + places.count, count)
      var odd = find(
        column.extracting(first..<end), factors.extracting(first..<end), scale, &places)
      if odd == 0 {
        add(places.span, scale.axis, first, end, &failing)
        continue
      }
      // Few factors are nought or below.
      for row in first..<end {
        if odd & 1 != 0 {
          let value = RuleIntervals.filled(column[row], scale.filling)
          let factor = RuleIntervals.filled(factors[row], scale.factorFilling)
          failing[row].formUnion(RuleIntervals.set(of: value, factor, scale, cuts, sets))
        } else {
          failing[row].formUnion(sets[scale.axis.sets &+ Int(places[row &- first])])
        }
        odd &>>= 1
      }
    }
  }

  @inline(__always)
  private func add(
    _ places: Span<Int32>, _ axis: RuleAxis, _ first: Int, _ end: Int,
    _ failing: inout MutableSpan<RuleSet>
  ) {
    let own = sets.extracting(axis.sets..<sets.count)
    for row in first..<end { failing[row].formUnion(own[Int(places[row &- first])]) }
  }

  /// Finds where values lie, in the best build of the kernel.
  private func find(
    _ values: Span<Double>, _ axis: RuleAxis, _ places: inout InlineArray<64, Int32>
  ) {
    let cuts = cuts.extracting(axis.cuts..<axis.cuts + max(1, axis.half * 2))
    var places = places.mutableSpan
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CutKernel.find(values, among: cuts, into: &places)
      case .v3: KernelsV3.CutKernel.find(values, among: cuts, into: &places)
    #endif
    default: Kernels.CutKernel.find(values, among: cuts, into: &places)
    }
  }

  /// The same among multiples.
  ///
  /// - Returns: a bit for each row that it cannot tell.
  private func find(
    _ values: Span<Double>, _ factors: Span<Double>, _ scale: RuleScale,
    _ places: inout InlineArray<64, Int32>
  ) -> UInt64 {
    let axis = scale.axis
    let cuts = cuts.extracting(axis.cuts..<axis.cuts + max(1, axis.half * 2))
    let (filling, factorFilling) = (scale.filling, scale.factorFilling)
    var places = places.mutableSpan
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        return KernelsV4.CutKernel.find(
          values, or: filling, times: factors, or: factorFilling, among: cuts, into: &places)
      case .v3:
        return KernelsV3.CutKernel.find(
          values, or: filling, times: factors, or: factorFilling, among: cuts, into: &places)
    #endif
    default:
      return Kernels.CutKernel.find(
        values, or: filling, times: factors, or: factorFilling, among: cuts, into: &places)
    }
  }

  /// Of truths, only those are gone through for which something fails: mostly few.
  func look(
    _ column: RuleTruths, _ axis: RuleAxis, _ count: Int, _ failing: inout MutableSpan<RuleSet>
  ) {
    for word in 0..<((count + 63) >> 6) {
      let all: UInt64 = count - word * 64 >= 64 ? .max : (1 << UInt64(count - word * 64)) - 1
      let (yes, no) = (column.yes[word] & all, column.no[word] & all)
      add(sets[axis.sets], no, word, &failing)
      add(sets[axis.sets + 1], all & ~(yes | no), word, &failing)
      add(sets[axis.sets + 2], yes, word, &failing)
    }
  }

  @inline(__always)
  private func add(
    _ set: RuleSet, _ rows: UInt64, _ word: Int, _ failing: inout MutableSpan<RuleSet>
  ) {
    guard !set.isEmpty else { return }
    var left = rows
    while left != 0 {
      failing[word << 6 | left.trailingZeroBitCount].formUnion(set)
      left &= left &- 1
    }
  }
}

extension RuleWorkspace {
  /// Adds what was noted by place to the sets of rows, 64 places and 64 rows at a time.
  fileprivate func turn(
    _ places: RuleSet, _ stripe: Stripe, _ failing: inout MutableSpan<RuleSet>
  ) {
    for part in 0..<4 where places.words[part] != 0 {
      for word in 0..<(stripe.rows >> 6) {
        var block = InlineArray<64, UInt64> { place in
          places.words[part] & 1 << UInt64(place) == 0 ? 0 : self.places[part << 6 | place][word]
        }
        Self.transpose(&block)
        let first = stripe.start + word * 64
        for row in 0..<min(64, stripe.count - word * 64) {
          failing[first + row].words[part] |= block[row]
        }
      }
    }
  }

  /// Turns 64 words of 64 bits: bit i of word k becomes bit k of word i.
  ///
  /// Blocks beside the diagonal change places: of 32 bits, then within each of them of 16, and so on
  /// (Warren, Hacker's Delight, 7-3).
  @inline(never)
  static func transpose(_ block: inout InlineArray<64, UInt64>) {
    var width = 32
    var low: UInt64 = 0xffff_ffff
    while width > 0 {
      var first = 0
      while first < 64 {
        for place in first..<first + width {
          let (one, other) = (block[place], block[place + width])
          let changed = (one &>> UInt64(width) ^ other) & low
          block[place] = one ^ changed &<< UInt64(width)
          block[place + width] = other ^ changed
        }
        first += 2 * width
      }
      width /= 2
      low ^= low &<< UInt64(width)
    }
  }
}
