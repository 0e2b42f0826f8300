// The named segments: define segments, read segments, what the journal keeps of searches, and what a search is to
// work on. The searches themselves are in SegmentSweep.

import Models
import Offers
import Rules
import Wire

extension Engine {
  mutating func defineSegments(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let start = body.offset
    let request = try DefineSegmentsRequest(from: &body)
    try body.requireEnd()
    var definitions = store.segmentation.definitions
    var named: Set<Segment> = []
    var planner = ScanPlanner(store.segmentation)
    var at = start + DefineSegmentsRequest.segmentsOffset
    guard !request.segments.isEmpty else {
      throw Refusal(.invalidField, at: at - 1, "no segment is defined; name at least one")
    }
    for fields in request.segments {
      guard let place = definitions.firstIndex(where: { $0.segment.word == fields.segment }) else {
        throw Refusal(
          .invalidField, at: at,
          "there is no segment '\(fields.segment)'; there are "
            + definitions.map(\.segment.word).joined(separator: ", "))
      }
      guard named.insert(definitions[place].segment).inserted else {
        throw Refusal(.invalidField, at: at, "'\(fields.segment)' is defined twice")
      }
      let entersAt = at + 1 + fields.segment.utf8.count + 4
      let staysAt = entersAt + fields.enters.utf8.count + 4
      let isLast = place == definitions.count - 1
      let plain = Segmentation.defaults[place]
      for (text, at) in [(fields.enters, entersAt), (fields.stays, staysAt)] where !text.isEmpty {
        try check(text, isLast: isLast, plain.segment, &planner, at: at)
      }
      definitions[place].enters = fields.enters.isEmpty ? plain.enters : fields.enters
      definitions[place].stays = fields.stays.isEmpty ? plain.stays : fields.stays
      at = staysAt + fields.stays.utf8.count
    }
    if definitions != store.segmentation.definitions {
      store.segmentation.definitions = definitions
      store.segmentation.version += 1
      store.segmentation.changed = store.sequence + 1
    }
    DefineSegmentsReply(sequence: store.sequence + 1, version: store.segmentation.version)
      .write(to: &out)
  }

  /// Compiles a condition of a segment, to see that it can be.
  private func check(
    _ text: String, isLast: Bool, _ segment: Segment, _ planner: inout ScanPlanner, at offset: Int
  ) throws(Refusal) {
    if isLast && text != "true" {
      throw Refusal(
        .badCondition, at: offset,
        "line 1, column 1: '\(segment.word)' takes everybody who is left, so its conditions are true"
      )
    }
    do throws(RuleError) {
      _ = try planner.rule(
        SegmentDefinition(segment: segment, enters: text, stays: text), name: { name(of: $0) })
    } catch {
      throw Refusal(.badCondition, at: offset + error.offset, "\(error)")
    }
  }

  // MARK: What was found

  mutating func keepQuantiles(_ body: inout FrameReader) throws(Refusal) {
    let at = body.offset
    let request = try KeepQuantilesRequest(from: &body)
    try body.requireEnd()
    try requirePresent(request.generation, store.segmentation.version, at: at)
    var quantiles: [String: [Double]] = [:]
    for number in request.numbers {
      let rises = zip(number.points, number.points.dropFirst()).allSatisfy { $0 <= $1 }
      guard number.points.count == Segmentation.parts + 1, rises, quantiles[number.name] == nil,
        CustomerFields.quantileNames.contains(number.name)
      else {
        throw Refusal(.invalidField, at: at, "the quantiles of '\(number.name)' cannot be")
      }
      quantiles[number.name] = number.points
    }
    store.segmentation.quantiles = quantiles
    store.segmentation.quantilesOf = SegmentStand(
      generation: request.generation, version: store.segmentation.version, day: request.day)
    store.segmentation.changed = store.sequence + 1
  }

  mutating func keepSegments(_ body: inout FrameReader) throws(Refusal) {
    let at = body.offset
    let request = try KeepSegmentsRequest(from: &body)
    try body.requireEnd()
    try requirePresent(request.generation, request.version, at: at)
    let segments = Segment.allCases.count
    guard request.customers.isEmpty || request.customers.count == segments else {
      throw Refusal(.invalidField, at: at, "customers of other segments than there are")
    }
    var end = 0
    for run in request.runs {
      guard run.first >= end, Int(run.first) + run.codes.count <= store.customers.count,
        run.codes.allSatisfy({ (1...UInt8(segments)).contains($0) })
      else { throw Refusal(.invalidField, at: at, "the segments of customers who are not there") }
      end = Int(run.first) + run.codes.count
    }
    store.segmentation.marks.chunks.grow(to: end)
    for run in request.runs {
      for (place, code) in run.codes.enumerated() {
        store.segmentation.marks[run.first + UInt32(place)] = SegmentMark(segment: code)
      }
      cards.take(segments: run.codes, from: run.first)
    }
    if !request.customers.isEmpty {
      let stand = SegmentStand(
        generation: request.generation, version: request.version, day: request.day)
      store.segmentation.search = SegmentSearch(stand: stand, customers: request.customers)
      store.segmentation.changed = store.sequence + 1
    }
  }

  /// What was found with another model or by other definitions than the present ones is not kept.
  private func requirePresent(
    _ generation: UInt32, _ version: UInt32, at offset: Int
  ) throws(Refusal) {
    guard generation == store.generation, version == store.segmentation.version else {
      throw Refusal(.invalidField, at: offset, "what was found is of the past already")
    }
  }

  // MARK: Searches

  /// What makes a search necessary; nil where none ever is: a shop that has neither a model nor definitions of its
  /// own is not searched.
  ///
  /// - Parameter nowMicros: microseconds since 1970 UTC.
  /// - Returns: the model, the definitions and the day.
  func segmentStand(at nowMicros: Int64) -> SegmentStand? {
    guard hasSegmentSearches, store.customers.count > 0,
      let day = store.calendar?.day(ofMicros: max(nowMicros, store.timeMicros))
    else { return nil }
    return SegmentStand(
      generation: store.generation, version: store.segmentation.version, day: Int32(day))
  }

  /// Whether segments are found by and by.
  public var hasSegmentSearches: Bool { store.generation > 0 || store.segmentation.version > 0 }

  /// Two numbers that change with the model and with the definitions.
  public var segmentCause: SIMD2<UInt32> { [store.generation, store.segmentation.version] }

  /// The search that is to be done next: first for the quantiles, once after each fit, then for everybody's
  /// segment.
  ///
  /// - Parameter nowMicros: microseconds since 1970 UTC.
  /// - Returns: nil while none is due.
  public mutating func segmentSweep(at nowMicros: Int64) -> SegmentSweep? {
    guard let stand = segmentStand(at: nowMicros) else { return nil }
    do throws(Refusal) {
      if store.segmentation.quantilesOf?.generation != stand.generation {
        return try SegmentSweep(
          quantilesOf: CustomerFields.quantileNames, stand, scanView(ScanTerms(), at: 0, nowMicros))
      }
      guard store.segmentation.isDue(stand) else { return nil }
      let plan = try plan("", [.code(.segment)], at: 0)
      return SegmentSweep(plan, stand, try scanView(ScanTerms(), at: 0, nowMicros))
    } catch {
      // Definitions were compiled when they came, and the day is one.
      return nil
    }
  }

  /// When the shop's next day begins, in microseconds after an instant; nil in a shop without a calendar.
  ///
  /// - Parameter nowMicros: microseconds since 1970 UTC.
  /// - Returns: more than 0.
  public func microsToNextDay(at nowMicros: Int64) -> Int64? {
    guard let calendar = store.calendar, let day = calendar.day(ofMicros: nowMicros) else {
      return nil
    }
    return max(1, calendar.beginMicros(ofDay: Int32(day) + 1, near: nowMicros) - nowMicros)
  }

  // MARK: Query

  mutating func segmentScan(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> SegmentScan {
    let start = body.offset
    let request = try ReadSegmentsRequest(from: &body)
    try body.requireEnd()
    var terms = ScanTerms()
    terms.asOfMicros = request.asOfMicros
    let fields = try SegmentScan.fields()
    let plan = try plan("", Set(fields.map(\.column)), at: start)
    return SegmentScan(try scanView(terms, at: start, nowMicros), plan, fields)
  }
}
