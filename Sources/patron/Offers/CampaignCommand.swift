// `patron campaign`: asks what a campaign changed, or for a line about each. How it is shown is in
// CampaignText.

internal import Client
internal import Wire

enum CampaignCommand {
  static let command = Command(
    name: "campaign", summary: "tell what a campaign changed, treatment against control",
    synopsis: "[CAMPAIGN] [--as-of DATE] [--planned N] [--json]",
    options: [
      Option("as-of", "DATE", "from what happened up to this day (default: now)"),
      Option(
        "planned", "N",
        "customers of the smaller arm at the end, fixed before the first look "
          + "(default \(CampaignRequest.plannedDefault))"),
      Option("json", nil, "print JSON"), Connecting.option,
    ],
    details: """
      Without CAMPAIGN: a line about each campaign of the catalogue, and which of them stand when at
      most 5 % of those that stand may be false.

      Treated are the customers assigned to the campaign's offers, whatever reached them; control are
      those its holdout, or the global one, holds back. What all of them ordered within the campaign's
      window counts, from their first decision on; orders that came back are taken off. Intervals are
      of 95 %; look at the one «at every look» if you look before the end.
      """,
    run: run)

  /// What the command line asks for, but the day.
  static func request(_ arguments: Arguments) throws(CommandError) -> CampaignRequest {
    let words = arguments.positionals
    guard words.count <= 1 else { throw .usage("'\(words[1])' is a word too many") }
    let campaign = words.first ?? ""
    guard campaign.utf8.count <= Limits.nameSizeMax else {
      throw .usage("'\(campaign)' has \(campaign.utf8.count) bytes; a campaign has 1 to 64")
    }
    var request = CampaignRequest(campaign: campaign)
    if let text = arguments.value("planned") {
      guard let planned = UInt32(text), planned > 0 else {
        throw .usage("--planned is '\(text)', it must be a number above 0")
      }
      request.planned = planned
    }
    return request
  }

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    var request = try request(arguments)
    let day = try arguments.value("as-of").map { text throws(CommandError) in
      try Values.day(text, option: "as-of")
    }
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    if let day {
      var zone = try Connecting.zone(client.hello)
      request.asOfMicros = zone.micros(ofDay: day, seconds: 43_200)
    }
    let reply: CampaignReply
    do throws(ClientError) {
      reply = try client.campaign(
        request.campaign, asOfMicros: request.asOfMicros, planned: request.planned)
    } catch {
      throw CommandError(error)
    }
    let text = CampaignText(reply: reply)
    Console.out(arguments.flag("json") ? JSONWriter.lines(text.json) : text.text)
  }
}
