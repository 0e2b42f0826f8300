// What the specification says of facts beside orders.

import Wire

extension ShopModel {
  /// Whether an instant has happened, clocks' differences allowed for, and can be recorded.
  func hasHappened(_ micros: Int64) -> Bool {
    day(ofMicros: micros) != nil
      && micros <= timeMicros + Int64(Limits.futureSecondsMax) * 1_000_000
  }

  mutating func record(_ row: RecordConsentsRequest.Row) -> Fate {
    let consent = row.consent
    guard hasHappened(consent.timeMicros),
      consent.expiresMicros == 0 || day(ofMicros: consent.expiresMicros) != nil
    else { return .refused(.timeOutOfRange) }
    var customer = customers[row.customer] ?? Customer()
    if customer.consents.contains(consent) { return .duplicate }
    customer.consents.append(consent)
    customers[row.customer] = customer
    return .recorded
  }

  func consentHistory(of name: String) -> ConsentHistoryReply {
    let newestFirst = [Consent]((customers[name]?.consents ?? []).reversed())
    var consents: [Consent] = []
    for channel in Channel.allCases {
      for purpose in Purpose.allCases {
        consents += newestFirst.filter { $0.channel == channel && $0.purpose == purpose }
      }
    }
    return ConsentHistoryReply(consents: consents)
  }
}
