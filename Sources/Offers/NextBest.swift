// The next best offers of many customers at once: the memory to choose in, and what is ready to be chosen
// from. How that is made is in NextBest+Ready, choosing in NextBest+Choosing, whole decisions in Decision.

internal import Kernels
public import Policies
internal import Rules

/// The catalogue made ready for some placements, channels and moments, and the memory to choose in.
///
/// It chooses what ``Decision/make(_:for:facts:standing:budgets:campaigns:estimates:in:with:)`` does
/// without a draw, in single precision, in a tenth of the time. It is enough for normal offers and for
/// customers without refusals whose contacts reach no cap; what else has to be so, ``isEnough``,
/// ``contactsMax`` and ``asks`` say. Everybody else is for a whole decision.
///
/// What was made ready is kept by number: ``prepare(_:budgets:in:as:)`` makes it and takes it, and
/// ``take(_:)`` takes it again. All else is about what was taken last.
public struct NextBest: ~Copyable {
  /// Customers at once, at most.
  public static let rowsMax = 64
  /// How many placements, channels and moments are kept, at most.
  public static let keptMax = 8
  /// What stands for an amount that is not known, or for no limit: beyond all amounts.
  static let beyond: Float = 1e30

  /// What conditions ask of few customers, or that a row cannot say: birthdays, what ties customers to the shop,
  /// and the days since a complaint.
  public struct Asks: Equatable, Sendable {
    /// Country, language or preferred channel.
    public var person = false
    /// When the customer was born.
    public var birthday = false
    /// Where the customer came from, at what cost, or the tier.
    public var ties = false
    /// What was bought.
    public var bought = false
    /// What was looked at.
    public var viewed = false
    /// When the last complaint was.
    public var complaints = false
    /// The median of the days between orders, where it is not needed for the segment.
    public var typicalGap = false
  }

  /// Features that the kernel finds of a row; those of the shop's own stand behind them.
  static var features: Int { RowKernel.features }

  /// Whether the catalogue, here and now, can be served this way at all.
  public private(set) var isEnough = false
  /// What conditions ask of customers.
  public private(set) var asks = Asks()
  /// How many contacts within the reach of the catalogue's rules change nothing, whatever they are.
  public private(set) var contactsMax = 0
  /// φ, of the channel.
  public private(set) var fatigueCost = 0.0
  /// How many offers are chosen for each.
  public private(set) var top = 1

  @usableFromInline var profilingIsOptIn = true
  @usableFromInline var profilingBit: UInt32 = 0

  /// What was taken; among those that are kept an empty one stands for it meanwhile.
  var ready = Ready()
  private var kept: [Ready] = []
  private var taken = -1

  // As RowKernel and OfferKernel have them; the shop's own features stand behind the others.
  var x = [Float](repeating: 0, count: (RowKernel.features + Features.ownMax) * rowsMax)
  var bases = [Float](repeating: 0, count: NextBest.rowsMax)
  var limits = [Float](repeating: 0, count: NextBest.rowsMax)
  var fatigues = [Float](repeating: 0, count: NextBest.rowsMax)
  var open = [SIMD4<UInt64>](repeating: .zero, count: NextBest.rowsMax)
  var sums: [SIMD16<Float>] = []
  /// The places of the offers that were chosen, ``top`` for each row; −1 where there are no more.
  public internal(set) var chosen = [Int32](
    repeating: -1, count: CatalogueLimits.slateMax * NextBest.rowsMax)
  /// Their scores, in major units.
  public internal(set) var scores = [Float](
    repeating: 0, count: CatalogueLimits.slateMax * NextBest.rowsMax)
  /// Their uplifts, in major units.
  public internal(set) var uplifts = [Float](
    repeating: 0, count: CatalogueLimits.slateMax * NextBest.rowsMax)
  /// The segment of each row, by ``Segment``'s number.
  public internal(set) var segments = [Int32](repeating: 0, count: NextBest.rowsMax)

  var columns = FactColumns()
  var failing = [RuleSet](repeating: RuleSet(), count: NextBest.rowsMax)
  var workspace = RuleWorkspace()
  /// The rows of which features of the shop's own are told, a bit each.
  var ownRows: UInt64 = 0

  /// Makes the memory, about 400 kB.
  public init() {
    // The kernel takes the numbers of a row as they lie.
    precondition(
      MemoryLayout<NextBestRow>.offset(of: \.basket) == 0
        && MemoryLayout<NextBestRow>.offset(of: \.fatigue) == (RowKernel.numbers - 1) * 8,
      "a row begins with its numbers")
  }

  /// Gets ready for a placement, a channel and a moment, and takes that.
  ///
  /// - Parameters:
  ///   - request: what is asked; its draw does not matter.
  ///   - budgets: of each offer, by place, as whole decisions have them.
  ///   - catalogue: the offers.
  ///   - number: under which it is kept, instead of what was.
  /// - Precondition: the placement is one of the catalogue's, and there is a budget's use for each offer;
  ///   numbers are given in their order.
  public mutating func prepare(
    _ request: DecisionRequest, budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue,
    as number: Int = 0
  ) {
    precondition(number <= kept.count && number < Self.keptMax, "numbers are given in their order")
    if number == kept.count { kept.append(Ready()) }
    if number != taken { swapReady(number) }
    ready.prepare(request, budgets: budgets, in: catalogue)
    let vectors = ready.groups * Self.rowsMax
    if sums.count < vectors { sums = [SIMD16<Float>](repeating: .zero, count: vectors) }
    begin()
  }

  /// Takes over how much of each budget is left.
  ///
  /// - Parameters:
  ///   - budgets: as ``prepare(_:budgets:in:as:)`` has them.
  ///   - catalogue: the one that was prepared.
  /// - Precondition: there is a budget's use for each offer.
  public mutating func renew(budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue) {
    ready.renew(budgets, in: catalogue)
  }

  /// Takes over what is believed of the offers.
  ///
  /// - Parameters:
  ///   - learner: the beliefs.
  ///   - arms: of each offer, by place.
  public mutating func believe(_ learner: borrowing Learner, arms: Span<UInt32>) {
    ready.believe(learner, arms: arms)
  }

  /// Takes what was made ready before.
  ///
  /// - Parameter number: under which it is kept.
  /// - Precondition: something is.
  public mutating func take(_ number: Int) {
    precondition(kept.indices.contains(number), "something is kept under the number")
    if number == taken { return }
    swapReady(number)
    begin()
  }

  private mutating func swapReady(_ number: Int) {
    if taken >= 0 { swap(&ready, &kept[taken]) }
    swap(&ready, &kept[number])
    taken = number
  }

  /// Sets what others ask, and what all rows have in common.
  private mutating func begin() {
    isEnough = ready.isEnough
    asks = ready.asks
    contactsMax = ready.contactsMax
    fatigueCost = ready.fatigueCost
    top = ready.top
    profilingIsOptIn = ready.profilingIsOptIn
    profilingBit = ready.profilingBit
    if let request = ready.request { columns.begin(request) }
  }
}
