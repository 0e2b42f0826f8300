// Groups «fit»: columns in, parameters out, the grouping of equal histories included.

import Models

enum FitBenchmarks {
  static func run(_ bench: inout Bench) throws {
    // CDNOW has 23,570 customers.
    for count in bench.isQuick ? [23_570] : [23_570, 1_000_000] {
      let group = "fit of \(count) customers"
      guard bench.wants(group) else { continue }
      let (histories, meanSpend) = try Shop().histories(count)
      let x = histories.map { Int32($0.repeatOrders) }
      let recency = histories.map { Int32($0.recencyDays) }
      let age = histories.map { Int32($0.ageDays) }
      let spenders = histories.indices.filter { x[$0] > 0 }
      let (repeats, means) = (spenders.map { Double(x[$0]) }, spenders.map { meanSpend[$0] })

      func purchase(_ kind: PurchaseModelKind) -> Contestant {
        Contestant(kind.name, amount: 1) {
          let grouped = try GroupedHistories(
            repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span)
          return try PurchaseFit.fit(kind: kind, histories: grouped).logLikelihoodDays.bitPattern
        }
      }
      try bench.compare(
        group, .millisecondsEach,
        [
          purchase(.mbgNBD), purchase(.bgNBD),
          Contestant("gamma-gamma, \(spenders.count) with repeat orders", amount: 1) {
            let fit = try SpendFit.fit(repeatOrders: repeats.span, meanSpend: means.span)
            return fit?.logLikelihood.bitPattern ?? 0
          },
          Contestant("only grouping", amount: 1) {
            UInt64(
              try GroupedHistories(
                repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span
              ).groups.count)
          },
        ])
    }
  }
}
