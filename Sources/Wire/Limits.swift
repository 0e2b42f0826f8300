// Every maximum of the wire, in one place. The server's own limits (connections, queues) are in
// Server/Configuration.swift. protocol.md repeats this table; a test compares the two.

/// The named maxima of the protocol.
public enum Limits {
  /// Bytes of one whole frame, its length field included.
  public static let frameSizeMax = 1 << 20
  /// Bytes of one whole request for many scores; replies are bounded by `frameSizeMax`.
  public static let batchFrameSizeMax = 8 << 20
  /// Bytes of a frame before the hello was accepted.
  public static let helloSizeMax = 256
  /// Bytes of an identifier: a customer, an order, a return.
  public static let identifierSizeMax = 64
  /// Rows in one request that records.
  public static let rowsMax = 8192
  /// Newest recorded events of each kind of a customer that are told at once: of carts, of views, of
  /// contacts, of complaints.
  public static let eventsToldMax = 16
  /// Categories a customer bought of that are told at once, those with most money.
  public static let categoriesToldMax = 64
  /// Consents of a customer that are told at once.
  public static let consentsToldMax = 1024
  /// Customers in one request that asks for many scores.
  public static let customersMax = 100_000
  /// Scores in one frame of a reply; a reply with more comes in parts.
  public static let scoresMax = 8192
  /// Bytes of a name: a client, a server, a time zone.
  public static let nameSizeMax = 64
  /// Changes of a time zone's offset that a declaration may carry.
  public static let transitionsMax = 1024
  /// Bytes of a sentence in a refusal, or of the warnings of a fit.
  public static let sentenceSizeMax = 2048
  /// Minor units of one amount, either sign: a thousand million million.
  public static let amountMax: Int64 = 1_000_000_000_000_000
  /// Digits behind the decimal point a currency may have.
  public static let minorDigitsMax: UInt8 = 4
  /// Days ahead of the server's day that an order may carry (clocks differ).
  public static let futureDaysMax = 1
  /// Seconds ahead of the server's time that a consent or an event may carry (clocks differ).
  public static let futureSecondsMax = 300
  /// Last calendar day that can be recorded, counted from 1970-01-01 (2149-06-05).
  public static let dayMax = 65_534
  /// Days of a score's horizon: ten years.
  public static let horizonDaysMax = 3_653.0
  /// Bytes of the answers to commands with a key that are remembered.
  ///
  /// The answer to a batch without refused rows takes 44. When a half is full, the older half is
  /// forgotten.
  public static let answersSizeMax = 96 << 20
  /// Customers times months of the horizon in one frame of a reply, so that no request keeps the
  /// others waiting for long.
  public static let scoreMonthsMax = 12_288
  /// Discount rate per year.
  public static let discountRateMax = 10.0
  /// Margin as a fraction of an order's value.
  public static let marginMax = 1.0
  /// Weeks of a forecast.
  public static let forecastWeeksMax = 104
  /// Further purchase models beside the first of a model.
  public static let blendMax = 2
  /// Parts of the year with a speed of their own.
  public static let seasonPartsMax = 24
  /// Signals of a correction.
  public static let signalsMax = 5
  /// Bytes of a catalogue of offers.
  public static let catalogueSizeMax = 700_000
  /// Offers of a catalogue.
  public static let offersMax = 256
  /// Offers of one answer.
  public static let slateMax = 30
  /// Categories of a basket that a request may name.
  public static let basketCategoriesMax = 32
  /// Features a shop may declare of its own.
  public static let ownFeaturesMax = 16
  /// Bytes of the record of one decision.
  public static let decisionSizeMax = 32 << 10
  /// Bytes of the decisions that are remembered.
  ///
  /// One takes 700 to 1,500, up to 15,000 with 256 offers. When a half is full, the older half is
  /// forgotten.
  public static let decisionsSizeMax = 256 << 20
  /// Terms of a churn layer.
  public static let churnTermsMax = 32
}
