// Sums over the customers of a scan, by group: counted in pieces that are added in their order.

import Models
import Offers
import Rules
import Wire

/// A histogram of numbers by their size: buckets are so narrow that all numbers of one are within half a percent
/// of each other, and each whole number below 512 is the least of one.
struct SizeHistogram: Sendable {
  /// The pages there are, in the order in which they were made: a sign and an exponent each. Numbers of both
  /// signs, and zero, lie far apart, so what is between them takes no memory.
  private var keys: [Int] = []
  private var counts: [UInt64] = []
  /// The page that was used last.
  private var last = 0

  /// Bits of a number that its bucket does not know: it keeps the sign, the exponent and eight digits.
  private static let bits = UInt64(44)
  /// Digits of a bucket within its page.
  private static let pageBits = 8
  private static let pageSize = 1 << pageBits

  /// Buckets that take memory.
  var bucketCount: Int { counts.count }

  mutating func add(_ value: Double) {
    let bucket = Self.bucket(of: value)
    let page = page(bucket >> Self.pageBits)
    counts[page << Self.pageBits | bucket & (Self.pageSize - 1)] += 1
  }

  private mutating func page(_ key: Int) -> Int {
    if last < keys.count && keys[last] == key { return last }
    if let known = keys.firstIndex(of: key) {
      last = known
    } else {
      last = keys.count
      keys.append(key)
      counts += repeatElement(0, count: Self.pageSize)
    }
    return last
  }

  mutating func append(_ other: SizeHistogram) {
    for (number, key) in other.keys.enumerated() {
      let (from, to) = (number << Self.pageBits, page(key) << Self.pageBits)
      for place in 0..<Self.pageSize { counts[to + place] += other.counts[from + place] }
    }
  }

  /// The number that a share of all does not exceed, within half a percent; NaN where there is none.
  func quantile(_ share: Double) -> Double {
    let all = counts.reduce(0, +)
    if all == 0 { return .nan }
    // The place among the numbers in their order, from 1, as the inverse of the distribution has it.
    let wanted = max(1, UInt64((share * Double(all)).rounded(.up)))
    var sum: UInt64 = 0
    var most = 0
    for page in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
      for place in 0..<Self.pageSize where counts[page << Self.pageBits | place] > 0 {
        sum += counts[page << Self.pageBits | place]
        most = keys[page] << Self.pageBits | place
        if sum >= wanted { return Self.middle(of: most) }
      }
    }
    return Self.middle(of: most)
  }

  /// The bucket of a number: they rise with the numbers.
  private static func bucket(of value: Double) -> Int {
    let size = Int(value.magnitude.bitPattern >> bits)
    return value < 0 ? -size - 1 : size
  }

  private static func middle(of bucket: Int) -> Double {
    let size = UInt64(bucket < 0 ? -bucket - 1 : bucket)
    let least = Double(bitPattern: size << bits)
    // A power of two and few digits more is a whole number or such, and stands for itself.
    let middle = least.rounded(.towardZero) == least && least < 512
      ? least : Double(bitPattern: size << bits | 1 << (bits - 1))
    return bucket < 0 ? -middle : middle
  }
}

/// What is added up of one number.
struct MeasureTally: Sendable {
  var known: UInt64 = 0
  var sum = 0.0
  var least = Double.infinity
  var most = -Double.infinity
  var histogram = SizeHistogram()

  mutating func append(_ other: MeasureTally) {
    known += other.known
    sum += other.sum
    least = min(least, other.least)
    most = max(most, other.most)
    histogram.append(other.histogram)
  }

  func told(_ shares: [Double]) -> MeasureSum {
    var told = MeasureSum()
    told.known = known
    told.sum = sum
    if known > 0 { (told.least, told.most) = (least, most) }
    told.quantiles = shares.map { share in
      known == 0 ? .nan : min(max(histogram.quantile(share), least), most)
    }
    return told
  }
}

/// What a count is asked for.
struct CountTerms: Sendable {
  let groups: [ScanField]
  let measures: [ScanField]
  let shares: [Double]
}

/// Customers of a scan, by group.
struct ScanTally: Sendable {
  /// What the customers of a group have in common, as it is kept; unused places are 0.
  typealias Key = SIMD4<UInt32>

  struct Group: Sendable {
    let key: Key
    var customers: UInt64 = 0
    var measures: [MeasureTally]
  }

  private(set) var found: UInt64 = 0
  private(set) var groups: [Group] = []
  private var places: [Key: Int] = [:]
  /// Whether there were more groups than are told.
  private(set) var isTooMany = false

  /// Adds the rows of a batch, whose columns the worker fills.
  mutating func add(_ worker: inout ScanWorker, _ rows: RowSet, _ terms: CountTerms) {
    found += UInt64(rows.count)
    for field in terms.groups { worker.fill(field.column, for: rows) }
    for field in terms.measures { worker.fill(field.column, for: rows) }
    if terms.groups.isEmpty {
      guard let group = place(of: Key()) ?? make(Key(), terms) else { return }
      groups[group].customers += UInt64(rows.count)
      for number in terms.measures.indices {
        Self.add(
          worker.columns, rows, terms.measures[number].column, !terms.shares.isEmpty,
          to: &groups[group].measures[number])
      }
      return
    }
    addByGroup(&worker, rows, terms)
  }

  /// Adds a whole column of some rows.
  private static func add(
    _ columns: borrowing ScanColumns, _ rows: RowSet, _ column: ScanColumn, _ keepsSizes: Bool,
    to tally: inout MeasureTally
  ) {
    let start = columns.start(of: columns.place(of: column))
    let values = columns.numbers.span.extracting(start..<start + columns.count)
    var piece = MeasureTally()
    if rows.count == columns.count {
      piece = CustomerLoops.sums(values)
    } else {
      rows.forEach { row in piece.add(values[row]) }
    }
    if keepsSizes {
      rows.forEach { row in
        let value = values[row]
        if value.isFinite { tally.histogram.add(value) }
      }
    }
    tally.append(piece)
  }

  private mutating func addByGroup(
    _ worker: inout ScanWorker, _ rows: RowSet, _ terms: CountTerms
  ) {
    let keys = terms.groups.map { worker.columns.place(of: $0.column) }
    let measures = terms.measures.map { worker.columns.place(of: $0.column) }
    var (last, lastPlace) = (Key(repeating: .max), -1)
    var left = rows
    for word in 0..<16 {
      while left.words[word] != 0 {
        let row = word * 64 + left.words[word].trailingZeroBitCount
        left.words[word] &= left.words[word] - 1
        var key = Key()
        for (number, place) in keys.enumerated() {
          key[number] = worker.columns.key(place, terms.groups[number].type, row)
        }
        if key != last {
          guard let place = place(of: key) ?? make(key, terms) else { continue }
          (last, lastPlace) = (key, place)
        }
        groups[lastPlace].customers += 1
        for number in measures.indices {
          let value = worker.columns.number(measures[number], row)
          guard value.isFinite else { continue }
          groups[lastPlace].measures[number].add(value)
          if !terms.shares.isEmpty { groups[lastPlace].measures[number].histogram.add(value) }
        }
      }
    }
  }

  private func place(of key: Key) -> Int? { places[key] }

  /// Makes a group; nil where there are too many.
  private mutating func make(_ key: Key, _ terms: CountTerms) -> Int? {
    guard groups.count < Limits.groupsMax else {
      isTooMany = true
      return nil
    }
    groups.append(Group(key: key, measures: terms.measures.map { _ in MeasureTally() }))
    places[key] = groups.count - 1
    return groups.count - 1
  }

  /// Adds the next piece.
  mutating func append(_ other: ScanTally, _ terms: CountTerms) {
    found += other.found
    if other.isTooMany { isTooMany = true }
    for group in other.groups {
      guard let place = place(of: group.key) ?? make(group.key, terms) else { continue }
      groups[place].customers += group.customers
      for number in group.measures.indices {
        groups[place].measures[number].append(group.measures[number])
      }
    }
  }

  /// The groups as they are told, those with most customers first.
  func told(_ terms: CountTerms, _ store: Store) -> [CountedGroup] {
    var told = groups.map { group in
      CountedGroup(
        customers: group.customers,
        keys: terms.groups.enumerated().map { number, field in
          store.told(key: group.key[number], of: field)
        },
        measures: group.measures.map { $0.told(terms.shares) })
    }
    if told.isEmpty && terms.groups.isEmpty {
      told = [
        CountedGroup(
          customers: 0, keys: [],
          measures: terms.measures.map { _ in MeasureTally().told(terms.shares) })
      ]
    }
    // Of equally many the smaller key, so that the order hangs on no dictionary.
    return zip(told, groups.map(\.key) + [Key()]).sorted {
      ($1.0.customers, $0.1[0], $0.1[1], $0.1[2], $0.1[3])
        < ($0.0.customers, $1.1[0], $1.1[1], $1.1[2], $1.1[3])
    }.map(\.0)
  }
}

extension MeasureTally {
  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    known += 1
    sum += value
    least = min(least, value)
    most = max(most, value)
  }
}

extension ScanColumns {
  /// What a row has in a column that customers are grouped by.
  func key(_ place: Int, _ type: RuleType, _ row: Int) -> UInt32 {
    if case .yesNo = type { return UInt32(truth(place, row).rawValue) }
    return raw(place, row)
  }
}

extension Store {
  /// What customers of a group have in common, as it is told; nil where it is unknown.
  func told(key: UInt32, of field: ScanField) -> String? {
    switch field.column {
    case .code(let code): text(key, of: code)
    case .truth:
      switch Truth(rawValue: UInt8(truncatingIfNeeded: key)) {
      case .yes: "yes"
      case .no: "no"
      default: nil
      }
    default: nil
    }
  }
}
