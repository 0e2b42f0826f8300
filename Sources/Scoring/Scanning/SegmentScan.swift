// What the named segments are and how many customers are in each: the answer to read segments.

public import Models
import Offers
public import Wire

/// Counts the customers of each named segment, and adds up what they are worth.
public struct SegmentScan: StreamedAnalysis {
  private var view: ScanView
  private let plan: ScanPlan
  private let terms: CountTerms
  private var progress = ScanProgress()
  private var tally = ScanTally()

  /// The segment, and what is added up by it.
  static func fields() throws(Refusal) -> [ScanField] {
    [
      try ScanField("segment", "", at: 0) { _ in true },
      try ScanField("lifetime_value", "", at: 0) { _ in true },
      try ScanField("net_value", "", at: 0) { _ in true },
    ]
  }

  init(_ view: ScanView, _ plan: ScanPlan, _ fields: [ScanField]) {
    self.view = view
    self.plan = plan
    terms = CountTerms(groups: [fields[0]], measures: Array(fields[1...]), shares: [])
  }

  /// Looks at the next customers.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: how far it has come; at the end the segments too.
  /// - Throws: never; others may.
  public mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts {
    view.begin(plan, on: crew)
    if let tasks = progress.next(of: view.store) {
      tally.add(tasks, of: view, plan, terms, on: crew)
    }
    let isEnd = progress.isEnd(of: view.store)
    var body = ByteBuffer()
    try reply(isEnd: isEnd).write(to: &body)
    return StreamedParts([body.array], isEnd: isEnd)
  }

  private func reply(isEnd: Bool) -> ReadSegmentsReply {
    let store = view.store
    let segmentation = store.segmentation
    var reply = ReadSegmentsReply()
    reply.scanned = UInt64(progress.scanned)
    reply.customers = UInt64(store.customers.count)
    reply.asOfDay = Int32(view.day)
    reply.generation = store.generation
    reply.version = segmentation.version
    reply.foundDay = segmentation.search?.stand.day ?? -1
    reply.foundGeneration = segmentation.search?.stand.generation ?? 0
    reply.foundVersion = segmentation.search?.stand.version ?? 0
    reply.quantilesDay = segmentation.quantilesOf?.day ?? -1
    guard isEnd else { return reply }
    let groups = tally.told(terms, store)
    reply.segments = segmentation.definitions.map { definition in
      let word = definition.segment.word
      var line = SegmentLine(
        SegmentFields(segment: word, enters: definition.enters, stays: definition.stays))
      if let group = groups.first(where: { $0.keys.first == word }) {
        line.customers = group.customers
        line.valued = (group.measures[0].known, group.measures[0].sum)
        line.netted = (group.measures[1].known, group.measures[1].sum)
      }
      if let before = segmentation.search?.customers[Int(definition.segment.rawValue)] {
        line.before = Int64(before)
      }
      return line
    }
    return reply
  }
}
