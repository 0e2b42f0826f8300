// Wrong conditions, and what is said of them: line, column, offset in bytes, sentence.

extension RuleErrorTests {
  static let wrong: [Wrong] = [
    Wrong(
      #"baskett > 5"#, 1, 1, 0,
      #"unknown field 'baskett'; did you mean 'basket'?"#),
    Wrong(
      #"basket > 50 and\#n  contry == "FR""#, 2, 3, 18,
      #"unknown field 'contry'; did you mean 'country'?"#),
    Wrong(
      #"email"#, 1, 1, 0,
      #"unknown field 'email'; did you mean 'consent.email'?"#),
    Wrong(
      #"country == 5"#, 1, 12, 11,
      #"'country' is a text; it cannot be compared with the number 5; compare it with "#
        + #"a text in double quotes"#),
    Wrong(
      #"5 == country"#, 1, 1, 0,
      #"'country' is a text; it cannot be compared with the number 5; compare it with "#
        + #"a text in double quotes"#),
    Wrong(
      #"country == fr"#, 1, 12, 11,
      #"unknown field 'fr'; a text is written in double quotes: "fr""#),
    Wrong(
      #"country == basket"#, 1, 12, 11,
      #"'country' is a text; it cannot be compared with 'basket', which is a number; "#
        + #"compare it with a text in double quotes"#),
    Wrong(
      #"basket == "FR""#, 1, 11, 10,
      #"'basket' is a number; it cannot be compared with the text "FR"; compare it "#
        + #"with a number, without quotes"#),
    Wrong(
      #"country < "FR""#, 1, 1, 0,
      #"'country' is a text; texts have no order; compare with '==', '!=' or 'in'"#),
    Wrong(
      #"tier >= "gold""#, 1, 9, 8,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with "#
        + #"the text "gold"; write gold without quotes"#),
    Wrong(
      #"tier >= gould"#, 1, 9, 8,
      #"'gould' is not a level of 'tier'; did you mean 'gold'? its levels are bronze, "#
        + #"silver, gold, platinum"#),
    Wrong(
      #"tier >= 3"#, 1, 9, 8,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with "#
        + #"the number 3; compare it with one of bronze, silver, gold, platinum"#),
    Wrong(
      #"tier == country"#, 1, 9, 8,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with "#
        + #"'country', which is a text; compare it with one of bronze, silver, gold, "#
        + #"platinum"#),
    Wrong(
      #"gold"#, 1, 1, 0,
      #"'gold' is a level of 'tier'; compare it with that field: tier >= gold"#),
    Wrong(
      #"gold == silver"#, 1, 1, 0,
      #"'gold' is a level of 'tier'; compare it with that field: tier >= gold"#),
    Wrong(
      #"tier + 1 > 2"#, 1, 1, 0,
      #"'tier' is one of bronze, silver, gold, platinum; '+' takes numbers; compare "#
        + #"it, as >= bronze"#),
    Wrong(
      #"today + 30 > birthday"#, 1, 1, 0,
      #"'today' is a date; '+' takes numbers; only a date minus a date is a number, "#
        + #"of days: last - first > 30"#),
    Wrong(
      #"today - 30 > birthday"#, 1, 1, 0,
      #"'today' is a date; '-' takes numbers; only a date minus a date is a number, "#
        + #"of days: last - first > 30"#),
    Wrong(
      #"today == "2026-11-22""#, 1, 10, 9,
      #"'today' is a date; it cannot be compared with the text "2026-11-22"; compare "#
        + #"it with a date, as 2026-01-31 without quotes"#),
    Wrong(
      #"today > 20260101"#, 1, 9, 8,
      #"'today' is a date; it cannot be compared with the number 20260101; compare it "#
        + #"with a date, as 2026-01-31 without quotes"#),
    Wrong(
      #"today > 2026-02-30"#, 1, 9, 8,
      #"there is no day 2026-02-30; the form is year-month-day, as 2026-01-31"#),
    Wrong(
      #"today > 2026-1-5"#, 1, 9, 8,
      #"'2026-1-5' is neither a date nor a difference; a date is written as "#
        + #"2026-01-31; between numbers put spaces around '-'"#),
    Wrong(
      #"2026-13-01 == today"#, 1, 1, 0,
      #"there is no day 2026-13-01; the form is year-month-day, as 2026-01-31"#),
    Wrong(
      #"consent.email == 1"#, 1, 18, 17,
      #"'consent.email' is a yes/no; it cannot be compared with the number 1; use it "#
        + #"alone, or with 'not'"#),
    Wrong(
      #"consent.email > false"#, 1, 1, 0,
      #"'consent.email' is a yes/no; yes and no have no order; use it alone, or with "#
        + #"'not', 'and', 'or'"#),
    Wrong(
      #"consent.email + 1 > 0"#, 1, 1, 0,
      #"'consent.email' is a yes/no; '+' takes numbers; write a number or the name of "#
        + #"one"#),
    Wrong(
      #"not basket"#, 1, 5, 4,
      #"'basket' is a number; 'not' takes a yes or no; compare it, as basket > 0"#),
    Wrong(
      #"basket"#, 1, 1, 0,
      #"'basket' is a number, not a yes or no; compare it, as basket > 0"#),
    Wrong(
      #"country"#, 1, 1, 0,
      #"'country' is a text, not a yes or no; compare it, as country == "…""#),
    Wrong(
      #"today and true"#, 1, 1, 0,
      #"'today' is a date, not a yes or no; compare it, as today >= 2026-01-31"#),
    Wrong(
      #"tier"#, 1, 1, 0,
      #"'tier' is one of bronze, silver, gold, platinum, not a yes or no; compare it, "#
        + #"as tier >= bronze"#),
    Wrong(
      #"basket and consent.email"#, 1, 1, 0,
      #"'basket' is a number, not a yes or no; compare it, as basket > 0"#),
    Wrong(
      #"basket > 5 or country"#, 1, 15, 14,
      #"'country' is a text; 'or' takes a yes or no; compare it, as country == "…""#),
    Wrong(
      #"1 < basket < 3"#, 1, 12, 11,
      #"comparisons are not chained; write '1 < basket and basket < 3', or 'between'"#),
    Wrong(
      #"basket == 5 == true"#, 1, 13, 12,
      #"comparisons are not chained; write 'basket == 5 and 5 == true', or 'between'"#),
    Wrong(
      #"basket = 5"#, 1, 8, 7,
      #"'=' is not a part of the language; write '==' to compare"#),
    Wrong(
      #"basket => 5"#, 1, 8, 7,
      #"'=>' is not a part of the language; write '>='"#),
    Wrong(
      #"basket <> 5"#, 1, 8, 7,
      #"'<>' is not a part of the language; write '!='"#),
    Wrong(
      #"basket > 5 && consent.email"#, 1, 12, 11,
      #"'&&' is not a part of the language; write 'and'"#),
    Wrong(
      #"basket > 5 || consent.email"#, 1, 12, 11,
      #"'||' is not a part of the language; write 'or'"#),
    Wrong(
      #"!consent.email"#, 1, 1, 0,
      #"'!' is not a part of the language; write 'not', or '!=' for unequal"#),
    Wrong(
      #"basket > 5 AND consent.email"#, 1, 12, 11,
      #"'AND' has capital letters; write 'and'"#),
    Wrong(
      #"Basket > 5"#, 1, 1, 0,
      #"'Basket' has capital letters; names are in lower case; a text is written in "#
        + #"double quotes"#),
    Wrong(
      #"country == 'FR'"#, 1, 12, 11,
      #"''' is not a part of the language; a text is written in double quotes"#),
    Wrong(
      #"country == “FR”"#, 1, 12, 11,
      #"'“' is not a part of the language; a text is written in plain double quotes"#),
    Wrong(
      #"country == "FR"#, 1, 12, 11,
      #"a text is not closed on its line; end it with ", or write \n for a new line"#),
    Wrong(
      #"country == "F\R""#, 1, 14, 13,
      #"a text has an escape that does not exist; there are \" \\ \n and \u{E9}, with "#
        + #"one to eight hexadecimal digits"#),
    Wrong(
      #"country == "\u{D800}""#, 1, 13, 12,
      #"a text has an escape that does not exist; there are \" \\ \n and \u{E9}, with "#
        + #"one to eight hexadecimal digits"#),
    Wrong(
      #"basket ≥ 50"#, 1, 8, 7,
      #"'≥' is not a part of the language; write '>='"#),
    Wrong(
      #"basket > 5 %"#, 1, 12, 11,
      #"'%' is not a part of the language; write a share as a number, 0.1 for 10 %"#),
    Wrong(
      #"basket > $5"#, 1, 10, 9,
      #"'$' is not a part of the language; amounts are plain numbers"#),
    Wrong(
      #"basket > 30d"#, 1, 12, 11,
      #"a number goes on with 'd'; put a space or an operator between; units are not "#
        + #"written, days are plain numbers"#),
    Wrong(
      #"basket > 1,000"#, 1, 11, 10,
      #"',' stands outside of a list; thousands are grouped with _, as 1_000, or not "#
        + #"at all"#),
    Wrong(
      #"basket > .5"#, 1, 10, 9,
      #"'.' is not a part of the language; a number begins with a digit, as 0.5; a "#
        + #"name with a letter"#),
    Wrong(
      #"basket > 5."#, 1, 12, 11,
      #"a digit is missing behind the point of a number; write 80 or 80.0"#),
    Wrong(
      #"basket > 1.2.3"#, 1, 13, 12,
      #"a number has a second point; write it with one, as 80.5"#),
    Wrong(
      #"basket > 1__0"#, 1, 11, 10,
      #"a number goes on with '_'; put a space or an operator between; units are not "#
        + #"written, days are plain numbers"#),
    Wrong(
      #"basket > 1e999"#, 1, 10, 9,
      #"a number is too large; the largest is about 1.8e308"#),
    Wrong(
      #"basket > "#, 1, 10, 9,
      #"the condition ends where a value is missing; write the value, or remove the "#
        + #"operator"#),
    Wrong(
      #"> 5"#, 1, 1, 0,
      #"found '>' where a value is missing; write a value before it"#),
    Wrong(
      #"(basket > 5"#, 1, 12, 11,
      #"'(' of line 1, column 1 is not closed (the condition ends); add ')', or an "#
        + #"operator before"#),
    Wrong(
      #"basket > 5)"#, 1, 11, 10,
      #"')' closes nothing; remove it, or add '(' before"#),
    Wrong(
      #"basket > (5 + 3"#, 1, 16, 15,
      #"'(' of line 1, column 10 is not closed (the condition ends); add ')', or an "#
        + #"operator before"#),
    Wrong(
      #"basket > +5"#, 1, 10, 9,
      #"'+' stands before no value; numbers need no plus; remove it"#),
    Wrong(
      #"bought"#, 1, 1, 0,
      #"'bought' is a function; write bought("…")"#),
    Wrong(
      #"bought("shoes""#, 1, 15, 14,
      #"'(' of line 1, column 7 is not closed (the condition ends); add ')', or an "#
        + #"operator before"#),
    Wrong(
      #"bought(shoes)"#, 1, 8, 7,
      #"an argument of 'bought' is not a text in quotes; write bought("…")"#),
    Wrong(
      #"bought(5)"#, 1, 8, 7,
      #"an argument of 'bought' is not a text in quotes; write bought("…")"#),
    Wrong(
      #"bought("shoes", 30)"#, 1, 1, 0,
      #"'bought' takes 1 argument, not 2; write bought("…")"#),
    Wrong(
      #"viewed("shoes")"#, 1, 1, 0,
      #"'viewed' takes 2 arguments, not 1; write viewed("…", 30)"#),
    Wrong(
      #"viewed(30, "shoes")"#, 1, 8, 7,
      #"an argument of 'viewed' is not a text in quotes; write viewed("…", 30)"#),
    Wrong(
      #"brought("shoes")"#, 1, 1, 0,
      #"unknown function 'brought'; did you mean 'bought'?"#),
    Wrong(
      #"basket("shoes")"#, 1, 1, 0,
      #"'basket' is a field, not a function; write it without parentheses"#),
    Wrong(
      #"abs(1, 2) > 0"#, 1, 1, 0,
      #"'abs' has 2 arguments; it takes one number: abs(orders)"#),
    Wrong(
      #"min(basket) > 0"#, 1, 1, 0,
      #"'min' has 1 argument; it takes two or more: min(1, 2)"#),
    Wrong(
      #"min(country, 5) > 0"#, 1, 5, 4,
      #"'country' is a text; 'min' takes a number; write a number or the name of one"#),
    Wrong(
      #"max > 5"#, 1, 1, 0,
      #"'max' is a function; write max(mean_spend, 100)"#),
    Wrong(
      #"basket in ()"#, 1, 12, 11,
      #"a list has a member that is no literal (found ')'); its members are texts, "#
        + #"numbers, dates or levels, as in ("a", "b"); else join comparisons with 'or'"#),
    Wrong(
      #"basket in 5"#, 1, 11, 10,
      #"behind 'in' stands no list (found '5'); write in ("a", "b")"#),
    Wrong(
      #"basket in (1, "a")"#, 1, 15, 14,
      #"'basket' is a number; it cannot be compared with the text "a"; compare it "#
        + #"with a number, without quotes"#),
    Wrong(
      #"basket in (1, basket)"#, 1, 15, 14,
      #"'basket' is a number; a list has literals only; join comparisons with 'or' "#
        + #"instead"#),
    Wrong(
      #"country in ("FR", 5)"#, 1, 19, 18,
      #"'country' is a text; it cannot be compared with the number 5; compare it with "#
        + #"a text in double quotes"#),
    Wrong(
      #"country in ("FR" "DE")"#, 1, 18, 17,
      #"'(' of line 1, column 12 is not closed (found '"DE"'); add ')', or an "#
        + #"operator before"#),
    Wrong(
      #"tier in (gold, sliver)"#, 1, 16, 15,
      #"'sliver' is not a level of 'tier'; did you mean 'silver'? its levels are "#
        + #"bronze, silver, gold, platinum"#),
    Wrong(
      #"consent.email in ("a")"#, 1, 19, 18,
      #"'consent.email' is a yes/no; it cannot be compared with the text "a"; use it "#
        + #"alone, or with 'not'"#),
    Wrong(
      #"country in (bought("x"))"#, 1, 13, 12,
      #"a list has a member that is no literal (found 'bought'); its members are "#
        + #"texts, numbers, dates or levels, as in ("a", "b"); else join comparisons with "#
        + #"'or'"#),
    Wrong(
      #"basket between 1"#, 1, 17, 16,
      #"'between' has no second bound (the condition ends); write between 1 and 5"#),
    Wrong(
      #"basket between 1 or 5"#, 1, 18, 17,
      #"'between' has no second bound (found 'or'); write between 1 and 5"#),
    Wrong(
      #"basket between "a" and "b""#, 1, 16, 15,
      #"'basket' is a number; it cannot be compared with the text "a"; compare it "#
        + #"with a number, without quotes"#),
    Wrong(
      #"country between "a" and "b""#, 1, 1, 0,
      #"'country' is a text, which has no order for 'between'; compare with '==', "#
        + #"'!=' or 'in'"#),
    Wrong(
      #"consent.email between true and false"#, 1, 1, 0,
      #"'consent.email' is a yes/no, which has no order for 'between'; use it alone, "#
        + #"or with 'not'"#),
    Wrong(
      #"tier between bronze and 5"#, 1, 25, 24,
      #"'tier' is one of bronze, silver, gold, platinum; it cannot be compared with "#
        + #"the number 5; compare it with one of bronze, silver, gold, platinum"#),
    Wrong(
      #"basket is null"#, 1, 11, 10,
      #"behind 'is' stands neither known nor unknown (found 'null'); write 'is known' "#
        + #"or 'is unknown'; equality is '=='"#),
    Wrong(
      #"basket is not known"#, 1, 11, 10,
      #"behind 'is' stands neither known nor unknown (found 'not'); write 'is known' "#
        + #"or 'is unknown'; equality is '=='"#),
    Wrong(
      #"basket not known"#, 1, 12, 11,
      #"behind a value, 'not' is followed by 'in' only (found 'known'); write 'not' "#
        + #"first"#),
    Wrong(
      #"basket else"#, 1, 12, 11,
      #"behind 'else' stands neither true nor false nor a number (the condition "#
        + #"ends); behind a number or its name write 'else 0', behind a comparison 'else "#
        + #"true' or 'else false'"#),
    Wrong(
      #"basket else "a" > 5"#, 1, 13, 12,
      #"behind 'else' stands neither true nor false nor a number (found '"a"'); "#
        + #"behind a number or its name write 'else 0', behind a comparison 'else true' "#
        + #"or 'else false'"#),
    Wrong(
      #"basket >= 50 else 0"#, 1, 14, 13,
      #"'else' follows a value that is never unknown; put what may be unknown in "#
        + #"parentheses: (mean_spend else 0) >= 50"#),
    Wrong(
      #"basket >= 50 else maybe"#, 1, 19, 18,
      #"behind 'else' stands neither true nor false nor a number (found 'maybe'); "#
        + #"behind a number or its name write 'else 0', behind a comparison 'else true' "#
        + #"or 'else false'"#),
    Wrong(
      #"basket else true"#, 1, 1, 0,
      #"'basket' is a number; 'else true' takes a yes or no; compare it, as basket > 0"#),
    Wrong(
      #"consent.email else 0"#, 1, 1, 0,
      #"'consent.email' is a yes/no; 'else 0' takes a number; write a number or the "#
        + #"name of one"#),
    Wrong(
      #"country else 5 > 1"#, 1, 1, 0,
      #"'country' is a text; 'else 5' takes a number; write a number or the name of "#
        + #"one"#),
    Wrong(
      #"not consent.email else true"#, 1, 1, 0,
      #"'not' and 'else' stand together without parentheses; write 'not (… else "#
        + #"true)' or '(not …) else true', whichever is meant"#),
    Wrong(
      #"consent.email else true else false"#, 1, 25, 24,
      #"a second 'else' follows the first; nothing is unknown behind an 'else'; "#
        + #"remove it"#),
    Wrong(
      #"basket basket"#, 1, 8, 7,
      #"found 'basket' behind a value; put an operator, 'and' or 'or' between"#),
    Wrong(
      #"basket > 5 consent.email"#, 1, 12, 11,
      #"found 'consent.email' behind a value; put an operator, 'and' or 'or' between"#),
    Wrong(
      #"basket > 5 not consent.email"#, 1, 12, 11,
      #"found 'not' behind a whole comparison; join comparisons with 'and' or 'or', "#
        + #"or group with ( )"#),
    Wrong(
      #"basket > not 5"#, 1, 10, 9,
      #"'not' stands where a value is missing; put it and what it negates in "#
        + #"parentheses"#),
    Wrong(
      #"known > 5"#, 1, 1, 0,
      #"'known' stands where a value is missing; it is a word of the language and no "#
        + #"name; write a value before it"#),
    Wrong(
      #"basket > 5 and"#, 1, 15, 14,
      #"the condition ends where a value is missing; write the value, or remove the "#
        + #"operator"#),
    Wrong(
      #"basket > 5 and and true"#, 1, 16, 15,
      #"'and' stands where a value is missing; it is a word of the language and no "#
        + #"name; write a value before it"#),
    Wrong(
      #"basket > 5; true"#, 1, 11, 10,
      #"';' is not a part of the language; join conditions with 'and'"#),
    Wrong(
      #"// comment"#, 1, 1, 0,
      #"found '/' where a value is missing; a comment begins with '#'"#),
    Wrong(
      #"consent. email"#, 1, 8, 7,
      #"a name ends with a point; write the name's second part, or remove the point"#),
    Wrong(
      #"consent.email.now"#, 1, 1, 0,
      #"unknown field 'consent.email.now'; did you mean 'consent.email'?"#),
    Wrong(
      #"_basket > 5"#, 1, 1, 0,
      #"'_' is not a part of the language; a name begins with a letter"#),
    Wrong(
      #"basket[0] > 5"#, 1, 7, 6,
      #"'[' is not a part of the language; a list is written in ( )"#),
    Wrong(
      #"é > 5"#, 1, 1, 0,
      #"'é' is not a part of the language; a text is written in double quotes, names "#
        + #"in lower-case letters of ASCII"#),
    Wrong(
      #"true and 5"#, 1, 10, 9,
      #"this is the number 5, not a yes or no; compare it, as 5 > 0"#),
    Wrong(
      #""a" == 5"#, 1, 8, 7,
      #"the text "a" cannot be compared with the number 5; compare it with a text in "#
        + #"double quotes"#),
    Wrong(
      #"-country == 5"#, 1, 2, 1,
      #"'country' is a text; '-' takes a number; write a number or the name of one"#),
    Wrong(
      #"-consent.email"#, 1, 2, 1,
      #"'consent.email' is a yes/no; '-' takes a number; write a number or the name "#
        + #"of one"#),
    Wrong(
      #"5 in ("a")"#, 1, 7, 6,
      #"the number 5 cannot be compared with the text "a"; compare it with a number, "#
        + #"without quotes"#),
    Wrong(
      #"# only a comment"#, 1, 1, 0,
      #"the condition is empty; write one, as orders > 0, or 'true'"#),
    Wrong(
      #"viewed("shoes", "a")"#, 1, 17, 16,
      #"an argument of 'viewed' is not a literal number; write viewed("…", 30)"#),
    Wrong(
      #"basket > 5\#n\#n\#tand  bskt > 3"#, 3, 7, 18,
      #"unknown field 'bskt'; did you mean 'basket'?"#),
    Wrong(
      #""é" == "x" and "日本" == 5"#, 1, 24, 28,
      #"the text "日本" cannot be compared with the number 5; compare it with a text in "#
        + #"double quotes"#),
    Wrong(
      #"days_since_ordr > 2 * typcal_gap"#, 1, 1, 0,
      #"unknown field 'days_since_ordr'; did you mean 'days_since_order'?"#),
    Wrong(
      #"basket @ 5"#, 1, 8, 7,
      #"'@' is not a part of the language; a text is written in double quotes, names "#
        + #"in lower-case letters of ASCII"#),
    Wrong(
      #"basket > 5 ^ 2"#, 1, 12, 11,
      #"'^' is not a part of the language; a text is written in double quotes, names "#
        + #"in lower-case letters of ASCII"#),
    Wrong(
      #"is_open"#, 1, 1, 0,
      #"'is_open' is a function; write is_open()"#),
    Wrong(
      #"is_open(1)"#, 1, 1, 0,
      #"'is_open' takes 0 arguments, not 1; write is_open()"#),
    Wrong(
      #"basket is known is known"#, 1, 17, 16,
      #"found 'is' behind a whole comparison; join comparisons with 'and' or 'or', or "#
        + #"group with ( )"#),
    Wrong(
      #"(basket > 1) > 2"#, 1, 16, 15,
      #"'basket > 1' is a yes/no; it cannot be compared with the number 2; use it "#
        + #"alone, or with 'not'"#),
  ]
}
