// What the commands about all customers share: the terms of scores, the day, how far a question has come, and how
// values are written.

internal import Client
internal import Wire

enum ScanOptions {
  static let terms = [
    Option("as-of", "DATE", "as of this day, from the orders up to it (default now)"),
    Option("horizon", "DURATION", "of scores: 90d, 39w, 12m or 1y (default what offers use: 39w)"),
    Option("discount-rate", "RATE", "per year (default 0.10)"),
    Option("margin", "FRACTION", "of an order's value (default the catalogue's, or 1.0)"),
  ]

  /// The terms; the day is set when the shop's time zone is known.
  static func terms(_ arguments: Arguments) throws(CommandError) -> ScanTerms {
    var terms = ScanTerms()
    let names = ["horizon", "discount-rate", "margin"]
    guard names.contains(where: arguments.flag) else { return terms }
    guard arguments.flag("margin") else {
      throw .usage("--horizon and --discount-rate need --margin too: scores are asked as a whole")
    }
    terms.scores = try Score.terms(arguments)
    return terms
  }

  /// The instant that is asked about: noon of a day, or now.
  static func asOfMicros(
    _ arguments: Arguments, _ hello: HelloReply
  ) throws(CommandError) -> Int64 {
    guard let text = arguments.value("as-of") else { return 0 }
    let day = try Values.day(text, option: "as-of")
    var zone = try Connecting.zone(hello)
    return zone.micros(ofDay: day, seconds: 43_200)
  }

  /// A condition; everything that is not an option is part of it.
  static func condition(_ words: [String]) throws(CommandError) -> String {
    guard words.count <= 1 else {
      throw .usage("'\(words[1])' is one word too many; put the condition in single quotes")
    }
    return words.first ?? ""
  }

  /// Names between commas, but for those in parentheses.
  static func names(_ text: String) -> [String] {
    var (names, depth) = ([""], 0)
    for character in text {
      if character == "," && depth == 0 {
        names.append("")
        continue
      }
      depth += character == "(" ? 1 : character == ")" ? -1 : 0
      names[names.count - 1].append(character)
    }
    return names.map { $0.trimmingBlanks() }
  }

  /// Says what is wrong with a condition, and shows where.
  static func failure(_ error: ClientError, condition: String, at offset: Int) -> CommandError {
    guard case .refused(let refusal) = error, refusal.status == .badCondition else {
      return CommandError(error)
    }
    var lines = [refusal.sentence]
    let place = Int(refusal.offset ?? 0) - offset
    if place >= 0, place <= condition.utf8.count {
      let before = condition.utf8.prefix(place).split(
        separator: 10, omittingEmptySubsequences: false)
      let line = condition.split(separator: "\n", omittingEmptySubsequences: false)[
        before.count - 1]
      let column = String(decoding: before[before.count - 1], as: UTF8.self).count
      lines.append("  " + line)
      lines.append("  " + String(repeating: " ", count: column) + "^")
    }
    return .failed(lines.joined(separator: "\n"))
  }
}

/// How far a question about all customers has come.
struct ScanProgressLine {
  private var progress = Progress(unit: "customers")

  /// Shows it, with an estimate of what is left.
  mutating func show(scanned: UInt64, of customers: UInt64, found: UInt64) {
    let share = customers == 0 ? 1 : Double(scanned) / Double(customers)
    let left = share > 0 ? progress.seconds * (1 - share) / share : 0
    progress.show(
      Int(clamping: scanned), share: share,
      note: ", \(Numbers.grouped(found)) found, \(Numbers.fixed(left, 1)) s left")
  }

  func finish() { progress.finish() }
}
