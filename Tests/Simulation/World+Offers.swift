// Decisions in a life of the server: what was decided is known from the journal, and the journal is what
// the oracle judges. Replies about offers are read, and the receipts in them used.

import DecisionOracle
import Platform
import Wire

extension World {
  /// What comes of a request for a decision.
  func decide(_ request: DecideRequest, _ operation: Operation) throws(Violation) -> Answer {
    if request.flags.contains(.dryRun) { return .unmodelled }
    if let known = model.decided[request.key] {
      guard known == operation.request.frame(tag: 0) else { return .refused(.keyReused) }
      repeatedCount += 1
      return .done
    }
    guard let next = accepted.first, next.verb == Verb.recordDecision.rawValue else {
      return .unmodelled
    }
    var body = FrameReader(next.frame.rawBytes, from: FrameHeader.size)
    guard (try? CommandKey(from: &body)) == request.key else { return .unmodelled }
    accepted.removeFirst()
    // Its reply does not wait for the disk, so it promises nothing.
    return try apply(operation.request, as: next, of: nil)
  }

  /// Reads a reply about offers.
  ///
  /// - Returns: nil, for what must be in it is not modelled.
  func readOffers(_ reader: inout FrameReader, _ bytes: RawSpan) throws(Refusal) -> String? {
    guard case .frame(let header) = try Frame.cut(bytes, sizeMax: Limits.frameSizeMax) else {
      return "no frame"
    }
    switch Verb(rawValue: header.verb) {
    case .putCatalogue, .amendOffer: _ = try CatalogueChangeReply(from: &reader)
    case .recordOutcomes: _ = try RecordReply(from: &reader)
    default: requests.note(decision: try DecideReply(from: &reader).decision)
    }
    return nil
  }

  /// Lets the oracle read the journal as it is now.
  func judge() throws(Violation) {
    guard plan.offers else { return }
    var oracle = DecisionOracle()
    for (number, record) in records.enumerated() {
      do throws(Refusal) {
        try oracle.read(
          sequence: UInt64(number + 1), timeMicros: record.timeMicros, frame: record.frame)
      } catch {
        throw violation("the oracle cannot read record \(number + 1): \(error)")
      }
    }
    tally.decisions += oracle.tally.decisions - judged
    judged = oracle.tally.decisions
    if let first = oracle.violations.first { throw violation("\(first)") }
  }
}
