// What a question about all customers may speak of: what offers' conditions know of a customer, without what
// belongs to a request, and what only whole segments are asked about.

import Offers
import Rules
import Wire

/// The schema of questions about all customers.
enum CustomerFields {
  /// Numbers that offers do not know.
  enum More {
    static let netValue = 40
    static let expectedSpend = 41
    /// One more than the largest slot of a number.
    static let end = 42
  }

  /// Where the slots of consents to profiling begin, by the channel's number.
  static let profiling = 16
  /// One more than the largest slot of a yes/no.
  static let truthsEnd = 24
  /// The function that tells a quantile of a number, as it was at the last fit.
  static let quantile = 8

  /// All that a question about all customers may speak of.
  static let schema = schema(of: fields)
  /// All that the definition of a segment may speak of: not of segments.
  static let ofSegments = schema(
    of: fields.filter { $0.name != "segment" },
    absent: [
      "segment": RuleAbsence(
        "cannot be asked for by the conditions that define segments",
        "name what makes the segment, as orders >= 4")
    ])

  private static func schema(
    of fields: [RuleField], absent: [String: RuleAbsence] = [:]
  ) -> RuleSchema {
    do throws(RuleSchemaError) {
      return try RuleSchema(
        fields: fields, functions: functions, absent: absent.merging(ofRequests) { one, _ in one })
    } catch {
      preconditionFailure("the schema of customers is well formed: \(error)")
    }
  }

  /// What is known only while an offer is asked for, and what to ask instead.
  static let ofRequests: [String: RuleAbsence] = {
    let spending = "use mean_spend or total_spend, or cart_left for a basket that was left behind"
    return [
      "basket": spending, "basket_lines": spending,
      "in_basket": "use bought(\"…\") or viewed(\"…\")",
      "channel": "use preferred_channel, or the consent for a channel, as consent.email",
      "placement": "leave it out; best_offer(email, checkout) names one",
      "consent.profiling": "name the channel, as profiling.email",
    ].mapValues {
      RuleAbsence("belongs to a request for an offer; a question about customers has none", $0)
    }
  }()

  private static var fields: [RuleField] {
    let shared = OfferFields.schema.fields.filter { ofRequests[$0.name] == nil }.map { field in
      switch (field.type, CodeField(slot: field.slot)) {
      case (.text, .segment):
        RuleField(
          field.name, .text, field.meaning, slot: field.slot, words: Segment.allCases.map(\.word))
      case (.text, .preferredChannel):
        RuleField(
          field.name, .text, field.meaning, slot: field.slot,
          words: Offers.Channel.allCases.map(\.word))
      default: field
      }
    }
    return shared + [
      RuleField(
        "net_value", .number,
        "Margin of what was spent, plus lifetime value, less what it cost to win the customer.",
        slot: More.netValue),
      RuleField(
        "expected_spend", .number, "Expected value of the next order.", slot: More.expectedSpend),
    ]
      + Offers.Channel.allCases.map {
        RuleField(
          "profiling.\($0.word)", .yesNo,
          "Whether being judged by personal scores is consented to for \($0.word).",
          slot: profiling + Int($0.rawValue))
      }
  }

  /// The numbers whose quantiles are kept: all that follow from orders and scores.
  static let quantileNames = [
    "lifetime_value", "churn", "p_alive", "expected_orders", "expected_spend", "net_value",
    "orders", "days_since_order", "typical_gap", "mean_spend", "total_spend", "returned_share",
    "age_days",
  ]

  private static var functions: [RuleFunction] {
    OfferFields.schema.functions.filter { $0.code != CategoryQuestion.inBasket.rawValue } + [
      RuleFunction(
        "quantile", [.text, .number], .number,
        "What so large a share of the customers does not exceed, as it was at the last fit.",
        code: quantile, words: quantileNames, numbers: 0...1)
    ]
  }

  /// A number by its name; nil if there is none.
  static func number(_ name: String) -> Int? {
    schema.fields.first { $0.name == name && $0.type == .number }?.slot
  }
}
