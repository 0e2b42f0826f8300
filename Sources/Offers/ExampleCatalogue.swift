// Twelve ready-made offers for the usual occasions, as a shop would write them. They fit the demo's
// shop: its currency, and amounts of its size.

/// A catalogue to begin with.
public enum ExampleCatalogue {
  /// The JSON, as README.md describes it.
  public static let json = #"""
    {
      "currency": "USD",
      "minor_digits": 2,
      "margin_rate": 0.35,
      "point_value": 0.01,
      "vip_value": 150,
      "epsilon": 0.02,
      "exploration": true,
      "channels": {
        "email": {"fatigue_cost": 0.05, "quiet_from": "21:00", "quiet_to": "07:00"},
        "sms": {"fatigue_cost": 0.15, "quiet_from": "20:00", "quiet_to": "09:00"},
        "push": {"fatigue_cost": 0.08, "quiet_from": "20:00", "quiet_to": "09:00"},
        "phone": {"fatigue_cost": 0.50, "quiet_from": "19:00", "quiet_to": "10:00"},
        "site": {"consent": "opt_out"},
        "store": {"consent": "opt_out"}
      },
      "placements": [
        {"id": "checkout", "top": 1},
        {"id": "home", "top": 3},
        {"id": "message", "top": 1}
      ],
      "offers": [
        {
          "id": "welcome", "name": "Welcome gift", "text": "Welcome! 10 % off your first orders.",
          "family": "welcome", "state": "live",
          "channels": ["email", "site", "store"], "placements": ["checkout", "home", "message"],
          "reward": {"kind": "discount_percent", "value": 10, "redemption": 0.4},
          "max_liability": 10.00, "contact_cost": 0.01,
          "eligibility": "segment == \"new\"",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "post-purchase", "name": "Follow-up after an order",
          "text": "How do you like it? Here is how to care for it.",
          "family": "follow-up", "state": "live", "purpose": "service",
          "channels": ["email", "push"], "placements": ["message"],
          "reward": {"kind": "none"}, "contact_cost": 0.01,
          "eligibility": "orders >= 1",
          "applicability": "days_since_order between 3 and 14",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "complementary", "name": "Socks to the shoes",
          "text": "Socks that go with these shoes, 2 dollars off.",
          "family": "complementary", "state": "live",
          "channels": ["site", "store"], "placements": ["checkout"],
          "reward": {"kind": "discount_amount", "value": 2, "redemption": 0.2},
          "eligibility": "in_basket(\"shoes\") and not in_basket(\"socks\") and not bought(\"socks\")"
        },
        {
          "id": "birthday", "name": "Birthday present", "text": "Happy birthday! A present waits.",
          "family": "birthday", "state": "live",
          "channels": ["email", "push", "post", "site"], "placements": ["home", "message"],
          "reward": {"kind": "gift", "cost": 4, "redemption": 0.3}, "contact_cost": 0.01,
          "eligibility": "orders >= 1",
          "applicability": "days_to_birthday between -3 and 3",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "anniversary", "name": "Anniversary of the first order",
          "text": "Another year together: 300 points for you.",
          "family": "anniversary", "state": "live",
          "channels": ["email", "push", "site"], "placements": ["home", "message"],
          "reward": {"kind": "points", "value": 300, "redemption": 0.6}, "contact_cost": 0.01,
          "applicability": "days_to_anniversary between 0 and 7",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "early-access", "name": "Early access to the new collection",
          "text": "Be the first to see what is new.",
          "family": "early-access", "state": "live",
          "channels": ["email", "push", "site"], "placements": ["home", "message"],
          "reward": {"kind": "access", "cost": 0.50, "redemption": 0.2}, "contact_cost": 0.01,
          "eligibility": "segment in (\"vip\", \"loyal\")",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "cart-left", "name": "Cart left behind", "text": "Your cart is still here.",
          "family": "left-behind", "state": "live",
          "channels": ["email", "push", "site"], "placements": ["home", "message"],
          "reward": {"kind": "none"}, "contact_cost": 0.01,
          "applicability": "cart_left between 1 and 7 and cart_left < (days_since_order else 9999)",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "browse-left", "name": "Looked at and left", "text": "Still thinking about it?",
          "family": "left-behind", "state": "live",
          "channels": ["email", "push", "site"], "placements": ["home", "message"],
          "reward": {"kind": "none"}, "contact_cost": 0.01,
          "applicability": "viewed_left between 1 and 7 and cart_left is unknown",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "win-back", "name": "Win back who is leaving", "text": "We miss you: 15 % off.",
          "family": "win-back", "state": "live",
          "channels": ["email", "sms", "post"], "placements": ["message"],
          "reward": {"kind": "discount_percent", "value": 15, "redemption": 0.1},
          "max_liability": 15.00, "contact_cost": 0.05, "budget": {"money": 5000.00, "count": 2000},
          "eligibility": "segment in (\"about to leave\", \"inactive\") and churn >= 0.5",
          "applicability": "days_since_order > 2 * (typical_gap else 45)",
          "suitability": "not (open_complaint else false) and (days_since_complaint else 999) > 30"
        },
        {
          "id": "vip-gesture", "name": "A gesture for the best customers",
          "text": "A little something, because you are you.",
          "family": "vip", "state": "live",
          "channels": ["email", "post", "phone", "store"], "placements": ["checkout", "message"],
          "reward": {"kind": "gift", "cost": 8, "redemption": 0.8}, "contact_cost": 0.50,
          "budget": {"count": 500},
          "eligibility": "segment == \"vip\"",
          "suitability": "not (open_complaint else false)"
        },
        {
          "id": "apology", "name": "Apology after a bad experience",
          "text": "We are sorry. The next order is 5 dollars less.",
          "family": "apology", "state": "live", "purpose": "service", "lever": 1.5,
          "channels": ["email", "phone"], "placements": ["message"],
          "reward": {"kind": "discount_amount", "value": 5, "redemption": 0.5},
          "contact_cost": 0.05,
          "eligibility": "days_since_complaint <= 14",
          "applicability": "not (open_complaint else true)"
        },
        {
          "id": "subscription", "name": "Subscription", "text": "Have it sent every month.",
          "family": "subscription", "state": "live",
          "channels": ["email", "site"], "placements": ["checkout", "message"],
          "reward": {"kind": "subscription", "cost": 3, "redemption": 0.05}, "contact_cost": 0.01,
          "eligibility": "orders >= 3 and not bought(\"subscription\")",
          "applicability": "typical_gap <= 45",
          "suitability": "not (open_complaint else false)"
        }
      ],
      "caps": [
        {"scope": "channel", "of": "email", "limit": 1, "hours": 24},
        {"scope": "channel", "of": "sms", "limit": 1, "days": 7},
        {"scope": "global", "limit": 8, "days": 30},
        {"scope": "offer", "limit": 2, "days": 30},
        {"scope": "family", "of": "birthday", "limit": 1, "days": 300},
        {"scope": "family", "of": "anniversary", "limit": 1, "days": 300}
      ],
      "suppressions": [{"scope": "family", "refusals": 2, "days": 90}],
      "quiet_periods": [{"channels": ["email", "sms", "push", "phone", "post"], "hours": 12}],
      "campaigns": [
        {"id": "retention", "days": 60, "offers": ["win-back", "vip-gesture"]},
        {"id": "left-behind", "days": 14, "offers": ["cart-left", "browse-left"]}
      ],
      "holdouts": [
        {"level": "global", "key": "global-1", "percent": 2},
        {"level": "campaign", "of": "retention", "key": "retention-1", "percent": 10},
        {"level": "campaign", "of": "left-behind", "key": "left-behind-1", "percent": 10}
      ]
    }
    """#
}
