// Who enters and who leaves those for whom a condition holds: the answer to watch customers. Who was changed is
// asked about at once, everybody once a minute, for time alone changes much.

public import Models
import Offers
public import Wire

/// Watches a condition, until nobody wants to know any more.
public struct WatchScan: StreamedAnalysis {
  /// How often everybody is asked about, in microseconds.
  static let everybodyMicros: Int64 = 60_000_000
  /// How often something is told, in microseconds, though there be no news: so that both sides see that the
  /// other is there.
  static let signMicros: Int64 = 10_000_000

  /// Who is to be asked about.
  private enum Wanted {
    case nobody
    case everybody(ScanProgress)
    case some([UInt32])
  }

  let request: WatchRequest
  /// What is looked at; nil between the questions, when all that was found is told, so that an old state is not
  /// kept.
  private var view: ScanView?
  private var plan: ScanPlan
  private var wanted: Wanted
  /// For whom the condition holds, a bit each row.
  private var members: [UInt64] = []
  private var memberCount: UInt64 = 0
  /// Words of members that are others than they were, and how many of these were taken over: as many of their
  /// customers are told in a step as a part holds, however many have changed.
  private var changes: [(place: Int, bits: UInt64)] = []
  private var taken = 0
  private var isSettled = false
  private var entered: [String] = []
  private var left: [String] = []
  private var timeMicros: Int64 = 0
  /// Changes of customers that were looked at.
  private(set) var touchCount: UInt64
  /// Under which model.
  private(set) var generation: UInt32
  private(set) var everybodyDueMicros: Int64
  private(set) var signDueMicros: Int64

  init(
    _ request: WatchRequest, _ view: ScanView, _ plan: ScanPlan, touchCount: UInt64
  ) {
    self.request = request
    self.view = view
    self.plan = plan
    wanted = .everybody(ScanProgress())
    self.touchCount = touchCount
    generation = view.store.generation
    timeMicros = view.moment.nowMicros
    everybodyDueMicros = timeMicros + Self.everybodyMicros
    signDueMicros = timeMicros
  }

  /// Whether it goes on only when there is something new.
  public var waitsForNews: Bool { view == nil }

  /// Has it look at a state again.
  ///
  /// - Parameters:
  ///   - view: the state.
  ///   - plan: the condition, compiled with the names that the state has.
  ///   - rows: who was changed; nil for everybody.
  ///   - touchCount: changes of customers up to now.
  mutating func look(
    at view: ScanView, _ plan: ScanPlan, rows: [UInt32]?, touchCount: UInt64
  ) {
    self.plan = plan
    self.touchCount = touchCount
    generation = view.store.generation
    timeMicros = view.moment.nowMicros
    if let rows {
      wanted = rows.isEmpty ? .nobody : .some(rows)
    } else {
      wanted = .everybody(ScanProgress())
      everybodyDueMicros = timeMicros + Self.everybodyMicros
    }
    self.view = view
  }

  /// Looks, and tells what is new.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: never the last part.
  /// - Throws: nothing.
  public mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts {
    guard var view else { return StreamedParts() }
    let words = (view.store.customers.count + 63) / 64
    members += repeatElement(0, count: max(0, words - members.count))
    if changes.isEmpty {
      switch wanted {
      case .nobody: break
      case .some(let rows):
        view.begin(plan, on: crew)
        look(at: rows, view)
        wanted = .nobody
      case .everybody(var progress):
        view.begin(plan, on: crew)
        if let tasks = progress.next(of: view.store) { look(at: tasks, view, on: crew) }
        wanted = progress.isEnd(of: view.store) ? .nobody : .everybody(progress)
      }
    }
    takeChanges(view.store)
    var isSettling = false
    if case .nobody = wanted, changes.isEmpty {
      self.view = nil
      isSettling = !isSettled
      isSettled = true
    } else {
      self.view = view
    }
    guard isSettling || !entered.isEmpty || !left.isEmpty || timeMicros >= signDueMicros
    else { return StreamedParts() }
    signDueMicros = timeMicros + Self.signMicros
    return StreamedParts([part()])
  }

  // MARK: Looking

  private mutating func look(at tasks: [Range<Int>], _ view: ScanView, on crew: any FitCrew) {
    let plan = plan
    let pieces = crew.map(tasks.count) { task in
      let first = tasks[task].lowerBound * CustomerRow.chunkRows
      var bits = [UInt64](
        repeating: 0, count: tasks[task].count * CustomerRow.chunkRows / 64)
      var worker = ScanWorker(plan, view)
      worker.scan(tasks[task], on: crew) { worker, found in
        // Batches begin at multiples of 64 rows.
        let word = (Int(worker.columns.rows[0]) - first) / 64
        for place in 0..<(worker.columns.count + 63) / 64 {
          bits[word + place] = found.words[place]
        }
        return true
      }
      return bits
    }
    for (task, bits) in zip(tasks, pieces) {
      let first = task.lowerBound * CustomerRow.chunkRows / 64
      for place in bits.indices
      where first + place < members.count && members[first + place] != bits[place] {
        changes.append((first + place, bits[place]))
      }
    }
  }

  private mutating func look(at rows: [UInt32], _ view: ScanView) {
    var worker = ScanWorker(plan, view)
    for start in stride(from: 0, to: rows.count, by: RowSet.rowsMax) {
      let some = start..<min(start + RowSet.rowsMax, rows.count)
      worker.load(rows.span.extracting(some))
      let found = worker.holding()
      for place in some {
        let (word, bit) = (Int(rows[place]) / 64, UInt64(1) << UInt64(rows[place] & 63))
        let isMember = found.contains(place - start)
        if isMember == (members[word] & bit != 0) { continue }
        // They come by rising rows, so others of the same word stand last.
        if changes.last?.place != word { changes.append((word, members[word])) }
        changes[changes.count - 1].bits ^= bit
      }
    }
  }

  // MARK: Telling

  /// Takes over what has changed, as far as a part can tell it.
  private mutating func takeChanges(_ store: Store) {
    while taken < changes.count, entered.count + left.count <= WatchReply.customersMax - 64 {
      take(changes[taken].bits, at: changes[taken].place, store)
      taken += 1
    }
    guard taken == changes.count else { return }
    changes.removeAll(keepingCapacity: taken <= 1_024)
    taken = 0
  }

  /// Takes over for whom of 64 customers the condition holds now.
  private mutating func take(_ bits: UInt64, at word: Int, _ store: Store) {
    let changed = members[word] ^ bits
    members[word] = bits
    memberCount =
      memberCount &+ UInt64((changed & bits).nonzeroBitCount)
      &- UInt64((changed & ~bits).nonzeroBitCount)
    guard isSettled else { return }
    var rest = changed
    while rest != 0 {
      let bit = rest.trailingZeroBitCount
      rest &= rest - 1
      let row = UInt32(word * 64 + bit)
      let name = String(bytes: store.identifiers.bytes(at: store.customers[row].identifier)) ?? ""
      if bits >> UInt64(bit) & 1 != 0 { entered.append(name) } else { left.append(name) }
    }
  }

  /// The news.
  private mutating func part() -> [UInt8] {
    var reply = WatchReply()
    reply.timeMicros = timeMicros
    reply.members = memberCount
    reply.isSettled = isSettled
    (reply.entered, reply.left) = (entered, left)
    (entered, left) = ([], [])
    var body = ByteBuffer()
    reply.write(to: &body)
    return body.array
  }
}

extension Engine {
  /// Reads a request to watch a condition.
  mutating func watchScan(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> WatchScan {
    let start = body.offset
    let request = try WatchRequest(from: &body)
    try body.requireEnd()
    let at = start + WatchRequest.conditionOffset + 4
    let plan = try plan(request.condition, [], at: at)
    return WatchScan(
      request, try scanView(request.terms, at: start, nowMicros), plan, touchCount: touches.count)
  }

  /// Has somebody who watches look at what is new, if anything is.
  ///
  /// - Parameters:
  ///   - analysis: waits for news.
  ///   - nowMicros: microseconds since 1970 UTC.
  /// - Returns: whether it can go on.
  public mutating func bringNews(
    to analysis: inout any StreamedAnalysis, at nowMicros: Int64
  ) -> Bool {
    guard var watch = analysis as? WatchScan else { return false }
    var rows: [UInt32]?
    if nowMicros < watch.everybodyDueMicros && store.generation == watch.generation {
      rows = touches.since(watch.touchCount)
      if rows?.isEmpty == true && nowMicros < watch.signDueMicros { return false }
    }
    // Names may have come since that the condition speaks of.
    guard let plan = try? plan(watch.request.condition, [], at: 0),
      let view = try? scanView(watch.request.terms, at: 0, nowMicros)
    else { return false }
    watch.look(at: view, plan, rows: rows, touchCount: touches.count)
    analysis = watch
    return true
  }
}
