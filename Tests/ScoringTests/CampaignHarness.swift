// Campaigns for tests: a catalogue with one, and its report without a workbench. No tests here.

import Models
import Wire

@testable import Scoring

extension CampaignReply {
  /// All of it as text: numbers that are not known are equal there.
  var told: String { "\(self)" }
}

extension EngineHarness {
  /// A catalogue with the campaign «feet» of one offer, «socks».
  static func feet(percent: Double?, offer: String = "", days: Int = 30, more: String = "")
    -> String
  {
    let holdout = percent.map {
      #""holdouts": [{"level": "campaign", "of": "feet", "key": "feet-1", "percent": \#($0)}],"#
    }
    return catalogue(
      [Self.offer("socks", offer), Self.offer("other")],
      rest: #""campaigns": [{"id": "feet", "days": \#(days), "offers": ["socks"]}\#(more)], "#
        + (holdout ?? ""))
  }

  /// The job of a report on a campaign, or why there is none.
  mutating func campaignJob(_ request: CampaignRequest) -> Result<CampaignJob, Refusal> {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.reportCampaign.rawValue, tag: 7, in: &frame)
    request.write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else { return .failure(Refusal(.badFrame, "no frame")) }
    let outcome = engine.execute(header, frame.bytes, at: nowMicros, into: &out)
    if case .asked(.analysis(let job as CampaignJob)) = outcome { return .success(job) }
    var reader = FrameReader(out.bytes, from: FrameHeader.size)
    guard case .frame(let head)? = try? Frame.cut(out.bytes, sizeMax: Limits.frameSizeMax),
      let status = Status(rawValue: head.status), let reply = try? RefusalReply(from: &reader)
    else { return .failure(Refusal(.taskFailed, "no refusal")) }
    return .failure(Refusal(status, reply.sentence))
  }

  mutating func campaign(_ name: String = "feet", asOf day: Int? = nil) throws -> CampaignReply {
    let request = CampaignRequest(campaign: name, asOfMicros: day.map(Self.noon) ?? 0)
    return try campaignJob(request).get().figures()
  }

  /// Decides for a customer, and says whether he or she is treated.
  mutating func enrol(_ customer: String) throws -> Bool {
    !(try made(customer).told.flags.contains(.heldOut))
  }
}
