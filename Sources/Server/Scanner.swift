// The scanner: questions that are answered in parts, and the server's own searches for segments, a step at a time.
// It keeps nothing between the steps; whose turn it is and whether its client has read enough is the loop's
// business (EventLoop+Streams, EventLoop+Segments).

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
  private let crew: ThreadCrew
  private let loop: Mailbox<LoopMessage>

  /// Sets the scanner up.
  ///
  /// - Parameters:
  ///   - threads: how many share the work of a step.
  ///   - loop: told the parts.
  package init(threads: Int, reportingTo loop: Mailbox<LoopMessage>) {
    crew = ThreadCrew(threads: threads)
    self.loop = loop
  }

  /// Takes steps.
  ///
  /// - Parameter scans: in their order.
  /// - Returns: false when the last one was the last of all.
  package func serve(_ scans: consuming [Scan]) -> Bool {
    // Each is taken out, so that nobody else holds what its step changes, and nothing is copied.
    scans.reverse()
    while let scan = scans.popLast() {
      switch consume scan {
      case .step(var step):
        let parts = Result { () throws(Refusal) in try step.analysis.advance(on: crew) }
        loop.post(.streamed(step, parts))
      case .sweep(var sweep):
        let found = sweep.advance(on: crew)
        loop.post(.swept(sweep, found))
      case .stop: return false
      }
    }
    return true
  }
}
