// The memory in which requests to recommend are gathered: what they have in common, and for each what a
// score does not need. How they are answered is in Engine+RecommendedTogether.

import Offers
import Wire

/// What gathered requests to recommend have in common.
final class RecommendTerms {
  /// Channel and number of offers, as a frame has them.
  let terms: UInt16
  let placement: Int
  let channel: Wire.Channel
  /// Now; what was made ready holds for all of its minute.
  var moment: Moment
  let shelf: OfferShelf
  let question: ScoreQuestion
  // What is compared with every request, beside it.
  let version: UInt32
  private let placementName: [UInt8]
  private let schema: UInt16
  private let featureCount: Int

  init(
    _ frame: RecommendFrame, placement: Int, _ channel: Wire.Channel, _ moment: Moment,
    _ shelf: OfferShelf, _ question: ScoreQuestion
  ) {
    terms = frame.terms
    self.placement = placement
    self.channel = channel
    self.moment = moment
    self.shelf = shelf
    self.question = question
    version = shelf.catalogue.version
    placementName = shelf.placements[placement]
    schema = UInt16(clamping: shelf.catalogue.featureSchema)
    featureCount = shelf.catalogue.ownFeatures.count
  }

  /// Whether a request asks for the same, and its features are those of the catalogue.
  @inline(__always)
  func holds(_ frame: RecommendFrame, _ bytes: RawSpan) -> Bool {
    let name = placementName
    guard frame.terms == terms, name.rawSpan.isSame(as: bytes.extracting(frame.placement))
    else { return false }
    return frame.featureCount == 0
      ? frame.schema == 0 : frame.schema == schema && frame.featureCount == featureCount
  }

  /// Whether what was made ready for this holds for another moment and state.
  func isReady(
    for moment: Moment, _ shelf: OfferShelf, generation: UInt32, majorPerMinor: Double
  ) -> Bool {
    self.shelf === shelf && self.moment.today == moment.today
      && self.moment.minute == moment.minute && question.generation == generation
      && question.majorPerMinor == majorPerMinor
  }

  func request() -> DecisionRequest {
    DecisionRequest(
      placement: placement, channel: channel.inCatalogue, moment: moment, hash: 0,
      top: Int(terms >> 8), explores: false)
  }
}

/// What is ready for requests of one placement, channel and number of offers.
struct RecommendReady {
  var terms: RecommendTerms
  /// The command after which budgets were read, and what was read.
  var sequence: UInt64
  var budgets: [BudgetUse]
  /// The number of the beliefs that were taken over.
  var beliefs: UInt64
}

/// What a request to recommend says beside its customer.
struct RecommendAsked {
  var basketMinor: Int64
  var lines: UInt16
  /// The shop's own features that are not known, a bit each.
  var missing: UInt16
  /// Where its own features begin and end among those of all.
  var own: Range<Int>
}

/// The memory in which recommendations are gathered; no state.
struct Recommendations: ~Copyable {
  /// Nil while no requests to recommend are gathered.
  var terms: RecommendTerms?
  /// What is ready, by the number under which `next` keeps it.
  var ready: [RecommendReady] = []
  /// Where the next one goes when all numbers are taken.
  private var oldest = 0
  var asked: [RecommendAsked] = []
  /// The shop's own features of all requests, one behind the other.
  var own: [Double] = []
  var rows = [NextBestRow](repeating: NextBestRow(), count: NextBest.rowsMax)
  var next = NextBest()
  /// Whole replies to those who were decided for whole, and where each begins and ends.
  var replies = ByteBuffer(capacity: 0)
  var ranges: [Range<Int>] = []

  /// The number of what is ready for requests like one; nil if nothing is.
  func number(of frame: RecommendFrame, _ bytes: RawSpan) -> Int? {
    for number in ready.indices where ready[number].terms.holds(frame, bytes) { return number }
    return nil
  }

  /// A number for what is going to be ready.
  mutating func freeNumber() -> Int {
    if ready.count < NextBest.keptMax { return ready.count }
    oldest = (oldest + 1) % NextBest.keptMax
    return oldest
  }

  /// Has all of it made ready anew.
  mutating func forgetReady() { ready.removeAll(keepingCapacity: true) }

  mutating func clear() {
    terms = nil
    asked.removeAll(keepingCapacity: true)
    own.removeAll(keepingCapacity: true)
    ranges.removeAll(keepingCapacity: true)
    replies.truncate(to: 0)
  }

  /// Adds what a request says beside its customer.
  ///
  /// - Returns: whether its features are numbers; if not, nothing was added.
  mutating func append(_ frame: RecommendFrame, _ bytes: RawSpan) -> Bool {
    let end = own.count
    for number in 0..<frame.featureCount {
      let feature = frame.feature(number, of: bytes)
      guard feature.isFinite else {
        own.removeLast(own.count - end)
        return false
      }
      own.append(feature)
    }
    asked.append(
      RecommendAsked(
        basketMinor: frame.basketMinor, lines: frame.lines, missing: frame.missing,
        own: end..<own.count))
    return true
  }
}
