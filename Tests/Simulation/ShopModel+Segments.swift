// What a shop means by its named segments, and what the server kept of its searches: by definition and journal
// record, without a line of Scoring.

import Wire

extension ShopModel {
  /// Definitions and searches, as they follow from the commands.
  struct Segments {
    /// By name: the conditions to enter and to stay.
    typealias Definitions = [String: [String]]

    /// A search that came to its end.
    struct Search: Equatable {
      var generation: UInt32
      var version: UInt32
      var day: Int32
      /// In each segment, in the sequence of protocol.md.
      var customers: [UInt64]
    }

    /// Of each version, the first without a word of the shop.
    private(set) var versions: [Definitions] = [defaults]
    private(set) var searches: [Search] = []
    /// In which segment each row was found last, counted from 1.
    private var marks: [UInt32: UInt8] = [:]

    /// The names in the sequence of protocol.md.
    static let names = ["new", "vip", "loyal", "will buy again", "about to leave", "inactive"]

    /// What README.md says that segments mean.
    private static let defaults: Definitions = {
      let new = "orders < 1 or orders < 2 and age_days <= 30"
      func inactive(_ alive: String) -> String {
        "p_alive < \(alive) or p_alive is unknown and days_since_order > 365"
      }
      func leaving(_ alive: String, _ churn: String) -> String {
        "p_alive < \(alive) or churn >= \(churn) and days_since_order > 2 * typical_gap"
          + " or p_alive is unknown and days_since_order > 182"
      }
      func best(_ share: String) -> String {
        "lifetime_value >= quantile(\"lifetime_value\", \(share))"
      }
      return [
        "new": [new, new], "inactive": [inactive("0.2"), inactive("0.25")],
        "about to leave": [leaving("0.5", "0.7"), leaving("0.55", "0.65")],
        "vip": [best("0.95"), best("0.93")], "loyal": ["orders >= 4", "orders >= 4"],
        "will buy again": ["true", "true"],
      ]
    }()

    /// Takes over definitions.
    ///
    /// - Returns: the version that is in force.
    mutating func define(_ segments: [SegmentFields]) -> UInt32 {
      var next = versions[versions.count - 1]
      for fields in segments {
        let plain = Self.defaults[fields.segment] ?? []
        next[fields.segment] = zip([fields.enters, fields.stays], plain).map {
          $0.isEmpty ? $1 : $0
        }
      }
      if next != versions[versions.count - 1] { versions.append(next) }
      return UInt32(versions.count - 1)
    }

    /// Takes over what the server kept.
    mutating func keep(_ kept: KeepSegmentsRequest) {
      for run in kept.runs {
        for (place, code) in run.codes.enumerated() { marks[run.first + UInt32(place)] = code }
      }
      guard !kept.customers.isEmpty else { return }
      searches.append(
        Search(
          generation: kept.generation, version: kept.version, day: kept.day,
          customers: kept.customers))
    }

    /// Why what was kept last cannot be; nil where nothing speaks against it.
    ///
    /// At the end of a search the customers that are marked are those it counts.
    var contradiction: String? {
      guard let last = searches.last else { return nil }
      var counts = [UInt64](repeating: 0, count: Self.names.count)
      for code in marks.values where (1...Self.names.count).contains(Int(code)) {
        counts[Int(code) - 1] += 1
      }
      return counts == last.customers
        ? nil : "\(counts) customers are marked, the search counted \(last.customers)"
    }

    /// How a reply about the segments differs from what was defined and found; nil where it does not.
    func difference(_ reply: ReadSegmentsReply) -> String? {
      guard Int(reply.version) < versions.count else {
        return "version \(reply.version), \(versions.count - 1) is the last"
      }
      let wanted = versions[Int(reply.version)]
      let told = reply.segments.map { ($0.definition.segment, $0.definition) }
      for (name, definition) in told
      where wanted[name] != [definition.enters, definition.stays] {
        return "\(definition), must be \(wanted[name] ?? [])"
      }
      guard told.count == wanted.count else { return "\(told.count) segments" }
      let sum = reply.segments.reduce(0) { $0 + $1.customers }
      if sum != reply.customers { return "\(sum) of \(reply.customers) customers are in segments" }
      let before = Self.names.map { name in
        reply.segments.first { $0.definition.segment == name }?.before ?? -1
      }
      if reply.foundDay < 0 {
        return before.allSatisfy { $0 == -1 } ? nil : "\(before) were found, and nobody searched"
      }
      let isKept = searches.contains {
        $0.generation == reply.foundGeneration && $0.version == reply.foundVersion
          && $0.day == reply.foundDay && $0.customers.map(Int64.init) == before
      }
      return isKept ? nil : "no search found \(before) on day \(reply.foundDay)"
    }
  }
}
