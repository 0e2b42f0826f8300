// How the columns of a batch are filled: what follows from orders alone for all rows at once, everything else
// for the rows that it is needed for. What each means is in Offers' OfferFields; a decision fills in the same in
// DecisionFacts.

import Models
import Offers
import Rules
import Wire

extension ScanColumns {
  /// Fills a column for some rows, unless that was done before.
  ///
  /// - Precondition: the column is needed, and is not the segment, which ``ScanWorker`` fills.
  mutating func fill(_ column: ScanColumn, for wanted: RowSet) {
    let place = place(of: column)
    let missing = wanted.subtracting(filled[place])
    if missing.isEmpty { return }
    let start = start(of: place)
    switch column {
    case .number(let slot):
      if slot == CustomerFields.More.netValue {
        fillNetValue(missing, start)
      } else if column.scores != [] {
        fillScores(missing)
        return
      } else if let field = NumberField(rawValue: slot) {
        if fillAll(field, start) {
          filled[place] = all
          return
        }
        fill(field, missing, start)
      }
    case .quantile(let text, let share):
      let value = view.quantile(texts.texts[Int(text)], share)
      for row in 0..<count { numbers[start + row] = value }
      filled[place] = all
      return
    case .code(let field): fill(field, missing, start)
    case .day(let field): fill(field, missing, start)
    case .truth(let slot): fillTruth(slot, missing, start)
    case .category(let question, let text): fill(question, text, missing, start)
    }
    filled[place] = filled[place].union(missing)
  }

  // MARK: Numbers of all rows

  /// Fills what follows from orders alone, for all rows; false where it does not.
  private mutating func fillAll(_ field: NumberField, _ start: Int) -> Bool {
    // Taken out while the columns beside it are read.
    var numbers: [Double] = []
    swap(&numbers, &self.numbers)
    var all = numbers.mutableSpan
    // In whole octets: what comes behind the last row is nobody's.
    var column = all._mutatingExtracting(start..<start + (count + 7) & ~7)
    let isFilled = fillAll(field, into: &column)
    swap(&numbers, &self.numbers)
    return isFilled
  }

  private func fillAll(_ field: NumberField, into column: inout MutableSpan<Double>) -> Bool {
    let lines = source.lines(count)
    switch field {
    case .orders: CustomerLoops.orders(lines, into: &column)
    case .daysSinceOrder, .age:
      CustomerLoops.days(
        lines, sinceLast: field == .daysSinceOrder, today: view.day, into: &column)
    case .totalSpend, .meanSpend:
      CustomerLoops.spend(
        lines, source.firstMinor(count), source.repeatMinor(count), mean: field == .meanSpend,
        majorPerMinor: view.majorPerMinor, into: &column)
    case .weekday, .month:
      var shared = Offers.Facts()
      shared.setCalendar(today: Int32(view.day), birthday: nil, firstOrder: nil)
      for row in column.indices { column[row] = shared[field] }
    default: return false
    }
    return true
  }

  // MARK: Numbers of single rows

  private mutating func fill(_ field: NumberField, _ missing: RowSet, _ start: Int) {
    switch field {
    case .typicalGap:
      missing.eachRow { row in numbers[start + row] = typicalGap(row) }
    case .returnedShare:
      missing.eachRow { row in numbers[start + row] = returnedShare(row) }
    case .cartLeft:
      missing.eachRow { row in
        numbers[start + row] = view.store.daysLeft(by: rows[row], view.moment).cart
      }
    case .viewedLeft:
      missing.eachRow { row in
        numbers[start + row] = view.store.daysLeft(by: rows[row], view.moment).viewed
      }
    case .daysSinceComplaint:
      missing.eachRow { row in
        let heads = view.store.facts.heads(of: rows[row])
        numbers[start + row] = view.store.daysSinceComplaint(heads, view.moment)
      }
    case .acquisitionCost:
      missing.eachRow { row in numbers[start + row] = view.acquisitionCost(of: rows[row]) }
    case .daysToBirthday, .daysToAnniversary, .yearsOld:
      missing.eachRow { row in numbers[start + row] = calendar(row)[field] }
    default:
      // A number that only requests have is unknown here.
      missing.eachRow { row in numbers[start + row] = .nan }
    }
  }

  private mutating func typicalGap(_ row: Int) -> Double {
    guard source.firstDay(row) != CustomerRow.noDay, source.repeatOrders(row) > 0 else {
      return .nan
    }
    view.store.readDayOrders(
      of: view.store.customers[rows[row]], asOf: view.day, into: &desk.days)
    return view.store.medianGap(&desk)
  }

  private func returnedShare(_ row: Int) -> Double {
    guard source.firstDay(row) != CustomerRow.noDay else { return .nan }
    let customer = view.store.customers[rows[row]]
    if customer.lastReturn == CustomerRow.none { return 0 }
    return view.store.returnedShare(
      of: customer, netMajor: view.store.totalSpend(source.statistics(row)), asOf: view.day)
  }

  /// The day of a customer's first order, if there is one.
  private func firstDay(_ row: Int) -> Int32? {
    let day = source.firstDay(row)
    return day == CustomerRow.noDay ? nil : Int32(day)
  }

  /// All that follows from a customer's days of the year.
  private func calendar(_ row: Int) -> Offers.Facts {
    var facts = Offers.Facts()
    let known = view.store.profile(of: rows[row])
    facts.setCalendar(
      today: Int32(view.day),
      birthday: known.flatMap {
        $0.birthDay > 0 ? YearlyDay(month: Int($0.birthMonth), day: Int($0.birthDay)) : nil
      },
      birthYear: known.flatMap { $0.birthYear > 0 ? Int($0.birthYear) : nil },
      firstOrder: firstDay(row))
    return facts
  }

  // MARK: Texts and days

  private mutating func fill(_ field: CodeField, _ missing: RowSet, _ start: Int) {
    let known = texts.raws(of: field)
    missing.eachRow { row in
      let raw = view.store.raw(field, of: rows[row], on: Int32(view.day))
      raws[start + row] = raw
      codes[start + row] = Self.code(of: raw, known)
    }
  }

  /// What a text is as a code: that of the literal it equals, or of none.
  static func code(of raw: UInt32, _ known: [(raw: UInt32, code: Int32)]) -> Int32 {
    if raw == 0 { return RuleCode.unknown }
    for literal in known where literal.raw == raw { return literal.code }
    return TextCode.other
  }

  private mutating func fill(_ field: DayField, _ missing: RowSet, _ start: Int) {
    missing.eachRow { row in
      days[start + row] =
        switch field {
        case .today: Int32(view.day)
        case .firstOrder: firstDay(row) ?? RuleCode.unknown
        case .birthday: calendar(row)[.birthday]
        }
    }
  }

  // MARK: Yes and no

  private mutating func fillTruth(_ slot: Int, _ missing: RowSet, _ start: Int) {
    switch slot {
    case TruthSlot.newCustomer: keep(truths(missing) { _ in .no }, missing, start)
    case TruthSlot.openComplaint:
      keep(truths(missing) { row in Truth(view.store.hasOpenComplaint(rows[row])) }, missing, start)
    default:
      let purpose = slot < CustomerFields.profiling ? Offers.Purpose.marketing : .profiling
      let number = slot < CustomerFields.profiling ? slot : slot - CustomerFields.profiling
      guard let channel = Offers.Channel(rawValue: UInt8(number)) else { return }
      var standing = Standing()
      let found = truths(missing) { row in
        standing.granted = ConsentSet()
        standing.denied = ConsentSet()
        view.store.readConsents(of: rows[row], at: view.moment.nowMicros, &standing)
        if standing.granted[channel, purpose] { return .yes }
        return standing.denied[channel, purpose] ? .no : .unknown
      }
      keep(found, missing, start)
    }
  }

  private mutating func fill(
    _ question: CategoryQuestion, _ text: Int32, _ missing: RowSet, _ start: Int
  ) {
    guard let name = texts.names[Int(text)] else {
      // Nobody bought of a category that nobody ever named.
      keep(truths(missing) { _ in .no }, missing, start)
      return
    }
    let found = truths(missing) { row in
      Truth(
        question == .bought
          ? view.store.boughtLately(rows[row], name) : view.store.viewedLately(rows[row], name))
    }
    keep(found, missing, start)
  }

  /// The rows that are yes, and those that are no.
  @inline(__always)
  private func truths(
    _ missing: RowSet, _ truth: (Int) -> Truth
  ) -> (yes: RowSet, no: RowSet) {
    var found = (yes: RowSet(), no: RowSet())
    missing.eachRow { row in
      switch truth(row) {
      case .yes: found.yes.insert(row)
      case .no: found.no.insert(row)
      case .unknown: break
      }
    }
    return found
  }

  private mutating func keep(
    _ found: (yes: RowSet, no: RowSet), _ missing: RowSet, _ start: Int
  ) {
    for word in 0..<Self.rowsMax / 64 {
      let kept = ~missing.words[word]
      yes[start + word] = yes[start + word] & kept | found.yes.words[word]
      no[start + word] = no[start + word] & kept | found.no.words[word]
    }
  }

  // MARK: Not yet

  /// Makes a column unknown for the rows for which it is not filled.
  mutating func forget(_ column: ScanColumn) {
    let place = place(of: column)
    let start = start(of: place)
    let missing = all.subtracting(filled[place])
    switch column {
    case .number, .quantile: missing.eachRow { row in numbers[start + row] = .nan }
    case .code: missing.eachRow { row in codes[start + row] = RuleCode.unknown }
    case .day: missing.eachRow { row in days[start + row] = RuleCode.unknown }
    case .truth, .category: keep((yes: RowSet(), no: RowSet()), missing, start)
    }
  }

  // MARK: Segments

  /// Sets the segments of some rows, as ``ScanWorker`` found them.
  mutating func setSegments(_ segments: borrowing [UInt8], for rows: RowSet) {
    let place = place(of: .code(.segment))
    let start = start(of: place)
    let known = texts.raws(of: .segment)
    rows.eachRow { row in
      let raw = UInt32(segments[row])
      raws[start + row] = raw
      codes[start + row] = Self.code(of: raw, known)
    }
    filled[place] = filled[place].union(rows)
  }

  func isFilled(_ column: ScanColumn, for rows: RowSet) -> RowSet {
    rows.subtracting(filled[place(of: column)])
  }
}

extension Store {
  /// Whether a category is among the newest that a customer bought of, as decisions look at them.
  func boughtLately(_ number: UInt32, _ category: UInt32) -> Bool {
    var isFound = false
    forEachBought(facts.heads(of: number)) { name in
      isFound = name == category
      return !isFound
    }
    return isFound
  }

  /// The same for what was looked at.
  func viewedLately(_ number: UInt32, _ category: UInt32) -> Bool {
    var isFound = false
    forEachViewed(facts.heads(of: number)) { name in
      isFound = name == category
      return !isFound
    }
    return isFound
  }
}
