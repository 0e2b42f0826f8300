// Many conditions for the same kind of subject, laid out one behind the other.

/// Conditions that are evaluated together, as those of all offers are at a decision.
///
/// One array holds the steps of all, so that nothing but it is touched, and no program is copied.
public struct RuleBook: Sendable {
  @usableFromInline let steps: [RuleStep]
  /// Where the steps of each condition end.
  @usableFromInline let ends: [Int]

  /// Binds conditions together.
  ///
  /// - Parameter programs: the conditions; their places are their numbers in the book.
  public init(_ programs: [RuleProgram]) {
    var steps: [RuleStep] = []
    ends = programs.map {
      steps += $0.steps
      return steps.count
    }
    self.steps = steps
  }

  /// How many conditions there are.
  public var count: Int { ends.count }
}
