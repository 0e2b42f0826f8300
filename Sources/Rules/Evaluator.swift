// Runs programs for one subject: no allocation, no reference counted, no box. Generic over the
// subject and inlinable, so that the module that has the subject compiles it for its type. What the
// steps do is in Machine.

/// Why a condition does not hold.
@frozen
public struct RuleFailure: Sendable, Equatable {
  /// Which clause, from 0: the first that does not hold.
  public let clause: Int
  /// Whether the clause is no or unknown.
  public let truth: Truth

  /// Tells of a clause.
  ///
  /// - Parameters:
  ///   - clause: which, from 0.
  ///   - truth: no or unknown.
  @inlinable
  public init(clause: Int, truth: Truth) {
    self.clause = clause
    self.truth = truth
  }
}

extension RuleProgram {
  /// Evaluates the whole condition.
  ///
  /// - Parameter subject: whom or what it is evaluated for.
  /// - Returns: yes if all clauses are yes, no if one is no, else unknown.
  @inlinable
  public func truth<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject
  ) -> Truth {
    let steps = steps.span
    var registers = RuleRegisters()
    var place = 0
    var whole = Truth.yes
    while place < steps.count {
      whole = whole.and(RuleMachine.run(steps, from: &place, &registers, subject))
      if whole == .no { break }
    }
    return whole
  }

  /// Finds the first clause that does not hold.
  ///
  /// - Parameter subject: whom or what it is evaluated for.
  /// - Returns: nil if all clauses are yes, so that the condition holds; else the first that is not,
  ///   which may be unknown while a later one is no.
  @inlinable
  public func firstFailure<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject
  ) -> RuleFailure? {
    let steps = steps.span
    var registers = RuleRegisters()
    var place = 0
    while place < steps.count {
      let truth = RuleMachine.run(steps, from: &place, &registers, subject)
      if truth != .yes { return RuleFailure(clause: Int(steps[place - 1].index), truth: truth) }
    }
    return nil
  }

  /// Evaluates each clause by itself.
  ///
  /// - Parameters:
  ///   - subject: whom or what they are evaluated for.
  ///   - tell: is given each clause's number and truth, in their order.
  @inlinable
  public func eachClause<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject, _ tell: (Int, Truth) -> Void
  ) {
    let steps = steps.span
    var registers = RuleRegisters()
    var place = 0
    while place < steps.count {
      let truth = RuleMachine.run(steps, from: &place, &registers, subject)
      tell(Int(steps[place - 1].index), truth)
    }
  }
}

extension RuleBook {
  /// Evaluates every condition of the book.
  ///
  /// - Parameters:
  ///   - subject: whom or what they are evaluated for.
  ///   - tell: is given each condition's number, in their order, and its first clause that does not
  ///     hold; nil if all do.
  @inlinable
  public func eachFailure<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject, _ tell: (Int, RuleFailure?) -> Void
  ) {
    let steps = steps.span
    let ends = ends.span
    var registers = RuleRegisters()
    var place = 0
    for number in ends.indices {
      let end = ends[number]
      var failure: RuleFailure?
      while place < end {
        let truth = RuleMachine.run(steps, from: &place, &registers, subject)
        if truth != .yes {
          failure = RuleFailure(clause: Int(steps[place - 1].index), truth: truth)
          place = end
        }
      }
      tell(number, failure)
    }
  }
}
