// Group «trial»: a whole catalogue tried on a whole shop, as the workbench does it, without the server.

import Models
import Platform
import Scoring
import Wire

enum TrialBenchmarks {
  private static let offers = 64

  static func run(_ bench: inout Bench) throws {
    let customers = bench.isQuick ? 50_000 : 1_000_000
    let group = "trial of \(offers) offers on \(customers) customers"
    guard bench.wants(group) else { return }
    let shop = try Shop()
    let box = try EngineBox(adopting: shop.modelFields)
    try box.fill(shop, customers)
    try DecisionBenchmarks.prepare(
      box, DecisionBenchmarks.json(offers), offers, customers)
    func contestant(
      _ name: String, _ flags: DecideFlags, _ money: String? = nil, _ crew: any FitCrew = Cores()
    ) throws -> Contestant {
      var request = TryCatalogueRequest(channel: .site)
      request.flags = flags
      (request.basketMinor, request.lines) = (8_000, 3)
      if let money {
        request.catalogue = DecisionBenchmarks.json(offers)
          .replacing(#""money": 100000000.00"#, with: money)
      }
      let frame = try Shop.frame(.tryCatalogue, request)
      return Contestant(name, amount: 1) {
        let reply = try box.trial(frame, on: crew)
        guard reply.customers == UInt64(customers) else { throw BenchError("not all were tried") }
        return reply.offered
      }
    }
    // A hundredth of the customers' liability for each offer: most run out on the way.
    let short = #""money": \#(customers / 200).00"#
    try bench.compare(
      group, .millisecondsEach,
      [
        try contestant("drawn", []), try contestant("drawn, budgets run out", [], short),
        try contestant("the best", .greedy),
        try contestant("the best, budgets run out", .greedy, short),
        try contestant("the best, one core", .greedy, nil, Alone()),
      ])
  }
}

extension EngineBox {
  /// Tries a catalogue.
  func trial(_ frame: [UInt8], on crew: any FitCrew) throws -> TryCatalogueReply {
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax)
    else { throw BenchError("not a frame") }
    var out = ByteBuffer()
    let outcome = engine.execute(header, frame.rawBytes, at: Shop.nowMicros, into: &out)
    guard case .asked(.analysis(let job)) = outcome,
      let reply = try job.run(on: crew) as? TryCatalogueReply
    else { throw BenchError("no trial") }
    return reply
  }
}
