// What tests of named segments need of an engine: its searches done as the server does them, and answers in parts.

import Models
import Wire

@testable import Scoring

extension EngineHarness {
  /// Does one search, and keeps what it found.
  ///
  /// - Returns: the commands, in their order; none where no search is due.
  mutating func search() -> [SegmentFinding] {
    guard var sweep = engine.segmentSweep(at: nowMicros) else { return [] }
    var found: [SegmentFinding]?
    while found == nil { found = sweep.advance(on: Alone()) }
    for finding in found ?? [] { _ = keep(finding) }
    return found ?? []
  }

  /// Does all searches that are due.
  ///
  /// - Returns: how many customers' segments were written.
  @discardableResult
  mutating func searchAll() -> Int {
    var written = 0
    while true {
      let findings = search()
      if findings.isEmpty { return written }
      for case .segments(let request) in findings {
        written += request.runs.reduce(0) { $0 + $1.codes.count }
      }
    }
  }

  /// Executes a command of the server itself.
  ///
  /// - Returns: the refusal's status; nil when it was accepted.
  mutating func keep(_ finding: SegmentFinding) -> Status? {
    var frame = ByteBuffer()
    let verb: Verb
    switch finding {
    case .quantiles(let request):
      verb = .keepQuantiles
      Self.write(verb, request, to: &frame)
    case .segments(let request):
      verb = .keepSegments
      Self.write(verb, request, to: &frame)
    }
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else {
      return .badFrame
    }
    switch engine.executeOwn(header, frame.bytes, at: nowMicros, into: &out) {
    case .changed:
      journal.append((engine.sequence, engine.timeMicros, Self.copy(frame.bytes)))
      return nil
    case .refused(let status): return status
    default: return .taskFailed
    }
  }

  static func write(_ verb: Verb, _ message: some Message, to frame: inout ByteBuffer) {
    let mark = Frame.begin(verb: verb.rawValue, tag: 0, in: &frame)
    try? message.write(to: &frame)
    Frame.end(mark, in: &frame)
  }

  /// What the segments are now, or on a day.
  mutating func segments(asOf day: Int? = nil) -> ReadSegmentsReply? {
    var frame = ByteBuffer()
    Self.write(
      .readSegments, ReadSegmentsRequest(asOfMicros: day.map(Self.noon) ?? 0), to: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax),
      case .asked(.stream(var analysis)) = engine.execute(
        header, frame.bytes, at: nowMicros, into: &out)
    else { return nil }
    while let parts = try? analysis.advance(on: Alone()) {
      guard parts.isEnd, let body = parts.bodies.last else { continue }
      var reader = FrameReader(body.raw)
      return try? ReadSegmentsReply(from: &reader)
    }
    return nil
  }

  /// How many customers are in each segment that anybody is in.
  mutating func counts(asOf day: Int? = nil) -> [String: UInt64] {
    let lines = segments(asOf: day)?.segments ?? []
    return Dictionary(
      uniqueKeysWithValues: lines.filter { $0.customers > 0 }.map {
        ($0.definition.segment, $0.customers)
      })
  }

  /// Defines one segment.
  ///
  /// - Returns: the refusal; nil when it was accepted.
  mutating func define(_ segments: [SegmentFields]) -> (status: Status, reply: RefusalReply)? {
    var frame = ByteBuffer()
    Self.write(.defineSegments, DefineSegmentsRequest(segments: segments), to: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else {
      return nil
    }
    let outcome = engine.execute(header, frame.bytes, at: nowMicros, into: &out)
    guard case .refused(let status) = outcome else {
      journal.append((engine.sequence, engine.timeMicros, Self.copy(frame.bytes)))
      return nil
    }
    var reader = FrameReader(out.bytes, from: FrameHeader.size)
    return (try? RefusalReply(from: &reader)).map { (status, $0) }
  }
}
