// Which columns of a file hold what, from its header; and which character separates them.

struct TableColumns: Equatable {
  var customer: Int
  var date: Int
  var amount: Int
  /// nil where orders get identifiers made from their content.
  var order: Int?
  /// nil where orders have no lines.
  var category: Int?
  /// All columns as the header names them.
  var names: [String]

  /// What the command line asked for.
  struct Wanted {
    var customer = "customer_id"
    var date = "date"
    var amount = "amount"
    var order: String?
    var category: String?
  }

  /// Finds the wanted columns by their names: as they are, or without regard to case.
  init(_ wanted: Wanted, header names: [String]) throws(CommandError) {
    func find(_ name: String, _ option: String) throws(CommandError) -> Int {
      try Self.place(of: name, option: option, in: names)
    }
    self.names = names
    customer = try find(wanted.customer, "customer")
    date = try find(wanted.date, "date")
    amount = try find(wanted.amount, "amount")
    category = try wanted.category.map { name throws(CommandError) in try find(name, "category") }
    if let name = wanted.order { order = try find(name, "order") } else { order = nil }
  }

  /// Finds a column by its name: as it is, or without regard to case.
  static func place(
    of name: String, option: String, in names: [String]
  ) throws(CommandError) -> Int {
    let exact = names.indices.filter { names[$0] == name }
    let found =
      exact.isEmpty
      ? names.indices.filter { names[$0].lowercased() == name.lowercased() } : exact
    guard let first = found.first else {
      let list = names.map { "'\($0)'" }.joined(separator: ", ")
      throw .failed(
        "the file has no column '\(name)' (--\(option)); its columns are \(list)")
    }
    guard found.count == 1 else {
      throw .failed("the file has \(found.count) columns '\(name)'; one must be renamed")
    }
    return first
  }

  /// The most frequent of comma, semicolon and tab outside of quotes; the comma when in doubt.
  static func delimiter(in header: ArraySlice<UInt8>) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in header {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let comma = UInt8(ascii: ",")
    return [UInt8(ascii: ";"), UInt8(ascii: "\t")].reduce(comma) { best, other in
      counts[other, default: 0] > counts[best, default: 0] ? other : best
    }
  }
}
