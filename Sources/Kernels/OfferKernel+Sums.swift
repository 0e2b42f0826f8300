// What every offer would bring: sums of products, and scores made of them. Offers lie in lanes, so that
// no sum needs a way across; four customers are taken at once, so that weights are loaded once for them.

extension OfferKernel {
  /// Four vectors of sums.
  private struct Four {
    var a: Sums
    var b: Sums
    var c: Sums
    var d: Sums

    @inline(__always)
    mutating func add(_ weights: Four, _ x: Float) {
      let x = Sums(repeating: x)
      a = fused(weights.a, x, a)
      b = fused(weights.b, x, b)
      c = fused(weights.c, x, c)
      d = fused(weights.d, x, d)
    }

    @inline(__always)
    func store(_ sums: inout MutableSpan<Sums>, _ at: Int) {
      OfferKernel.store(a, &sums, at)
      OfferKernel.store(b, &sums, at &+ 1)
      OfferKernel.store(c, &sums, at &+ 2)
      OfferKernel.store(d, &sums, at &+ 3)
    }
  }

  /// w₀ + Σ w·x less the contact's cost for four customers, in the order in which one alone has it.
  @inline(__always)
  static func dotsOfFour(
    _ given: borrowing Given, _ first: Int, _ place: Int, _ sums: inout MutableSpan<Sums>
  ) {
    let (groups, columns, apart) = (given.groups, given.columns, given.apart)
    let (weights, x) = (given.weights, given.x)
    var row = place &* groups
    var at = 0
    var group = 0
    #if WIDE
      // Sixteen sums are half of the registers, and enough to hide how long each addition takes.
      while group &+ 4 <= groups {
        var p = beginnings(given, at, group)
        var (q, r, s) = (p, p, p)
        var column = first
        for _ in 0..<columns {
          at &+= 1
          let w = weightsOfFour(weights, at, columns)
          p.add(w, number(x, column))
          q.add(w, number(x, column &+ 1))
          r.add(w, number(x, column &+ 2))
          s.add(w, number(x, column &+ 3))
          column &+= apart
        }
        p.store(&sums, row)
        q.store(&sums, row &+ groups)
        r.store(&sums, row &+ 2 &* groups)
        s.store(&sums, row &+ 3 &* groups)
        at &+= 1 &+ 3 &* (columns &+ 1)
        row &+= 4
        group &+= 4
      }
    #endif
    while group < groups {
      var p = beginning(given, at, group)
      var (q, r, s) = (p, p, p)
      var column = first
      for _ in 0..<columns {
        at &+= 1
        let w = load(weights, at)
        p = fused(w, Sums(repeating: number(x, column)), p)
        q = fused(w, Sums(repeating: number(x, column &+ 1)), q)
        r = fused(w, Sums(repeating: number(x, column &+ 2)), r)
        s = fused(w, Sums(repeating: number(x, column &+ 3)), s)
        column &+= apart
      }
      store(p, &sums, row)
      store(q, &sums, row &+ groups)
      store(r, &sums, row &+ 2 &* groups)
      store(s, &sums, row &+ 3 &* groups)
      at &+= 1
      row &+= 1
      group &+= 1
    }
  }

  /// The same for one customer.
  @inline(__always)
  static func dotsOfOne(
    _ given: borrowing Given, _ customer: Int, _ sums: inout MutableSpan<Sums>
  ) {
    let (groups, columns, apart) = (given.groups, given.columns, given.apart)
    let (weights, x) = (given.weights, given.x)
    var at = 0
    var group = 0
    while group &+ 4 <= groups {
      var p = beginnings(given, at, group)
      var column = customer
      for _ in 0..<columns {
        at &+= 1
        p.add(weightsOfFour(weights, at, columns), number(x, column))
        column &+= apart
      }
      p.store(&sums, group)
      at &+= 1 &+ 3 &* (columns &+ 1)
      group &+= 4
    }
    while group < groups {
      var p = beginning(given, at, group)
      var column = customer
      for _ in 0..<columns {
        at &+= 1
        p = fused(load(weights, at), Sums(repeating: number(x, column)), p)
        column &+= apart
      }
      store(p, &sums, group)
      at &+= 1
      group &+= 1
    }
  }

  /// The weights of a feature in four groups.
  @inline(__always)
  private static func weightsOfFour(_ weights: Span<Sums>, _ at: Int, _ columns: Int) -> Four {
    let next = columns &+ 1
    return Four(
      a: load(weights, at), b: load(weights, at &+ next), c: load(weights, at &+ 2 &* next),
      d: load(weights, at &+ 3 &* next))
  }

  @inline(__always)
  private static func beginnings(_ given: borrowing Given, _ at: Int, _ group: Int) -> Four {
    let next = given.columns &+ 1
    return Four(
      a: beginning(given, at, group), b: beginning(given, at &+ next, group &+ 1),
      c: beginning(given, at &+ 2 &* next, group &+ 2),
      d: beginning(given, at &+ 3 &* next, group &+ 3))
  }

  /// What all customers have, what a contact costs taken away.
  @inline(__always)
  private static func beginning(_ given: borrowing Given, _ at: Int, _ group: Int) -> Sums {
    load(given.weights, at) - load(given.terms, group &* Self.terms &+ 4)
  }
}

extension OfferKernel {
  /// Whether no term is below 0.
  ///
  /// Then what has an uplift below 0 has no score above 0 either, and need not be told from others.
  @inline(__always)
  static func arePlain(_ terms: Span<Sums>, _ groups: Int) -> Bool {
    var least = Sums.zero
    for at in 0..<groups &* Self.terms { least = smaller(least, load(terms, at)) }
    return marks(least .< Sums.zero) == 0
  }

  /// Whether no cost depends on what is bought.
  @inline(__always)
  static func areFixed(_ terms: Span<Sums>, _ groups: Int) -> Bool {
    var odd = Sums.zero
    for group in 0..<groups {
      let redemption = load(terms, group &* Self.terms &+ 1)
      let rate = load(terms, group &* Self.terms &+ 2)
      odd = odd.replacing(with: 1, where: redemption .!= Sums.zero)
      // Beyond that nothing of a share may be no number.
      odd = odd.replacing(with: 1, where: .!(rate .<= Sums(repeating: 1e6)))
    }
    return marks(odd .> Sums.zero) == 0
  }

  /// Whether no fatigue of a block is below 0, so that each takes something away.
  @inline(__always)
  static func areTaken(_ fatigues: Span<Float>, _ first: Int, _ count: Int) -> Bool {
    var least: Float = 0
    for customer in first..<first &+ count {
      let fatigue = number(fatigues, customer)
      least = fatigue < least ? fatigue : least
    }
    return least == 0
  }

  /// Turns the sums of a block into uplifts and scores, where no uplift below 0 can be chosen and no cost
  /// depends on what is bought.
  @inline(never)
  static func scoreFixed(
    _ given: borrowing Given, _ count: Int, _ first: Int, _ sums: inout MutableSpan<Sums>,
    _ room: inout Room
  ) {
    for place in 0..<count { score(true, true, given, place, first, &sums, &room) }
  }

  /// The same for all costs.
  @inline(never)
  static func scorePlainly(
    _ given: borrowing Given, _ count: Int, _ first: Int, _ sums: inout MutableSpan<Sums>,
    _ room: inout Room
  ) {
    for place in 0..<count { score(true, false, given, place, first, &sums, &room) }
  }

  /// The same for all terms.
  @inline(never)
  static func scoreFully(
    _ given: borrowing Given, _ count: Int, _ first: Int, _ sums: inout MutableSpan<Sums>,
    _ room: inout Room
  ) {
    for place in 0..<count { score(false, false, given, place, first, &sums, &room) }
  }

  /// The uplifts and scores of one customer, 0 for what is not open, and the best score of every lane.
  @inline(__always)
  private static func score(
    _ arePlain: Bool, _ areFixed: Bool, _ given: borrowing Given, _ place: Int, _ first: Int,
    _ sums: inout MutableSpan<Sums>, _ room: inout Room
  ) {
    let (groups, terms, open) = (given.groups, given.terms, given.open)
    let customer = first &+ place
    let base = Sums(repeating: number(given.bases, customer))
    let limit = Sums(repeating: number(given.limits, customer))
    let least = Sums.zero - limit
    let lessFatigue = Sums.zero - Sums(repeating: number(given.fatigues, customer))
    let row = rowsStart &+ place &* ((groups &+ 3) / 4) &* 4
    var best = Sums.zero
    for group in 0..<groups {
      let at = group &* Self.terms
      var cost = load(terms, at)
      if !areFixed {
        let share = smaller(base * load(terms, at &+ 2), load(terms, at &+ 3))
        cost = fused(load(terms, at &+ 1), share, cost)
      }
      let uplift = load(sums, place &* groups &+ group) - cost
      store(uplift, &sums, place &* groups &+ group)
      var likely = smaller(uplift, limit)
      var factor = load(terms, at &+ 5)
      if !arePlain {
        likely = larger(likely, least)
        factor = factor.replacing(with: load(terms, at &+ 6), where: likely .< Sums.zero)
      }
      let score = fused(
        negative(load(terms, at &+ 7)), cost, fused(likely, factor, lessFatigue))
      let shift = UInt64(truncatingIfNeeded: group % 4 &* groupOffers)
      let some = Sums.zero.replacing(
        with: score, where: lanes(word(open, customer, group / 4) &>> shift))
      store(some, &room, row &+ group)
      // What is no number stays out by being no larger.
      best = larger(best, some)
    }
    store(best, &room, place)
  }

  /// The numbers with the other sign.
  @inline(__always)
  private static func negative(_ x: Sums) -> Sums {
    // Both are sixteen times four bytes.
    let bits = unsafe unsafeBitCast(x, to: SIMD16<UInt32>.self)
    return unsafe unsafeBitCast(bits ^ SIMD16<UInt32>(repeating: 1 << 31), to: Sums.self)
  }
}
