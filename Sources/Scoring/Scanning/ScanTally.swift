// Sums over the customers of a scan, by group: counted in pieces that are added in their order.

import Models
import Offers
import Rules
import Wire

/// A histogram of numbers by their size: buckets are so narrow that all numbers of one are within half a percent
/// of each other, and each whole number below 512 is the least of one.
struct SizeHistogram: Sendable {
  /// The pages there are, in the order in which they were made: a sign and an exponent each.
  ///
  /// Numbers of both signs, and zero, lie far apart, so what is between them takes no memory.
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
  func quantile(_ share: Double) -> Double { quantiles([share])[0] }

  /// The numbers that the shares 0, 1/parts … 1 of all do not exceed, as ``quantile(_:)`` tells each.
  func quantiles(parts: Int) -> [Double] {
    quantiles((0...parts).map { Double($0) / Double(parts) })
  }

  /// The numbers that rising shares of all do not exceed, by one pass; NaN where there is none.
  private func quantiles(_ shares: [Double]) -> [Double] {
    let all = counts.reduce(0, +)
    if all == 0 { return shares.map { _ in .nan } }
    var found: [Double] = []
    var sum: UInt64 = 0
    for page in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
      for place in 0..<Self.pageSize where counts[page << Self.pageBits | place] > 0 {
        sum += counts[page << Self.pageBits | place]
        let middle = Self.middle(of: keys[page] << Self.pageBits | place)
        while found.count < shares.count {
          // The place among the numbers in their order, from 1, as the inverse of the distribution has it.
          let wanted = max(1, UInt64((shares[found.count] * Double(all)).rounded(.up)))
          if sum < min(all, wanted) { break }
          found.append(middle)
        }
      }
    }
    return found
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
    let middle =
      least.rounded(.towardZero) == least && least < 512
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

  /// Adds a column, all of whose numbers count.
  mutating func add(_ column: ColumnSums) {
    known += UInt64(column.known)
    sum += column.sum
    least = min(least, column.least)
    most = max(most, column.most)
  }

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

  private(set) var found: UInt64 = 0
  private var keys: [Key] = []
  private var customers: [UInt64] = []
  /// The measures of each group, group after group.
  private var measures: [MeasureTally] = []
  private var places: [Key: Int] = [:]
  /// Whether there were more groups than are told.
  private(set) var isTooMany = false
  /// Groups that keys were found to be lately, by a few of their bits.
  private var lately: [(key: Key, place: Int32)] = []
  /// What each row of a batch has in common with its group, and the group.
  private var rowKeys: [Key] = []
  private var groups: [Int32] = []

  /// Adds whom a question is about among the customers of some chunks.
  ///
  /// - Parameters:
  ///   - tasks: the chunks, in pieces.
  ///   - view: the instant.
  ///   - plan: the question.
  ///   - terms: what is added up.
  ///   - crew: who computes.
  mutating func add(
    _ tasks: [Range<Int>], of view: ScanView, _ plan: ScanPlan, _ terms: CountTerms,
    on crew: any FitCrew
  ) {
    let pieces = crew.map(tasks.count) { task in
      var tally = ScanTally()
      var worker = ScanWorker(plan, view)
      worker.scan(tasks[task], on: crew) { worker, rows in
        tally.add(&worker, rows, terms)
        return !tally.isTooMany
      }
      return tally
    }
    for piece in pieces { append(piece, terms) }
  }

  /// Adds the rows of a batch, whose columns the worker fills.
  private mutating func add(_ worker: inout ScanWorker, _ rows: RowSet, _ terms: CountTerms) {
    let count = rows.count
    found += UInt64(count)
    for field in terms.groups { worker.fill(field.column, for: rows) }
    for field in terms.measures { worker.fill(field.column, for: rows) }
    if terms.groups.isEmpty {
      if keys.isEmpty, make(Key(), terms) == nil { return }
      customers[0] += UInt64(count)
      for number in terms.measures.indices {
        let column = terms.measures[number].column
        measures[number].add(
          worker.columns, rows, column, isAll: count == worker.columns.count,
          keepsSizes: !terms.shares.isEmpty)
      }
      return
    }
    findGroups(worker.columns, rows, terms)
    for number in terms.measures.indices {
      addByGroup(
        worker.columns, rows, terms.measures[number].column, number, of: terms.measures.count,
        keepsSizes: !terms.shares.isEmpty)
    }
  }

  /// Finds the group of each row, and counts them; a row of a group too many is of none.
  private mutating func findGroups(
    _ columns: borrowing ScanColumns, _ rows: RowSet, _ terms: CountTerms
  ) {
    if rowKeys.isEmpty { takeMemory() }
    for (number, field) in terms.groups.enumerated() {
      readKeys(columns, columns.place(of: field.column), number, isTruth: field.type == .yesNo)
    }
    // Taken out while groups are made beside it.
    var groups: [Int32] = []
    swap(&groups, &self.groups)
    var found = groups.mutableSpan
    for word in 0..<16 {
      var left = rows.words[word]
      while left != 0 {
        let row = word * 64 + left.trailingZeroBitCount
        left &= left - 1
        found[row] = lookUp(rowKeys[row], terms)
      }
    }
    var counts = customers.mutableSpan
    for word in 0..<16 {
      var left = rows.words[word]
      while left != 0 {
        let group = Int(found[word * 64 + left.trailingZeroBitCount])
        left &= left - 1
        if group >= 0 { counts[group] += 1 }
      }
    }
    swap(&groups, &self.groups)
  }

  private mutating func takeMemory() {
    lately = Array(repeating: (Key(repeating: .max), -1), count: 256)
    rowKeys = Array(repeating: Key(), count: RowSet.rowsMax)
    groups = Array(repeating: 0, count: RowSet.rowsMax)
  }

  /// Reads a part of the keys of all rows, also of those that are not asked about.
  private mutating func readKeys(
    _ columns: borrowing ScanColumns, _ place: Int, _ number: Int, isTruth: Bool
  ) {
    var keys = rowKeys.mutableSpan
    if isTruth {
      for row in 0..<columns.count {
        keys[row][number] = UInt32(columns.truth(place, row).rawValue)
      }
    } else {
      let start = columns.start(of: place)
      let raws = columns.raws.span.extracting(start..<start + columns.count)
      for row in raws.indices { keys[row][number] = raws[row] }
    }
  }

  @inline(__always)
  private mutating func lookUp(_ key: Key, _ terms: CountTerms) -> Int32 {
    let mixed = (key[0] &+ key[1] &* 31 &+ key[2] &* 961 &+ key[3] &* 29_791) &* 0x9E37_79B1
    let at = Int(mixed >> 24)
    if lately[at].key == key { return lately[at].place }
    guard let place = place(of: key) ?? make(key, terms) else { return -1 }
    lately[at] = (key, Int32(place))
    return Int32(place)
  }

  private mutating func addByGroup(
    _ columns: borrowing ScanColumns, _ rows: RowSet, _ column: ScanColumn, _ number: Int,
    of count: Int, keepsSizes: Bool
  ) {
    let start = columns.start(of: columns.place(of: column))
    let values = columns.numbers.span.extracting(start..<start + columns.count)
    // Taken out, so that nothing is asked about who else holds it at each row.
    var measures: [MeasureTally] = []
    swap(&measures, &self.measures)
    var all = measures.mutableSpan
    for word in 0..<16 {
      var left = rows.words[word]
      while left != 0 {
        let row = word * 64 + left.trailingZeroBitCount
        left &= left - 1
        let (group, value) = (Int(groups[row]), values[row])
        guard group >= 0, value.isFinite else { continue }
        all[group * count + number].add(value)
        if keepsSizes { all[group * count + number].histogram.add(value) }
      }
    }
    swap(&measures, &self.measures)
  }

  private func place(of key: Key) -> Int? { places[key] }

  /// Makes a group; nil where there are too many.
  private mutating func make(_ key: Key, _ terms: CountTerms) -> Int? {
    guard keys.count < Limits.groupsMax else {
      isTooMany = true
      return nil
    }
    keys.append(key)
    customers.append(0)
    for _ in terms.measures { measures.append(MeasureTally()) }
    places[key] = keys.count - 1
    return keys.count - 1
  }

  /// Adds the next piece.
  private mutating func append(_ other: ScanTally, _ terms: CountTerms) {
    found += other.found
    if other.isTooMany { isTooMany = true }
    let count = terms.measures.count
    for group in other.keys.indices {
      let key = other.keys[group]
      guard let place = place(of: key) ?? make(key, terms) else { continue }
      customers[place] += other.customers[group]
      for number in 0..<count {
        measures[place * count + number].append(other.measures[group * count + number])
      }
    }
  }

  /// The sums over everybody, where nobody was grouped; none where nobody was found.
  var ofAll: [MeasureTally] { keys.count == 1 ? measures : [] }

  /// The groups as they are told, those with most customers first.
  func told(_ terms: CountTerms, _ store: Store) -> [CountedGroup] {
    let count = terms.measures.count
    var told = keys.indices.map { group in
      CountedGroup(
        customers: customers[group],
        keys: terms.groups.enumerated().map { number, field in
          store.told(key: keys[group][number], of: field)
        },
        measures: measures[group * count..<(group + 1) * count].map { $0.told(terms.shares) })
    }
    if told.isEmpty && terms.groups.isEmpty {
      told = [
        CountedGroup(
          customers: 0, keys: [],
          measures: terms.measures.map { _ in MeasureTally().told(terms.shares) })
      ]
    }
    // Of equally many the smaller key, so that the order hangs on no dictionary.
    return zip(told, keys + [Key()]).sorted {
      ($1.0.customers, $0.1[0], $0.1[1], $0.1[2], $0.1[3])
        < ($0.0.customers, $1.1[0], $1.1[1], $1.1[2], $1.1[3])
    }.map(\.0)
  }
}

extension MeasureTally {
  @inline(__always)
  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    known += 1
    sum += value
    least = min(least, value)
    most = max(most, value)
  }

  /// Adds a column of some rows.
  fileprivate mutating func add(
    _ columns: borrowing ScanColumns, _ rows: RowSet, _ column: ScanColumn, isAll: Bool,
    keepsSizes: Bool
  ) {
    let start = columns.start(of: columns.place(of: column))
    let values = columns.numbers.span.extracting(start..<start + columns.count)
    if isAll {
      add(CustomerLoops.sums(values))
    } else {
      var piece = MeasureTally()
      rows.eachRow { row in piece.add(values[row]) }
      append(piece)
    }
    guard keepsSizes else { return }
    rows.eachRow { row in
      let value = values[row]
      if value.isFinite { histogram.add(value) }
    }
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
