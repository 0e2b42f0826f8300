// The scanner: questions that are answered in parts, and the server's own searches for segments, a step at a time.
// It keeps nothing between the steps but how the last one went; whose turn it is and whether its client has read
// enough is the loop's business (EventLoop+Streams, EventLoop+Segments).

import Models
package import Platform
package import Scoring
import Wire

/// One step of a reply in parts, on its way to the scanner and back.
package struct StreamStep: Sendable {
  /// Whose reply it is.
  let connection: ConnectionHandle
  /// Which of the server's replies in parts.
  let number: UInt64
  /// What answers; on its way back it has gone on by a step.
  var analysis: any StreamedAnalysis
}

/// Work for the scanner.
package enum Scan: Sendable {
  /// Go on by a step.
  case step(StreamStep)
  /// Go on with a search for segments by a step.
  case sweep(SegmentSweep)
  /// Everything before this was the last.
  case stop
}

/// The doer of steps.
///
/// Whoever asked first is served first, so that several replies take turns.
package struct Scanner {
  private let threads: IdleThreads?
  private let loop: Mailbox<LoopMessage>
  private var manners = ScanManners()

  /// Sets the scanner up.
  ///
  /// - Parameters:
  ///   - threads: those that share the work of a step; nil if the calling one does all by itself.
  ///   - loop: told the parts.
  package init(threads: IdleThreads?, reportingTo loop: Mailbox<LoopMessage>) {
    self.threads = threads
    self.loop = loop
  }

  /// Takes steps.
  ///
  /// - Parameter scans: in their order.
  /// - Returns: false when the last one was the last of all.
  package mutating func serve(_ scans: consuming [Scan]) -> Bool {
    // Each is taken out, so that nobody else holds what its step changes, and nothing is copied.
    scans.reverse()
    while let scan = scans.popLast() {
      switch consume scan {
      case .step(var step):
        let parts = inTurn { crew in
          Result { () throws(Refusal) in try step.analysis.advance(on: crew) }
        }
        loop.post(.streamed(step, parts))
      case .sweep(var sweep):
        let found = inTurn { crew in sweep.advance(on: crew) }
        loop.post(.swept(sweep, found))
      case .stop: return false
      }
    }
    return true
  }
}

extension Scanner {
  private mutating func inTurn<Found>(_ step: (any FitCrew) -> Found) -> Found {
    guard let threads else { return step(Alone()) }
    let manner = manners.beginStep()
    let crew = ScanCrew(threads: manner == .own ? nil : threads, rests: manner == .resting)
    let found = step(crew)
    manners.endStep(spent: crew.spent.add(0))
    return found
  }
}

/// How a step is done beside everything else that the server does.
///
/// Who asks at a checkout must not wait until a time slice of a scan is over: steps are done by threads that make
/// way for all others. While there are such others these threads rest now and then, too: only a core that becomes
/// idle is given who waits for another one. But where others have every core for long, as a fit does, a scan that
/// only made way would hardly ever end: then the scanner itself does what it can.
private struct ScanManners {
  enum Manner {
    case steady, resting, own
  }

  /// The others are there if they take more than this share of a core.
  private static let othersShare = 0.15
  /// Steps that the scanner does itself, after each that was left waiting.
  private static let ownSteps = 8
  /// A step was left waiting if it took so long, and so many times what it had a core for.
  private static let waitedNanoseconds: Int64 = 100_000_000
  private static let waitedTimes: Int64 = 4

  /// For how long others are looked at before it is said whether they are there: around a short step the loop
  /// and the scanner do much that is the scan's own.
  private static let windowNanoseconds: Int64 = 50_000_000

  private var own = 0
  private var hasOthers = false
  /// When the present step began.
  private var began: Int64 = 0
  // When the window began, the server's processor time then, and that of steps since, in nanoseconds.
  private var windowBegan: Int64 = 0
  private var hadSpent: Int64 = 0
  private var stepsSpent: Int64 = 0

  /// How the next step is done, which begins now.
  mutating func beginStep() -> Manner {
    began = SystemClock().monotonicMicros() * 1_000
    let window = began - windowBegan
    if window >= Self.windowNanoseconds {
      let spent = ProcessFacts.processNanoseconds()
      let others = Double(spent - hadSpent - stepsSpent)
      hasOthers = others > Self.othersShare * Double(window)
      (windowBegan, hadSpent, stepsSpent) = (began, spent, 0)
    }
    return own > 0 ? .own : hasOthers ? .resting : .steady
  }

  /// Takes in for how long the step that ends now had a core.
  mutating func endStep(spent: Int64) {
    stepsSpent += spent
    let taken = SystemClock().monotonicMicros() * 1_000 - began
    if own > 0 {
      own -= 1
    } else if taken > Self.waitedNanoseconds, taken > Self.waitedTimes * spent {
      own = Self.ownSteps
    }
  }
}

/// Threads that share out the tasks of a step.
private struct ScanCrew: FitCrew {
  /// Nil if the calling one does all.
  let threads: IdleThreads?
  /// Whether threads rest, after so long and for so long.
  let rests: Bool
  private static let workMicros: Int64 = 150
  private static let restMicros: Int64 = 150
  /// For how long they had a core, in nanoseconds.
  let spent = SharedCounter()

  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    let timed: @Sendable (Int) -> Result = { number in
      let start = ProcessFacts.threadNanoseconds()
      defer { spent.add(ProcessFacts.threadNanoseconds() - start) }
      return task(number)
    }
    // Without descriptors the present one does it all too.
    return (try? threads?.run(count, timed)) ?? (0..<count).map(timed)
  }

  func makeWay(_ restedMicros: inout Int64) {
    guard rests else { return }
    let now = SystemClock().monotonicMicros()
    if restedMicros == 0 {
      restedMicros = now
    } else if now - restedMicros >= Self.workMicros {
      Thread.sleep(micros: Self.restMicros)
      restedMicros = SystemClock().monotonicMicros()
    }
  }
}
