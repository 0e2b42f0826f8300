// Subjects as columns, with the answers to all questions that programs ask.

import Rules

/// The values of many shoppers, lent as columns, which counts what it is asked for.
struct ShopperColumns: RuleColumns, ~Copyable {
  let count: Int
  private var numbers: [Double]
  private var codes: [Int32]
  private var days: [Int32]
  private var yes: [UInt64] = []
  private var no: [UInt64] = []
  private var places: [[Int]: Int] = [:]
  let asked = Shopper.Asked()

  /// - Parameters:
  ///   - shoppers: the rows.
  ///   - steps: of all programs that will be evaluated.
  init(_ shoppers: ArraySlice<Shopper>, _ steps: [RuleStep]) {
    count = shoppers.count
    numbers = (0..<4).flatMap { slot in shoppers.map { $0.numbers[slot] } }
    codes = (0..<4).flatMap { slot in shoppers.map { $0.codes[slot] } }
    days = (0..<2).flatMap { slot in shoppers.map { $0.days[slot] } }
    for slot in 0..<2 { append(shoppers.map { $0.truths[slot] }) }
    for step in steps {
      let key = Self.key(
        Int(step.index), RuleArguments(text: step.code, number: step.number),
        isTruth: step.operation == .callTruth)
      guard places[key] == nil else { continue }
      let arguments = RuleArguments(text: step.code, number: step.number)
      if step.operation == .callTruth {
        places[key] = yes.count / max(words, 1)
        append(shoppers.map { $0.truth(of: Int(step.index), arguments) })
      } else if step.operation == .callNumber {
        places[key] = numbers.count / max(count, 1)
        numbers += shoppers.map { $0.number(of: Int(step.index), arguments) }
      }
    }
  }

  private var words: Int { (count + 63) / 64 }

  private static func key(_ function: Int, _ arguments: RuleArguments, isTruth: Bool) -> [Int] {
    [
      isTruth ? 1 : 0, function, Int(arguments.text),
      Int(bitPattern: UInt(arguments.number.bitPattern)),
    ]
  }

  /// Bits behind the last row are set, for they mean nothing.
  private mutating func append(_ truths: [Truth]) {
    for word in 0..<words {
      let rows = word * 64..<word * 64 + 64
      yes.append(bits(rows) { $0 >= truths.count || truths[$0] == .yes })
      no.append(bits(rows) { $0 >= truths.count || truths[$0] == .no })
    }
  }

  private func bits(_ rows: Range<Int>, _ isSet: (Int) -> Bool) -> UInt64 {
    rows.reduce(0) { $0 | (isSet($1) ? 1 << UInt64($1 - rows.lowerBound) : 0) }
  }

  @_lifetime(borrow self)
  func numbers(at slot: Int) -> Span<Double> {
    asked.questions.insert([0, slot])
    return numbers.span.extracting(slot * count..<(slot + 1) * count)
  }

  @_lifetime(borrow self)
  func truths(at slot: Int) -> RuleTruths {
    asked.questions.insert([1, slot])
    let range = slot * words..<(slot + 1) * words
    return RuleTruths(yes: yes.span.extracting(range), no: no.span.extracting(range))
  }

  @_lifetime(borrow self)
  func codes(at slot: Int) -> Span<Int32> {
    asked.questions.insert([2, slot])
    return codes.span.extracting(slot * count..<(slot + 1) * count)
  }

  @_lifetime(borrow self)
  func days(at slot: Int) -> Span<Int32> {
    asked.questions.insert([3, slot])
    return days.span.extracting(slot * count..<(slot + 1) * count)
  }

  @_lifetime(borrow self)
  func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double> {
    asked.questions.insert([4, function])
    let place = places[Self.key(function, arguments, isTruth: false)] ?? 0
    return numbers.span.extracting(place * count..<(place + 1) * count)
  }

  @_lifetime(borrow self)
  func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths {
    asked.questions.insert([4, function])
    let place = places[Self.key(function, arguments, isTruth: true)] ?? 0
    let range = place * words..<(place + 1) * words
    return RuleTruths(yes: yes.span.extracting(range), no: no.span.extracting(range))
  }
}
