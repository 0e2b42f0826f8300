// A shop with offers, for the tests of decisions: a small catalogue, and short forms.

import Scoring
import Wire

extension EngineHarness {
  /// A catalogue whose offers, caps and more are given as JSON.
  static func catalogue(
    _ offers: [String], rest: String = "", placements: String = #"{"id": "checkout", "top": 1}"#
  ) -> String {
    #"""
    {"currency": "EUR", "minor_digits": 2, "margin_rate": 0.4, "profiling": "opt_out",
     "outcome_noise": 10, "channels": {"site": {"consent": "opt_out"}},
     "placements": [\#(placements)], \#(rest)
     "offers": [\#(offers.joined(separator: ", "))]}
    """#
  }

  /// An offer as JSON: live, by site and e-mail, at the checkout.
  static func offer(_ id: String, _ more: String = "", family: String? = nil) -> String {
    #"""
    {"id": "\#(id)", "family": "\#(family ?? id)", "state": "live", "channels": ["site", "email"],
     "placements": ["checkout"]\#(more.isEmpty ? "" : ", " + more)}
    """#
  }

  mutating func put(_ catalogue: String) -> Answer<CatalogueChangeReply> {
    ask(.putCatalogue, PutCatalogueRequest(catalogue: catalogue), CatalogueChangeReply.self)
  }

  mutating func decide(
    _ customer: String, key: UInt64 = 0, channel: Channel = .site, _ flags: DecideFlags = [],
    change: (inout DecideRequest) -> Void = { _ in }
  ) -> Answer<DecideReply> {
    var request = DecideRequest(
      key: CommandKey(producer: key == 0 ? 0 : 77, number: key), customer: customer,
      placement: "checkout", channel: channel, flags: flags)
    change(&request)
    return ask(.decide, request, DecideReply.self)
  }

  /// A decision that is expected to be made.
  mutating func made(
    _ customer: String, key: UInt64 = 0, channel: Channel = .site, _ flags: DecideFlags = []
  ) throws -> DecideReply {
    guard let reply = decide(customer, key: key, channel: channel, flags).body else {
      throw Missing()
    }
    return reply
  }

  /// Executes a command of the server itself; whether it was accepted.
  mutating func own(_ verb: Verb, _ message: some Message) -> Bool {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 0, in: &frame)
    try? message.write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax),
      case .changed = engine.executeOwn(header, frame.bytes, at: nowMicros, into: &out)
    else { return false }
    journal.append((engine.sequence, engine.timeMicros, Self.copy(frame.bytes)))
    return true
  }

  /// How an offer stands, which is there.
  mutating func stand(of offer: String) throws -> OfferLine {
    guard let line = line(of: offer) else { throw Missing() }
    return line
  }

  /// What was expected is not there.
  struct Missing: Error {}

  mutating func tell(
    _ decision: String, _ kind: OutcomeKind, as identifier: String? = nil, choice: UInt8 = 0,
    order: Int64 = 0, margin: Int64 = 0, cost: Int64 = 0
  ) -> Answer<RecordReply> {
    ask(
      .recordOutcomes,
      RecordOutcomesRequest(
        currency: "EUR", minorDigits: 2,
        outcomes: [
          .init(
            decision: decision, identifier: identifier ?? kind.name, kind: kind,
            timeMicros: nowMicros, choice: choice, orderMinor: order, marginMinor: margin,
            costMinor: cost)
        ]),
      RecordReply.self)
  }

  mutating func consent(
    _ customer: String, _ channel: Channel, _ status: ConsentStatus,
    _ purpose: Purpose = .marketing
  ) -> Answer<RecordReply> {
    ask(
      .recordConsents,
      RecordConsentsRequest(
        consents: [
          .init(customer: customer, Consent(channel, purpose, status, timeMicros: nowMicros))
        ]),
      RecordReply.self)
  }

  mutating func line(of offer: String) -> OfferLine? {
    ask(.readCatalogue, Empty(), CatalogueReply.self).body?.offers.first { $0.offer == offer }
  }

  /// An engine that was given nothing but the journal.
  func replayed() throws -> Engine {
    var engine = try Engine(Store(), indexKey: (9, 8))
    for record in journal {
      try engine.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    return engine
  }
}
