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
  }
}
