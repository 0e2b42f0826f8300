// What an import has seen so far: counts, bad rows on standard error, and the summary.

internal import Foundation
internal import Wire

struct ImportReport {
  /// Bad rows that are told one by one; the others are only counted.
  static let toldMax = 20

  let file: String
  private(set) var rows = 0
  private(set) var skipped = 0
  /// Rows that would be or were sent.
  private(set) var good = 0
  private(set) var recorded = 0
  private(set) var duplicates = 0
  private(set) var bad = 0
  /// Lines of orders, where there is a column of categories.
  private(set) var lines = (recorded: 0, duplicates: 0, refused: 0)
  /// Whether rows go to a server at all.
  private(set) var wasSent = false
  private(set) var reasons: [RowFault: Int] = [:]
  private var rejects: RejectsFile?

  init(file: String, rejects: String?) {
    self.file = file
    self.rejects = rejects.map { RejectsFile($0) }
  }

  mutating func countSkipped() {
    rows += 1
    skipped += 1
  }

  mutating func countGood() {
    rows += 1
    good += 1
  }

  mutating func beginSending() { wasSent = true }

  mutating func countAnswer(recorded: Int, duplicates: Int) {
    self.recorded += recorded
    self.duplicates += duplicates
  }

  mutating func countLines(recorded: Int, duplicates: Int, refused: Int) {
    lines.recorded += recorded
    lines.duplicates += duplicates
    lines.refused += refused
  }

  private var hasLines: Bool { lines.recorded + lines.duplicates + lines.refused > 0 }

  /// A row that was found bad before it was sent.
  mutating func reject(_ row: BadRow, bytes: some Collection<UInt8>) throws(CommandError) {
    rows += 1
    try tell(row, bytes)
  }

  /// Rows that were sent and refused.
  ///
  /// They are read again, because only a refused one needs its places.
  mutating func rejectSent(
    _ refused: [(SentRow, Status)], delimiter: UInt8,
    _ badRow: (CSVReader<BytesSource>, Status) -> BadRow
  ) throws(CommandError) {
    for (origin, status) in refused {
      var row = CSVReader(BytesSource(origin.bytes), delimiter: delimiter, line: origin.line)
      guard try row.read() else { continue }
      good -= 1
      try tell(badRow(row, status), origin.bytes)
    }
  }

  private mutating func tell(_ row: BadRow, _ bytes: some Collection<UInt8>) throws(CommandError) {
    bad += 1
    reasons[row.fault, default: 0] += 1
    if bad <= Self.toldMax {
      Progress.clearLine()
      Console.error(row.sentence(file: file))
    }
    try rejects?.append(row, row: bytes)
  }

  /// Says how many bad rows were not told one by one.
  func finishTelling() {
    Progress.clearLine()
    if bad > Self.toldMax { Console.error("… and \(bad - Self.toldMax) more bad rows") }
  }

  /// Reasons, the most frequent one first.
  var ranking: [(reason: String, count: Int)] {
    reasons.map { ($0.key.reason, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
  }

  // MARK: Summary

  func summary(seconds: Double, minorText: String?) -> String {
    var lines = ["rows read    \(Numbers.grouped(rows))"]
    if wasSent {

      lines.append("recorded     \(Numbers.grouped(recorded))")
      lines.append("duplicates   \(Numbers.grouped(duplicates))")
      if hasLines {
        let sum = self.lines
        lines.append(
          "order lines  \(Numbers.grouped(sum.recorded)) recorded, "
            + "\(Numbers.grouped(sum.duplicates)) duplicates, \(Numbers.grouped(sum.refused)) refused"
        )
      }
    } else {
      lines.append("good         \(Numbers.grouped(good)) (nothing was sent)")
    }
    lines.append("skipped      \(Numbers.grouped(skipped))")
    lines.append("bad          \(Numbers.grouped(bad))")
    lines += ranking.map { "  \(Numbers.grouped($0.count))  \($0.reason)" }
    if let rejects, bad > 0 { lines.append("bad rows are in \(rejects.path)") }
    if let minorText { lines.append("amounts      \(minorText)") }
    lines.append(
      "time         \(Numbers.fixed(seconds, 2)) s, "
        + "\(Numbers.grouped(Int(Double(rows) / max(seconds, 1e-6)))) rows/s")
    return lines.joined(separator: "\n")
  }

  func json(seconds: Double, isDryRun: Bool, currency: String) -> JSON {
    .object([
      ("file", .string(file)), ("rows", .count(rows)),
      ("recorded", .count(recorded)),
      ("duplicates", .count(duplicates)), ("linesRecorded", .count(lines.recorded)),
      ("lineDuplicates", .count(lines.duplicates)), ("linesRefused", .count(lines.refused)),
      ("skipped", .count(skipped)),
      ("bad", .count(bad)),
      ("reasons", .object(ranking.map { ($0.reason, .count($0.count)) })),
      ("currency", .string(currency)), ("dryRun", .bool(isDryRun)),
      ("seconds", .number(seconds)),
      ("rowsPerSecond", .number(Double(rows) / max(seconds, 1e-6))),
    ])
  }
}
