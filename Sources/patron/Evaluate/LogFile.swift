// Reads a log of decisions: which column is what, actions by their names, numbers without guessing.
// Not here: what is made of it; see Evaluate.swift.

internal import Policies

/// A log as it was in its file.
struct LogFile {
  /// What the command line asked for.
  struct Wanted {
    var reward = ""
    var action = "action"
    /// nil when all actions were equally likely.
    var propensity: String? = "propensity"
    /// nil when the default is meant, which may be missing.
    var id: String?
    /// The features, or nil for all columns that are left.
    var features: [String]?
    /// Columns that are no features.
    var ignored: [String] = []
    /// What an action costs, off its rewards.
    var costs: [String: Double] = [:]
  }

  var table: LoggedTable
  /// The actions' names, in the order of their numbers.
  let actions: [String]
  /// Columns that were used as features.
  var features: [String]
  /// Columns that came of the decision, and why that is believed.
  var leftOut: [(name: String, reason: String)]
  /// Whether rows are gathered by customer.
  let hasID: Bool

  /// Columns that hold what came of a decision wherever they occur.
  static let outcomes: Set<String> = [
    "visit", "conversion", "converted", "spend", "click", "clicked", "purchase", "purchased",
    "revenue", "sales", "profit", "margin", "outcome", "reward", "exposure",
  ]
  /// Beyond so many standard errors between the actions a column was not known before.
  static let distanceMax = 6.0
  /// More different actions are a mistake.
  static let actionsMax = 256

  /// Reads a file.
  ///
  /// - Throws: what is wrong first, with file, line, column and reason.
  init(_ path: String, _ wanted: Wanted) throws(CommandError) {
    try self.init(FileSource(path), name: path == "-" ? "(stdin)" : path, wanted)
  }

  init<Source: ByteSource>(
    _ source: Source, name: String, _ wanted: Wanted
  ) throws(CommandError) {
    var reader = CSVReader(source)
    let first = try reader.peekFirstLine()
    if first.starts(with: [0xff, 0xfe]) || first.starts(with: [0xfe, 0xff]) {
      throw .failed("'\(name)' is UTF-16; save it as UTF-8")
    }
    reader.delimiter = TableColumns.delimiter(in: first)
    guard try reader.read() else { throw .failed("'\(name)' is empty: it has no header") }
    guard reader.fault == nil else {
      throw .failed("the header of '\(name)' cannot be read; is it CSV in UTF-8?")
    }
    let names = reader.fields.map { field in
      String(decoding: reader.content(of: field), as: UTF8.self).trimmingBlanks()
    }
    let columns = try LogColumns(wanted, names: names, file: name)
    var rows = LogRows(columns, file: name)
    while try reader.read() { try rows.take(reader) }

    let order = Self.order(rows.labels)
    actions = order.map { rows.labels[$0] }
    hasID = columns.id != nil
    for action in wanted.costs.keys where !actions.contains(action) {
      throw .usage(
        "--cost names '\(action)', the log has the actions \(actions.joined(separator: ", "))")
    }
    var numbers = [Int](repeating: 0, count: order.count)
    for (number, label) in order.enumerated() { numbers[label] = number }
    let costs = actions.map { wanted.costs[$0] ?? 0 }
    let width = columns.features.count
    var table = LoggedTable(actionCount: actions.count, width: width)
    table.reserveCapacity(rows.actions.count)
    for row in rows.actions.indices {
      let action = numbers[rows.actions[row]]
      let start = row * width
      do throws(PolicyError) {
        try table.append(
          action: action,
          propensity: columns.propensity == nil
            ? 1 / Double(actions.count) : rows.propensities[row],
          reward: rows.rewards[row] - costs[action], cluster: rows.clusters[row],
          features: rows.features.span.extracting(start..<start + width))
      } catch {
        throw .failed("'\(name)': \(error.description)")
      }
    }
    guard table.count > 0 else { throw .failed("'\(name)' has a header and no rows") }
    self.table = table
    features = columns.features.map { names[$0] }
    leftOut = []
    leaveOutOutcomes(wanted)
  }

  /// Drops the columns that came of the decision, unless they were asked for by name.
  private mutating func leaveOutOutcomes(_ wanted: Wanted) {
    guard wanted.features == nil else { return }
    let distances = table.distancesBetweenActions()
    var kept: [Int] = []
    for (place, name) in features.enumerated() {
      if Self.outcomes.contains(name.lowercased()) {
        leftOut.append((name, "it is named as an outcome"))
      } else if distances[place] > Self.distanceMax {
        leftOut.append(
          (
            name,
            "it differs between the actions by \(Numbers.fixed(distances[place], 1)) standard errors"
          ))
      } else {
        kept.append(place)
      }
    }
    guard !leftOut.isEmpty else { return }
    table = table.keeping(columns: kept)
    features = kept.map { features[$0] }
  }

  /// Numbers by their size, names by their letters.
  private static func order(_ labels: [String]) -> [Int] {
    let numbers = labels.map { Double($0) }
    if numbers.allSatisfy({ $0 != nil }) {
      return labels.indices.sorted { (numbers[$0] ?? 0) < (numbers[$1] ?? 0) }
    }
    return labels.indices.sorted { labels[$0] < labels[$1] }
  }
}

/// Where in a row things stand.
struct LogColumns {
  var id: Int?
  var action: Int
  var propensity: Int?
  var reward: Int
  var features: [Int]
  let names: [String]

  init(_ wanted: LogFile.Wanted, names: [String], file: String) throws(CommandError) {
    func find(_ name: String, _ option: String) throws(CommandError) -> Int {
      let found = names.indices.filter { names[$0] == name }
      guard let first = found.first else {
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        let advice =
          option == "propensity"
          ? "; a log without the probabilities of its choices cannot judge other choices: name their "
            + "column, or say '--propensity uniform' if every action was equally likely" : ""
        throw .failed(
          "'\(file)' has no column '\(name)' (--\(option))\(advice); its columns are \(list)")
      }
      guard found.count == 1 else {
        throw .failed("'\(file)' has \(found.count) columns '\(name)'; one must be renamed")
      }
      return first
    }
    self.names = names
    action = try find(wanted.action, "action")
    reward = try find(wanted.reward, "reward")
    if let name = wanted.propensity { propensity = try find(name, "propensity") }
    if let name = wanted.id { id = try find(name, "id") } else { id = names.firstIndex(of: "id") }
    if let wanted = wanted.features {
      features = []
      for name in wanted { features.append(try find(name, "features")) }
    } else {
      var other: Set<Int> = [action, reward]
      if let propensity { other.insert(propensity) }
      if let propensity = names.firstIndex(of: "propensity") { other.insert(propensity) }
      if let id { other.insert(id) }
      for name in wanted.ignored { other.insert(try find(name, "ignore")) }
      features = names.indices.filter { !other.contains($0) }
    }
    for place in features where place == action || place == reward || place == propensity {
      throw .usage("--features names '\(names[place])', which is no feature")
    }
  }
}

/// The rows as they come, actions numbered by their first appearance.
struct LogRows {
  let columns: LogColumns
  let file: String
  private(set) var labels: [String] = []
  private(set) var actions: [Int] = []
  private(set) var propensities: [Double] = []
  private(set) var rewards: [Double] = []
  private(set) var clusters: [UInt64] = []
  private(set) var features: [Double] = []
  private var labelBytes: [[UInt8]] = []

  init(_ columns: LogColumns, file: String) {
    self.columns = columns
    self.file = file
  }

  mutating func take<Source: ByteSource>(_ reader: CSVReader<Source>) throws(CommandError) {
    if let fault = reader.fault {
      throw failure(reader, fault.offset, "", fault.reason.reason)
    }
    guard reader.fields.count == columns.names.count else {
      throw failure(
        reader, 0, "",
        "the row has \(reader.fields.count) fields, the header \(columns.names.count)")
    }
    let label = reader.content(of: reader.fields[columns.action])
    if let known = labelBytes.firstIndex(where: { $0.elementsEqual(label) }) {
      actions.append(known)
    } else {
      guard !label.isEmpty else { throw failure(reader, columns.action, "the action is missing") }
      guard labels.count < LogFile.actionsMax else {
        throw failure(
          reader, columns.action, "more than \(LogFile.actionsMax) different actions")
      }
      actions.append(labels.count)
      labels.append(String(decoding: label, as: UTF8.self))
      labelBytes.append(Array(label))
    }
    rewards.append(try number(reader, columns.reward))
    if let place = columns.propensity {
      let propensity = try number(reader, place)
      guard propensity > 0, propensity <= 1 else {
        throw failure(
          reader, place,
          "what was chosen cannot have the propensity \(JSONWriter.text(propensity)); it must be "
            + "above 0 and at most 1")
      }
      propensities.append(propensity)
    }
    if let place = columns.id {
      let id = Array(reader.content(of: reader.fields[place]))
      guard !id.isEmpty else { throw failure(reader, place, "the identifier is missing") }
      clusters.append(XXHash64.hash(id.span))
    } else {
      clusters.append(UInt64(actions.count))
    }
    for place in columns.features { features.append(try number(reader, place)) }
  }

  private func number<Source: ByteSource>(
    _ reader: CSVReader<Source>, _ place: Int
  ) throws(CommandError) -> Double {
    let content = reader.content(of: reader.fields[place])
    if let number = DecimalText.number(content) { return number }
    if content.isEmpty {
      throw failure(
        reader, place,
        "it is empty, and nothing is filled in; name the columns to use with --features, or leave "
          + "this one out with --ignore")
    }
    throw failure(
      reader, place,
      "'\(String(decoding: content.prefix(40), as: UTF8.self))' is no number; a column of text is no "
        + "feature: leave it out with --ignore, or give each of its values a column of 0 and 1")
  }

  private func failure<Source: ByteSource>(
    _ reader: CSVReader<Source>, _ place: Int, _ reason: String
  ) -> CommandError {
    failure(reader, reader.fields[place].offset, " ('\(columns.names[place])')", reason)
  }

  private func failure<Source: ByteSource>(
    _ reader: CSVReader<Source>, _ offset: Int, _ column: String, _ reason: String
  ) -> CommandError {
    let place = reader.place(of: offset)
    return .failed("\(file), line \(place.line), column \(place.column)\(column): \(reason)")
  }
}

/// Numbers as logs have them: digits, a point, an exponent.
enum DecimalText {
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// The nearest Double, or nil for what is no finite number; «nan», «inf» and «0x1» are none.
  static func number(_ text: ArraySlice<UInt8>) -> Double? {
    var (mantissa, decimals, digits) = (0, 0, 0)
    var (isNegative, hasPoint) = (false, false)
    for (place, byte) in text.enumerated() {
      switch byte {
      case 48...57:
        digits += 1
        if digits > 15 { return slow(text) }
        mantissa = mantissa * 10 + Int(byte - 48)
        if hasPoint { decimals += 1 }
      case UInt8(ascii: "."):
        if hasPoint { return nil }
        hasPoint = true
      case UInt8(ascii: "-") where place == 0: isNegative = true
      case UInt8(ascii: "+") where place == 0: break
      default: return slow(text)
      }
    }
    guard digits > 0 else { return nil }
    // Both are exact, so their quotient is the nearest (Clinger 1990).
    let value = Double(mantissa) / powers[decimals]
    return isNegative ? -value : value
  }

  private static func slow(_ text: ArraySlice<UInt8>) -> Double? {
    let isPlain = text.allSatisfy {
      (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0)
    }
    guard isPlain, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }
}
