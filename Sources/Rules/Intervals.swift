// Which conditions of many do not hold, as a set: what one value decides is looked up by where it lies
// among the constants it is compared with; only the rest is run. Here is how the tables are made; a
// lookup is in IntervalEvaluator.

/// Where the sets of one value's places stand.
///
/// They are: unknown, below the first cut, at it, above it and below the second, and so on. Truths have
/// a place each: no, unknown, yes.
@usableFromInline
struct RuleAxis: Sendable {
  @usableFromInline let read: RuleStep
  /// Where its cuts begin; they are padded with infinity, which no value is above, to a power of two.
  @usableFromInline let cuts: Int
  /// Half the cuts' number with the padding: the first step of the search.
  @usableFromInline let half: Int
  /// Where its sets begin.
  @usableFromInline let sets: Int
}

/// An axis whose cuts are multiples of another value.
@usableFromInline
struct RuleScale: Sendable {
  @usableFromInline let axis: RuleAxis
  /// What stands for the value where it is unknown.
  @usableFromInline let filling: Double
  @usableFromInline let factor: RuleStep
  @usableFromInline let factorFilling: Double
  /// How many cuts there are without the padding.
  @usableFromInline let count: Int
  /// Where the sets of each cut begin: for a value below, at and above it, and unknown.
  @usableFromInline let sides: Int

  /// Whether products of two such numbers neither overflow nor lose their smallest bits.
  @inlinable
  static func isPlain(_ number: Double) -> Bool { number >= 0x1p-500 && number <= 0x1p500 }
}

/// The conditions of many programs, made for the question which of them do not hold.
///
/// Each condition has a place in a ``RuleSet``; several may share one, as those of an offer do, which
/// is in the set if one of them does not hold. A clause that looks at one value only, and compares it
/// with constants, or with constant multiples of another, costs nothing by itself: each interval
/// between the constants has its set made in advance. So a catalogue of such clauses takes a search and
/// a union for each value that it reads, however many its conditions are. Other clauses are run, but
/// only where they can still matter.
public struct RuleIntervals: Sendable {
  @usableFromInline let axes: [RuleAxis]
  @usableFromInline let scales: [RuleScale]
  @usableFromInline let cuts: [Double]
  @usableFromInline let sets: [RuleSet]
  /// The places of clauses that hold for nobody.
  @usableFromInline let always: RuleSet
  /// The steps of the other clauses, where each begins, and the places it is used at.
  @usableFromInline let steps: [RuleStep]
  @usableFromInline let starts: [Int]
  @usableFromInline let uses: [RuleSet]

  /// Binds conditions together.
  ///
  /// - Parameters:
  ///   - programs: the conditions.
  ///   - places: of each condition, 0 to 255; nil if each has its number.
  /// - Precondition: there is a place for each condition.
  public init(_ programs: [RuleProgram], places: [Int]? = nil) {
    let places = places ?? Array(programs.indices)
    precondition(places.count == programs.count, "each condition has a place")
    precondition(
      places.allSatisfy { (0..<RuleSet.placesMax).contains($0) }, "a place is one of a set")
    var table = Table()
    for (program, place) in zip(programs, places) {
      for clause in program.steps.split(whereSeparator: { $0.operation == .end }) {
        table.add(clause, place)
      }
    }
    table.finish()
    (axes, scales, cuts, sets) = (table.axes, table.scales, table.cuts, table.sets)
    always = table.always
    (steps, starts, uses) = (table.steps, table.starts, table.uses)
  }

  /// How many different clauses have to be run.
  public var programCount: Int { starts.count }

  /// What is read, as the steps that load it; each once.
  public var reads: [RuleStep] {
    var seen: Set<RuleStep> = []
    let all =
      axes.map(\.read) + scales.flatMap { [$0.axis.read, $0.factor] } + steps.filter(\.isRead)
    return all.map { $0.at(0) }.filter { seen.insert($0).inserted }
  }
}

/// The tables while they are made.
private struct Table {
  var axes: [RuleAxis] = []
  var scales: [RuleScale] = []
  var cuts: [Double] = []
  var sets: [RuleSet] = []
  var always = RuleSet()
  var steps: [RuleStep] = []
  var starts: [Int] = []
  var uses: [RuleSet] = []

  /// The clauses of an axis with their places, and the cuts of all of them.
  private struct Group {
    let axis: Axis
    var clauses: [(clause: AxisClause, place: Int)] = []
    var cuts: [Double] = []
  }

  private var groups: [Group] = []
  private var known: [Axis: Int] = [:]
  private var others: [[RuleStep]: Int] = [:]

  mutating func add(_ clause: ArraySlice<RuleStep>, _ place: Int) {
    if let truth = Self.constant(clause) {
      if truth != .yes { always.insert(place) }
      return
    }
    if let found = AxisClause(clause), take(found, place) { return }
    let key = Array(clause)
    let number = others[key] ?? uses.count
    if others.updateValue(number, forKey: key) == nil {
      starts.append(steps.count)
      steps += clause
      steps.append(RuleStep(.end))
      uses.append(RuleSet())
    }
    uses[number].insert(place)
  }

  /// The truth of a clause that looks at nothing.
  private static func constant(_ clause: ArraySlice<RuleStep>) -> Truth? {
    guard clause.count == 1, let step = clause.first, step.operation == .constantTruth
    else { return nil }
    return Truth(rawValue: UInt8(truncatingIfNeeded: step.code))
  }

  /// Puts a clause to its axis; not if that had too many cuts, or multiples that rounding might join.
  private mutating func take(_ clause: AxisClause, _ place: Int) -> Bool {
    let number = known[clause.axis] ?? groups.count
    var cuts = number < groups.count ? groups[number].cuts : []
    for cut in clause.cuts where !cuts.contains(cut) {
      let isClose =
        clause.axis.factor != nil
        && cuts.contains { abs($0 - cut) <= 1e-9 * max(abs($0), abs(cut)) }
      guard !isClose, cuts.count < RuleLimits.cutsMax else { return false }
      // Negative zero would be below itself.
      cuts.append(cut + 0)
    }
    if number == groups.count {
      known[clause.axis] = number
      groups.append(Group(axis: clause.axis))
    }
    groups[number].cuts = cuts
    groups[number].clauses.append((clause, place))
    return true
  }

  mutating func finish() {
    for group in groups {
      let isTruth = [.loadTruth, .callTruth].contains(group.axis.operand.read.operation)
      let own = group.cuts.sorted()
      // One value for each place of the axis; that none is between two neighbours does not matter.
      var probes: [Double] = isTruth ? [0, 1, 2] : [.nan]
      if !isTruth {
        let isCode = group.axis.operand.read.isCodeRead
        if let first = own.first { probes.append(isCode ? first - 1 : first.nextDown) }
        for cut in own { probes += [cut, isCode ? cut + 1 : cut.nextUp] }
        if own.isEmpty { probes.append(0) }
      }
      var padded = 1
      while padded <= own.count { padded *= 2 }
      let axis = RuleAxis(
        read: group.axis.operand.read, cuts: cuts.count, half: padded / 2, sets: sets.count)
      for probe in probes { sets.append(failing(group) { $0.truth(at: probe) }) }
      cuts += own + [Double](repeating: .infinity, count: padded - own.count)
      guard let factor = group.axis.factor else {
        axes.append(axis)
        continue
      }
      scales.append(
        RuleScale(
          axis: axis, filling: group.axis.operand.number, factor: factor.read,
          factorFilling: factor.number, count: own.count, sides: sets.count))
      for cut in own {
        for side in [-1.0, 0, 1, .nan] {
          sets.append(
            failing(group) { clause in
              clause.cuts[0] == cut ? RuleArithmetic.compare(side, 0, clause.relations) : .yes
            })
        }
      }
    }
    (groups, known, others) = ([], [:], [:])
  }

  private func failing(_ group: Group, _ truth: (AxisClause) -> Truth) -> RuleSet {
    var failing = RuleSet()
    for (clause, place) in group.clauses where !failing.contains(place) {
      if truth(clause) != .yes { failing.insert(place) }
    }
    return failing
  }
}

extension RuleLimits {
  /// Constants that one value may be compared with by a table; what is beyond is run.
  public static let cutsMax = 512
}
