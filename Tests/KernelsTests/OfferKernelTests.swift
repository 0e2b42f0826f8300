// Next best offers against plain arithmetic in double precision, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("OfferKernel")
struct OfferKernelTests {
  /// What a call is given, offer by offer.
  struct Case {
    var groups: Int
    var customers: Int
    var top: Int
    /// Features of a customer.
    var features = 32
    /// w₀ and one for each feature by offer.
    var weights: [Float]
    /// 8 by offer.
    var terms: [Float]
    var excluded: [Set<Int>]
    var x: [Float]
    var bases: [Float]
    var limits: [Float]
    var fatigues: [Float]
    var open: [Set<Int>]

    var offers: Int { groups * 16 }
  }

  /// What a call finds.
  struct Found: Equatable {
    var chosen: [Int32]
    var scores: [Float]
    var uplifts: [Float]
  }

  // MARK: Cases

  /// A shape and numbers by chance; with whole numbers all sums are exact and many scores equal.
  static func make(
    _ random: inout SeededRandom, groups: Int? = nil, customers: Int? = nil, areWhole: Bool = false,
    featuresMin: Int = 0
  ) -> Case {
    let groups = groups ?? .random(in: 1...16, using: &random)
    let customers = customers ?? .random(in: 0...70, using: &random)
    let offers = groups * 16
    func number(_ range: ClosedRange<Float>) -> Float {
      let number = Float.random(in: range, using: &random)
      return areWhole ? number.rounded() : number
    }
    let features = Int.random(in: featuresMin...32, using: &random)
    let weights = (0..<offers * (features + 1)).map { _ in number(-2...2) }
    let areFixed = Int.random(in: 0...2, using: &random) == 0
    let lowest: Float = Bool.random(using: &random) ? 0 : -1
    var terms: [Float] = []
    for _ in 0..<offers {
      let isFixed = areFixed || Bool.random(using: &random)
      let lever: Float = areWhole ? 2 : .random(in: 0.5...4, using: &random)
      terms += [
        isFixed ? number(0...3) : 0, isFixed ? 0 : areWhole ? 1 : number(0...1),
        isFixed ? 0 : areWhole ? 0.5 : number(0...0.3),
        Bool.random(using: &random) ? 1e30 : number(1...9), number(lowest...1), lever, 1 / lever,
        number(lowest...2),
      ]
    }
    let share = Double.random(in: 0...0.2, using: &random)
    let excluded = (0..<offers).map { offer in
      let others = (0..<offers).filter { _ in Double.random(in: 0...1, using: &random) < share }
      return Set(others + [offer])
    }
    let isOpen = Double.random(in: 0...1.2, using: &random)
    return Case(
      groups: groups, customers: customers, top: .random(in: 1...30, using: &random),
      features: features, weights: weights, terms: terms, excluded: excluded,
      x: (0..<customers * features).map { _ in number(-2...2) },
      bases: (0..<customers).map { _ in
        Int.random(in: 0...5, using: &random) == 0 ? 1e30 : number(0...60)
      },
      limits: (0..<customers).map { _ in Bool.random(using: &random) ? 1e30 : number(1...20) },
      fatigues: (0..<customers).map { _ in number(lowest...2) },
      open: (0..<customers).map { _ in
        Set((0..<offers).filter { _ in Double.random(in: 0...1, using: &random) < isOpen })
      })
  }

  // MARK: Calls

  static func set(_ offers: Set<Int>) -> SIMD4<UInt64> {
    var words = SIMD4<UInt64>.zero
    for offer in offers { words[offer / 64] |= 1 << UInt64(offer % 64) }
    return words
  }

  /// Numbers by offer as vectors of sixteen offers.
  static func vectors(_ numbers: [Float], _ each: Int) -> [SIMD16<Float>] {
    let offers = numbers.count / each
    return (0..<offers / 16).flatMap { group in
      (0..<each).map { which in
        var lanes = SIMD16<Float>.zero
        for lane in 0..<16 { lanes[lane] = numbers[(group * 16 + lane) * each + which] }
        return lanes
      }
    }
  }

  static func find(_ level: Processor.Level, _ given: Case) -> Found {
    let weights = vectors(given.weights, given.features + 1)
    let apart = given.customers + 3
    var x = [Float](repeating: .nan, count: given.features * apart)
    for customer in 0..<given.customers {
      for feature in 0..<given.features {
        x[feature * apart + customer] = given.x[customer * given.features + feature]
      }
    }
    let terms = vectors(given.terms, 8)
    let excluding = given.excluded.map(set)
    let open = given.open.map(set)
    let places = given.customers * given.top
    // One place more, which must stay as it was.
    var chosen = [Int32](repeating: 77, count: places + 1)
    var scores = [Float](repeating: 77, count: places + 1)
    var uplifts = [Float](repeating: 77, count: places + 1)
    var sums = [SIMD16<Float>](
      repeating: SIMD16(repeating: .nan), count: given.groups * given.customers)
    var numbers = chosen.mutableSpan
    var some = scores.mutableSpan
    var others = uplifts.mutableSpan
    var room = sums.mutableSpan
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.OfferKernel.choose(
          weights: weights.span, terms: terms.span, excluding: excluding.span, x: x.span,
          columns: given.features, apart: apart, bases: given.bases.span, limits: given.limits.span,
          fatigues: given.fatigues.span,
          open: open.span, top: given.top, chosen: &numbers, scores: &some, uplifts: &others,
          sums: &room)
      case .v3:
        KernelsV3.OfferKernel.choose(
          weights: weights.span, terms: terms.span, excluding: excluding.span, x: x.span,
          columns: given.features, apart: apart, bases: given.bases.span, limits: given.limits.span,
          fatigues: given.fatigues.span,
          open: open.span, top: given.top, chosen: &numbers, scores: &some, uplifts: &others,
          sums: &room)
    #endif
    default:
      Kernels.OfferKernel.choose(
        weights: weights.span, terms: terms.span, excluding: excluding.span, x: x.span,
        columns: given.features, apart: apart, bases: given.bases.span, limits: given.limits.span,
        fatigues: given.fatigues.span,
        open: open.span, top: given.top, chosen: &numbers, scores: &some, uplifts: &others,
        sums: &room)
    }
    #expect(chosen[places] == 77 && scores[places] == 77 && uplifts[places] == 77)
    return Found(
      chosen: Array(chosen.dropLast()), scores: Array(scores.dropLast()),
      uplifts: Array(uplifts.dropLast()))
  }

  /// The builds that this processor can run.
  static var levels: [Processor.Level] {
    Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
  }

  // MARK: The reference

  /// Uplift and score of an offer, and how far roundings of single precision may take them.
  static func worth(_ given: Case, _ customer: Int, _ offer: Int)
    -> (uplift: Double, score: Double, slack: Double)
  {
    let terms = given.terms[offer * 8..<offer * 8 + 8].map(Double.init)
    let base = Double(given.bases[customer])
    let cost = terms[0] + terms[1] * min(base * terms[2], terms[3])
    let own = offer * (given.features + 1)
    var (sum, size) = (Double(given.weights[own]), abs(Double(given.weights[own])))
    for feature in 0..<given.features {
      let product =
        Double(given.weights[own + 1 + feature])
        * Double(given.x[customer * given.features + feature])
      sum += product
      size += abs(product)
    }
    let limit = Double(given.limits[customer])
    let uplift = sum - cost - terms[4]
    let likely = max(-limit, min(limit, uplift))
    let lever = likely >= 0 ? likely * terms[5] : likely * terms[6]
    let fatigue = Double(given.fatigues[customer])
    let largest = max(abs(terms[5]), abs(terms[6]), 1)
    let slack =
      (size + abs(cost) + abs(terms[4])) * largest + abs(terms[7] * cost) + abs(fatigue)
    return (uplift, lever - terms[7] * cost - fatigue, slack * 4e-6)
  }

  /// Follows what was found: at every place the best that was left, as far as roundings tell.
  static func check(_ given: Case, _ found: Found, _ comment: Comment) {
    for customer in 0..<given.customers {
      var left = given.open[customer]
      let worths = (0..<given.offers).map { worth(given, customer, $0) }
      for place in customer * given.top..<(customer + 1) * given.top {
        let best = left.map { worths[$0].score - worths[$0].slack }.max() ?? 0
        let number = Int(found.chosen[place])
        guard number >= 0 else {
          #expect(best <= 0, comment)
          #expect(found.scores[place] == 0 && found.uplifts[place] == 0, comment)
          continue
        }
        guard left.contains(number) else {
          Issue.record("\(comment): offer \(number) cannot be chosen")
          return
        }
        let (uplift, score, slack) = worths[number]
        #expect(score + slack > 0 && score + slack >= best, comment)
        #expect(abs(Double(found.scores[place]) - score) <= slack, comment)
        #expect(abs(Double(found.uplifts[place]) - uplift) <= slack, comment)
        left.subtract(given.excluded[number])
      }
    }
  }

  // MARK: Tests

  @Test("the best offers that may stand together are found, in their order", arguments: 1...60)
  func best(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let given = Self.make(&random)
    for level in Self.levels {
      Self.check(given, Self.find(level, given), "seed \(seed), \(level)")
    }
  }

  @Test("of equal scores the smaller number comes first", arguments: 1...40)
  func ties(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var given = Self.make(&random, areWhole: true)
    given.bases = given.bases.map { $0 == 1e30 ? 2 : $0 }
    for level in Self.levels {
      let found = Self.find(level, given)
      for customer in 0..<given.customers {
        // Whole numbers, halves and quarters are exact, and so is the order.
        var left = given.open[customer].filter { Self.worth(given, customer, $0).score > 0 }
        for place in customer * given.top..<(customer + 1) * given.top {
          let best = left.min {
            (-Self.worth(given, customer, $0).score, $0)
              < (-Self.worth(given, customer, $1).score, $1)
          }
          #expect(found.chosen[place] == Int32(best ?? -1), "seed \(seed), \(level)")
          guard let best else { continue }
          let (uplift, score, _) = Self.worth(given, customer, best)
          #expect(Double(found.scores[place]) == score && Double(found.uplifts[place]) == uplift)
          left.subtract(given.excluded[best])
        }
      }
    }
  }

  @Test("a customer gets the same bits alone and among others", arguments: 1...12)
  func alone(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let given = Self.make(&random, customers: .random(in: 1...40, using: &random))
    for level in Self.levels {
      let found = Self.find(level, given)
      for customer in 0..<given.customers {
        var one = given
        one.customers = 1
        one.x = Array(
          given.x[customer * given.features..<(customer + 1) * given.features])
        one.bases = [given.bases[customer]]
        one.limits = [given.limits[customer]]
        one.fatigues = [given.fatigues[customer]]
        one.open = [given.open[customer]]
        let places = customer * given.top..<(customer + 1) * given.top
        let among = Found(
          chosen: Array(found.chosen[places]), scores: Array(found.scores[places]),
          uplifts: Array(found.uplifts[places]))
        #expect(Self.find(level, one) == among, "seed \(seed), \(level), customer \(customer)")
      }
    }
  }

  @Test("what is no number is never chosen", arguments: 1...20)
  func notNumbers(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var given = Self.make(
      &random, customers: .random(in: 1...20, using: &random), featuresMin: 3)
    // Every third offer by a weight or a term, and one customer by a feature.
    for offer in stride(from: 0, to: given.offers, by: 3) {
      if Bool.random(using: &random) {
        let own = offer * (given.features + 1)
        given.weights[own + .random(in: 0...given.features, using: &random)] = .nan
      } else {
        given.terms[offer * 8 + [0, 1, 4, 7][.random(in: 0..<4, using: &random)]] = -.nan
      }
    }
    let customer = Int.random(in: 0..<given.customers, using: &random)
    given.x[customer * given.features + 2] = .nan
    for level in Self.levels {
      let found = Self.find(level, given)
      #expect(!found.chosen.contains { $0 % 3 == 0 }, "seed \(seed), \(level)")
      let places = customer * given.top..<(customer + 1) * given.top
      #expect(found.chosen[places].allSatisfy { $0 == -1 }, "seed \(seed), \(level)")
      // The others are chosen as if there were no such offers.
      var without = given
      for place in without.open.indices {
        without.open[place] =
          place == customer ? [] : without.open[place].filter { $0 % 3 != 0 }
      }
      #expect(Self.find(level, without) == found, "seed \(seed), \(level)")
    }
  }

  @Test("nothing is chosen where all is closed, where nothing is offered, and for nobody")
  func nothing() {
    var random = SeededRandom(seed: 1)
    var closed = Self.make(&random, groups: 5, customers: 9)
    closed.open = closed.open.map { _ in [] }
    var empty = Self.make(&random, groups: 1, customers: 9)
    empty.groups = 0
    (empty.weights, empty.terms, empty.excluded) = ([], [], [])
    empty.open = empty.open.map { _ in [] }
    let nobody = Self.make(&random, groups: 3, customers: 0)
    for level in Self.levels {
      for given in [closed, empty, nobody] {
        let found = Self.find(level, given)
        #expect(found.chosen.count == given.customers * given.top)
        #expect(found.chosen.allSatisfy { $0 == -1 } && found.scores.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(
    "each offer chosen takes away the next of a chain, and only that", arguments: [1, 3, 8, 21])
  func chain(customers: Int) {
    for groups in [1, 4, 5, 16] {
      let offers = groups * 16
      var terms: [Float] = []
      // Scores fall from offer to offer, and each excludes itself and its neighbour.
      for offer in 0..<offers { terms += [0, 0, 0, 0, Float(offer - offers - 1), 1, 1, 0] }
      let given = Case(
        groups: groups, customers: customers, top: 30,
        weights: [Float](repeating: 0, count: offers * 33), terms: terms,
        excluded: (0..<offers).map { [$0, ($0 + 1) % offers] },
        x: [Float](repeating: 1, count: customers * 32),
        bases: [Float](repeating: 1, count: customers),
        limits: [Float](repeating: 1e30, count: customers),
        fatigues: [Float](repeating: 0, count: customers),
        open: [Set<Int>](repeating: Set(0..<offers), count: customers))
      let wanted = (0..<30).map { 2 * $0 < offers ? Int32(2 * $0) : -1 }
      for level in Self.levels {
        let found = Self.find(level, given)
        for customer in 0..<customers {
          #expect(Array(found.chosen[customer * 30..<customer * 30 + 30]) == wanted, "\(level)")
        }
      }
    }
  }
}
