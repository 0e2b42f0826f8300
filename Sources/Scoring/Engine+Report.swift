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
    let day = try store.lastDay(asOf: request.asOfMicros, at: at, "to report on")
    let cut = try store.holdoutCut(from: request.holdoutFromMicros, before: day, at: at + 8)
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
