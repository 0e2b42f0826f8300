// Groups «batch»: what a whole shop's scores cost from tables, in every build of the kernels, beside the
// exact functions and beside the memory's speed. batch.py sets scipy beside some of them.

import Foundation
import Kernels
import Models
import Platform

enum BatchBenchmarks {
  /// As many rows as a chunk has.
  private static let chunkRows = 4096
  private static let terms = (horizonDays: 273.0, discountRatePerYear: 0.1)
  private static let repeatOrdersMax = 127
  private static let ageDaysMax = 3650.0

  /// Models of CDNOW's customers, α and β in days.
  private static let models: [(kind: PurchaseModelKind, values: SIMD4<Double>)] = [
    (.bgNBD, SIMD4(0.243, 30.898, 0.793, 2.426)),
    (.mbgNBD, SIMD4(0.525, 43.282, 0.891, 1.614)),
    (.paretoNBD, SIMD4(0.553, 74.046, 0.606, 81.683)),
    (.mbgCNBD2, SIMD4(0.6, 25, 0.8, 2.2)),
  ]

  /// Customers as a chunk has them.
  struct Columns: Sendable {
    var x: [UInt32] = []
    var first: [UInt16] = []
    var last: [UInt16] = []
    /// In cents.
    var spend: [Int64] = []
    let day = UInt16(Shop.endDay + 1)
    // The same in octets, of which there are whole ones only.
    var lines: [SIMD16<UInt32>] = []
    var sums: [SIMD8<Int64>] = []

    var all: CustomerColumns {
      @_lifetime(borrow self) borrowing get {
        CustomerColumns(
          lines: lines.span, repeatSpendMinor: sums.span, count: lines.count * 8)
      }
    }

    mutating func pack() {
      for octet in 0..<x.count / 8 {
        var (line, sum) = (SIMD16<UInt32>.zero, SIMD8<Int64>.zero)
        for place in 0..<8 {
          let row = octet * 8 + place
          line.setCustomer(
            place, repeatOrders: x[row], firstDay: first[row], lastDay: last[row])
          sum[place] = spend[row]
        }
        lines.append(line)
        sums.append(sum)
      }
    }

    var subjects: [ScoreSubject] {
      x.indices.map {
        ScoreSubject(
          history: PurchaseHistory(
            repeatOrders: Double(x[$0]), recencyDays: Double(last[$0] - first[$0]),
            ageDays: Double(day - first[$0])), meanSpend: 20)
      }
    }
  }

  /// A model with its tables.
  struct Tabulated: Sendable {
    let model: CustomerModel
    let horizon: ScoreHorizon
    var tables: OutlookTables

    /// Passes over some rows chunk by chunk, as a scan does.
    func scan(_ columns: Columns, _ rows: Range<Int>, _ kinds: ScoreKinds) -> UInt64 {
      var scores = [Double](repeating: 0, count: chunkRows * kinds.count)
      var sum: UInt64 = 0
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: chunkRows) {
        let chunk = start..<min(start + chunkRows, rows.upperBound)
        var room = scores.mutableSpan
        look(columns, chunk, kinds, &room)
        sum &+= room[0].bitPattern &+ room[chunk.count * kinds.count - 1].bitPattern
      }
      return sum
    }

    func look(
      _ columns: Columns, _ rows: Range<Int>, _ kinds: ScoreKinds,
      _ scores: inout MutableSpan<Double>, isExact: Bool = false
    ) {
      model.score(
        columns.all.extracting(rows.lowerBound / 8..<rows.upperBound / 8), kinds,
        asOf: columns.day, horizon, isExact ? nil : tables, majorPerMinor: 0.01, into: &scores)
    }
  }

  /// What most segments ask for.
  private static let threeKinds: ScoreKinds = [.alive, .churn, .value]

  static func run(_ bench: inout Bench) throws {
    let names =
      models.flatMap {
        [
          "batch, columns, \($0.kind.name)", "batch, scores, \($0.kind.name)",
          "batch, all scores of columns, \($0.kind.name)",
        ]
      }
      + [
        "batch, bytes", "batch, all scores of columns, bytes",
        "batch, tables of x up to \(repeatOrdersMax)",
      ]
    guard names.contains(where: { bench.wants($0) }) else { return }
    let columns = try columns(1_000_000)
    try scan(&bench, columns)
    try allScores(&bench, columns)
    try bytes(&bench, columns)
    try scores(&bench, columns)
    try tables(&bench)
  }

  /// Writes the customers and what was found of them, for whoever wants to compare.
  ///
  /// - Parameter folder: where to; columns of 8 bytes a number, the last five of doubles.
  /// - Throws: what writing throws.
  static func write(to folder: String) throws {
    let columns = try columns(1_000_000)
    let tabulated = try tabulated(models[0])
    let count = columns.x.count
    var scores = [Double](repeating: 0, count: count * ScoreKinds.all.count)
    var room = scores.mutableSpan
    tabulated.look(columns, columns.x.indices, .all, &room)
    func put(_ name: String, _ numbers: [UInt64]) throws {
      var bytes = Data(capacity: 8 * numbers.count)
      for number in numbers {
        for shift in stride(from: 0, to: 64, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
      }
      try bytes.write(to: URL(fileURLWithPath: folder).appendingPathComponent(name))
    }
    try put("x", columns.x.map(UInt64.init))
    try put("first", columns.first.map(UInt64.init))
    try put("last", columns.last.map(UInt64.init))
    try put("minor", columns.spend.map { UInt64(bitPattern: $0) })
    for (place, name) in ["alive", "churn", "orders", "spend", "value"].enumerated() {
      try put(name, scores[place * count..<(place + 1) * count].map(\.bitPattern))
    }
  }

  private static func columns(_ count: Int) throws -> Columns {
    let (histories, meanSpend) = try Shop().histories(count)
    var columns = Columns()
    for (history, mean) in zip(histories, meanSpend) {
      columns.spend.append(Int64((history.repeatOrders * mean * 100).rounded()))
      columns.x.append(UInt32(history.repeatOrders))
      columns.first.append(columns.day - UInt16(history.ageDays))
      columns.last.append(columns.day - UInt16(history.ageDays - history.recencyDays))
    }
    columns.pack()
    return columns
  }

  private static func tabulated(
    _ model: (kind: PurchaseModelKind, values: SIMD4<Double>), crew: some FitCrew = Alone()
  ) throws -> Tabulated {
    let customers = CustomerModel(
      purchase: try PurchaseParameters(model.kind, model.values),
      spend: try SpendParameters(p: 6.25, q: 3.74, gamma: 15.44))
    let horizon = ScoreHorizon(
      try ScoreTerms(
        horizonDays: terms.horizonDays, discountRatePerYear: terms.discountRatePerYear, margin: 1))
    guard
      let tables = OutlookTables(
        customers, horizon, repeatOrdersMax: repeatOrdersMax, ageDaysMax: ageDaysMax, crew: crew)
    else { throw ModelError.noCustomers }
    return Tabulated(model: customers, horizon: horizon, tables: tables)
  }

  /// The builds this processor can run, the best first.
  private static var levels: [Kernels.Processor.Level] {
    Kernels.Processor.Level.allCases.reversed().filter {
      $0.rawValue <= Kernels.Processor.level.rawValue
    }
  }

  private static func scan(_ bench: inout Bench, _ columns: Columns) throws {
    let amount = Double(columns.x.count)
    for model in models {
      let group = "batch, columns, \(model.kind.name)"
      guard bench.wants(group) else { continue }
      let tabulated = try tabulated(model)
      var contestants = [
        Contestant("two threads", amount: amount) {
          let half = columns.x.count / 2 / chunkRows * chunkRows
          let sums = try inParallel(2, threads: 2) { number in
            tabulated.scan(
              columns, number == 0 ? 0..<half : half..<columns.x.count, [.alive, .orders])
          }
          return sums.reduce(0, &+)
        }
      ]
      for level in levels {
        var tabulated = tabulated
        tabulated.tables.level = level
        contestants.append(
          Contestant("one thread, \(level)", amount: amount) { [tabulated] in
            tabulated.scan(columns, columns.x.indices, [.alive, .orders])
          })
      }
      let few = 10_000
      contestants.append(
        Contestant("exact functions", amount: Double(few)) {
          let exact = tabulated.model.purchaseModel
          return columns.subjectSum(few) { history in
            let alive = exact.aliveProbability(of: history)
            return alive
              + alive * exact.expectedOrdersIfAlive(of: history, within: terms.horizonDays)
          }
        })
      try bench.compare(group, .nanosecondsEach, contestants)
    }
  }

  /// P(alive), churn and lifetime value, from whole columns.
  private static func allScores(_ bench: inout Bench, _ columns: Columns) throws {
    let amount = Double(columns.x.count)
    for model in models {
      let group = "batch, all scores of columns, \(model.kind.name)"
      guard bench.wants(group) else { continue }
      let tabulated = try tabulated(model)
      var contestants = [
        Contestant("two threads", amount: amount) {
          let half = columns.x.count / 2 / chunkRows * chunkRows
          let sums = try inParallel(2, threads: 2) { number in
            tabulated.scan(
              columns, number == 0 ? 0..<half : half..<columns.x.count, threeKinds)
          }
          return sums.reduce(0, &+)
        },
        Contestant("one thread, all five", amount: amount) {
          tabulated.scan(columns, columns.x.indices, .all)
        },
      ]
      for level in levels {
        var tabulated = tabulated
        tabulated.tables.level = level
        contestants.append(
          Contestant("one thread, \(level)", amount: amount) { [tabulated] in
            tabulated.scan(columns, columns.x.indices, threeKinds)
          })
      }
      let few = 4096
      var scores = [Double](repeating: 0, count: few * threeKinds.count)
      contestants.append(
        Contestant("exact functions", amount: Double(few)) {
          var room = scores.mutableSpan
          tabulated.look(columns, 0..<few, threeKinds, &room, isExact: true)
          return room[0].bitPattern
        })
      try bench.compare(group, .nanosecondsEach, contestants)
    }
  }

  /// Whole columns in, whole columns out: for P(alive) and orders 8 bytes read and 16 written for each
  /// customer, with spend 16 read and 24 written for churn and value.
  private static func bytes(_ bench: inout Bench, _ columns: Columns) throws {
    for (group, kinds, size) in [
      ("batch, bytes", [.alive, .orders] as ScoreKinds, 24),
      ("batch, all scores of columns, bytes", threeKinds, 40),
    ] where bench.wants(group) {
      let copies = bench.isQuick ? 2 : 8
      var many = columns
      for _ in 1..<copies {
        many.x += columns.x
        many.first += columns.first
        many.last += columns.last
        many.spend += columns.spend
        many.lines += columns.lines
        many.sums += columns.sums
      }
      let rows = many
      let tabulated = try tabulated(models[0])
      var scores = [Double](repeating: 0, count: rows.x.count * kinds.count)
      let memory = [SIMD8<UInt64>](repeating: .one, count: 4 << 20)
      try bench.compare(
        group, .gigabytesPerSecond,
        [
          Contestant(
            "the pass, bg-nbd, one thread", amount: Double(size) * Double(rows.x.count)
          ) {
            var room = scores.mutableSpan
            tabulated.look(rows, rows.x.indices, kinds, &room)
            return room[0].bitPattern &+ room[rows.x.count].bitPattern
          },
          Contestant("reading memory, one thread", amount: 64 * Double(memory.count)) {
            read(memory)
          },
        ])
    }
  }

  private static func read(_ memory: [SIMD8<UInt64>]) -> UInt64 {
    let memory = memory.span
    var (a, b, c, d) = (
      SIMD8<UInt64>.zero, SIMD8<UInt64>.zero, SIMD8<UInt64>.zero, SIMD8<UInt64>.zero
    )
    var at = 0
    while at < memory.count {
      a &+= memory[at]
      b &+= memory[at + 1]
      c &+= memory[at + 2]
      d &+= memory[at + 3]
      at += 4
    }
    return (a &+ b &+ c &+ d).wrappedSum()
  }

  private static func scores(_ bench: inout Bench, _ columns: Columns) throws {
    let blank = CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0)
    for model in models {
      let group = "batch, scores, \(model.kind.name)"
      guard bench.wants(group) else { continue }
      let subjects = columns.subjects
      let tabulated = try tabulated(model)
      var scores = [CustomerScore](repeating: blank, count: chunkRows)
      func pass(_ tables: OutlookTables?, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        for start in stride(from: 0, to: count - chunkRows, by: chunkRows) {
          var room = scores.mutableSpan
          tabulated.model.score(
            subjects.span.extracting(start..<start + chunkRows), tabulated.horizon, tables,
            into: &room)
          sum &+= room[0].lifetimeValue.bitPattern
        }
        return sum
      }
      var contestants: [Contestant] = []
      for level in levels {
        var tables = tabulated.tables
        tables.level = level
        contestants.append(
          Contestant("from tables, \(level)", amount: Double(subjects.count)) { [tables] in
            pass(tables, subjects.count)
          })
      }
      let few = 2 * chunkRows
      contestants.append(
        Contestant("without tables", amount: Double(few - chunkRows)) { pass(nil, few) })
      try bench.compare(group, .nanosecondsEach, contestants)
    }
  }

  private static func tables(_ bench: inout Bench) throws {
    let group = "batch, tables of x up to \(repeatOrdersMax)"
    guard bench.wants(group) else { return }
    var contestants = models.map { model in
      Contestant("\(model.kind.name), two threads", amount: 1) {
        UInt64(try tabulated(model, crew: Cores()).tables.bytes)
      }
    }
    contestants.append(
      Contestant("bg-nbd, one thread", amount: 1) {
        UInt64(try tabulated(models[0]).tables.bytes)
      })
    try bench.compare(group, .millisecondsEach, contestants)
  }
}

extension BatchBenchmarks.Columns {
  /// The sum of a function of the first customers.
  fileprivate func subjectSum(_ count: Int, _ value: (PurchaseHistory) -> Double) -> UInt64 {
    var sum = 0.0
    for row in 0..<count {
      sum += value(
        PurchaseHistory(
          repeatOrders: Double(x[row]), recencyDays: Double(last[row] - first[row]),
          ageDays: Double(day - first[row])))
    }
    return sum.bitPattern
  }
}
