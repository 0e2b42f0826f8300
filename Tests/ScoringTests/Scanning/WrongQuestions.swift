// Questions about all customers that are wrong, and what is said of them.

extension WrongQuestionsTests {
  /// Conditions: line, column, offset in bytes, sentence; where it ends with … it goes on with names.
  static let conditions: [Condition] = [
    Condition(
      #"basket > 50"#, 1, 1, 0,
      #"'basket' belongs to a request for an offer; a question about customers has none; "#
        + #"use mean_spend or total_spend, or cart_left for a basket that was left behind"#),
    Condition(
      #"basket_lines > 2"#, 1, 1, 0,
      #"'basket_lines' belongs to a request for an offer; a question about customers has none; "#
        + #"use mean_spend or total_spend, or cart_left for a basket that was left behind"#),
    Condition(
      #"channel == "email""#, 1, 1, 0,
      #"'channel' belongs to a request for an offer; a question about customers has none; "#
        + #"use preferred_channel, or the consent for a channel, as consent.email"#),
    Condition(
      #"placement == "checkout""#, 1, 1, 0,
      #"'placement' belongs to a request for an offer; a question about customers has none; "#
        + #"leave it out; best_offer(email, checkout) names one"#),
    Condition(
      #"consent.profiling"#, 1, 1, 0,
      #"'consent.profiling' belongs to a request for an offer; a question about customers has none; "#
        + #"name the channel, as profiling.email"#),
    Condition(
      #"in_basket("shoes")"#, 1, 1, 0,
      #"'in_basket' belongs to a request for an offer; a question about customers has none; "#
        + #"use bought("…") or viewed("…")"#),
    Condition(
      #"lifetimevalue > 5"#, 1, 1, 0,
      #"unknown field 'lifetimevalue'; did you mean 'lifetime_value'?"#),
    Condition(
      #"lifetime_valu > 5"#, 1, 1, 0,
      #"unknown field 'lifetime_valu'; did you mean 'lifetime_value'?"#),
    Condition(
      #"days_since_ordr > 30"#, 1, 1, 0,
      #"unknown field 'days_since_ordr'; did you mean 'days_since_order'?"#),
    Condition(
      #"p_alve < 0.5"#, 1, 1, 0,
      #"unknown field 'p_alve'; did you mean 'p_alive'?"#),
    Condition(
      #"churn_probability > 0.5"#, 1, 1, 0,
      #"unknown field 'churn_probability'; a text is written in double quotes; there are "#
        + #"segment, …"#),
    Condition(
      #"segmnt == "vip""#, 1, 1, 0,
      #"unknown field 'segmnt'; did you mean 'segment'?"#),
    Condition(
      #"contry == "FR""#, 1, 1, 0,
      #"unknown field 'contry'; did you mean 'country'?"#),
    Condition(
      #"consent.emial"#, 1, 1, 0,
      #"unknown field 'consent.emial'; did you mean 'consent.email'?"#),
    Condition(
      #"profiling.mail"#, 1, 1, 0,
      #"unknown field 'profiling.mail'; did you mean 'profiling.email'?"#),
    Condition(
      #"profiling"#, 1, 1, 0,
      #"unknown field 'profiling'; a text is written in double quotes; there are segment, …"#),
    Condition(
      #"consent"#, 1, 1, 0,
      #"unknown field 'consent'; a text is written in double quotes; there are segment, …"#),
    Condition(
      #"customer == "c1""#, 1, 1, 0,
      #"unknown field 'customer'; a text is written in double quotes; there are segment, …"#),
    Condition(
      #"best_offer == "welcome""#, 1, 1, 0,
      #"unknown field 'best_offer'; a text is written in double quotes; there are segment, …"#),
    Condition(
      #"segment == "VIP""#, 1, 12, 11,
      #"'segment' has no "VIP"; there are "new", "vip", "loyal", "will buy again", "about "#
        + #"to leave", "inactive""#),
    Condition(
      #"segment == "sleeping""#, 1, 12, 11,
      #"'segment' has no "sleeping"; there are "new", "vip", "loyal", "will buy again", "#
        + #""about to leave", "inactive""#),
    Condition(
      #"segment in ("vip", "gone")"#, 1, 20, 19,
      #"'segment' has no "gone"; there are "new", "vip", "loyal", "will buy again", "about "#
        + #"to leave", "inactive""#),
    Condition(
      #"segment == vip"#, 1, 12, 11,
      #"unknown field 'vip'; a text is written in double quotes: "vip""#),
    Condition(
      #"segment > "vip""#, 1, 1, 0,
      #"'segment' is a text; texts have no order; compare with '==', '!=' or 'in'"#),
    Condition(
      #"preferred_channel == "mail""#, 1, 22, 21,
      #"'preferred_channel' has no "mail"; did you mean "email"? there are "email", "sms", "#
        + #""push", "site", "phone", "post", "store""#),
    Condition(
      #"preferred_channel in ("email", "fax")"#, 1, 32, 31,
      #"'preferred_channel' has no "fax"; there are "email", "sms", "push", "site", "#
        + #""phone", "post", "store""#),
    Condition(
      #"tier == "gold""#, 1, 9, 8,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with the "#
        + #"text "gold"; write gold without quotes"#),
    Condition(
      #"tier >= gould"#, 1, 9, 8,
      #"'gould' is not a level of 'tier'; did you mean 'gold'? its levels are bronze, "#
        + #"silver, gold, platinum"#),
    Condition(
      #"tier > 2"#, 1, 8, 7,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with the "#
        + #"number 2; compare it with one of bronze, silver, gold, platinum"#),
    Condition(
      #"tier == diamond"#, 1, 9, 8,
      #"'diamond' is not a level of 'tier'; its levels are bronze, silver, gold, platinum"#),
    Condition(
      #"gold"#, 1, 1, 0,
      #"'gold' is a level of 'tier'; compare it with that field: tier >= gold"#),
    Condition(
      #"tier + 1 > 2"#, 1, 1, 0,
      #"'tier' is one of bronze, silver, gold, platinum; '+' takes numbers; compare it, as "#
        + #">= bronze"#),
    Condition(
      #"tier between bronze and "gold""#, 1, 25, 24,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with the "#
        + #"text "gold"; write gold without quotes"#),
    Condition(
      #"quantile("lifetime_value") > 5"#, 1, 1, 0,
      #"'quantile' takes 2 arguments, not 1; write quantile("…", 30)"#),
    Condition(
      #"lifetime_value > quantile("lifetime_value", 1.5)"#, 1, 45, 44,
      #"1.5 is outside of what 'quantile' takes; write a number from 0.0 to 1.0"#),
    Condition(
      #"lifetime_value > quantile("lifetime_value", -0.1)"#, 1, 45, 44,
      #"-0.1 is outside of what 'quantile' takes; write a number from 0.0 to 1.0"#),
    Condition(
      #"lifetime_value > quantile("lifetimevalue", 0.9)"#, 1, 27, 26,
      #"'quantile' has no "lifetimevalue"; did you mean "lifetime_value"? there are "#
        + #""lifetime_value", …"#),
    Condition(
      #"lifetime_value > quantile("segment", 0.9)"#, 1, 27, 26,
      #"'quantile' has no "segment"; there are "lifetime_value", …"#),
    Condition(
      #"lifetime_value > quantile("birthday", 0.9)"#, 1, 27, 26,
      #"'quantile' has no "birthday"; there are "lifetime_value", …"#),
    Condition(
      #"lifetime_value > quantile(lifetime_value, 0.9)"#, 1, 27, 26,
      #"an argument of 'quantile' is not a text in quotes; write quantile("…", 30)"#),
    Condition(
      #"lifetime_value > quantile(0.9, "lifetime_value")"#, 1, 27, 26,
      #"an argument of 'quantile' is not a text in quotes; write quantile("…", 30)"#),
    Condition(
      #"lifetime_value > quantile("lifetime_value", churn)"#, 1, 45, 44,
      #"an argument of 'quantile' is not a literal number; write quantile("…", 30)"#),
    Condition(
      #"quantile("lifetime_value", 0.9)"#, 1, 1, 0,
      #"'quantile("lifetime_value", 0.9)' is a number, not a yes or no; compare it, as "#
        + #"quantile("lifetime_value", 0.9) > 0"#),
    Condition(
      #"quantile"#, 1, 1, 0,
      #"'quantile' is a function; write quantile("…", 30)"#),
    Condition(
      #"quartile("lifetime_value", 0.9) > 5"#, 1, 1, 0,
      #"unknown function 'quartile'; did you mean 'quantile'?"#),
    Condition(
      #"country == 5"#, 1, 12, 11,
      #"'country' is a text; it cannot be compared with the number 5; compare it with a "#
        + #"text in double quotes"#),
    Condition(
      #"country < "FR""#, 1, 1, 0,
      #"'country' is a text; texts have no order; compare with '==', '!=' or 'in'"#),
    Condition(
      #"country == FR"#, 1, 12, 11,
      #"'FR' has capital letters; names are in lower case; a text is written in double "#
        + #"quotes"#),
    Condition(
      #"country == 'FR'"#, 1, 12, 11,
      #"''' is not a part of the language; a text is written in double quotes"#),
    Condition(
      #"orders == "5""#, 1, 11, 10,
      #"'orders' is a number; it cannot be compared with the text "5"; compare it with a "#
        + #"number, without quotes"#),
    Condition(
      #"orders = 5"#, 1, 8, 7,
      #"'=' is not a part of the language; write '==' to compare"#),
    Condition(
      #"orders => 5"#, 1, 8, 7,
      #"'=>' is not a part of the language; write '>='"#),
    Condition(
      #"orders > 5 && churn < 0.5"#, 1, 12, 11,
      #"'&&' is not a part of the language; write 'and'"#),
    Condition(
      #"orders > 5 || churn < 0.5"#, 1, 12, 11,
      #"'||' is not a part of the language; write 'or'"#),
    Condition(
      #"!open_complaint"#, 1, 1, 0,
      #"'!' is not a part of the language; write 'not', or '!=' for unequal"#),
    Condition(
      #"1 < orders < 5"#, 1, 12, 11,
      #"comparisons are not chained; write '1 < orders and orders < 5', or 'between'"#),
    Condition(
      #"orders > 5 and"#, 1, 15, 14,
      #"the condition ends where a value is missing; write the value, or remove the operator"#),
    Condition(
      #"orders > 5 churn < 0.5"#, 1, 12, 11,
      #"found 'churn' behind a value; put an operator, 'and' or 'or' between"#),
    Condition(
      #"(orders > 5"#, 1, 12, 11,
      #"'(' of line 1, column 1 is not closed (the condition ends); add ')', or an operator "#
        + #"before"#),
    Condition(
      #"orders > 5)"#, 1, 11, 10,
      #"')' closes nothing; remove it, or add '(' before"#),
    Condition(
      #"orders between 1"#, 1, 17, 16,
      #"'between' has no second bound (the condition ends); write between 1 and 5"#),
    Condition(
      #"orders between 5 or 10"#, 1, 18, 17,
      #"'between' has no second bound (found 'or'); write between 1 and 5"#),
    Condition(
      #"orders in (1, "a")"#, 1, 15, 14,
      #"'orders' is a number; it cannot be compared with the text "a"; compare it with a "#
        + #"number, without quotes"#),
    Condition(
      #"orders in ()"#, 1, 12, 11,
      #"a list has a member that is no literal (found ')'); its members are texts, numbers, "#
        + #"dates or levels, as in ("a", "b"); else join comparisons with 'or'"#),
    Condition(
      #"orders is null"#, 1, 11, 10,
      #"behind 'is' stands neither known nor unknown (found 'null'); write 'is known' or "#
        + #"'is unknown'; equality is '=='"#),
    Condition(
      #"first_order > "2024-01-01""#, 1, 15, 14,
      #"'first_order' is a date; it cannot be compared with the text "2024-01-01"; compare "#
        + #"it with a date, as 2026-01-31 without quotes"#),
    Condition(
      #"first_order > 2024-02-30"#, 1, 15, 14,
      #"there is no day 2024-02-30; the form is year-month-day, as 2026-01-31"#),
    Condition(
      #"first_order > 20240101"#, 1, 15, 14,
      #"'first_order' is a date; it cannot be compared with the number 20240101; compare it "#
        + #"with a date, as 2026-01-31 without quotes"#),
    Condition(
      #"today - 30 > first_order"#, 1, 1, 0,
      #"'today' is a date; '-' takes numbers; only a date minus a date is a number, of "#
        + #"days: last - first > 30"#),
    Condition(
      #"birthday == 5"#, 1, 13, 12,
      #"'birthday' is a date; it cannot be compared with the number 5; compare it with a "#
        + #"date, as 2026-01-31 without quotes"#),
    Condition(
      #"consent.email == 1"#, 1, 18, 17,
      #"'consent.email' is a yes/no; it cannot be compared with the number 1; use it alone, "#
        + #"or with 'not'"#),
    Condition(
      #"consent.email > false"#, 1, 1, 0,
      #"'consent.email' is a yes/no; yes and no have no order; use it alone, or with 'not', "#
        + #"'and', 'or'"#),
    Condition(
      #"open_complaint + 1 > 1"#, 1, 1, 0,
      #"'open_complaint' is a yes/no; '+' takes numbers; write a number or the name of one"#),
    Condition(
      #"bought(shoes)"#, 1, 8, 7,
      #"an argument of 'bought' is not a text in quotes; write bought("…")"#),
    Condition(
      #"bought("shoes", 3)"#, 1, 1, 0,
      #"'bought' takes 1 argument, not 2; write bought("…")"#),
    Condition(
      #"bought"#, 1, 1, 0,
      #"'bought' is a function; write bought("…")"#),
    Condition(
      #"viewed(5)"#, 1, 8, 7,
      #"an argument of 'viewed' is not a text in quotes; write viewed("…")"#),
    Condition(
      #"churn else 0"#, 1, 1, 0,
      #"'churn else 0' is a number, not a yes or no; compare it, as churn else 0 > 0"#),
    Condition(
      #"(consent.email else 0) > 1"#, 1, 2, 1,
      #"'consent.email' is a yes/no; 'else 0' takes a number; write a number or the name of "#
        + #"one"#),
    Condition(
      #"orders >= 5 else 0"#, 1, 13, 12,
      #"'else' follows a value that is never unknown; put what may be unknown in "#
        + #"parentheses: (mean_spend else 0) >= 50"#),
    Condition(
      #"orders > 5%"#, 1, 11, 10,
      #"'%' is not a part of the language; write a share as a number, 0.1 for 10 %"#),
    Condition(
      #"total_spend > 1,000"#, 1, 16, 15,
      #"',' stands outside of a list; thousands are grouped with _, as 1_000, or not at all"#),
    Condition(
      #"total_spend > €50"#, 1, 15, 14,
      #"'€' is not a part of the language; amounts are plain numbers"#),
    Condition(
      #""FR""#, 1, 1, 0,
      #"this is the text "FR", not a yes or no; compare it, as "FR" == "…""#),
    Condition(
      #"5"#, 1, 1, 0,
      #"this is the number 5, not a yes or no; compare it, as 5 > 0"#),
    Condition(
      #"orders"#, 1, 1, 0,
      #"'orders' is a number, not a yes or no; compare it, as orders > 0"#),
    Condition(
      #"true and 5"#, 1, 10, 9,
      #"this is the number 5, not a yes or no; compare it, as 5 > 0"#),
    Condition(
      #"# nothing"#, 1, 1, 0,
      #"the condition is empty; write one, as orders > 0, or 'true'"#),
    Condition(
      #"orders > 5;"#, 1, 11, 10,
      #"';' is not a part of the language; join conditions with 'and'"#),
    Condition(
      #"orders > 1e999"#, 1, 10, 9,
      #"a number is too large; the largest is about 1.8e308"#),
    Condition(
      #"min(orders) > 0"#, 1, 1, 0,
      #"'min' has 1 argument; it takes two or more: min(1, 2)"#),
    Condition(
      #"abs(1, 2) > 0"#, 1, 1, 0,
      #"'abs' has 2 arguments; it takes one number: abs(orders)"#),
    Condition(
      #"segment is vip"#, 1, 12, 11,
      #"behind 'is' stands neither known nor unknown (found 'vip'); write 'is known' or 'is "#
        + #"unknown'; equality is '=='"#),
    Condition(
      #"Orders > 5"#, 1, 1, 0,
      #"'Orders' has capital letters; names are in lower case; a text is written in double "#
        + #"quotes"#),
    Condition(
      #"orders >"#, 1, 9, 8,
      #"the condition ends where a value is missing; write the value, or remove the operator"#),
    Condition(
      #"  5 and segmnt == "vip""#, 1, 3, 2,
      #"this is the number 5, not a yes or no; compare it, as 5 > 0"#),
  ]

  /// Columns that are told behind «customer», fields that are ordered by, grouped by and added up.
  static let names: [Name] = [
    Name(
      .told, #"customers"#, 81,
      #"unknown field 'customers'; there are segment, …"#),
    Name(
      .told, #"lifetimevalue"#, 81,
      #"unknown field 'lifetimevalue'; did you mean 'lifetime_value'?"#),
    Name(
      .told, #"basket"#, 81,
      #"'basket' belongs to a request for an offer; a question about customers has none; "#
        + #"use mean_spend or total_spend, or cart_left for a basket that was left behind"#),
    Name(
      .told, #"consent.mail"#, 81,
      #"unknown field 'consent.mail'; did you mean 'consent.email'?"#),
    Name(
      .told, #"best_offer"#, 81,
      #"'best_offer' names no channel; write best_offer(email)"#),
    Name(
      .told, #"best_offer()"#, 81,
      #"best_offer takes a channel, and a placement if there are several: one of email, "#
        + #"sms, push, site, phone, post, store; write best_offer(email)"#),
    Name(
      .told, #"best_offer(mail)"#, 81,
      #"best_offer takes a channel, and a placement if there are several: one of email, "#
        + #"sms, push, site, phone, post, store; write best_offer(email)"#),
    Name(
      .told, #"best_offer(email, a, b)"#, 81,
      #"best_offer takes a channel, and a placement if there are several: one of email, "#
        + #"sms, push, site, phone, post, store; write best_offer(email)"#),
    Name(
      .told, #"best_offer(email"#, 81,
      #"'best_offer(email' names no channel; write best_offer(email)"#),
    Name(
      .told, #"bestoffer(email)"#, 81,
      #"unknown field 'bestoffer(email)'; there are segment, …"#),
    Name(
      .told, #"quantile("orders", 0.5)"#, 81,
      #"unknown field 'quantile("orders", 0.5)'; there are segment, …"#),
    Name(
      .told, #""#, 81,
      #"unknown field ''; there are segment, …"#),
    Name(
      .told, #"p_alive > 0.5"#, 81,
      #"unknown field 'p_alive > 0.5'; there are segment, …"#),
    Name(
      .orderedBy, #"country"#, 65,
      #"'country' is a text, and customers cannot be ordered by that"#),
    Name(
      .orderedBy, #"segment"#, 65,
      #"'segment' is a text, and customers cannot be ordered by that"#),
    Name(
      .orderedBy, #"tier"#, 65,
      #"'tier' is a level, and customers cannot be ordered by that"#),
    Name(
      .orderedBy, #"open_complaint"#, 65,
      #"'open_complaint' is a yes or no, and customers cannot be ordered by that"#),
    Name(
      .orderedBy, #"ordrs"#, 65,
      #"unknown field 'ordrs'; did you mean 'orders'?"#),
    Name(
      .orderedBy, #"customer"#, 65,
      #"unknown field 'customer'; there are lifetime_value, …"#),
    Name(
      .orderedBy, #"basket"#, 65,
      #"'basket' belongs to a request for an offer; a question about customers has none; "#
        + #"use mean_spend or total_spend, or cart_left for a basket that was left behind"#),
    Name(
      .orderedBy, #"best_offer(email)"#, 65,
      #"unknown field 'best_offer(email)'; there are lifetime_value, …"#),
    Name(
      .groupedBy, #"orders"#, 61,
      #"'orders' is a number, and customers cannot be grouped by that"#),
    Name(
      .groupedBy, #"first_order"#, 61,
      #"'first_order' is a date, and customers cannot be grouped by that"#),
    Name(
      .groupedBy, #"segmnt"#, 61,
      #"unknown field 'segmnt'; did you mean 'segment'?"#),
    Name(
      .groupedBy, #"customer"#, 61,
      #"unknown field 'customer'; there are segment, …"#),
    Name(
      .groupedBy, #"placement"#, 61,
      #"'placement' belongs to a request for an offer; a question about customers has none; "#
        + #"leave it out; best_offer(email, checkout) names one"#),
    Name(
      .groupedBy, #"churn"#, 61,
      #"'churn' is a number, and customers cannot be grouped by that"#),
    Name(
      .addedUp, #"country"#, 62,
      #"'country' is a text, and customers cannot be added up by that"#),
    Name(
      .addedUp, #"tier"#, 62,
      #"'tier' is a level, and customers cannot be added up by that"#),
    Name(
      .addedUp, #"first_order"#, 62,
      #"'first_order' is a date, and customers cannot be added up by that"#),
    Name(
      .addedUp, #"consent.email"#, 62,
      #"'consent.email' is a yes or no, and customers cannot be added up by that"#),
    Name(
      .addedUp, #"lifetime"#, 62,
      #"unknown field 'lifetime'; there are lifetime_value, …"#),
    Name(
      .addedUp, #"basket"#, 62,
      #"'basket' belongs to a request for an offer; a question about customers has none; "#
        + #"use mean_spend or total_spend, or cart_left for a basket that was left behind"#),
  ]
}
