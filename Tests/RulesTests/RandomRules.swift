// Random conditions that are well typed, as trees of the oracle.

import Rules
import Support

struct RandomRules {
  var chance: SeededGenerator

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &chance)]
  }

  private let numbers: [Double] = [0, 1, 5, 50, 50.5, 365, 1e308, 1e-5, 1e16, 0.1]
  private let signs = ["==", "!=", "<", "<=", ">", ">="]
  private let days = [
    (0, "1970-01-01"), (20_000, "2024-10-04"), (20_001, "2024-10-05"), (20_366, "2025-10-05"),
    (-1, "1969-12-31"), (-141_428, "1582-10-15"), (11_016, "2000-02-29"),
  ]

  /// A whole condition: clauses that must all hold.
  mutating func clauses() -> [Oracle] {
    (0..<pick([1, 1, 2, 3, 4])).map { _ in condition(depth: pick([1, 2, 3, 4])) }
  }

  mutating func number(depth: Int) -> OracleNumber {
    if depth <= 0 || chance.next() % 4 == 0 {
      switch chance.next() % 5 {
      case 0: return .literal(pick(numbers))
      case 1: return .call(2, text(), nil)
      case 2: return .call(3, nil, pick([7, -30, 0.5]))
      default: return .field(pick([0, 1, 2, 3]))
      }
    }
    switch chance.next() % 8 {
    case 0: return .negated(number(depth: depth - 1))
    case 1: return .absolute(number(depth: depth - 1))
    case 2: return .lesser((0..<pick([2, 3])).map { _ in number(depth: depth - 1) })
    case 3: return .greater((0..<pick([2, 3])).map { _ in number(depth: depth - 1) })
    case 4: return .days(day(), day())
    case 5:
      return .filled(fillable(depth: depth - 1), pick([0, 5, -1.5]))
    default:
      return .joined(
        pick(["+", "-", "*", "/"]), number(depth: depth - 1), number(depth: depth - 1))
    }
  }

  /// `else` behind a literal is refused, for it is known.
  private mutating func fillable(depth: Int) -> OracleNumber {
    while true {
      let one = number(depth: depth)
      switch one {
      case .literal: continue
      case .negated(let inner): if case .literal = inner { continue } else { return one }
      default: return one
      }
    }
  }

  private mutating func day() -> OracleDay {
    if chance.next() % 3 != 0 { return .field(pick([0, 1])) }
    let (day, text) = pick(days)
    return .literal(day, text)
  }

  private mutating func text() -> String { pick(Shop.texts + ["XX", "e\u{301}", "\u{1F600}"]) }

  /// Two texts, or two levels of which at most one is a literal.
  private mutating func words(_ count: Int, isOrdered: Bool) -> [OracleWord] {
    var words: [OracleWord] = [.field(isOrdered ? pick([2, 3]) : pick([0, 1]))]
    for _ in 1..<count {
      let isField = chance.next() % 4 == 0
      words.append(
        isOrdered
          ? (isField ? .field(pick([2, 3])) : .level(pick(Shop.tiers)))
          : (isField ? .field(pick([0, 1])) : .text(text())))
    }
    return words
  }

  mutating func condition(depth: Int) -> Oracle {
    if depth <= 0 || chance.next() % 5 == 0 {
      switch chance.next() % 7 {
      case 0: return .literal(pick([true, false]))
      case 1: return .call(0, text(), nil)
      case 2: return .call(1, text(), pick([7, 30]))
      case 3: return .call(4, nil, nil)
      default: return .field(pick([0, 1]))
      }
    }
    switch chance.next() % 20 {
    case 0...2: return .numbers(number(depth: depth - 1), pick(signs), number(depth: depth - 1))
    case 3: return .days(day(), pick(signs), day())
    case 4:
      let pair = words(2, isOrdered: false).shuffled(using: &chance)
      return .words(pair[0], pick(["==", "!="]), pair[1])
    case 5, 6:
      let pair = words(2, isOrdered: true).shuffled(using: &chance)
      return .words(pair[0], pick(signs), pair[1])
    case 7:
      return .same(
        condition(depth: depth - 1), condition(depth: depth - 1), isEqual: pick([true, false]))
    case 8:
      return .numberBetween(
        number(depth: depth - 1), number(depth: depth - 1), number(depth: depth - 1))
    case 9: return .dayBetween(day(), day(), day())
    case 10:
      let three = words(3, isOrdered: true)
      return .wordBetween(three[0], three[1], three[2])
    case 11:
      return .numberIn(
        number(depth: depth - 1), (0..<pick([1, 3])).map { _ in pick([-1, 5, 50, 0]) })
    case 12:
      let isOrdered = pick([true, false])
      let members: [OracleWord] = (0..<pick([1, 4])).map { _ in
        isOrdered ? .level(pick(Shop.tiers)) : .text(text())
      }
      return .wordIn(words(1, isOrdered: isOrdered)[0], members)
    case 13: return .numberKnown(number(depth: depth - 1), pick([true, false]))
    case 14: return .wordKnown(words(1, isOrdered: pick([true, false]))[0], pick([true, false]))
    case 15: return .known(condition(depth: depth - 1), pick([true, false]))
    case 16: return .filled(condition(depth: depth - 1), pick([true, false]))
    case 17: return .not(condition(depth: depth - 1))
    case 18: return .and((0..<pick([2, 3])).map { _ in condition(depth: depth - 1) })
    default: return .or((0..<pick([2, 3])).map { _ in condition(depth: depth - 1) })
    }
  }
}
