// What a scan asks, compiled: conditions in the order of what they cost, and all that has to be known for them.

import Offers
import Rules

/// A condition that is asked stage by stage, the cheap ones of everybody.
struct StagedCondition: Sendable {
  struct Stage: Sendable {
    let program: RuleProgram
    let columns: [ScanColumn]
  }

  let stages: [Stage]

  init(_ program: RuleProgram) {
    stages = program.stages { ScanColumn($0)?.cost ?? 0 }.map {
      Stage(program: $0, columns: $0.columns.sorted { $0.cost < $1.cost })
    }
  }

  var columns: Set<ScanColumn> { Set(stages.flatMap(\.columns)) }
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
  /// What is told of those whom the condition holds for.
  let told: Set<ScanColumn>

  /// All that has to be known.
  var needs: Set<ScanColumn> {
    var all = told
    if let condition { all.formUnion(condition.columns) }
    for rule in segments {
      all.formUnion(rule.enters.columns)
      all.formUnion(rule.stays.columns)
    }
    return all
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
