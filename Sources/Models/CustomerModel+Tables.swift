// Scores from tables: many customers, eight at a time, without allocations. What a table does not answer the
// exact path of CustomerModel.swift does.

extension CustomerModel {
  /// The scores of many customers, from tables where they answer.
  ///
  /// The relative error is below 1e-9. A customer gets the same bits alone and among others.
  ///
  /// - Parameters:
  ///   - subjects: the customers.
  ///   - horizon: made under this model's calibration.
  ///   - tables: made of this model and this horizon; without them all is exact.
  ///   - scores: where the scores go, in the same order, from its beginning.
  /// - Precondition: there is room for all scores, and the tables are of this horizon.
  public func score(
    _ subjects: Span<ScoreSubject>, _ horizon: ScoreHorizon, _ tables: OutlookTables?,
    into scores: inout MutableSpan<CustomerScore>
  ) {
    guard let tables else { return score(subjects, horizon, into: &scores) }
    precondition(subjects.count <= scores.count, "A batch has one score for each customer.")
    precondition(tables.horizon == horizon, "A table is of one horizon.")
    var block = ScoreBlock()
    var start = 0
    while start < subjects.count {
      let taken = min(ScoreBlock.customersMax, subjects.count - start)
      block.score(subjects.extracting(start..<start + taken), tables)
      let found = block.found
      for place in 0..<taken {
        let orders = found[ScoreBlock.customersMax * 2 + place]
        // Orders that are no number are the table's word for «ask elsewhere».
        scores[start + place] =
          orders.isNaN
          ? outside(subjects[start + place], horizon)
          : CustomerScore(
            aliveProbability: found[place],
            churnProbability: found[ScoreBlock.customersMax + place],
            expectedOrders: orders,
            expectedSpendPerOrder: found[ScoreBlock.customersMax * 3 + place],
            lifetimeValue: found[ScoreBlock.customersMax * 4 + place])
      }
      start += taken
    }
  }
}

extension CustomerModel {
  /// The scores of one customer, from tables where they answer: the bits that a batch gives.
  ///
  /// - Parameters:
  ///   - subject: the customer.
  ///   - horizon: made under this model's calibration.
  ///   - tables: made of this model and this horizon; without them all is exact.
  /// - Returns: the five scores.
  /// - Precondition: the tables are of this horizon.
  public func score(
    _ subject: ScoreSubject, _ horizon: ScoreHorizon, _ tables: OutlookTables?
  ) -> CustomerScore {
    guard let tables else { return score(subject, horizon) }
    let subjects = InlineArray<1, ScoreSubject>(repeating: subject)
    var scores = InlineArray<1, CustomerScore>(
      repeating: CustomerScore(
        aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
        lifetimeValue: 0))
    var room = scores.mutableSpan
    score(subjects.span, horizon, tables, into: &room)
    return scores[0]
  }
}

extension CustomerModel {
  /// Whoever a table does not answer, out of the way of the others.
  @inline(never)
  private func outside(_ subject: ScoreSubject, _ horizon: ScoreHorizon) -> CustomerScore {
    score(subject, horizon)
  }
}

/// The customers of one turn through the kernels, column by column.
struct ScoreBlock: ~Copyable {
  /// Customers in a block, and the width of its columns.
  static let customersMax = 32

  private var histories = InlineArray<96, Double>(repeating: 0)
  private var facts = InlineArray<160, Double>(repeating: 0)
  private var scores = InlineArray<160, Double>(repeating: 0)

  /// What was found, in five columns: outlooks, or scores.
  var found: Span<Double> {
    @_lifetime(borrow self) borrowing get { scores.span }
  }

  /// Finds the scores of at most `customersMax` customers.
  mutating func score(_ subjects: Span<ScoreSubject>, _ tables: OutlookTables) {
    var histories = histories.mutableSpan
    var facts = facts.mutableSpan
    for place in subjects.indices {
      let subject = subjects[place]
      Self.take(subject.history, at: place, &histories)
      facts[place] = subject.history.repeatOrders
      facts[Self.customersMax + place] = subject.meanSpend
      facts[Self.customersMax * 2 + place] = subject.idleDays
      facts[Self.customersMax * 3 + place] = subject.recent.month
      facts[Self.customersMax * 4 + place] = subject.recent.reference
    }
    // Lanes without a customer have an old one's numbers, which harms nobody.
    let octets = (subjects.count + Lanes.scalarCount - 1) / Lanes.scalarCount
    look(tables, octets: octets)
    var room = scores.mutableSpan
    tables.overlay.score(self.facts.span, octets: octets, tables.level, &room)
  }

  @inline(__always)
  private static func take(
    _ history: PurchaseHistory, at place: Int, _ histories: inout MutableSpan<Double>
  ) {
    histories[place] = history.repeatOrders
    histories[customersMax + place] = history.recencyDays
    histories[customersMax * 2 + place] = history.ageDays
  }

  private mutating func look(_ tables: OutlookTables, octets: Int) {
    var room = scores.mutableSpan
    for place in room.indices { room[place] = 0 }
    for part in tables.parts {
      part.add(histories.span, octets: octets, tables.level, into: &room)
    }
  }
}
