// The best offer of a customer in a scan: what `decide --greedy --dry-run` would choose by a channel. Nothing is
// reserved, kept or learnt.

import Offers
import Policies
import Wire

/// Which offer is asked for.
struct BestOffer: Sendable {
  let shelf: OfferShelf
  let placement: Int
  let channel: Wire.Channel

  /// The best offer of a customer; nil where there is none.
  func offer(for row: UInt32, _ view: ScanView, _ desk: inout DecisionDesk) -> String? {
    let store = view.store
    let identifier = store.identifiers.bytes(at: store.customers[row].identifier)
    let question = DecisionQuestion(
      key: .none, placement: placement, channel: channel, flags: .greedy, top: 1, basketMinor: -1,
      lines: 0, ownMissing: .max, check: 0)
    // No draw is made.
    var request = DecisionRequest(
      placement: placement, channel: channel.inCatalogue, moment: view.moment, hash: 0, top: 1,
      explores: false)
    store.know(row, question, view.moment, shelf, &desk)
    store.judge(question, view.moment, shelf, &desk)
    request.noneDeviation = desk.noneDeviation
    guard (try? desk.decide(request, for: identifier, on: shelf, at: 0)) != nil,
      let choice = desk.workspace.choices.first
    else { return nil }
    return shelf.catalogue.words[choice.offer].id
  }
}
