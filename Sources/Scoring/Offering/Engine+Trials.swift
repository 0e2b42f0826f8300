// What a trial of a catalogue is to work on. The trial itself is in TrialJob.

import Offers
import Wire

extension Engine {
  /// Reads a request to try a catalogue and fixes what it works on; the catalogue's text is looked at on
  /// the workbench, where a long one delays nobody.
  func trialJob(_ body: inout FrameReader, at nowMicros: Int64) throws(Refusal) -> TrialJob {
    let at = body.offset
    let request = try TryCatalogueRequest(from: &body)
    let calendar = try requireCalendar()
    if request.catalogue.isEmpty { _ = try requireShelf() }
    let micros = request.atMicros == 0 ? max(nowMicros, store.timeMicros) : request.atMicros
    guard let moment = calendar.moment(at: micros) else {
      throw Refusal(.timeOutOfRange, at: at, "the time lies before 1970 or after 2149")
    }
    return TrialJob(store: store, request: request, moment: moment)
  }
}
