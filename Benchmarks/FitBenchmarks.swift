// Groups «fit»: columns in, parameters out, the grouping of equal histories included.

import Models
import Platform

/// Both cores, as the workbench hands them in.
struct Cores: FitCrew {
  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    (try? inParallel(count, threads: ProcessFacts.coreCount, task)) ?? (0..<count).map(task)
  }
}

enum FitBenchmarks {
  static func run(_ bench: inout Bench) throws {
    // CDNOW has 23,570 customers.
    for count in bench.isQuick ? [23_570] : [23_570, 1_000_000, 10_000_000] {
      let group = "fit of \(count) customers"
      guard bench.wants(group) else { continue }
      let (histories, meanSpend) = try Shop().histories(count)
      let x = histories.map { Int32($0.repeatOrders) }
      let recency = histories.map { Int32($0.recencyDays) }
      let age = histories.map { Int32($0.ageDays) }
      let spenders = histories.indices.filter { x[$0] > 0 }
      let (repeats, means) = (spenders.map { Double(x[$0]) }, spenders.map { meanSpend[$0] })

      func purchase(
        _ kind: PurchaseModelKind, _ crew: any FitCrew = Cores(), _ note: String = ""
      ) -> Contestant {
        Contestant(kind.name + note, amount: 1) {
          let grouped = try GroupedHistories(
            repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span)
          return try PurchaseFit.fit(kind: kind, histories: grouped, crew: crew)
            .logLikelihoodDays.bitPattern
        }
      }
      // Pareto/NBD's integrals take their time; ten million of them are left out.
      let exact = count > 1_000_000 ? [] : [purchase(.paretoNBD), purchase(.bgCNBD2)]
      try bench.compare(
        group, .millisecondsEach,
        [
          purchase(.mbgNBD), purchase(.bgNBD), purchase(.bgNBD, Alone(), ", one core"),
        ] + exact + [
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
