// A count of customers by group: the answer to count customers.

public import Models
public import Wire

/// Counts whom a condition holds for, and adds up what is known of them.
public struct CountScan: StreamedAnalysis {
  private var view: ScanView
  private let plan: ScanPlan
  private let terms: CountTerms
  private var progress = ScanProgress()
  private var tally = ScanTally()

  init(_ view: ScanView, _ plan: ScanPlan, _ terms: CountTerms) {
    self.view = view
    self.plan = plan
    self.terms = terms
  }

  /// Looks at the next customers.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: how far it has come; at the end the groups too.
  /// - Throws: `tooManyGroups` where there are more groups than one reply tells.
  public mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts {
    view.begin(plan, on: crew)
    if let tasks = progress.next(of: view.store, isQuick: view.isQuick(plan)) {
      tally.add(tasks, of: view, plan, terms, on: crew)
    }
    guard !tally.isTooMany else {
      throw Refusal(
        .tooManyGroups,
        "there are more than \(Limits.groupsMax) groups; group by fewer fields, or ask for fewer customers"
      )
    }
    let isEnd = progress.isEnd(of: view.store)
    var part = CountReply()
    part.scanned = UInt64(progress.scanned)
    part.customers = UInt64(view.store.customers.count)
    part.found = tally.found
    part.asOfDay = Int32(view.day)
    if isEnd { part.groups = tally.told(terms, view.store) }
    var body = ByteBuffer()
    part.write(to: &body)
    return StreamedParts([body.array], isEnd: isEnd)
  }
}
