// Finds what of ``RuleIntervals`` does not hold, for one subject. Generic and inlinable as Evaluator is;
// for many subjects it is in IntervalColumns.

extension RuleIntervals {
  /// Finds the places of which a condition does not hold.
  ///
  /// - Parameters:
  ///   - subject: whom or what they are evaluated for.
  ///   - wanted: the places that matter; of others it does not say whether they fail.
  /// - Returns: those of the wanted places that have a condition which is no or unknown, and maybe
  ///   others.
  @inlinable
  public func failing<Subject: RuleSubject & ~Copyable & ~Escapable>(
    for subject: borrowing Subject, among wanted: RuleSet = .all
  ) -> RuleSet {
    let (axes, scales, cuts, sets) = (axes.span, scales.span, cuts.span, sets.span)
    var failing = always
    for number in axes.indices {
      let axis = axes[number]
      let place: Int
      switch axis.read.operation {
      case .loadTruth, .callTruth: place = Int(Self.truth(axis.read, subject).rawValue)
      default: place = Self.place(of: Self.number(axis.read, subject), 1, axis, cuts)
      }
      failing.formUnion(sets[axis.sets &+ place])
    }
    for number in scales.indices {
      let scale = scales[number]
      let value = Self.filled(Self.number(scale.axis.read, subject), scale.filling)
      let factor = Self.filled(Self.number(scale.factor, subject), scale.factorFilling)
      failing.formUnion(Self.set(of: value, factor, scale, cuts, sets))
    }
    guard !starts.isEmpty else { return failing }
    let (steps, starts, uses) = (steps.span, starts.span, uses.span)
    var registers = RuleRegisters()
    for clause in starts.indices
    where !uses[clause].intersection(wanted).subtracting(failing).isEmpty {
      var place = starts[clause]
      if RuleMachine.run(steps, from: &place, &registers, subject) != .yes {
        failing.formUnion(uses[clause])
      }
    }
    return failing
  }

  /// The number, or the code as one, that a step reads; infinite ones as they are.
  @inlinable @inline(__always)
  static func number<Subject: RuleSubject & ~Copyable & ~Escapable>(
    _ read: RuleStep, _ subject: borrowing Subject
  ) -> Double {
    switch read.operation {
    case .loadCode: RuleArithmetic.number(ofCode: subject.code(at: Int(read.index)))
    case .loadDay: RuleArithmetic.number(ofCode: subject.day(at: Int(read.index)))
    case .callNumber:
      subject.number(of: Int(read.index), RuleArguments(text: read.code, number: read.number))
    default: subject.number(at: Int(read.index))
    }
  }

  @inlinable @inline(__always)
  static func truth<Subject: RuleSubject & ~Copyable & ~Escapable>(
    _ read: RuleStep, _ subject: borrowing Subject
  ) -> Truth {
    read.operation == .loadTruth
      ? subject.truth(at: Int(read.index))
      : subject.truth(of: Int(read.index), RuleArguments(text: read.code, number: read.number))
  }

  @inlinable @inline(__always)
  static func filled(_ value: Double, _ filling: Double) -> Double {
    value.magnitude < .infinity ? value : filling
  }

  /// Where a value lies among the multiples of a factor: the number of its set.
  ///
  /// The search takes no branch that depends on the value: the sign of a difference decides.
  @inlinable @inline(__always)
  static func place(
    of value: Double, _ factor: Double, _ axis: RuleAxis, _ cuts: Span<Double>
  ) -> Int {
    var base = axis.cuts
    var half = axis.half
    while half > 0 {
      // A difference is negative if and only if the cut is the lesser: it does not underflow to 0.
      let difference = cuts[base &+ half &- 1] * factor - value
      base &+= half & Int(truncatingIfNeeded: Int64(bitPattern: difference.bitPattern) &>> 63)
      half &>>= 1
    }
    let place = (base &- axis.cuts) &<< 1 &+ (cuts[base] * factor == value ? 2 : 1)
    return value.magnitude < .infinity ? place : 0
  }

  /// The set of a value and a factor.
  @inlinable @inline(__always)
  static func set(
    of value: Double, _ factor: Double, _ scale: RuleScale, _ cuts: Span<Double>,
    _ sets: Span<RuleSet>
  ) -> RuleSet {
    // Multiples of a plain factor are in the order of the cuts, and different where those are.
    if RuleScale.isPlain(factor) {
      return sets[scale.axis.sets &+ place(of: value, factor, scale.axis, cuts)]
    }
    guard factor.magnitude < .infinity, value.magnitude < .infinity else {
      return sets[scale.axis.sets]
    }
    return set(besides: value, factor, scale, cuts, sets)
  }

  /// The same for factors that are nought, negative, or beyond all reason: cut by cut.
  @usableFromInline @inline(never)
  static func set(
    besides value: Double, _ factor: Double, _ scale: RuleScale, _ cuts: Span<Double>,
    _ sets: Span<RuleSet>
  ) -> RuleSet {
    var failing = RuleSet()
    for number in 0..<scale.count {
      let multiple = RuleArithmetic.finite(cuts[scale.axis.cuts + number] * factor)
      let side = multiple.isNaN ? 3 : value < multiple ? 0 : value == multiple ? 1 : 2
      failing.formUnion(sets[scale.sides + number * 4 + side])
    }
    return failing
  }
}
