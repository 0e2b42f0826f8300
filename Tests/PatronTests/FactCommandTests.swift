// `patron profile`, `consent` and `event`: what is wrong with a command line, and how what is known is
// shown. Not here: a server.

import Testing
import Wire

@testable import patron

@Suite("FactCommands")
struct FactCommandTests {
  @Test(
    "wrong words end with 2 before any server is asked",
    arguments: [
      ["consent"], ["consent", "c", "--grant", "--deny"], ["consent", "c", "--grant"],
      ["consent", "c", "--channel", "email"], ["consent", "c", "--grant", "--channel", "fax"],
      [
        "consent", "c", "--revoke", "--channel", "email", "--purpose", "marketing", "--expires",
        "2030-01-01",
      ],
      ["profile"], ["profile", "c", "--country", "fr"], ["profile", "c", "--country", "FRA"],
      ["profile", "c", "--language", "FR"], ["profile", "c", "--birthday", "1980-02-30"],
      ["profile", "c", "--birthday", "80-02-03"], ["profile", "c", "--channel", "fax"],
      ["profile", "c", "--source", ""],
      ["profile", "c", "--source", String(repeating: "x", count: 65)],
      ["profile", "c", "--acquisition-cost", "1,50"], ["profile", "c", "--acquisition-cost", "-1"],
      ["profile", "c", "--acquisition-cost", "1.005", "--currency", "EUR"],
      ["profile", "c", "--currency", "EUR"], ["profile", "c", "--tier", "tin"],
      ["profile", "c", "--tier-until", "2027-01-31"],
      ["profile", "c", "--tier", "forget", "--tier-until", "2027-01-31"],
      ["profile", "c", "--tier", "gold", "--tier-until", "1970-01-01"],
      ["profile", "c", "--tier", "gold", "--tier-until", "2027-02-30"],
      ["import", "f.csv", "--source", "from"], ["import", "f.csv", "--customers"],
      ["import", "f.csv", "--customers", "--country", "land", "--date", "date"],
      ["import", "f.csv", "--customers", "--tier-until", "end"],
      ["import", "-", "--customers", "--tier", "level", "--strict"],
      ["event", "c"], ["event", "c", "--cart", "1", "--cart-emptied"],
      ["event", "c", "--viewed", "x", "--lines", "2"], ["event", "c", "--contact", "sent"],
      ["event", "c", "--contact", "lost", "--channel", "email"],
      ["event", "c", "--complaint", "opened"],
      ["event", "c", "--cart", "1", "--lines", "65536"],
    ])
  func usage(of words: [String]) {
    #expect(Main.run(words) == 2)
  }

  @Test("with right words the server is the next thing that is missing")
  func connection() {
    for words in [
      ["consent", "c"], ["profile", "c", "--birthday", "05-17", "--country", "forget"],
      [
        "profile", "c", "--source", "search", "--acquisition-cost", "12.50", "--tier", "gold",
        "--tier-until", "2027-01-31",
      ],
      ["profile", "c", "--source", "forget", "--acquisition-cost", "forget", "--tier", "forget"],
      ["event", "c", "--cart-emptied"],
    ] {
      #expect(Main.run(words + ["--address", "127.0.0.1:1"]) == 1)
    }
  }

  @Test("of each channel and purpose what prevails is shown, with whether it allows contact")
  func consents() throws {
    let granted = Consent(
      .email, .marketing, .granted, timeMicros: 1_000, expiresMicros: 5_000, source: "till")
    let shown = Consents.present([
      granted, Consent(.email, .marketing, .denied, timeMicros: 500),
      Consent(.sms, .marketing, .revoked, timeMicros: 2_000),
      Consent(.sms, .marketing, .granted, timeMicros: 2_000),
    ])
    #expect(shown.map(\.status) == [.granted, .revoked])
    #expect(
      JSONWriter.line(Consents.json(granted, at: 4_999))
        == #"{"channel":"email","purpose":"marketing","said":"granted","timeMicros":1000,"#
        + #""expiresMicros":5000,"source":"till","textVersion":"","allowed":true}"#)
    #expect(JSONWriter.line(Consents.json(granted, at: 5_000)).contains(#""allowed":false"#))
    var zone = try #require(ShopZone("UTC"))
    #expect(
      Consents.table(shown, at: 4_999, &zone) == """
        channel    purpose     said          on       until  allowed  source  text
        email    marketing  granted  1970-01-01  1970-01-01      yes    till
        sms      marketing  revoked  1970-01-01           –       no
        """)
  }

  @Test("a customer who is not known is said to be so, and others are told in units")
  func customers() throws {
    let hello = HelloReply(
      version: 1, minorDigits: 2, currency: "USD", timeZone: "UTC", server: "patron")
    var reply = CustomerReply()
    var zone = try #require(ShopZone("UTC"))
    func told() -> CustomerText {
      CustomerText(customer: "C-1", reply: reply, nowMicros: 0, hello: hello)
    }
    #expect(told().text(in: &zone) == "C-1 is not known")
    (reply.known, reply.firstOrderDay, reply.lastOrderDay) = (true, 9862, 10_090)
    (reply.repeatOrders, reply.spentMinor) = (3, 11_842)
    reply.profile = Profile(birthday: Birthday(month: 2, day: 29), country: "FR")
    let text = told().text(in: &zone)
    #expect(text.contains("spent          118.42 USD\nbirthday       02-29\ncountry        FR"))
    let json = JSONWriter.line(told().json)
    #expect(json.contains(#""spent":118.42,"birthday":"02-29","country":"FR","language":null"#))
    #expect(
      json.contains(#""source":null,"acquisitionCost":null,"tier":null,"tierUntil":null"#))
    #expect(text.contains("source         not known\ncost to win    not known\ntier           not"))
  }

  @Test("source, cost and tier are told, and whether the tier is over")
  func ties() throws {
    var reply = CustomerReply()
    reply.known = true
    reply.profile = Profile(
      source: "search", acquisitionCostMinor: 1250, tier: HeldTier(.gold, untilDay: 10_227))
    let hello = HelloReply(
      version: 1, minorDigits: 2, currency: "USD", timeZone: "UTC", server: "")
    var zone = try #require(ShopZone("UTC"))
    for (day, tier) in [
      (10_227, "gold until 1998-01-01"), (10_228, "gold until 1998-01-01 (over)"),
    ] {
      let told = CustomerText(
        customer: "c", reply: reply, nowMicros: Int64(day) * 86_400_000_000, hello: hello)
      #expect(
        told.text(in: &zone).contains(
          "source         search\ncost to win    12.50 USD\ntier           \(tier)\n"))
      #expect(
        JSONWriter.line(told.json).contains(
          #""source":"search","acquisitionCost":12.5,"tier":"gold","tierUntil":"1998-01-01""#))
    }
    reply.profile.tier = HeldTier(.platinum)
    let told = CustomerText(customer: "c", reply: reply, nowMicros: 0, hello: hello)
    #expect(told.text(in: &zone).contains("tier           platinum\n"))
    #expect(JSONWriter.line(told.json).contains(#""tier":"platinum","tierUntil":null"#))
  }
}
