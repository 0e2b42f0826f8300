// A schema for the tests, and subjects of it with any values.

import Rules
import Support

enum Shop {
  static let tiers = ["bronze", "silver", "gold", "platinum"]

  static let fields: [RuleField] = [
    RuleField("basket", .number, "Value of the basket.", slot: 0),
    RuleField("days_since_order", .number, "Days since the last order.", slot: 1),
    RuleField("typical_gap", .number, "Median days between orders.", slot: 2),
    RuleField("lifetime_value", .number, "Lifetime value.", slot: 3),
    RuleField("consent.email", .yesNo, "May be written to.", slot: 0),
    RuleField("consent.phone", .yesNo, "May be called.", slot: 1),
    RuleField("country", .text, "Country.", slot: 0),
    RuleField("segment", .text, "Segment.", slot: 1),
    RuleField("tier", .ordered(tiers), "Level of loyalty.", slot: 2),
    RuleField("best_tier", .ordered(tiers), "The highest there was.", slot: 3),
    RuleField("today", .date, "The day of the question.", slot: 0),
    RuleField("birthday", .date, "Birthday.", slot: 1),
  ]

  static let functions: [RuleFunction] = [
    RuleFunction("bought", [.text], .yesNo, "Bought of a category.", code: 0),
    RuleFunction("viewed", [.text, .number], .yesNo, "Viewed within days.", code: 1),
    RuleFunction("share", [.text], .number, "Share of a category.", code: 2),
    RuleFunction("orders_within", [.number], .number, "Orders within days.", code: 3),
    RuleFunction("is_open", [], .yesNo, "Whether the shop is open.", code: 4),
  ]

  static let schema: RuleSchema = {
    do throws(RuleSchemaError) {
      return try RuleSchema(fields: fields, functions: functions)
    } catch {
      preconditionFailure("the tests' schema is well formed: \(error)")
    }
  }()

  /// The texts that have a code, which is their place.
  static let texts = ["FR", "DE", "about to leave", "shoes", "", "é", "quote \" and \\ and \n"]

  static func code(_ text: String) -> Int32? {
    // Bytes are compared, not what they look like.
    texts.firstIndex { Array($0.utf8) == Array(text.utf8) }.map(Int32.init)
  }

  static func compile(_ source: String) throws(RuleError) -> RuleProgram {
    try RuleProgram(source, schema: schema, textCode: code)
  }
}

/// A subject with a value for each slot, which counts what it is asked for.
struct Shopper: RuleSubject {
  var numbers: [Double] = [.nan, .nan, .nan, .nan]
  var truths: [Truth] = [.unknown, .unknown]
  /// Texts and tiers.
  var codes: [Int32] = [.min, .min, .min, .min]
  var days: [Int32] = [.min, .min]
  /// What functions answer, by a number made of the question.
  var answers: [Double] = [.nan]
  var asked: Asked?

  /// What was read: fields by the kind of their value, and functions.
  final class Asked {
    var questions: Set<[Int]> = []
  }

  func number(at slot: Int) -> Double {
    asked?.questions.insert([0, slot])
    return numbers[slot]
  }

  func truth(at slot: Int) -> Truth {
    asked?.questions.insert([1, slot])
    return truths[slot]
  }

  func code(at slot: Int) -> Int32 {
    asked?.questions.insert([2, slot])
    return codes[slot]
  }

  func day(at slot: Int) -> Int32 {
    asked?.questions.insert([3, slot])
    return days[slot]
  }

  func number(of function: Int, _ arguments: RuleArguments) -> Double {
    asked?.questions.insert([4, function])
    return answer(function, arguments.text, arguments.number)
  }

  func truth(of function: Int, _ arguments: RuleArguments) -> Truth {
    asked?.questions.insert([4, function])
    let answer = answer(function, arguments.text, arguments.number)
    return answer.isNaN ? .unknown : Truth(answer > 0)
  }

  func answer(_ function: Int, _ text: Int32, _ number: Double) -> Double {
    let mixed = Int64(function) &* 31 &+ Int64(text) &* 7 &+ Int64(number)
    return answers[Int(mixed.magnitude % UInt64(answers.count))]
  }

  /// The question by which a field is asked for.
  static func question(_ field: RuleField) -> [Int] {
    switch field.type {
    case .number: [0, field.slot]
    case .yesNo: [1, field.slot]
    case .text, .ordered: [2, field.slot]
    case .date: [3, field.slot]
    }
  }

  static func random(_ chance: inout SeededGenerator) -> Shopper {
    let values: [Double] = [.nan, .nan, .infinity, 0, -0.0, 1, -1, 5, 50, 50.5, 1e308, -1e308, 365]
    var shopper = Shopper()
    for slot in 0..<4 { shopper.numbers[slot] = values.randomElement(using: &chance) ?? 0 }
    for slot in 0..<2 { shopper.truths[slot] = Truth.allCases.randomElement(using: &chance) ?? .no }
    for slot in 0..<2 {
      shopper.codes[slot] = .random(in: -1..<Int32(Shop.texts.count), using: &chance)
      shopper.codes[slot + 2] = .random(in: -1..<Int32(Shop.tiers.count), using: &chance)
      shopper.days[slot] = [.min, 0, -1, 20_000, 20_001, 20_366].randomElement(using: &chance) ?? 0
    }
    shopper.codes = shopper.codes.map { $0 < 0 ? RuleCode.unknown : $0 }
    shopper.answers = (0..<5).map { _ in values.randomElement(using: &chance) ?? 0 }
    return shopper
  }
}
