// Next best offers: what every offer would bring each of some customers, and the best few of those that
// may be made and stand beside one another; the steps are in OfferKernel+Sums and OfferKernel+Choice.
// Unsafe code: places are those of the groups, customers and turns that were checked at the beginning,
// and every load is of numbers, for which all bytes will do.

/// Next best offers for some customers at once.
public enum OfferKernel {
  /// Offers in a group; weights and terms come group by group.
  public static let groupOffers = 16
  /// Features of a customer, at most.
  public static let featuresMax = 32
  /// Vectors of terms in a group, in this order: fixed cost, redemption × 1, rate, most, contact cost, lever,
  /// 1/lever, price.
  public static let terms = 8

  /// Sixteen offers.
  typealias Sums = SIMD16<Float>
  /// Working memory of a block, in quarters of vectors.
  typealias Room = MutableSpan<SIMD4<Float>>

  static let groupsMax = 16
  static let topMax = 30
  /// Where scores begin in the room, in vectors.
  ///
  /// Before them lies the best of every lane, a vector a customer.
  static let rowsStart = 16
  /// Words of the sets of a block's customers, a multiple of 4.
  ///
  /// With fewer the waiting between two steps is long beside the steps, with more their memory leaves the
  /// first cache: 16 customers of 64 offers took 38 ns each, 32 of them 39, 8 of them 40, 4 of them 47.
  static let blockWords = 16

  /// Chooses the best offers for each customer.
  ///
  /// An offer's cost is fixed + redemption · min(base · rate, most), and its uplift τ = w₀ + Σ w·x − cost
  /// − contact. With τ brought into −limit … limit its score is τ · lever, or τ · (1/lever) where τ
  /// is below 0, less price · cost and less the fatigue. What is open, was not excluded by an offer
  /// chosen before, and has a score above 0 can be chosen; what is no number is not above 0. The
  /// best score comes first, of equal ones the offer with the smaller number.
  ///
  /// All is in single precision. A customer gets the same bits alone and among others. Weights, terms
  /// and sums that begin where a line of the cache does save a tenth of the time.
  ///
  /// - Parameters:
  ///   - weights: for each group of 16 offers w₀, what is the same for all customers, and then for each
  ///     feature the weights (mean of the arm minus that of no offer).
  ///   - terms: for each group 8 vectors, in the order of `OfferKernel.terms`; costs in major units.
  ///   - excluding: for each offer (16 × groups of them) the set of offers that cannot stand beside
  ///     it, itself included: bit i of word w is offer 64 w + i.
  ///   - x: features, column by column, a customer's numbers in each.
  ///   - columns: how many there are, at most `featuresMax`.
  ///   - apart: how far columns are apart; at least the number of customers.
  ///   - bases: for each customer what a percentage is of, in major units, finite, at least 0; 1e30
  ///     stands for unknown.
  ///   - limits: for each customer the most an estimate may be away from 0, above 0; 1e30 is no
  ///     limit.
  ///   - fatigues: for each customer what is taken from every score.
  ///   - open: for each customer the offers that may be chosen, as a set like those of `excluding`.
  ///   - top: how many are chosen at most, 1 to 30.
  ///   - chosen: `top` places a customer: the numbers of the offers in their order, −1 where there
  ///     are no more.
  ///   - scores: their scores in the same places, 0 where there are no more.
  ///   - uplifts: their τ, not limited, in the same places, 0 where there are no more.
  ///   - sums: working memory, at least groups × customers vectors.
  /// - Precondition: there are at most 16 groups with all their weights and terms, all numbers of
  ///   each customer, and room for what is found.
  public static func choose(
    weights: Span<SIMD16<Float>>, terms: Span<SIMD16<Float>>, excluding: Span<SIMD4<UInt64>>,
    x: Span<Float>, columns: Int, apart: Int, bases: Span<Float>, limits: Span<Float>,
    fatigues: Span<Float>, open: Span<SIMD4<UInt64>>, top: Int,
    chosen: inout MutableSpan<Int32>, scores: inout MutableSpan<Float>,
    uplifts: inout MutableSpan<Float>,
    sums: inout MutableSpan<SIMD16<Float>>
  ) {
    let groups = excluding.count / groupOffers
    let customers = open.count
    precondition(
      excluding.count % groupOffers == 0 && groups <= groupsMax && columns >= 0
        && columns <= featuresMax
        && weights.count >= groups * (columns + 1) && terms.count >= groups * Self.terms,
      "A group has all its weights and terms.")
    precondition(
      (columns == 0 || apart >= customers && x.count >= (columns - 1) * apart + customers)
        && bases.count >= customers && limits.count >= customers
        && fatigues.count >= customers, "A customer has all its numbers.")
    precondition(
      top >= 1 && top <= topMax && chosen.count / top >= customers
        && scores.count / top >= customers && uplifts.count / top >= customers
        && (groups == 0 || sums.count / groups >= customers), "There is room for what is found.")
    if groups == 0 {
      for place in 0..<customers * top {
        (chosen[place], scores[place], uplifts[place]) = (-1, 0, 0)
      }
      return
    }
    // Three quarters more than needed, for the room begins where a line of the cache does. One
    // customer has at most 16 groups, a block 64.
    let given = Given(
      groups: groups, weights: weights, terms: terms, excluding: excluding, x: x, columns: columns,
      apart: apart, bases: bases, limits: limits, fatigues: fatigues, open: open, top: top)
    if customers < 4 {
      var memory = InlineArray<131, SIMD4<Float>>(repeating: .zero)
      var room = memory.mutableSpan
      chooseByBlocks(
        given, customers, &chosen, &scores, &uplifts, &sums, &room)
    } else {
      var memory = InlineArray<323, SIMD4<Float>>(repeating: .zero)
      var room = memory.mutableSpan
      chooseByBlocks(
        given, customers, &chosen, &scores, &uplifts, &sums, &room)
    }
  }

  /// The same with all counts checked.
  @inline(never)
  private static func chooseByBlocks(
    _ given: Given, _ customers: Int, _ chosen: inout MutableSpan<Int32>,
    _ scores: inout MutableSpan<Float>, _ uplifts: inout MutableSpan<Float>,
    _ sums: inout MutableSpan<Sums>, _ memory: inout Room
  ) {
    // Vectors that lie across two lines of the cache take twice the time.
    let address = unsafe memory.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    let skipped = Int(truncatingIfNeeded: (0 &- address) % 64 / 16)
    var room = memory._mutatingExtracting(skipped..<memory.count)
    let groups = given.groups
    let words = (groups &+ 3) / 4
    let together = customers < 4 ? 1 : min(blockWords / words / 4 &* 4, customers / 4 &* 4)
    let arePlain = customers >= 8 && arePlain(given.terms, groups)
    let areFixed = arePlain && areFixed(given.terms, groups)
    var start = 0
    while start < customers {
      let count = min(together, (customers &- start &+ 3) / 4 &* 4)
      // The last block begins earlier rather than ending earlier: what was found is found again.
      let first = min(start, customers &- count)
      if count == 1 {
        dotsOfOne(given, first, &sums)
      } else {
        var place = 0
        while place < count {
          dotsOfFour(given, first &+ place, place, &sums)
          place &+= 4
        }
      }
      if arePlain && areTaken(given.fatigues, first, count) {
        if areFixed {
          scoreFixed(given, count, first, &sums, &room)
        } else {
          scorePlainly(given, count, first, &sums, &room)
        }
      } else {
        scoreFully(given, count, first, &sums, &room)
      }
      if words == 1 {
        chooseOfFew(given, count, first, &chosen, &scores, &uplifts, sums, &room)
      } else {
        chooseOfMany(given, count, first, &chosen, &scores, &uplifts, sums, &room)
      }
      start &+= count
    }
  }
}

/// What offers are chosen from, counted.
struct Given: ~Escapable {
  let groups: Int
  let weights: Span<SIMD16<Float>>
  let terms: Span<SIMD16<Float>>
  let excluding: Span<SIMD4<UInt64>>
  let x: Span<Float>
  let columns: Int
  let apart: Int
  let bases: Span<Float>
  let limits: Span<Float>
  let fatigues: Span<Float>
  let open: Span<SIMD4<UInt64>>
  let top: Int

  @_lifetime(
    copy weights, copy terms, copy excluding, copy x, copy bases, copy limits, copy fatigues,
    copy open)
  init(
    groups: Int, weights: Span<SIMD16<Float>>, terms: Span<SIMD16<Float>>,
    excluding: Span<SIMD4<UInt64>>, x: Span<Float>, columns: Int, apart: Int, bases: Span<Float>,
    limits: Span<Float>, fatigues: Span<Float>, open: Span<SIMD4<UInt64>>, top: Int
  ) {
    self.groups = groups
    self.weights = weights
    self.terms = terms
    self.excluding = excluding
    self.x = x
    self.columns = columns
    self.apart = apart
    self.bases = bases
    self.limits = limits
    self.fatigues = fatigues
    self.open = open
    self.top = top
  }
}

// Lanes and places.
extension OfferKernel {
  @inline(__always)
  static func load(_ vectors: Span<Sums>, _ at: Int) -> Sums { unsafe vectors[unchecked: at] }

  @inline(__always)
  static func load(_ vectors: borrowing MutableSpan<Sums>, _ at: Int) -> Sums {
    unsafe vectors[unchecked: at]
  }

  @inline(__always)
  static func store(_ lanes: Sums, _ vectors: inout MutableSpan<Sums>, _ at: Int) {
    unsafe vectors[unchecked: at] = lanes
  }

  @inline(__always)
  static func load(_ room: borrowing Room, _ at: Int) -> Sums {
    unsafe room.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at &* 64, as: Sums.self)
  }

  @inline(__always)
  static func store(_ lanes: Sums, _ room: inout Room, _ at: Int) {
    var bytes = unsafe room.mutableBytes
    unsafe bytes.storeBytes(of: lanes, toUncheckedByteOffset: at &* 64, as: Sums.self)
  }

  @inline(__always)
  static func number(_ numbers: Span<Float>, _ at: Int) -> Float { unsafe numbers[unchecked: at] }

  /// A word of a set.
  @inline(__always)
  static func word(_ sets: Span<SIMD4<UInt64>>, _ at: Int, _ word: Int) -> UInt64 {
    unsafe sets.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: at &* 32 &+ word &* 8, as: UInt64.self)
  }

  /// The lanes of a set's lowest sixteen offers.
  @inline(__always)
  static func lanes(_ set: UInt64) -> SIMDMask<SIMD16<Int32>> {
    let bits = SIMD16<UInt32>(
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
    return (SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: set & 0xffff)) & bits)
      .!= SIMD16<UInt32>.zero
  }

  /// The larger ones; x where one is no number.
  @inline(__always)
  static func larger(_ x: Sums, _ y: Sums) -> Sums { x.replacing(with: y, where: y .> x) }

  /// The smaller ones; x where one is no number.
  @inline(__always)
  static func smaller(_ x: Sums, _ y: Sums) -> Sums { x.replacing(with: y, where: y .< x) }
}
