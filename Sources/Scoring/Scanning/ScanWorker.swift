// One thread's part of a scan: batches of rows, whom of them a condition holds for, and in which segment each is.

import Models
import Offers
import Rules

/// The memory of a scan's thread.
struct ScanWorker: ~Copyable {
  let plan: ScanPlan
  private(set) var columns: ScanColumns
  private var workspace: RuleWorkspace
  /// In which segment each row is, counted from 1.
  private var segments = [UInt8](repeating: 0, count: RowSet.rowsMax)
  private let store: Store
  private var zones: ScanZones
  /// Chunks that were looked at: those that zones do not rule out.
  private(set) var chunkCount = 0
  /// Whether it counts in which segment somebody was found last.
  private let countsMarks: Bool
  /// What the condition asks of lines, and whether it asks for more: told here, so that no one batch has to look.
  private let ranges: LineRanges?
  private let hasStages: Bool

  init(_ plan: ScanPlan, _ view: ScanView) {
    self.plan = plan
    store = view.store
    zones = ScanZones(plan, view)
    countsMarks =
      view.store.segmentation.marks.count > 0
      && view.store.segmentation.countsMarks(on: Int32(view.day))
    columns = ScanColumns(view, plan.texts, plan.layout)
    ranges = plan.condition?.lines?.ranges(on: view.day)
    hasStages = plan.condition?.stages.isEmpty == false
    workspace = RuleWorkspace(registers: plan.registerCount)
  }

  /// Finds whom the condition holds for among all customers of some chunks.
  ///
  /// - Parameters:
  ///   - chunks: their numbers.
  ///   - crew: who computes; it may let others go first between two of them.
  ///   - body: is given the worker, whose columns hold a batch, and the rows of it; false ends it.
  mutating func scan(
    _ chunks: Range<Int>, on crew: any FitCrew, _ body: (inout ScanWorker, RowSet) -> Bool
  ) {
    let rowsMax = RowSet.rowsMax
    let store = store
    var restedMicros: Int64 = 0
    for chunk in chunks where zones.canHold(in: chunk) {
      chunkCount += 1
      let block = store.customers.chunks.blocks[chunk]
      let count = store.customers.chunks.rowCount(inBlock: chunk)
      for start in stride(from: 0, to: count, by: rowsMax) {
        let range = start..<min(start + rowsMax, count)
        columns.load(range, of: block, from: UInt32(chunk * CustomerRow.chunkRows))
        let found = holding()
        if !found.isEmpty, !body(&self, found) { return }
      }
      crew.makeWay(&restedMicros)
    }
  }

  /// Takes some rows, wherever they are.
  mutating func load(_ rows: Span<UInt32>) { columns.load(rows) }

  /// The rows of the batch that the condition holds for.
  mutating func holding() -> RowSet {
    let left = ranges.map { columns.rows(within: $0) } ?? columns.all
    return hasStages ? holding(plan.condition?.stages ?? [], among: left) : left
  }

  /// Fills what is told of some rows.
  mutating func fill(_ column: ScanColumn, for rows: RowSet) {
    if column == .code(.segment) {
      classify(columns.isFilled(column, for: rows))
    } else {
      columns.fill(column, for: rows)
    }
  }

  private mutating func holding(_ condition: StagedCondition, among rows: RowSet) -> RowSet {
    var left = rows
    if let lines = condition.lines {
      left = columns.rows(within: lines.ranges(on: columns.view.day)).intersection(left)
    }
    return holding(condition.stages, among: left)
  }

  private mutating func holding(_ stages: [StagedCondition.Stage], among rows: RowSet) -> RowSet {
    var left = rows
    for stage in stages {
      if left.isEmpty { break }
      for column in stage.columns { fill(column, for: left) }
      for column in stage.dear { columns.forget(column) }
      var (yes, unknown) = evaluate(stage.program)
      if !stage.dear.isEmpty {
        // What is decided without the dear stays so with it.
        let open = left.intersection(unknown)
        if !open.isEmpty {
          for column in stage.dear { fill(column, for: open) }
          let again = evaluate(stage.program)
          yes = yes.subtracting(open).union(again.yes.intersection(open))
        }
      }
      left = left.intersection(yes)
    }
    return left
  }

  private mutating func evaluate(_ program: RuleProgram) -> (yes: RowSet, unknown: RowSet) {
    var found = RowSet()
    var unknown = RowSet()
    var yes = found.words.mutableSpan
    var others = unknown.words.mutableSpan
    program.evaluate(over: columns, yes: &yes, unknown: &others, with: &workspace)
    return (found, unknown)
  }

  /// Finds the segments of some rows: the first whose condition holds, where that to stay counts for
  /// who was found there last.
  private mutating func classify(_ rows: RowSet) {
    if rows.isEmpty { return }
    var left = rows
    for rule in plan.segments {
      if left.isEmpty { break }
      var found: RowSet
      if rule.isMemoryless {
        found = holding(rule.enters, among: left)
      } else {
        let members = members(of: rule.segment, among: left)
        found = holding(rule.enters, among: left.subtracting(members))
        if !members.isEmpty { found = found.union(holding(rule.stays, among: members)) }
      }
      let segment = rule.segment.rawValue + 1
      found.eachRow { row in segments[row] = segment }
      left = left.subtracting(found)
    }
    // Who fits nowhere: a shop's last segment may have a condition too.
    left.eachRow { row in segments[row] = Segment.willBuyAgain.rawValue + 1 }
    columns.setSegments(segments, for: rows)
  }

  private func members(of segment: Segment, among rows: RowSet) -> RowSet {
    var found = RowSet()
    if !countsMarks { return found }
    rows.eachRow { row in
      if store.segmentation.mark(of: columns.rows[row]) == segment.rawValue + 1 {
        found.insert(row)
      }
    }
    return found
  }
}
