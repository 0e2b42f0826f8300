// The server's own searches for segments: begun when the model, the definitions or the day are others, made by the
// scanner step by step, and kept in pieces so small that no request waits for them.

import Platform
import Scoring
import Wire

/// When the server looks for everybody's segment.
struct SegmentDesk {
  /// Whether the scanner has a search.
  var isRunning = false
  /// What was found and is not kept yet, the last first.
  var findings: [SegmentFinding] = []
  /// The model and the definitions it looked at last.
  var cause: SIMD2<UInt32> = [0, 0]
  /// When it looks again at the latest, in monotonic microseconds.
  var dueMicros: Int64 = 0

  var isBusy: Bool { isRunning || !findings.isEmpty }

  /// However far midnight is: a clock may be set, and customers come to a shop that had none.
  static let longestMicros: Int64 = 600_000_000
}

extension EventLoop where Network: ~Copyable {
  /// Keeps the next piece of what was found, or begins to search where it is time.
  mutating func tendSegments(_ now: Int64) {
    guard engine.hasSegmentSearches, drainUntilMicros == nil, loadingPercent == nil else { return }
    if !segments.findings.isEmpty { keepFinding() }
    if segments.isBusy || (now < segments.dueMicros && segments.cause == engine.segmentCause) {
      return
    }
    let calendarMicros = clock.calendarMicros()
    segments.cause = engine.segmentCause
    segments.dueMicros =
      now
      + min(
        engine.microsToNextDay(at: calendarMicros) ?? SegmentDesk.longestMicros,
        SegmentDesk.longestMicros)
    guard let sweep = engine.segmentSweep(at: calendarMicros) else { return }
    segments.isRunning = true
    scanner.post(.sweep(sweep))
  }

  /// Whether a piece can be kept without waiting for anything.
  var canKeepSegments: Bool {
    guard let finding = segments.findings.last else { return false }
    return drainUntilMicros == nil && hasRoom(forFrame: finding.frameSize)
  }

  /// Takes a search back; one that was overtaken is forgotten.
  mutating func deliver(_ sweep: SegmentSweep, _ found: [SegmentFinding]?) {
    guard sweep.cause == engine.segmentCause, drainUntilMicros == nil else {
      segments.isRunning = false
      return
    }
    guard let found else {
      scanner.post(.sweep(sweep))
      return
    }
    segments.isRunning = false
    segments.findings = found.reversed()
  }

  private mutating func keepFinding() {
    // Without room it waits: the journal tells when there is some.
    guard let finding = segments.findings.last, canKeepSegments else { return }
    let status =
      switch finding {
      case .quantiles(let request): command(.keepQuantiles, request)
      case .segments(let request): command(.keepSegments, request)
      }
    segments.findings.removeLast()
    if status != nil {
      // It was overtaken; what overtook it has a search of its own.
      segments.findings = []
    } else if segments.findings.isEmpty {
      // Segments come after the quantiles.
      segments.dueMicros = 0
    }
  }
}
