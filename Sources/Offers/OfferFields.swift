// What conditions of offers and segments may speak of. The values are in Facts; the language itself is
// in Rules.

public import Rules

/// Numbers of a customer and a request.
public enum NumberField: Int, CaseIterable, Sendable {
  case basket, basketLines
  case lifetimeValue, churn, alive, expectedOrders
  case orders, daysSinceOrder, typicalGap, meanSpend, totalSpend, returnedShare, age
  case cartLeft, viewedLeft, daysSinceComplaint
  case weekday, month, daysToBirthday, daysToAnniversary, yearsOld
  case acquisitionCost

  /// Its name in conditions, and what it means.
  var told: (name: String, meaning: String) {
    switch self {
    case .basket: ("basket", "Value of the basket, in the shop's currency.")
    case .basketLines: ("basket_lines", "Lines of the basket.")
    case .lifetimeValue: ("lifetime_value", "Discounted expected margin of future orders.")
    case .churn: ("churn", "Probability of no order within the horizon.")
    case .alive: ("p_alive", "Probability that the customer will ever order again.")
    case .expectedOrders: ("expected_orders", "Expected orders within the horizon.")
    case .orders: ("orders", "Orders, the first included.")
    case .daysSinceOrder: ("days_since_order", "Days since the last order.")
    case .typicalGap: ("typical_gap", "Median of the days between two orders.")
    case .meanSpend: ("mean_spend", "Mean value of an order.")
    case .totalSpend: ("total_spend", "Value of all orders.")
    case .returnedShare: ("returned_share", "Share of that value which came back, 0 to 1.")
    case .age: ("age_days", "Days since the first order.")
    case .cartLeft: ("cart_left", "Days since a cart was left behind; unknown if none is.")
    case .viewedLeft:
      ("viewed_left", "Days since something was looked at and not bought; unknown if nothing was.")
    case .daysSinceComplaint: ("days_since_complaint", "Days since the last complaint was opened.")
    case .weekday: ("weekday", "Day of the week, 1 is Monday.")
    case .month: ("month", "Month, 1 is January.")
    case .daysToBirthday:
      ("days_to_birthday", "Days to the nearest birthday: 0 on the day, negative after it.")
    case .daysToAnniversary:
      ("days_to_anniversary", "The same for the day of the first order, from its first year on.")
    case .yearsOld: ("years_old", "Age of the customer in full years.")
    case .acquisitionCost: ("acquisition_cost", "What it cost to win the customer.")
    }
  }
}

/// Texts of a customer and a request.
public enum TextField: Int, CaseIterable, Sendable {
  case segment, country, language, preferredChannel, channel, placement, source

  var told: (name: String, meaning: String) {
    switch self {
    case .segment:
      ("segment", "\(Segment.allCases.map(\.word).joined(separator: ", ")): one of these.")
    case .country: ("country", "Country as two capital letters, ISO 3166.")
    case .language: ("language", "Language as two small letters, ISO 639.")
    case .preferredChannel: ("preferred_channel", "The channel the customer prefers.")
    case .channel: ("channel", "The channel asked for.")
    case .placement: ("placement", "The placement asked for.")
    case .source: ("source", "Where the customer came from.")
    }
  }
}

/// Days of a customer and a request.
public enum DayField: Int, CaseIterable, Sendable {
  case today, firstOrder, birthday

  var told: (name: String, meaning: String) {
    switch self {
    case .today: ("today", "The local day of the decision.")
    case .firstOrder: ("first_order", "Day of the first order.")
    case .birthday: ("birthday", "Day of birth, if its year is known.")
    }
  }
}

/// Questions about categories.
public enum CategoryQuestion: Int, CaseIterable, Sendable {
  case bought, viewed, inBasket

  var told: (name: String, meaning: String) {
    switch self {
    case .bought: ("bought", "Whether the customer ever ordered something of the category.")
    case .viewed: ("viewed", "Whether the customer looked at the category lately.")
    case .inBasket: ("in_basket", "Whether the basket has something of the category.")
    }
  }
}

/// The slots of yes/no fields: consent per channel by the channel's number, then these.
public enum TruthSlot {
  /// Whether nothing is known of the customer.
  public static let newCustomer = 7
  /// Whether a complaint is not solved yet.
  public static let openComplaint = 8
  /// Whether personal scores may be used.
  public static let profiling = 9
}

/// The slots of ordered words: they are asked for as texts are, so they stand behind those.
public enum LevelSlot {
  /// The loyalty level, while it is held.
  public static let tier = TextField.allCases.count
}

/// The schema of conditions.
public enum OfferFields {
  /// All that a condition of an offer, or of a segment, may speak of.
  public static let schema: RuleSchema = {
    do throws(RuleSchemaError) {
      return try RuleSchema(fields: fields, functions: functions)
    } catch {
      preconditionFailure("the schema of conditions is well formed: \(error)")
    }
  }()

  private static var fields: [RuleField] {
    var fields = TextField.allCases.map {
      RuleField($0.told.name, .text, $0.told.meaning, slot: $0.rawValue)
    }
    fields += NumberField.allCases.map {
      RuleField($0.told.name, .number, $0.told.meaning, slot: $0.rawValue)
    }
    fields += DayField.allCases.map {
      RuleField($0.told.name, .date, $0.told.meaning, slot: $0.rawValue)
    }
    fields += Channel.allCases.map {
      RuleField(
        "consent.\($0.word)", .yesNo, "Whether marketing by \($0.word) is consented to.",
        slot: Int($0.rawValue))
    }
    return fields + [
      RuleField(
        "tier", .ordered(Tier.allCases.map(\.word)), "The loyalty level, while it is held.",
        slot: LevelSlot.tier),
      RuleField(
        "new_customer", .yesNo, "Whether nothing is known of the customer.",
        slot: TruthSlot.newCustomer),
      RuleField(
        "open_complaint", .yesNo, "Whether a complaint is not solved yet.",
        slot: TruthSlot.openComplaint),
      RuleField(
        "consent.profiling", .yesNo, "Whether personal scores may be used.",
        slot: TruthSlot.profiling),
    ]
  }

  private static var functions: [RuleFunction] {
    CategoryQuestion.allCases.map {
      RuleFunction($0.told.name, [.text], .yesNo, $0.told.meaning, code: $0.rawValue)
    }
  }
}
