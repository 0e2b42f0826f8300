// The values conditions are evaluated over: plain, filled by whoever has the customer, answered
// without a single allocation. What they mean is in OfferFields.

public import Rules

/// A set of the catalogue's texts, such as categories.
public struct TextSet: Equatable, Sendable {
  @usableFromInline var words = SIMD8<UInt64>.zero

  /// The empty set.
  @inlinable
  public init() {}

  /// Adds a text.
  ///
  /// - Parameter code: from ``Catalogue/code(of:)``; one that no condition knows is left out.
  @inlinable
  public mutating func insert(_ code: Int32) {
    guard code >= 0, code < 512 else { return }
    words[Int(code >> 6)] |= 1 << UInt64(code & 63)
  }

  /// Whether a text is in it.
  ///
  /// - Parameter code: the text's.
  /// - Returns: false for a code no table has.
  @inlinable
  public func contains(_ code: Int32) -> Bool {
    code >= 0 && code < 512 && words[Int(code >> 6)] & 1 << UInt64(code & 63) != 0
  }
}

/// The codes of texts that every catalogue has.
public enum TextCode {
  /// A text that no condition speaks of, and that is known all the same.
  public static let other = Int32.max

  /// The code of a channel.
  ///
  /// - Parameter channel: any.
  /// - Returns: its number.
  @inlinable
  public static func of(_ channel: Channel) -> Int32 { Int32(channel.rawValue) }

  /// The code of a segment.
  ///
  /// - Parameter segment: any.
  /// - Returns: the channels' come first.
  @inlinable
  public static func of(_ segment: Segment) -> Int32 { 7 + Int32(segment.rawValue) }

  /// The code of a placement.
  ///
  /// - Parameter placement: its place in the catalogue.
  /// - Returns: the channels' and segments' come first.
  @inlinable
  public static func of(placement: Int) -> Int32 { 13 + Int32(placement) }

  /// The texts of the channels and segments.
  static var fixed: [String] { Channel.allCases.map(\.word) + Segment.allCases.map(\.word) }
}

/// All that is known of a customer and a request; what was not said is unknown.
public struct Facts: Sendable {
  @usableFromInline var numbers = InlineArray<22, Double>(repeating: .nan)
  /// A code for each ``TextField``, and the tier's behind them.
  @usableFromInline var texts = InlineArray<8, Int32>(repeating: RuleCode.unknown)
  @usableFromInline var days = InlineArray<3, Int32>(repeating: RuleCode.unknown)
  @usableFromInline var truths = InlineArray<10, Truth>(repeating: .unknown)
  /// Categories ordered of.
  public var bought = TextSet()
  /// Categories looked at.
  public var viewed = TextSet()
  /// Categories in the basket.
  public var inBasket = TextSet()
  /// Share of the basket's categories that were bought before; NaN where they are not known.
  ///
  /// A feature, not a field of conditions.
  public var boughtShare = Double.nan
  /// The same for those looked at.
  public var viewedShare = Double.nan
  /// Whether the categories of the basket were told; if not, questions about them are unknown.
  public var knowsBasket = false

  /// Facts of which nothing is known.
  @inlinable
  public init() {}

  /// A number; NaN is unknown.
  @inlinable
  public subscript(_ field: NumberField) -> Double {
    get { numbers[field.rawValue] }
    set { numbers[field.rawValue] = newValue }
  }

  /// A text's code in the catalogue, or ``RuleCode/unknown``.
  @inlinable
  public subscript(_ field: TextField) -> Int32 {
    get { texts[field.rawValue] }
    set { texts[field.rawValue] = newValue }
  }

  /// A day counted from 1970-01-01, or ``RuleCode/unknown``.
  @inlinable
  public subscript(_ field: DayField) -> Int32 {
    get { days[field.rawValue] }
    set { days[field.rawValue] = newValue }
  }

  /// Whether marketing by a channel is consented to.
  @inlinable
  public subscript(consent channel: Channel) -> Truth {
    get { truths[Int(channel.rawValue)] }
    set { truths[Int(channel.rawValue)] = newValue }
  }

  /// Whether personal scores may be used.
  @inlinable
  public var consentsToProfiling: Truth {
    get { truths[9] }
    set { truths[9] = newValue }
  }

  /// The loyalty level; nil where it is not known, or not held any more.
  public var tier: Tier? {
    get { UInt8(exactly: texts[LevelSlot.tier]).flatMap(Tier.init(rawValue:)) }
    set { texts[LevelSlot.tier] = newValue.map { Int32($0.rawValue) } ?? RuleCode.unknown }
  }

  /// Whether nothing is known of the customer.
  @inlinable
  public var isNewCustomer: Truth {
    get { truths[7] }
    set { truths[7] = newValue }
  }

  /// Whether a complaint is open.
  @inlinable
  public var hasOpenComplaint: Truth {
    get { truths[8] }
    set { truths[8] = newValue }
  }

  /// Sets the day and all that follows from it.
  ///
  /// - Parameters:
  ///   - today: the local day, counted from 1970-01-01.
  ///   - birthday: the day of the year; nil if unknown.
  ///   - birthYear: nil if unknown.
  ///   - firstOrder: the day of the first order; nil without one.
  public mutating func setCalendar(
    today: Int32, birthday: YearlyDay?, birthYear: Int? = nil, firstOrder: Int32?
  ) {
    self[.today] = today
    // 1970-01-01 was a Thursday.
    self[.weekday] = Double(((Int(today) + 3) % 7 + 7) % 7 + 1)
    self[.month] = Double(CivilDay.date(of: today).month)
    self[.daysToBirthday] = birthday.map { Double($0.days(from: today)) } ?? .nan
    if let birthday, let birthYear {
      self[.birthday] =
        CivilDay.number(year: birthYear, month: Int(birthday.month), day: Int(birthday.day))
        ?? RuleCode.unknown
      let year = CivilDay.date(of: today).year
      self[.yearsOld] = Double(year - birthYear - (birthday.number(in: year) > today ? 1 : 0))
    } else {
      self[.birthday] = RuleCode.unknown
      self[.yearsOld] = .nan
    }
    self[.firstOrder] = firstOrder ?? RuleCode.unknown
    self[.daysToAnniversary] =
      firstOrder.map { Double(YearlyDay(of: $0).days(from: today, after: $0)) } ?? .nan
  }

  /// Sets the segment: the one the customer was found in, or else what follows from what was set before.
  ///
  /// - Parameters:
  ///   - kept: in which the shop's own conditions found the customer last; nil where none did.
  ///   - vipValue: the catalogue's, in major units; only the fixed rule asks for it.
  /// - Returns: the segment, whose code was set too.
  @discardableResult
  public mutating func setSegment(kept: Segment? = nil, vipValue: Double) -> Segment {
    let segment =
      kept
      ?? Segment(
        Segment.Signs(
          orders: self[.orders], ageDays: self[.age], daysSinceOrder: self[.daysSinceOrder],
          typicalGap: self[.typicalGap], alive: self[.alive], churn: self[.churn],
          lifetimeValue: self[.lifetimeValue]),
        vipValue: vipValue)
    self[.segment] = TextCode.of(segment)
    return segment
  }
}

extension Facts: RuleSubject {
  /// A field of type number.
  ///
  /// - Parameter slot: a ``NumberField``.
  /// - Returns: its value.
  @inlinable
  public func number(at slot: Int) -> Double { numbers[slot] }

  /// A field of type yes/no.
  ///
  /// - Parameter slot: a channel's number, or one of the other fields.
  /// - Returns: its value.
  @inlinable
  public func truth(at slot: Int) -> Truth { truths[slot] }

  /// A text, or the tier.
  ///
  /// - Parameter slot: a ``TextField``, or the tier's slot behind them.
  /// - Returns: its code.
  @inlinable
  public func code(at slot: Int) -> Int32 { texts[slot] }

  /// A day.
  ///
  /// - Parameter slot: a ``DayField``.
  /// - Returns: counted from 1970-01-01.
  @inlinable
  public func day(at slot: Int) -> Int32 { days[slot] }

  /// No question has a number for an answer.
  ///
  /// - Parameters:
  ///   - function: none.
  ///   - arguments: none.
  /// - Returns: unknown.
  @inlinable
  public func number(of function: Int, _ arguments: RuleArguments) -> Double { .nan }

  /// A question about a category.
  ///
  /// - Parameters:
  ///   - function: a ``CategoryQuestion``.
  ///   - arguments: the category.
  /// - Returns: whether it is in the set that is asked for.
  @inlinable
  public func truth(of function: Int, _ arguments: RuleArguments) -> Truth {
    switch function {
    case 0: Truth(bought.contains(arguments.text))
    case 1: Truth(viewed.contains(arguments.text))
    default: knowsBasket ? Truth(inBasket.contains(arguments.text)) : .unknown
    }
  }
}
