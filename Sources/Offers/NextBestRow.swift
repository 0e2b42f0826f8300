// What the next best offers of one customer are found from, as a plain row, and the rows as columns for
// conditions. Whom this is enough for is said at NextBest.

internal import Rules

/// What is known of a customer and a request, but for what ``NextBest`` leaves to whole decisions.
///
/// Numbers are in the units of ``NumberField``; NaN is not known.
///
/// It begins with its numbers, in the order of ``NumberField``.
public struct NextBestRow: BitwiseCopyable, Sendable {
  /// ``NumberField/basket``.
  public var basket = Double.nan
  /// ``NumberField/basketLines``.
  public var basketLines = Double.nan
  /// ``NumberField/lifetimeValue``.
  public var lifetimeValue = Double.nan
  /// ``NumberField/churn``.
  public var churn = Double.nan
  /// ``NumberField/alive``.
  public var alive = Double.nan
  /// ``NumberField/expectedOrders``.
  public var expectedOrders = Double.nan
  /// ``NumberField/orders``.
  public var orders = 0.0
  /// ``NumberField/daysSinceOrder``.
  public var daysSinceOrder = Double.nan
  /// ``NumberField/typicalGap``.
  public var typicalGap = Double.nan
  /// ``NumberField/meanSpend``.
  public var meanSpend = Double.nan
  /// ``NumberField/totalSpend``.
  public var totalSpend = Double.nan
  /// ``NumberField/returnedShare``.
  public var returnedShare = Double.nan
  /// ``NumberField/age``.
  public var age = Double.nan
  /// ``NumberField/cartLeft``.
  public var cartLeft = Double.nan
  /// ``NumberField/viewedLeft``.
  public var viewedLeft = Double.nan
  /// What contacts of the last days take from every score, in major units.
  public var fatigue = 0.0
  /// ``TextField/country``, a code of the catalogue.
  public var country = RuleCode.unknown
  /// ``TextField/language``.
  public var language = RuleCode.unknown
  /// ``TextField/preferredChannel``.
  public var preferredChannel = RuleCode.unknown
  /// Counted from 1970-01-01; ``RuleCode/unknown`` without an order.
  public var firstOrder = RuleCode.unknown
  /// What was consented to and has not expired.
  public var granted = ConsentSet()
  /// What was refused or revoked.
  public var denied = ConsentSet()
  /// The holdouts that hold the customer, a bit each of ``NextBest/openHoldouts``.
  public var held: UInt64 = 0
  /// Whether there is a record of the customer.
  public var isKnown = false
  /// Whether personal scores may be used.
  public var isProfiled = false
  /// Whether a complaint is not solved yet.
  public var hasOpenComplaint = false
  /// Whether the row is left out: nothing is chosen for it.
  public var isLeftOut = false
  /// The segment the customer was found in last, by ``Segment``'s number counted from 1; 0 where the fixed rule
  /// tells it.
  public var segmentMark: UInt8 = 0

  /// A customer of whom nothing is known.
  public init() {}
}

extension ConsentSet: BitwiseCopyable {}

/// What rows are by their flags, a bit each.
struct RowBits {
  var known: UInt64 = 0
  var profiled: UInt64 = 0
  var complaining: UInt64 = 0
  /// Those whose segment was found before.
  var marked: UInt64 = 0

  /// Those that may be judged by what is known of them.
  var judged: UInt64 { profiled | ~known }

  init(_ rows: Span<NextBestRow>) {
    for row in rows.indices {
      known |= UInt64(rows[row].isKnown ? 1 : 0) << UInt64(row)
      profiled |= UInt64(rows[row].isProfiled ? 1 : 0) << UInt64(row)
      complaining |= UInt64(rows[row].hasOpenComplaint ? 1 : 0) << UInt64(row)
      marked |= UInt64(rows[row].segmentMark != 0 ? 1 : 0) << UInt64(row)
    }
  }
}

/// The rows of a batch as the columns that a catalogue's conditions read.
struct FactColumns: ~Copyable {
  static let rowsMax = NextBest.rowsMax

  var count = 0
  /// A column of `rowsMax` numbers for each number of a row, as the kernel turns them, then one for each further
  /// ``NumberField``, and so on.
  var numbers = [Double](
    repeating: .nan, count: (NumberField.allCases.count + 1) * FactColumns.rowsMax)
  private var codes = [Int32](
    repeating: RuleCode.unknown, count: (LevelSlot.tier + 1) * FactColumns.rowsMax)
  private var days = [Int32](
    repeating: RuleCode.unknown, count: DayField.allCases.count * FactColumns.rowsMax)
  /// A word of 64 rows for each slot.
  private var yes = [UInt64](repeating: 0, count: FactColumns.truthSlots)
  private var no = [UInt64](repeating: 0, count: FactColumns.truthSlots)
  /// For each question about a category in ``FactNeeds`` the rows that are yes, and the others.
  private var categoryYes: [UInt64] = []
  private var categoryNo: [UInt64] = []
  private var categories: [FactNeeds.Category] = []
  /// What was bought by, and looked at by, the rows of the bits.
  private var bought = [TextSet](repeating: TextSet(), count: FactColumns.rowsMax)
  private var viewed = [TextSet](repeating: TextSet(), count: FactColumns.rowsMax)
  private var boughtRows: UInt64 = 0
  private var viewedRows: UInt64 = 0
  private let none: [UInt64] = [0]

  private static let truthSlots = TruthSlot.profiling + 1

  /// What all rows have in common.
  mutating func begin(_ request: DecisionRequest) {
    var shared = Facts()
    shared.setCalendar(today: request.moment.today, birthday: nil, firstOrder: nil)
    for row in 0..<Self.rowsMax {
      set(.weekday, row, shared[.weekday])
      set(.month, row, shared[.month])
      codes[TextField.channel.rawValue * Self.rowsMax + row] = TextCode.of(request.channel)
      codes[TextField.placement.rawValue * Self.rowsMax + row] =
        TextCode.of(placement: request.placement)
      days[DayField.today.rawValue * Self.rowsMax + row] = request.moment.today
    }
  }

  /// Sets what a row bought.
  mutating func setBought(_ row: Int, _ texts: TextSet) {
    bought[row] = texts
    boughtRows |= 1 << UInt64(row)
  }

  /// Sets what a row looked at.
  mutating func setViewed(_ row: Int, _ texts: TextSet) {
    viewed[row] = texts
    viewedRows |= 1 << UInt64(row)
  }

  private mutating func set(_ field: NumberField, _ row: Int, _ value: Double) {
    numbers[Self.column(of: field.rawValue) * Self.rowsMax + row] = value
  }

  /// Where the column of a number is: the rows have their fatigue where days since a complaint would be, which
  /// are not known of those whom this is enough for.
  private static func column(of slot: Int) -> Int {
    slot == NumberField.daysSinceComplaint.rawValue ? NumberField.allCases.count : slot
  }

  /// Fills the columns that are read from rows, but for the numbers.
  mutating func fill(
    _ needs: FactNeeds, from rows: Span<NextBestRow>, _ bits: RowBits, _ segments: [Int32]
  ) {
    count = rows.count
    for field in needs.texts {
      switch field {
      case .segment: fillSegments(segments)
      case .country: fill(field, rows) { $0.country }
      case .language: fill(field, rows) { $0.language }
      case .preferredChannel: fill(field, rows) { $0.preferredChannel }
      case .channel, .placement: break
      // Whoever may have one is left to whole decisions.
      case .source: break
      }
    }
    if needs.days.contains(.firstOrder) {
      let firstOrders = DayField.firstOrder.rawValue * Self.rowsMax
      for row in rows.indices { days[firstOrders + row] = rows[row].firstOrder }
    }
    for slot in needs.truths {
      switch slot {
      case TruthSlot.newCustomer: setTruth(slot, ~bits.known)
      case TruthSlot.openComplaint: setTruth(slot, bits.complaining)
      case TruthSlot.profiling: setTruth(slot, bits.profiled)
      default: fillConsents(slot, rows)
      }
    }
    fillCategories(needs)
  }

  private mutating func fillSegments(_ segments: [Int32]) {
    let (segments, count) = (segments.span, count)
    let start = TextField.segment.rawValue * Self.rowsMax
    let first = TextCode.of(Segment.new)
    var column = codes.mutableSpan
    for row in 0..<count { column[start + row] = first + segments[row] }
  }

  private mutating func fillCategories(_ needs: FactNeeds) {
    categories = needs.categories
    categoryYes.removeAll(keepingCapacity: true)
    categoryNo.removeAll(keepingCapacity: true)
    for category in categories {
      var yes: UInt64 = 0
      var left = category.isViewed ? viewedRows : boughtRows
      while left != 0 {
        let row = left.trailingZeroBitCount
        left &= left - 1
        let texts = category.isViewed ? viewed[row] : bought[row]
        if texts.contains(category.code) { yes |= 1 << UInt64(row) }
      }
      categoryYes.append(yes)
      categoryNo.append(~yes)
    }
    (boughtRows, viewedRows) = (0, 0)
  }

  @inline(__always)
  private mutating func fill(
    _ field: TextField, _ rows: Span<NextBestRow>, _ value: (borrowing NextBestRow) -> Int32
  ) {
    let start = field.rawValue * Self.rowsMax
    var column = codes.mutableSpan
    for row in rows.indices { column[start + row] = value(rows[row]) }
  }

  private mutating func setTruth(_ slot: Int, _ yes: UInt64) {
    (self.yes[slot], self.no[slot]) = (yes, ~yes)
  }

  private mutating func fillConsents(_ slot: Int, _ rows: Span<NextBestRow>) {
    var (yes, no): (UInt64, UInt64) = (0, 0)
    let bit = Channel(rawValue: UInt8(slot)).map { ConsentSet.bit($0, .marketing) } ?? 0
    for row in rows.indices {
      let (granted, denied) = (rows[row].granted.bits & bit, rows[row].denied.bits & bit)
      if granted != 0 { yes |= 1 << UInt64(row) } else if denied != 0 { no |= 1 << UInt64(row) }
    }
    (self.yes[slot], self.no[slot]) = (yes, no)
  }
}

extension FactColumns: RuleColumns {
  @_lifetime(borrow self)
  func numbers(at slot: Int) -> Span<Double> {
    let start = Self.column(of: slot) * Self.rowsMax
    return numbers.span.extracting(start..<start + count)
  }

  @_lifetime(borrow self)
  func truths(at slot: Int) -> RuleTruths {
    RuleTruths(
      yes: yes.span.extracting(slot..<slot + 1), no: no.span.extracting(slot..<slot + 1))
  }

  @_lifetime(borrow self)
  func codes(at slot: Int) -> Span<Int32> {
    codes.span.extracting(slot * Self.rowsMax..<slot * Self.rowsMax + count)
  }

  @_lifetime(borrow self)
  func days(at slot: Int) -> Span<Int32> {
    days.span.extracting(slot * Self.rowsMax..<slot * Self.rowsMax + count)
  }

  /// No question has a number for an answer.
  @_lifetime(borrow self)
  func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double> {
    numbers(at: NumberField.daysSinceComplaint.rawValue)
  }

  /// No basket's categories are told.
  @_lifetime(borrow self)
  func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths {
    let isViewed = function == CategoryQuestion.viewed.rawValue
    let category = FactNeeds.Category(isViewed: isViewed, code: arguments.text)
    guard function != CategoryQuestion.inBasket.rawValue,
      let place = categories.firstIndex(of: category)
    else { return RuleTruths(yes: none.span, no: none.span) }
    return RuleTruths(
      yes: categoryYes.span.extracting(place..<place + 1),
      no: categoryNo.span.extracting(place..<place + 1))
  }
}

/// What of a customer the conditions of a catalogue read.
struct FactNeeds: Sendable {
  private(set) var numbers: [NumberField] = []
  /// Slots of truths.
  private(set) var truths: [Int] = []
  private(set) var texts: [TextField] = []
  private(set) var days: [DayField] = []
  private(set) var categories: [Category] = []
  private(set) var readsTier = false

  /// A question whether something of a category was bought or looked at.
  struct Category: Equatable, Sendable {
    let isViewed: Bool
    /// A text of the catalogue.
    let code: Int32
  }

  init(_ reads: [RuleStep] = []) {
    for read in reads {
      let slot = Int(read.index)
      switch read.operation {
      case .loadNumber: if let field = NumberField(rawValue: slot) { numbers.append(field) }
      case .loadCode where slot == LevelSlot.tier: readsTier = true
      case .loadCode: if let field = TextField(rawValue: slot) { texts.append(field) }
      case .loadDay: if let field = DayField(rawValue: slot) { days.append(field) }
      case .loadTruth: truths.append(slot)
      case .callTruth where slot != CategoryQuestion.inBasket.rawValue:
        let category = Category(
          isViewed: slot == CategoryQuestion.viewed.rawValue, code: read.code)
        if !categories.contains(category) { categories.append(category) }
      default: break
      }
    }
    // Each once, whoever reads it.
    numbers = NumberField.allCases.filter(numbers.contains)
    texts = TextField.allCases.filter(texts.contains)
    truths = Set(truths).sorted()
  }

  /// Whether it matters where customers are and what they prefer.
  var asksPerson: Bool {
    texts.contains { [.country, .language, .preferredChannel].contains($0) }
  }

  /// Whether it matters when the customer was born.
  var asksBirthday: Bool {
    days.contains(.birthday)
      || numbers.contains { [.daysToBirthday, .yearsOld].contains($0) }
  }
  /// Whether it matters where the customer came from, at what cost, or the tier.
  var asksTies: Bool {
    readsTier || texts.contains(.source) || numbers.contains(.acquisitionCost)
  }
}
