// The server's own fits: begun by the clock, adopted when they foretell the shop's past no worse than
// the present model does.

import Platform
import Scoring
import Wire

/// When the server fits by itself.
struct RefitDesk {
  /// Microseconds between fits; 0 does none.
  let everyMicros: Int64
  /// When the next one is due by the clock, in monotonic microseconds.
  var dueMicros: Int64
  /// Whether the workbench has one.
  var isRunning = false
}

extension EventLoop where Network: ~Copyable {
  /// Has a model chosen anew when it is time and there are orders.
  mutating func tendRefit(_ now: Int64) {
    guard refit.everyMicros > 0, !refit.isRunning, now >= refit.dueMicros else { return }
    refit.dueMicros = now + refit.everyMicros
    guard drainUntilMicros == nil, loadingPercent == nil else { return }
    if let job = engine.refitJob() {
      refit.isRunning = true
      workbench.post(.fit(job, for: nil))
    }
    // What offers are worth rests on the decisions, not on the models.
    if let job = engine.policyJob() { workbench.post(.refitPolicy(job, for: nil)) }
  }

  /// Adopts what offers are worth, if it is surely better than what was believed.
  mutating func finishRefit(_ arms: [AdoptPolicyRequest.Arm]) {
    if !arms.isEmpty { _ = command(.adoptPolicy, AdoptPolicyRequest(arms: arms)) }
  }

  /// Adopts what a fit of the server itself found; one that was refused leaves the present model.
  mutating func finishRefit(_ result: Result<FitReply, Refusal>) {
    refit.isRunning = false
    guard case .success(let report) = result else { return }
    // A full disk refuses it, as it refuses any command; the next one comes.
    _ = command(.adoptModel, AdoptModelRequest(model: report.model))
  }
}
