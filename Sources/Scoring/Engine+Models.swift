// The models: adopt model, put back model, and what a fit is to work on. The fit itself is in
// FitJob.swift.

import Models
import Wire

extension Engine {
  mutating func adoptModel(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let at = body.offset + CommandKey.size
    let request = try AdoptModelRequest(from: &body)
    try body.requireEnd()
    adopt(try AdoptedModel(request.model, at: at), &out)
  }

  mutating func putBackModel(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    _ = try PutBackModelRequest(from: &body)
    try body.requireEnd()
    guard let previous = store.previousModel else {
      throw Refusal(
        .noModel, "no model was adopted before the present one, so there is none to put back")
    }
    adopt(previous, &out)
  }

  private mutating func adopt(_ model: AdoptedModel, _ out: inout ByteBuffer) {
    store.previousModel = store.model
    store.model = model
    store.generation += 1
    AdoptModelReply(sequence: store.sequence + 1, generation: store.generation).write(to: &out)
  }

  /// Reads a request for a fit and fixes what it works on.
  func fitJob(_ body: inout FrameReader) throws(Refusal) -> FitJob {
    let at = body.offset
    let request = try FitRequest(from: &body)
    guard let choice = FitChoice(number: request.kind) else {
      throw Refusal(
        .invalidField, at: at + 8,
        "model kind \(request.kind) is not known; there are \(FitChoice.list)")
    }
    let most = Bootstrap.replicatesMax
    guard request.bootstrap <= most, request.bootstrap == 0 || choice != .auto else {
      throw Refusal(
        .invalidField, at: at + 17,
        choice == .auto
          ? "a bootstrap is of one model; choose one instead of auto"
          : "a bootstrap of \(request.bootstrap) shops is asked for, it must be at most \(most)")
    }
    let lastDay = try store.lastDay(asOf: request.asOfMicros, at: at, "to fit to")
    // What is fitted ends at the cut; what follows, up to the as-of day, is predicted.
    let cut = try store.holdoutCut(from: request.holdoutFromMicros, before: lastDay, at: at + 9)
    return FitJob(
      store: store, choice: choice, day: cut ?? lastDay, holdoutDay: cut == nil ? nil : lastDay,
      bootstrap: Int(request.bootstrap))
  }

  /// A fit of the server itself, by the shop's own past; nil without orders.
  public func refitJob() -> FitJob? {
    guard store.newestOrderDay >= 0 else { return nil }
    var job = FitJob(
      store: store, choice: .auto, day: UInt16(store.newestOrderDay), holdoutDay: nil)
    job.mustBeNoWorse = true
    return job
  }
}
