// Many conditions for the same kind of subject: their different clauses, one behind the other. Running
// them is in Evaluator.

/// Conditions that are evaluated together, as those of all offers are at a decision.
///
/// One array holds the steps of all, so that nothing but it is touched, and no program is copied.
/// Conditions of a shop have much in common, so a clause that several have is there once.
public struct RuleBook: Sendable {
  @usableFromInline let steps: [RuleStep]
  /// How many different clauses there are.
  @usableFromInline let clauseCount: Int
  /// The clauses of each condition, one condition behind the other.
  @usableFromInline let clauses: [Int]
  /// Where the clauses of each condition end.
  @usableFromInline let ends: [Int]

  /// Binds conditions together.
  ///
  /// - Parameter programs: the conditions; their places are their numbers in the book.
  public init(_ programs: [RuleProgram]) {
    var (steps, clauses, ends): ([RuleStep], [Int], [Int]) = ([], [], [])
    var known: [[UInt64]: Int] = [:]
    for program in programs {
      // The step that ends a clause tells its number in the condition, which may differ.
      for clause in program.steps.split(whereSeparator: { $0.operation == .end }) {
        var words: [UInt64] = []
        for step in clause { step.append(to: &words) }
        if let number = known[words] {
          clauses.append(number)
        } else {
          clauses.append(known.count)
          known[words] = known.count
          steps += clause
          steps.append(RuleStep(.end))
        }
      }
      ends.append(clauses.count)
    }
    (self.steps, self.clauses, self.ends) = (steps, clauses, ends)
    clauseCount = known.count
  }

  /// How many conditions there are.
  public var count: Int { ends.count }
}

/// The truth of each different clause of a book for one subject, with the memory it takes.
public struct RuleTruths: Sendable {
  @usableFromInline var clauses: [Truth] = []

  /// Makes an empty one.
  public init() {}
}

extension RuleStep {
  /// Appends all its parts, bit by bit.
  fileprivate func append(to words: inout [UInt64]) {
    let registers = UInt64(target) << 8 | UInt64(left) << 16 | UInt64(right) << 24
    words.append(
      UInt64(operation.rawValue) | registers | UInt64(UInt32(bitPattern: index)) << 32)
    words.append(number.bitPattern)
    words.append(UInt64(UInt32(bitPattern: code)))
  }
}
