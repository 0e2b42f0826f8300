// What a report is to work on. The figures themselves are in ReportJob.swift.

import Wire

extension Engine {
  /// Reads a request for a report and fixes what it works on.
  func reportJob(_ body: inout FrameReader) throws(Refusal) -> ReportJob {
    let at = body.offset
    let request = try ReportRequest(from: &body)
    guard let adopted = store.model else {
      throw Refusal(.noModel, "no model was adopted yet; fit one or adopt one first")
    }
    guard let calendar = store.calendar, store.newestOrderDay >= 0 else {
      throw Refusal(.notEnoughData, "there are no orders to report on; record or import some first")
    }
    var day = UInt16(store.newestOrderDay)
    if request.asOfMicros != 0 {
      guard let asked = calendar.day(ofMicros: request.asOfMicros) else {
        throw Refusal(.timeOutOfRange, at: at, "as of must lie between 1970-01-01 and 2149-06-05")
      }
      day = asked
    }
    var cut: UInt16?
    if request.holdoutFromMicros != 0 {
      guard let asked = calendar.day(ofMicros: request.holdoutFromMicros), asked < day else {
        throw Refusal(
          .timeOutOfRange, at: at + 8,
          "the hold-out must begin before the last day that is used, which is day \(day) since "
            + "1970-01-01")
      }
      cut = asked
    }
    var customer: UInt32?
    if !request.customer.isEmpty {
      customer = row(of: request.customer)
      guard customer != nil else {
        throw Refusal(
          .invalidField, at: at + 24, "there is no customer «\(request.customer)» in this shop")
      }
    }
    return ReportJob(
      store: store, adopted: adopted, day: day, askedCut: cut, horizonDays: request.horizonDays,
      customer: customer)
  }

  /// The row of a customer whose identifier is text.
  private func row(of customer: String) -> UInt32? {
    var bytes = ByteBuffer()
    bytes.append(name: customer)
    let name = bytes.bytes.extracting(1..<bytes.count)
    return row(of: name)
  }
}
