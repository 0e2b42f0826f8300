// The choice of NextBest: the same as that of a whole decision which takes the best, for customers about whom
// little has to be asked.
// Unsafe code: the bytes of rows are lent to a kernel that reads the numbers they begin with.

internal import Kernels
internal import Policies
internal import Rules

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

extension NextBest {
  /// Sets the shop's own features of a row, for the next choice; else they are their defaults.
  ///
  /// - Parameters:
  ///   - row: its number.
  ///   - own: as told.
  ///   - missing: those of them that are not known, a bit each.
  public mutating func setOwn(_ row: Int, _ own: Span<Double>, missing: UInt16) {
    if own.isEmpty { return }
    ownRows |= 1 << UInt64(row)
    for place in ready.ownFeatures.indices {
      let isMissing = place >= own.count || missing & 1 << UInt16(place) != 0
      x[(Self.features + place) * Self.rowsMax + row] =
        isMissing
        ? ready.ownDefaults[place] : Float(ready.ownFeatures[place].standardised(own[place]))
    }
  }

  /// Sets what a row bought of; nothing where it is not said before each choice.
  ///
  /// - Parameters:
  ///   - row: its number.
  ///   - texts: the categories.
  public mutating func setBought(_ row: Int, _ texts: TextSet) { columns.setBought(row, texts) }

  /// Sets what a row looked at, likewise.
  ///
  /// - Parameters:
  ///   - row: its number.
  ///   - texts: the categories.
  public mutating func setViewed(_ row: Int, _ texts: TextSet) { columns.setViewed(row, texts) }

  /// Whether personal scores may be used.
  ///
  /// - Parameters:
  ///   - granted: what was consented to.
  ///   - denied: what was refused.
  /// - Returns: whether the catalogue's rule for profiling allows it.
  @inlinable @inline(__always)
  public func mayProfile(_ granted: ConsentSet, _ denied: ConsentSet) -> Bool {
    profilingIsOptIn ? granted.bits & profilingBit != 0 : denied.bits & profilingBit == 0
  }

  /// The holdouts that may hold a customer out of an offer; see ``Catalogue/holdouts(of:)``.
  public var openHoldouts: [OpenHoldout] { ready.openHoldouts }

  /// Chooses for all rows.
  ///
  /// - Parameters:
  ///   - rows: ``rowsMax`` of them, of which the first ones are filled.
  ///   - count: how many of them are.
  /// - Precondition: `prepare` and `believe` were called, and there are so many rows.
  public mutating func choose(_ rows: Span<NextBestRow>, count: Int) {
    guard let request = ready.request else { return }
    precondition(count <= Self.rowsMax && rows.count >= Self.rowsMax, "there are as many rows")
    let filled = rows.extracting(first: count)
    let bits = RowBits(filled)
    // Field by field, for a span of one would hold all of them.
    Self.turn(rows, count, &columns.numbers)
    Self.find(
      columns.numbers, count, bits.judged, ready, &x, &bases, &limits, &fatigues, &segments)
    if bits.marked != 0 { Self.setMarked(filled, &segments) }
    columns.fill(ready.needs, from: filled, bits, segments)
    Self.findFailing(ready.intervals, columns, &failing, &workspace)
    Self.open(filled, request.channel, ready, failing, &open)
    if ownRows == 0 {
      Self.choose(
        ready.weights, Self.features, ready, x, bases, limits, fatigues, open, count, top, &chosen,
        &scores, &uplifts, &sums)
    } else {
      Self.fillOwn(count, ownRows, bits.judged, ready.ownDefaults, &x)
      Self.choose(
        ready.ownWeights, Self.features + ready.ownFeatures.count, ready, x, bases, limits,
        fatigues, open, count, top, &chosen, &scores, &uplifts, &sums)
      ownRows = 0
    }
  }

  /// Sets the segments that were found before.
  private static func setMarked(_ rows: Span<NextBestRow>, _ segments: inout [Int32]) {
    var segments = segments.mutableSpan
    for row in rows.indices where rows[row].segmentMark != 0 {
      segments[row] = Int32(rows[row].segmentMark) - 1
    }
  }

  private static func findFailing(
    _ intervals: borrowing RuleIntervals, _ columns: borrowing FactColumns,
    _ failing: inout [RuleSet], _ workspace: inout RuleWorkspace
  ) {
    var failing = failing.mutableSpan
    intervals.findFailing(over: columns, into: &failing, with: &workspace)
  }

  /// The offers that each row may have.
  private static func open(
    _ rows: Span<NextBestRow>, _ channel: Channel, _ ready: borrowing Ready,
    _ failing: [RuleSet], _ open: inout [SIMD4<UInt64>]
  ) {
    var open = open.mutableSpan
    let (allowed, failing) = (ready.allowed.span, failing.span)
    let shift = UInt32(channel.rawValue)
    let flipped: UInt32 = ready.isOptIn ? 0 : .max
    precondition(
      open.count >= rows.count && failing.count >= rows.count && allowed.count == 16)
    for row in rows.indices {
      let told = ready.isOptIn ? rows[row].granted.bits : rows[row].denied.bits
      let consents = (told ^ flipped) >> shift
      // A bit for each of the four purposes, which lie eight bits apart.
      let purposes =
        consents & 1 | consents >> 7 & 2 | consents >> 14 & 4 | consents >> 21 & 8
      var offers = allowed[Int(purposes)] - OfferSet(words: failing[row].words)
      if rows[row].held != 0 {
        offers = offers - OfferSets.union(ready.holdouts, rows[row].held)
      }
      open[row] = rows[row].isLeftOut ? .zero : offers.words
    }
  }

  /// Sets the shop's own features of those rows that nobody told them of.
  private static func fillOwn(
    _ count: Int, _ told: UInt64, _ judged: UInt64, _ defaults: [Float], _ x: inout [Float]
  ) {
    var x = x.mutableSpan
    for place in defaults.indices {
      let start = (Self.features + place) * rowsMax
      for row in 0..<count {
        let bit: UInt64 = 1 << UInt64(row)
        // Some are not to be judged at all.
        if judged & bit == 0 {
          x[start + row] = 0
        } else if told & bit == 0 {
          x[start + row] = defaults[place]
        }
      }
    }
  }

  // MARK: Kernels

  /// Turns rows into columns.
  private static func turn(
    _ rows: Span<NextBestRow>, _ count: Int, _ numbers: inout [Double]
  ) {
    // All bytes of a row are those of its fields.
    let bytes = unsafe rows.bytes
    let apart = MemoryLayout<NextBestRow>.stride
    var numbers = numbers.mutableSpan
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.RowKernel.turn(
          rows: bytes, apart: apart, count: count, into: &numbers)
      case .v3:
        KernelsV3.RowKernel.turn(
          rows: bytes, apart: apart, count: count, into: &numbers)
    #endif
    default:
      Kernels.RowKernel.turn(
        rows: bytes, apart: apart, count: count, into: &numbers)
    }
  }

  /// Finds features and segments.
  private static func find(
    _ numbers: [Double], _ count: Int, _ judged: UInt64, _ ready: borrowing Ready,
    _ x: inout [Float], _ bases: inout [Float], _ limits: inout [Float], _ fatigues: inout [Float],
    _ segments: inout [Int32]
  ) {
    let (much, vip, most) = (ready.much, ready.vipValue, Arbitration.basketsMax)
    let columns = numbers.span
    var x = x.mutableSpan
    var bases = bases.mutableSpan
    var limits = limits.mutableSpan
    var fatigues = fatigues.mutableSpan
    var segments = segments.mutableSpan
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.RowKernel.find(
          columns: columns, count: count, judged: judged, much: much, vipValue: vip,
          basketsMax: most, x: &x, bases: &bases, limits: &limits, fatigues: &fatigues,
          segments: &segments)
      case .v3:
        KernelsV3.RowKernel.find(
          columns: columns, count: count, judged: judged, much: much, vipValue: vip,
          basketsMax: most, x: &x, bases: &bases, limits: &limits, fatigues: &fatigues,
          segments: &segments)
    #endif
    default:
      Kernels.RowKernel.find(
        columns: columns, count: count, judged: judged, much: much, vipValue: vip,
        basketsMax: most, x: &x, bases: &bases, limits: &limits, fatigues: &fatigues,
        segments: &segments)
    }
  }

  private static func choose(
    _ weights: [SIMD16<Float>], _ columns: Int, _ ready: borrowing Ready, _ x: [Float],
    _ bases: [Float], _ limits: [Float], _ fatigues: [Float], _ open: [SIMD4<UInt64>],
    _ count: Int, _ top: Int, _ chosen: inout [Int32], _ scores: inout [Float],
    _ uplifts: inout [Float], _ sums: inout [SIMD16<Float>]
  ) {
    var chosen = chosen.mutableSpan
    var scores = scores.mutableSpan
    var uplifts = uplifts.mutableSpan
    var sums = sums.mutableSpan
    let (weights, terms, excluding) = (weights.span, ready.terms.span, ready.excluding.span)
    let (x, bases, limits) = (x.span, bases.span, limits.span)
    let (fatigues, open) = (fatigues.span, open.span.extracting(first: count))
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, columns: columns,
          apart: rowsMax, bases: bases, limits: limits, fatigues: fatigues, open: open, top: top,
          chosen: &chosen, scores: &scores, uplifts: &uplifts, sums: &sums)
      case .v3:
        KernelsV3.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, columns: columns,
          apart: rowsMax, bases: bases, limits: limits, fatigues: fatigues, open: open, top: top,
          chosen: &chosen, scores: &scores, uplifts: &uplifts, sums: &sums)
    #endif
    default:
      Kernels.OfferKernel.choose(
        weights: weights, terms: terms, excluding: excluding, x: x, columns: columns,
        apart: rowsMax, bases: bases, limits: limits, fatigues: fatigues, open: open, top: top,
        chosen: &chosen, scores: &scores, uplifts: &uplifts, sums: &sums)
    }
  }
}
