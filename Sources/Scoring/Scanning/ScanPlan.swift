// What a scan asks, compiled: conditions in the order of what they cost, and all that has to be known for them.

import Offers
import Rules

/// A condition that is asked stage by stage, the cheap ones of everybody.
struct StagedCondition: Sendable {
  struct Stage: Sendable {
    let program: RuleProgram
    /// What it reads, the cheap first.
    let columns: [ScanColumn]
    /// What it reads that is so dear that the stage is asked without it first: for many the rest decides.
    let dear: [ScanColumn]
  }

  /// What it asks of orders and days, as far as that are ranges: asked first, of everybody at once.
  let lines: LineFilter?
  let stages: [Stage]
  /// All that it asks, the cheap first.
  let programs: [RuleProgram]

  /// A column of at least this cost is dear.
  private static let dearCost = 3
  /// What clauses cost that are asked of lines: less than all others.
  private static let ofLines = -1

  init(_ program: RuleProgram) {
    func cost(_ step: RuleStep) -> Int { ScanColumn(step)?.cost ?? 0 }
    func isDear(_ step: RuleStep) -> Bool { cost(step) >= Self.dearCost }
    var lines: LineFilter?
    programs = program.stages { clause in
      guard let own = LineFilter(clause) else { return clause.map(cost).max() ?? 0 }
      lines?.formIntersection(own)
      lines = lines ?? own
      return Self.ofLines
    }
    self.lines = lines
    stages = programs.dropFirst(lines == nil ? 0 : 1).map { program in
      let columns = program.columns.sorted { $0.cost < $1.cost }
      // Where it asks whether the dear is known, being without it would be an answer.
      let dear = columns.filter { $0.cost >= Self.dearCost }
      let canDo = dear.count < columns.count && !program.asksWhetherKnown(isDear)
      return Stage(
        program: program, columns: canDo ? columns.filter { $0.cost < Self.dearCost } : columns,
        dear: canDo ? dear : [])
    }
  }

  var columns: Set<ScanColumn> { Set(stages.flatMap { $0.columns + $0.dear }) }
}

/// A named segment, compiled.
struct SegmentRule: Sendable {
  let segment: Segment
  let enters: StagedCondition
  let stays: StagedCondition
  /// Whether it makes no difference who was in it before.
  let isMemoryless: Bool
}

/// A scan's question.
struct ScanPlan: Sendable {
  let texts: ScanTexts
  /// Whom it is about; nil for everybody.
  let condition: StagedCondition?
  /// How segments are found; none where nobody asks for them.
  let segments: [SegmentRule]
  /// All that has to be known.
  let needs: Set<ScanColumn>
  let layout: ScanLayout
  /// Whether columns of orders, and scores, are all that has to be known.
  let isQuick: Bool
  /// Registers that the conditions take.
  let registerCount: Int

  /// Puts a question together.
  ///
  /// - Parameters:
  ///   - texts: the literals of its conditions.
  ///   - condition: whom it is about; nil for everybody.
  ///   - segments: how segments are found; none where nobody asks for them.
  ///   - told: what is told of those whom the condition holds for.
  init(
    texts: ScanTexts, condition: StagedCondition?, segments: [SegmentRule],
    told: Set<ScanColumn>
  ) {
    self.texts = texts
    self.condition = condition
    self.segments = segments
    let conditions = (condition.map { [$0] } ?? []) + segments.flatMap { [$0.enters, $0.stays] }
    var needs = told
    for condition in conditions { needs.formUnion(condition.columns) }
    self.needs = needs
    isQuick = needs.allSatisfy { $0.cost <= 1 }
    registerCount = conditions.flatMap(\.stages).map(\.program.registerCount).max() ?? 0
    layout = ScanLayout(needs)
  }
}

/// Makes plans from what was written.
struct ScanPlanner {
  private let segmentation: Segmentation
  private var texts = ScanTexts()

  init(_ segmentation: Segmentation) { self.segmentation = segmentation }

  /// Plans.
  ///
  /// - Parameters:
  ///   - condition: as it was written; empty for everybody.
  ///   - told: what is told of those whom it holds for.
  ///   - name: the number under which the shop keeps a name.
  /// - Returns: the question, compiled.
  /// - Throws: what is wrong with the condition, and where.
  mutating func plan(
    _ condition: String, told: Set<ScanColumn>, name: (String) -> UInt32?
  ) throws(RuleError) -> ScanPlan {
    let staged =
      condition.isEmpty
      ? nil : StagedCondition(try compile(condition, CustomerFields.schema, name))
    var rules: [SegmentRule] = []
    if told.contains(.code(.segment)) || staged?.columns.contains(.code(.segment)) == true {
      for definition in segmentation.definitions { rules.append(try rule(definition, name: name)) }
    }
    return ScanPlan(texts: texts, condition: staged, segments: rules, told: told)
  }

  /// Compiles a segment's definition.
  mutating func rule(
    _ definition: SegmentDefinition, name: (String) -> UInt32?
  ) throws(RuleError) -> SegmentRule {
    SegmentRule(
      segment: definition.segment,
      enters: StagedCondition(try compile(definition.enters, CustomerFields.ofSegments, name)),
      stays: StagedCondition(try compile(definition.stays, CustomerFields.ofSegments, name)),
      isMemoryless: definition.enters == definition.stays)
  }

  private mutating func compile(
    _ text: String, _ schema: RuleSchema, _ name: (String) -> UInt32?
  ) throws(RuleError) -> RuleProgram {
    var texts = texts
    let program = try RuleProgram(text, schema: schema) { literal in
      texts.code(of: literal, name: name(literal))
    }
    self.texts = texts
    return program
  }
}
