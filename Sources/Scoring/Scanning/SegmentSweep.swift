// The searches for quantiles and for everybody's segment: steps over a value of the store, and at the end what the
// journal is to keep of it.

public import Models
import Offers
import Rules
public import Wire

/// What a search has found: commands of the server to itself.
public enum SegmentFinding: Sendable {
  case quantiles(KeepQuantilesRequest)
  /// Some of those whose segment has changed.
  case segments(KeepSegmentsRequest)
}

/// A search over all customers, a step at a time.
///
/// Quantiles are those of a histogram: within half a percent of the truth, and whole numbers below 256 exact.
public struct SegmentSweep: Sendable {
  private enum Question: Sendable {
    case quantiles(CountTerms)
    case segments
  }

  private let question: Question
  private let stand: SegmentStand
  private let plan: ScanPlan
  private var view: ScanView
  private var progress = ScanProgress()
  private var tally = ScanTally()
  /// Those whose segment has changed, by rising rows; a byte each and nine where one stands alone.
  private var runs: [KeepSegmentsRequest.Run] = []
  private var customers = [UInt64](repeating: 0, count: Segment.allCases.count)

  /// Codes of one command at most, so that keeping them takes the loop a moment only.
  static let codesMax = 32_768
  /// So many customers whose segment is the same are written too where they stand between two others: a run of
  /// its own takes as much.
  private static let gapMax = KeepSegmentsRequest.Run.headSize

  /// Searches for quantiles.
  init(quantilesOf names: [String], _ stand: SegmentStand, _ view: ScanView) throws(Refusal) {
    var fields: [ScanField] = []
    for name in names {
      fields.append(try ScanField(name, "", at: 0) { $0 == .number })
    }
    // With a share, so that histograms are kept.
    question = .quantiles(CountTerms(groups: [], measures: fields, shares: [1]))
    plan = ScanPlan(
      texts: ScanTexts(), condition: nil, segments: [], told: Set(fields.map(\.column)))
    self.stand = stand
    self.view = view
  }

  /// Searches for everybody's segment.
  init(_ plan: ScanPlan, _ stand: SegmentStand, _ view: ScanView) {
    question = .segments
    self.plan = plan
    self.stand = stand
    self.view = view
  }

  /// The model and the definitions it works with; see ``Engine/segmentCause``.
  public var cause: SIMD2<UInt32> { [stand.generation, stand.version] }

  /// Looks at the next customers.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: what was found once all were looked at, in the order in which it is to be kept; nil before.
  public mutating func advance(on crew: any FitCrew) -> [SegmentFinding]? {
    view.begin(plan, on: crew)
    if let tasks = progress.next(of: view.store) {
      switch question {
      case .quantiles(let terms): tally.add(tasks, of: view, plan, terms, on: crew)
      case .segments: classify(tasks, on: crew)
      }
    }
    guard progress.isEnd(of: view.store) else { return nil }
    switch question {
    case .quantiles(let terms): return [.quantiles(quantiles(terms, on: crew))]
    case .segments: return commands.map { .segments($0) }
    }
  }

  // MARK: Quantiles

  private func quantiles(_ terms: CountTerms, on crew: any FitCrew) -> KeepQuantilesRequest {
    let measures = tally.ofAll
    let numbers = crew.map(measures.count) { place in
      let measure = measures[place]
      return KeepQuantilesRequest.Number(
        name: terms.measures[place].name,
        points: measure.histogram.quantiles(parts: Segmentation.parts).map {
          $0.isNaN ? $0 : min(max($0, measure.least), measure.most)
        })
    }
    return KeepQuantilesRequest(
      generation: stand.generation, day: stand.day,
      // What is known of nobody has no quantiles.
      numbers: numbers.filter { $0.points.allSatisfy(\.isFinite) })
  }

  // MARK: Segments

  private mutating func classify(_ tasks: [Range<Int>], on crew: any FitCrew) {
    let (view, plan) = (view, plan)
    let pieces = crew.map(tasks.count) { task in
      var runs: [KeepSegmentsRequest.Run] = []
      var customers = [UInt64](repeating: 0, count: Segment.allCases.count)
      var worker = ScanWorker(plan, view)
      // The codes since the last change, which are written only if another change follows soon.
      var gap: [UInt8] = []
      worker.scan(tasks[task], on: crew) { worker, rows in
        worker.fill(.code(.segment), for: rows)
        let place = worker.columns.place(of: .code(.segment))
        // Without a condition these are all rows of the batch.
        for row in 0..<rows.count {
          let code = UInt8(truncatingIfNeeded: worker.columns.raw(place, row))
          let customer = worker.columns.rows[row]
          customers[Int(code) - 1] += 1
          if code == view.store.segmentation.mark(of: customer) {
            if gap.count < Self.gapMax { gap.append(code) }
            continue
          }
          let last = runs.count - 1
          if last >= 0, runs[last].codes.count + gap.count < Self.codesMax,
            Int(customer) == Int(runs[last].first) + runs[last].codes.count + gap.count
          {
            runs[last].codes += gap
            runs[last].codes.append(code)
          } else {
            runs.append(KeepSegmentsRequest.Run(first: customer, codes: [code]))
          }
          gap.removeAll(keepingCapacity: true)
        }
        return true
      }
      return (runs, customers)
    }
    for (more, counts) in pieces {
      runs += more
      for segment in customers.indices { customers[segment] += counts[segment] }
    }
  }

  /// The commands; the last one says that it is the last, and there is one even where nothing has changed.
  private var commands: [KeepSegmentsRequest] {
    let blank = KeepSegmentsRequest(
      generation: stand.generation, version: stand.version, day: stand.day)
    var commands = [blank]
    var size = 0
    for run in runs {
      let more = run.codes.count + KeepSegmentsRequest.Run.headSize
      if size > 0 && size + more > Self.codesMax {
        commands.append(blank)
        size = 0
      }
      commands[commands.count - 1].runs.append(run)
      size += more
    }
    commands[commands.count - 1].customers = customers
    return commands
  }
}

extension SegmentFinding {
  /// Bytes of the frame that keeps it, at most.
  public var frameSize: Int {
    switch self {
    case .quantiles(let request):
      request.numbers.reduce(64) { $0 + 80 + 8 * $1.points.count }
    case .segments(let request):
      request.runs.reduce(128) { $0 + KeepSegmentsRequest.Run.headSize + $1.codes.count }
    }
  }
}
