// `patron import --customers` as people run it: the program and a server, a file with good and bad rows,
// the same file again, and a restart.

import Client
import Foundation
import Support
import Testing
import Wire

@Suite("Import of customers")
struct CustomerImportTests {
  private static func profile(of customer: String, _ server: LiveServer) throws -> Profile {
    var client = try server.client()
    return try client.describe(customer).profile
  }

  private static let words = [
    "--customers", "--customer", "id", "--source", "from", "--acquisition-cost", "cost",
    "--country", "land", "--birthday", "born", "--tier", "level", "--tier-until", "end",
  ]

  @Test(
    "good rows are recorded once, bad ones told with their place and kept, all after a restart too")
  func file() throws {
    let server = try LiveServer(options: ["--time-zone", "Europe/Paris"])
    let folder = try TemporaryDirectory()
    let (file, rejects) = (folder.path + "/customers.csv", folder.path + "/bad.csv")
    var text = "id,from,cost,land,born,level,end\n"
    text += "ann,search,12.50,FR,1980-05-17,gold,2027-01-31\nbob,,,,,,\ncy,x,-1,,,,\n"
    text += "dee,,,,2140-01-01,,\neve,friend,0,,,tin,\n"
    // More than a batch, with one customer again in the last: the later row holds.
    for number in 0..<4_200 { text += "c\(number),ads,1,DE,,bronze,\n" }
    text += "ann,,,BE,,silver,\n"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let words = ["import", file] + Self.words + ["--rejects", rejects, "--json"]
    let address = ["--address", "\(server.address)"]
    let first = try ReportTests.patron(words + address)
    #expect(first.code == 0, "\(first.err)")
    #expect(first.out.contains("\"rows\": 4206") && first.out.contains("\"recorded\": 4202"))
    #expect(first.out.contains("\"duplicates\": 1") && first.out.contains("\"bad\": 3"))
    #expect(
      first.err == """
        \(file):4:6: column 3 (cost): a negative cost, '-1'
        \(file):6:16: column 6 (level): a tier that is not known, 'tin'; it must be one of bronze, \
        silver, gold, platinum
        \(file):5:8: column 5 (born): refused by the server: time out of range, '2140-01-01'

        """)
    #expect(
      try String(contentsOfFile: rejects, encoding: .utf8) == """
        line,column,field,reason,row
        4,6,"cost","a negative cost","cy,x,-1,,,,"
        6,16,"level","a tier that is not known","eve,friend,0,,,tin,"
        5,8,"born","refused by the server: time out of range","dee,,,,2140-01-01,,"

        """)
    let birthday = try #require(Birthday(year: 1980, month: 5, day: 17))
    let ann = Profile(
      birthday: birthday, country: "BE", source: "search", acquisitionCostMinor: 1250,
      tier: HeldTier(.silver))
    let other = Profile(
      country: "DE", source: "ads", acquisitionCostMinor: 100, tier: HeldTier(.bronze))
    for isAgain in [false, true] {
      #expect(try Self.profile(of: "ann", server) == ann)
      #expect(try Self.profile(of: "c4199", server) == other)
      for nobody in ["bob", "cy", "dee", "eve"] {
        var client = try server.client()
        #expect(try client.describe(nobody).known == false, "\(nobody)")
      }
      if isAgain { break }
      // The same file again comes to the same.
      let hash = try server.stateHash()
      let again = try ReportTests.patron(words + address)
      #expect(again.code == 0 && again.out.contains("\"bad\": 3"))
      #expect(try server.stateHash() == hash)
      try server.crash()
      try server.start()
      #expect(try server.stateHash() == hash)
    }
  }

  @Test("nothing is sent of a file with bad rows under --strict, and nothing at all by --dry-run")
  func strict() throws {
    let server = try LiveServer(options: ["--time-zone", "Europe/Paris"])
    let folder = try TemporaryDirectory()
    let file = folder.path + "/customers.csv"
    try "id,land\nann,FR\nbob,fr\n".write(toFile: file, atomically: true, encoding: .utf8)
    let words = [
      "import", file, "--customers", "--customer", "id", "--country", "land", "--address",
      "\(server.address)",
    ]
    let strict = try ReportTests.patron(words + ["--strict"])
    #expect(strict.code == 1 && strict.err.contains("1 row is bad; nothing was sent (--strict)"))
    let dry = try ReportTests.patron(words + ["--dry-run"])
    #expect(dry.code == 0 && dry.out.contains("good         1 (nothing was sent)"))
    var client = try server.client()
    #expect(try client.describe("ann").known == false)
    #expect(try ReportTests.patron(words).code == 0)
    #expect(try client.describe("ann").profile == Profile(country: "FR"))
  }
}
