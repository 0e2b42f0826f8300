// Whether a condition can hold for any of many subjects of whom only ranges of values are known: the steps of
// a program, done to ranges. So that those for whom it cannot hold need not be looked at.

/// The registers of a program that is run over ranges; made once, used again.
///
/// A program is run whole, also what its steps leave out: that does not change anything. What two values have
/// to do with each other is not followed, so a condition that holds for nobody may seem possible; one that
/// holds for somebody never seems impossible.
public struct RuleReach: Sendable {
  private var numbers = InlineArray<32, RuleRange>(repeating: .unknown)
  private var codes = InlineArray<32, RuleRange>(repeating: .unknown)
  private var truths = InlineArray<32, TruthSet>(repeating: .unknown)

  /// Takes the memory.
  public init() {}

  /// Whether a condition can hold for anybody whose values lie within ranges.
  ///
  /// - Parameters:
  ///   - program: the condition.
  ///   - range: where the values lie that a step reads, which loads a field or calls a function;
  ///     ``RuleRange/anything`` where that is not known.
  /// - Returns: false only if one of its clauses is yes for nobody.
  /// - Complexity: one pass over the steps; it takes no memory.
  public mutating func canHold(
    _ program: RuleProgram, within range: (RuleStep) -> RuleRange
  ) -> Bool {
    let steps = program.steps.span
    var place = 0
    while place < steps.count {
      let step = steps[place]
      place += 1
      let (target, left, right) = (Int(step.target), Int(step.left), Int(step.right))
      let relations = UInt8(truncatingIfNeeded: step.code)
      switch step.operation {
      case .constantNumber: numbers[target] = RuleRange(of: step.number)
      case .loadNumber, .callNumber: numbers[target] = range(step)
      case .add: numbers[target] = numbers[left] + numbers[right]
      case .subtract: numbers[target] = numbers[left] - numbers[right]
      case .multiply: numbers[target] = numbers[left] * numbers[right]
      case .divide: numbers[target] = numbers[left] / numbers[right]
      case .lesser: numbers[target] = .lesser(numbers[left], numbers[right])
      case .greater: numbers[target] = .greater(numbers[left], numbers[right])
      case .negate: numbers[target] = -numbers[left]
      case .absolute: numbers[target] = numbers[left].magnitude
      case .days: numbers[target] = codes[left] - codes[right]
      case .numberElse: numbers[target] = numbers[left].filled(with: step.number)
      case .constantCode: codes[target] = RuleRange(ofCode: step.code)
      case .loadCode, .loadDay: codes[target] = range(step)
      case .constantTruth: truths[target] = TruthSet(Truth(rawValue: relations) ?? .unknown)
      case .loadTruth, .callTruth: truths[target] = TruthSet(range(step))
      case .compareNumbers:
        truths[target] = TruthSet(numbers[left], relations, numbers[right])
      case .compareNumberConstant:
        truths[target] = TruthSet(numbers[left], relations, RuleRange(of: step.number))
      case .compareCodes: truths[target] = TruthSet(codes[left], relations, codes[right])
      case .compareCodeConstant:
        truths[target] = TruthSet(codes[left], relations, RuleRange(ofCode: step.index))
      case .sameTruth: truths[target] = truths[left].same(truths[right])
      case .betweenNumbers:
        truths[target] = TruthSet(numbers[left], 6, numbers[right])
          .and(TruthSet(numbers[left], 3, numbers[right + 1]))
      case .betweenCodes:
        truths[target] = TruthSet(codes[left], 6, codes[right])
          .and(TruthSet(codes[left], 3, codes[right + 1]))
      case .inNumbers:
        let members = steps.extracting(place..<place + Int(step.index))
        truths[target] = Self.among(members, numbers[left]) { $0.number }
      case .inCodes:
        let members = steps.extracting(place..<place + Int(step.index))
        truths[target] = Self.among(members, codes[left]) {
          RuleArithmetic.number(ofCode: $0.code)
        }
      case .knownNumber: truths[target] = TruthSet(isKnown: numbers[left])
      case .knownCode: truths[target] = TruthSet(isKnown: codes[left])
      case .knownTruth:
        let isKnown = truths[left].isDisjoint(with: [.no, .yes]) ? TruthSet() : .yes
        truths[target] = truths[left].contains(.unknown) ? isKnown.union(.no) : isKnown
      case .truthElse:
        truths[target] = truths[left].filled(with: Truth(rawValue: relations) ?? .unknown)
      case .not: truths[target] = truths[left].negated
      case .and: truths[target] = truths[left].and(truths[right])
      case .or: truths[target] = truths[left].or(truths[right])
      case .member, .skipIfNo, .skipIfYes: break
      case .end: if !truths[0].contains(.yes) { return false }
      }
    }
    return true
  }

  /// Whether a value can be among members of a list, and whether it can be none of them.
  private static func among(
    _ members: Span<RuleStep>, _ values: RuleRange, _ number: (RuleStep) -> Double
  ) -> TruthSet {
    var found: TruthSet = values.hasUnknown ? .unknown : []
    guard values.hasKnown else { return found }
    for place in members.indices {
      found.formUnion(TruthSet(values, 2, RuleRange(of: number(members[place]))).intersection(.yes))
    }
    // Only where all have one value, and it is a member, is nobody's beside them.
    if values.least < values.most || !found.contains(.yes) { found.insert(.no) }
    return found
  }
}

extension RuleRange {
  fileprivate init(ofCode code: Int32) { self.init(of: RuleArithmetic.number(ofCode: code)) }
}
