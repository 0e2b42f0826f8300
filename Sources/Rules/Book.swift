// Many conditions for the same kind of subject: their different clauses, one behind the other. Running
// them is in Evaluator.

/// Conditions that are evaluated together, as those of all offers are at a decision.
///
/// One array holds the steps of all, so that nothing but it is touched, and no program is copied.
/// Conditions of a shop have much in common, so a clause that several have is there once; and most
/// clauses hold for most subjects, so a clause knows its conditions, and only those that do not hold
/// are looked at again.
public struct RuleBook: Sendable {
  /// One place of a clause: in a condition, as which of its clauses.
  @usableFromInline
  struct Use: Sendable {
    @usableFromInline let condition: Int
    @usableFromInline let clause: UInt16
  }

  /// A clause that compares one field with one number: the most frequent kind, done without a program.
  @usableFromInline
  struct Threshold: Sendable {
    @usableFromInline let slot: Int
    @usableFromInline let number: Double
    @usableFromInline let relations: UInt8

    /// Nil for clauses of another kind.
    init?(_ clause: ArraySlice<RuleStep>) {
      guard clause.count == 2, let load = clause.first, let compare = clause.last,
        load.operation == .loadNumber, compare.operation == .compareNumberConstant
      else { return nil }
      slot = Int(load.index)
      number = compare.number
      relations = UInt8(truncatingIfNeeded: compare.code)
    }
  }

  /// The clauses that are thresholds; they are numbered first.
  @usableFromInline let thresholds: [Threshold]
  /// The steps of the others.
  @usableFromInline let steps: [RuleStep]
  /// Where each clause is used, clause after clause.
  @usableFromInline let uses: [Use]
  /// Where the uses of each clause end.
  @usableFromInline let ends: [Int]
  /// How many conditions there are.
  public let count: Int

  /// Binds conditions together.
  ///
  /// - Parameter programs: the conditions; their places are their numbers in the book.
  public init(_ programs: [RuleProgram]) {
    var (thresholds, steps): ([Threshold], [RuleStep]) = ([], [])
    // Of thresholds and of the others, by their numbers among themselves.
    var (simple, others): ([[Use]], [[Use]]) = ([], [])
    var known: [ArraySlice<RuleStep>: (isSimple: Bool, number: Int)] = [:]
    for (condition, program) in programs.enumerated() {
      // The step that ends a clause tells its number in the condition, which may differ.
      let clauses = program.steps.split(whereSeparator: { $0.operation == .end })
      for (number, clause) in clauses.enumerated() {
        let threshold = Threshold(clause)
        let place =
          known[clause] ?? (threshold != nil, threshold != nil ? simple.count : others.count)
        if known.updateValue(place, forKey: clause) == nil {
          if let threshold {
            thresholds.append(threshold)
            simple.append([])
          } else {
            steps += clause
            steps.append(RuleStep(.end))
            others.append([])
          }
        }
        let use = Use(condition: condition, clause: UInt16(number))
        if place.isSimple {
          simple[place.number].append(use)
        } else {
          others[place.number].append(use)
        }
      }
    }
    var ends: [Int] = []
    var uses: [Use] = []
    for clause in simple + others {
      uses += clause
      ends.append(uses.count)
    }
    (self.thresholds, self.steps, self.uses, self.ends) = (thresholds, steps, uses, ends)
    count = programs.count
  }
}

/// Which conditions of a book do not hold for one subject, with the memory it takes.
public struct RuleFailures: Sendable {
  /// Of each condition: twice the number of its first clause that does not hold, and 1 more if that is
  /// unknown; `none` if all hold.
  @usableFromInline var first: [UInt16] = []
  /// The conditions that do not hold, in no order.
  public internal(set) var conditions: [Int] = []

  @usableFromInline static var none: UInt16 { .max }

  /// Makes an empty one.
  public init() {}

  /// The first clause of a condition that does not hold.
  ///
  /// - Parameter number: the condition's, from 0 to below the book's `count`.
  /// - Returns: as ``RuleProgram/firstFailure(for:)``.
  @inlinable
  public func first(of number: Int) -> RuleFailure? {
    let found = first[number]
    guard found != Self.none else { return nil }
    return RuleFailure(clause: Int(found >> 1), truth: found & 1 == 0 ? .no : .unknown)
  }

  @usableFromInline
  mutating func clear(_ count: Int) {
    if first.count == count {
      for condition in conditions { first[condition] = Self.none }
    } else {
      first = [UInt16](repeating: Self.none, count: count)
      conditions.reserveCapacity(count)
    }
    conditions.removeAll(keepingCapacity: true)
  }

  @usableFromInline
  mutating func note(_ uses: Span<RuleBook.Use>, _ truth: Truth) {
    for place in uses.indices {
      let use = uses[place]
      let failure = use.clause << 1 | (truth == .unknown ? 1 : 0)
      let before = first[use.condition]
      if before == Self.none { conditions.append(use.condition) }
      if failure < before { first[use.condition] = failure }
    }
  }
}
