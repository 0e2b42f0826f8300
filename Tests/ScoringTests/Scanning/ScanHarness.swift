// Questions about all customers as frames, and their answers put together again. No tests here.

import Models
import Testing
import Wire

@testable import Scoring

/// The second half of the pieces first.
struct LastFirst: FitCrew {
  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    Array((0..<count).reversed().map(task).reversed())
  }
}

/// The whole answer to select customers.
struct Selected: Equatable {
  var head = SelectReply()
  var columns: [ColumnValues] = []
  var parts = 0
  var largestPart = 0

  var names: [String] {
    if case .texts(let names)? = columns.first { return names.map { $0 ?? "" } }
    return []
  }

  func numbers(_ column: Int) -> [Double] {
    if case .numbers(let values) = columns[column] { return values }
    return []
  }

  func texts(_ column: Int) -> [String?] {
    if case .texts(let values) = columns[column] { return values }
    return []
  }

  func days(_ column: Int) -> [Int32?] {
    if case .days(let values) = columns[column] { return values }
    return []
  }

  func truths(_ column: Int) -> [Bool?] {
    if case .truths(let values) = columns[column] { return values }
    return []
  }

  mutating func add(_ part: SelectReply) {
    head = part
    head.columns = []
    parts += 1
    if columns.isEmpty {
      columns = part.columns
    } else if !part.columns.isEmpty {
      columns = zip(columns, part.columns).map { $0.joined(with: $1) }
    }
  }
}

extension ColumnValues {
  func joined(with next: ColumnValues) -> ColumnValues {
    switch (self, next) {
    case (.numbers(let one), .numbers(let other)): .numbers(one + other)
    case (.texts(let one), .texts(let other)): .texts(one + other)
    case (.days(let one), .days(let other)): .days(one + other)
    case (.truths(let one), .truths(let other)): .truths(one + other)
    default: .numbers([])
    }
  }
}

/// A scan under way, and what it has told.
struct ScanUnderWay {
  var analysis: any StreamedAnalysis
  var bodies: [[UInt8]] = []
  var hasEnded = false

  /// Takes a step; false at the end.
  mutating func step(on crew: any FitCrew = Alone()) throws -> Bool {
    if hasEnded { return false }
    let parts = try analysis.advance(on: crew)
    bodies += parts.bodies
    hasEnded = parts.isEnd
    let size = parts.bodies.reduce(0) { $0 + $1.count }
    #expect(size <= StreamedParts.sizeMax)
    return !hasEnded
  }

  /// Takes all steps that are left, and reads what was told.
  mutating func selected(on crew: any FitCrew = Alone()) throws -> Selected {
    while try step(on: crew) {}
    var selected = Selected()
    for body in bodies {
      var reader = FrameReader(body.raw, from: 0)
      selected.add(try SelectReply(from: &reader))
      try reader.requireEnd()
      selected.largestPart = max(selected.largestPart, body.count)
    }
    return selected
  }

  mutating func counted(on crew: any FitCrew = Alone()) throws -> CountReply {
    while try step(on: crew) {}
    var counted = CountReply()
    for body in bodies {
      // Only the last part has groups.
      #expect(counted.groups.isEmpty)
      var reader = FrameReader(body.raw, from: 0)
      counted = try CountReply(from: &reader)
      try reader.requireEnd()
    }
    return counted
  }
}

extension EngineHarness {
  /// Asks for a scan.
  mutating func scan(_ verb: Verb, _ request: some Message) throws(Refusal) -> ScanUnderWay {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 7, in: &frame)
    try request.write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header) = try Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else { throw Refusal(.badFrame, "no frame") }
    let outcome = engine.execute(header, frame.bytes, at: nowMicros, into: &out)
    if case .asked(.stream(let analysis)) = outcome { return ScanUnderWay(analysis: analysis) }
    guard case .frame(let head) = try Frame.cut(out.bytes, sizeMax: Limits.frameSizeMax),
      let status = Status(rawValue: head.status)
    else { throw Refusal(.badFrame, "no reply") }
    var reader = FrameReader(out.bytes, from: FrameHeader.size)
    let reply = try RefusalReply(from: &reader)
    throw Refusal(status, at: reply.offset == .max ? nil : Int(reply.offset), reply.sentence)
  }

  mutating func select(
    _ condition: String = "", _ columns: [String] = ["customer"], on crew: any FitCrew = Alone(),
    change: (inout SelectRequest) -> Void = { _ in }
  ) throws -> Selected {
    var request = SelectRequest(condition: condition, columns: columns)
    change(&request)
    var scan = try scan(.selectCustomers, request)
    return try scan.selected(on: crew)
  }

  mutating func count(
    _ condition: String = "", by groups: [String] = [], of measures: [String] = [],
    shares: [Double] = [], on crew: any FitCrew = Alone(),
    change: (inout CountRequest) -> Void = { _ in }
  ) throws -> CountReply {
    var request = CountRequest(condition: condition)
    request.groups = groups
    request.measures = measures
    request.shares = shares
    change(&request)
    var scan = try scan(.countCustomers, request)
    return try scan.counted(on: crew)
  }

  /// Why a select is refused; nil where it is not.
  mutating func refusal(
    _ condition: String = "", _ columns: [String] = ["customer"],
    change: (inout SelectRequest) -> Void = { _ in }
  ) -> Refusal? {
    do { _ = try select(condition, columns, change: change) } catch { return error as? Refusal }
    return nil
  }

  /// Why a count is refused; nil where it is not.
  mutating func refusal(
    _ condition: String = "", by groups: [String], of measures: [String] = [],
    shares: [Double] = []
  ) -> Refusal? {
    do { _ = try count(condition, by: groups, of: measures, shares: shares) } catch {
      return error as? Refusal
    }
    return nil
  }

  /// Has quantiles of lifetime value as a fit would leave them.
  mutating func setValueQuantiles(_ points: [Double]) {
    engine.store.segmentation.quantiles["lifetime_value"] = points
  }
}
