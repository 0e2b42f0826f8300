// The days a question is about, from the times in its request: one wording for all questions.

import Wire

extension ShopCalendar {
  /// The day of a time in a request.
  ///
  /// - Parameters:
  ///   - micros: microseconds since 1970 UTC.
  ///   - offset: where it stands in the frame.
  /// - Returns: the shop's day.
  /// - Throws: `timeOutOfRange`.
  func day(asOf micros: Int64, at offset: Int) throws(Refusal) -> UInt16 {
    guard let day = day(ofMicros: micros) else {
      throw Refusal(
        .timeOutOfRange, at: offset, "as of must lie between 1970-01-01 and 2149-06-05")
    }
    return day
  }
}

extension Store {
  /// The last day a question about the shop's orders looks at.
  ///
  /// - Parameters:
  ///   - micros: microseconds since 1970 UTC; 0 means the day of the newest order.
  ///   - offset: where it stands in the frame.
  ///   - purpose: what the orders are wanted for, after «there are no orders».
  /// - Returns: the shop's day.
  /// - Throws: `notEnoughData` without orders, and `timeOutOfRange`.
  func lastDay(
    asOf micros: Int64, at offset: Int, _ purpose: String
  ) throws(Refusal) -> UInt16 {
    guard let calendar, newestOrderDay >= 0 else {
      throw Refusal(
        .notEnoughData, "there are no orders \(purpose); record or import some first")
    }
    return micros == 0 ? UInt16(newestOrderDay) : try calendar.day(asOf: micros, at: offset)
  }

  /// The last day before a hold-out.
  ///
  /// - Parameters:
  ///   - micros: microseconds since 1970 UTC; 0 means that there is no hold-out.
  ///   - day: the last day of the hold-out.
  ///   - offset: where the time stands in the frame.
  /// - Returns: the shop's day, nil where there is no hold-out.
  /// - Throws: `timeOutOfRange`.
  func holdoutCut(
    from micros: Int64, before day: UInt16, at offset: Int
  ) throws(Refusal) -> UInt16? {
    if micros == 0 { return nil }
    guard let cut = calendar?.day(ofMicros: micros), cut < day else {
      throw Refusal(
        .timeOutOfRange, at: offset,
        "the hold-out must begin before the last day that is used, which is day \(day) since "
          + "1970-01-01")
    }
    return cut
  }
}
