// A condition as it was parsed: its shape, before anything is known of names and types.

/// How two values are compared.
///
/// The raw value is a set of the relations for which the comparison holds: less 1, equal 2,
/// greater 4.
enum Comparison: UInt8 {
  case equal = 2
  case notEqual = 5
  case less = 1
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 6

  init?(_ sign: Sign) {
    switch sign {
    case .equal: self = .equal
    case .notEqual: self = .notEqual
    case .less: self = .less
    case .lessOrEqual: self = .lessOrEqual
    case .greater: self = .greater
    case .greaterOrEqual: self = .greaterOrEqual
    default: return nil
    }
  }

  var sign: Sign {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    }
  }
}

/// A node with all below it.
struct Tree {
  indirect enum Kind {
    case number(Double)
    case text(String)
    case date(Int32)
    case truth(Bool)
    case name(String)
    case call(String, [Tree])
    case negate(Tree)
    /// Plus, minus, times or over.
    case arithmetic(Sign, Tree, Tree)
    case compare(Comparison, Tree, Tree)
    case between(Tree, low: Tree, high: Tree)
    case isOneOf(Tree, [Tree])
    case isKnown(Tree)
    case isUnknown(Tree)
    case numberElse(Tree, Double)
    case truthElse(Tree, Bool)
    case not(Tree)
    case and(Tree, Tree)
    case or(Tree, Tree)
  }

  let kind: Kind
  /// Its bytes in the source, with parentheses around it.
  var range: Range<Int>
  /// Levels of nesting, a chain of one operator counted once.
  let depth: Int

  /// What stands between the outermost `and`s, from left to right.
  var conjuncts: [Tree] {
    if case .and(let left, let right) = kind { left.conjuncts + right.conjuncts } else { [self] }
  }

  var isLiteral: Bool {
    switch kind {
    case .number, .text, .date, .truth: true
    case .negate(let operand): if case .number = operand.kind { true } else { false }
    default: false
    }
  }
}
