// The choice of NextBest: the same as that of a whole decision which takes the best, for customers about whom
// little has to be asked.

internal import Kernels
internal import Policies
internal import Rules

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

extension NextBest {
  /// Sets the shop's own features of a row: as told, or their defaults.
  ///
  /// - Parameters:
  ///   - row: its number.
  ///   - own: as told; empty where none are.
  ///   - missing: those of them that are not known, a bit each.
  public mutating func setOwn(_ row: Int, _ own: Span<Double>, missing: UInt16) {
    let bit: UInt64 = 1 << UInt64(row)
    if own.isEmpty && defaultRows & bit != 0 { return }
    defaultRows = own.isEmpty ? defaultRows | bit : defaultRows & ~bit
    let start = row * Features.count + Features.names.count
    for place in ownDefaults.indices {
      let isMissing = place >= own.count || missing & 1 << UInt16(place) != 0
      x[start + place] =
        isMissing ? ownDefaults[place] : Float(ownFeatures[place].standardised(own[place]))
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

  /// The holdouts that hold a customer, a bit each; see ``Catalogue/holdouts(of:)``.
  ///
  /// - Parameter customer: the identifier's bytes, as received.
  /// - Returns: bit i for holdout i.
  public mutating func holdouts(of customer: Span<UInt8>) -> UInt64 {
    var held: UInt64 = 0
    for place in openHoldouts.indices where openHoldouts[place].holds(customer) {
      held |= openHoldouts[place].bit
    }
    return held
  }

  /// Chooses for all rows.
  ///
  /// - Parameters:
  ///   - rows: filled; they get their segments.
  ///   - count: how many of them there are, at most ``rowsMax``.
  /// - Precondition: `prepare` and `believe` were called, and each row had its own features set.
  public mutating func choose(_ rows: inout [NextBestRow], count: Int) {
    guard let request else { return }
    precondition(count <= Self.rowsMax, "there are too many rows")
    Self.findSegments(&rows, count, vipValue)
    let filled = rows.span.extracting(first: count)
    columns.fill(needs, from: filled)
    Self.findFailing(intervals, columns, &failing, &workspace)
    openOffers(filled, request)
    fillFeatures(filled)
    choose(count)
  }

  /// Field by field, for a span of one would hold all of them.
  private static func findFailing(
    _ intervals: borrowing RuleIntervals, _ columns: borrowing FactColumns,
    _ failing: inout [RuleSet], _ workspace: inout RuleWorkspace
  ) {
    var failing = failing.mutableSpan
    intervals.findFailing(over: columns, into: &failing, with: &workspace)
  }

  private static func findSegments(
    _ rows: inout [NextBestRow], _ count: Int, _ vipValue: Double
  ) {
    var rows = rows.mutableSpan
    for row in 0..<count {
      rows[row].segment = Segment(
        Segment.Signs(
          orders: rows[row].orders, ageDays: rows[row].age,
          daysSinceOrder: rows[row].daysSinceOrder, typicalGap: rows[row].typicalGap,
          alive: rows[row].alive, churn: rows[row].churn,
          lifetimeValue: rows[row].lifetimeValue),
        vipValue: vipValue)
    }
  }

  private mutating func openOffers(_ rows: Span<NextBestRow>, _ request: DecisionRequest) {
    let channel = UInt32(request.channel.rawValue)
    for row in rows.indices {
      if rows[row].isLeftOut {
        open[row] = .zero
        continue
      }
      let consents = (isOptIn ? rows[row].granted.bits : ~rows[row].denied.bits) >> channel
      // A bit for each of the four purposes, which lie eight bits apart.
      let purposes =
        consents & 1 | consents >> 7 & 2 | consents >> 14 & 4 | consents >> 21 & 8
      var offers = allowed[Int(purposes)] - OfferSet(words: failing[row].words)
      if rows[row].held != 0 { offers = offers - OfferSets.union(holdouts, rows[row].held) }
      open[row] = offers.words
    }
  }

  private mutating func fillFeatures(_ rows: Span<NextBestRow>) {
    Self.fill(&x, rows, &defaultRows, isMessage: isMessage, much: much, month: month)
    for row in rows.indices {
      let (basket, mean) = (rows[row].basket, rows[row].meanSpend)
      let base = basket.isFinite ? basket : mean
      bases[row] = base.isFinite ? Float(max(base, 0)) : Self.beyond
      let reference = basket > 0 ? basket : mean
      limits[row] = reference > 0 ? Float(Arbitration.basketsMax * reference) : Self.beyond
      fatigues[row] = Float(rows[row].fatigue)
    }
  }

  private static func fill(
    _ x: inout [Float], _ rows: Span<NextBestRow>, _ defaultRows: inout UInt64,
    isMessage: Bool, much: Double, month: Double
  ) {
    var x = x.mutableSpan
    for place in rows.indices {
      let (row, start) = (rows[place], place * Features.count)
      for feature in 0..<Features.names.count { x[start + feature] = 0 }
      x[start] = 1
      guard row.isProfiled || !row.isKnown else {
        // They are not to be judged at all.
        for feature in Features.names.count..<Features.count { x[start + feature] = 0 }
        defaultRows &= ~(1 << UInt64(place))
        continue
      }
      let signs = FeatureSigns(
        orders: row.orders, daysSinceOrder: row.daysSinceOrder, meanSpend: row.meanSpend,
        returnedShare: row.returnedShare, alive: row.alive, churn: row.churn,
        expectedOrders: row.expectedOrders, lifetimeValue: row.lifetimeValue, age: row.age,
        basket: row.basket, categoryShare: .nan,
        daysLeft: Double.minimum(row.cartLeft, row.viewedLeft), month: month)
      _ = Features.write(signs, isMessage: isMessage, much: much, into: &x, from: start)
    }
  }

  private mutating func choose(_ count: Int) {
    // Taken out while the kernel writes beside what it reads.
    var (chosen, scores, uplifts): ([Int32], [Float], [Float]) = ([], [], [])
    var sums: [SIMD16<Float>] = []
    swap(&chosen, &self.chosen)
    swap(&scores, &self.scores)
    swap(&uplifts, &self.uplifts)
    swap(&sums, &self.sums)
    defer {
      swap(&chosen, &self.chosen)
      swap(&scores, &self.scores)
      swap(&uplifts, &self.uplifts)
      swap(&sums, &self.sums)
    }
    var places = chosen.mutableSpan
    var scoreRoom = scores.mutableSpan
    var upliftRoom = uplifts.mutableSpan
    var sumRoom = sums.mutableSpan
    let (weights, terms, excluding) = (weights.span, terms.span, excluding.span)
    let (x, bases, limits) = (x.span, bases.span, limits.span)
    let (fatigues, open) = (fatigues.span, open.span.extracting(first: count))
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
          limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
          scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
      case .v3:
        KernelsV3.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
          limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
          scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
    #endif
    default:
      Kernels.OfferKernel.choose(
        weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
        limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
        scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
    }
  }

  /// Whether a holdout that concerns an offer holds a customer.
  ///
  /// - Parameter held: the holdouts that hold the customer, a bit each.
  /// - Returns: whether one of them is on an offer.
  public func isHeldOut(_ held: UInt64) -> Bool { !OfferSets.union(holdouts, held).isEmpty }
}
