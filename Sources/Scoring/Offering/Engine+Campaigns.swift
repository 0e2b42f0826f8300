// What a report on a campaign is to work on. The figures themselves are in CampaignJob.

import Offers
import Wire

extension Engine {
  /// Reads a request for a report on a campaign and fixes what it works on.
  ///
  /// A campaign that the catalogue has no more is taken from the last one that had it, as long as that
  /// is kept.
  func campaignJob(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> CampaignJob {
    let at = body.offset
    let request = try CampaignRequest(from: &body)
    let shelf = try requireShelf()
    let calendar = try requireCalendar()
    let asOf = request.asOfMicros == 0 ? max(nowMicros, store.timeMicros) : request.asOfMicros
    let day = try calendar.day(asOf: asOf, at: at)
    let planned = request.planned == 0 ? CampaignRequest.plannedDefault : request.planned
    if request.campaign.isEmpty {
      return CampaignJob(store: store, shelf: shelf, place: nil, day: day, planned: planned)
    }
    for shelf in [shelf] + store.offering.older.reversed() {
      guard
        let place = shelf.catalogue.campaigns.firstIndex(where: { $0.id == request.campaign })
      else { continue }
      return CampaignJob(store: store, shelf: shelf, place: place, day: day, planned: planned)
    }
    let known = shelf.catalogue.campaigns.prefix(8).map(\.id).joined(separator: ", ")
    throw Refusal(
      .unknownCampaign, at: at + 12,
      "there is no campaign «\(request.campaign)»; "
        + (known.isEmpty ? "the catalogue has none" : "the catalogue has \(known)"))
  }
}
