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
  /// Evaluates each different clause of the book once.
  ///
  /// - Parameters:
  ///   - subject: whom or what they are evaluated for.
  ///   - failures: become those of this book and this subject; memory is taken only where the number of
  ///     conditions changed.
  @inlinable
  public func evaluate<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject, into failures: inout RuleFailures
  ) {
    failures.clear(count)
    let (steps, ends, uses) = (steps.span, ends.span, uses.span)
    let thresholds = thresholds.span
    for clause in thresholds.indices {
      let value = RuleArithmetic.finite(subject.number(at: thresholds[clause].slot))
      let truth = RuleArithmetic.compare(
        value, thresholds[clause].number, thresholds[clause].relations)
      if truth != .yes { failures.note(uses.extracting(Self.uses(of: clause, ends)), truth) }
    }
    var registers = RuleRegisters()
    var place = 0
    for clause in thresholds.count..<ends.count {
      let truth = RuleMachine.run(steps, from: &place, &registers, subject)
      if truth != .yes { failures.note(uses.extracting(Self.uses(of: clause, ends)), truth) }
    }
  }

  @inlinable
  static func uses(of clause: Int, _ ends: Span<Int>) -> Range<Int> {
    (clause == 0 ? 0 : ends[clause - 1])..<ends[clause]
  }
}
