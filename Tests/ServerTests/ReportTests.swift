// `patron report` against a real server: from orders in the store to a page on disk.

import Client
import Foundation
import Platform
import Support
import Testing
import Wire

@Suite("Report")
struct ReportTests {
  /// Runs the program beside the tests.
  static func patron(_ words: [String]) throws -> (code: Int32, out: String, err: String) {
    let folder = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(filePath: ServerProcess.executable)
    process.arguments = words
    var files: [FileHandle] = []
    for name in ["out", "err"] {
      let path = folder.path + "/" + name
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      files.append(try FileHandle(forUpdating: URL(filePath: path)))
    }
    process.standardOutput = files[0]
    process.standardError = files[1]
    try process.run()
    process.waitUntilExit()
    let texts = try ["out", "err"].map {
      try String(contentsOfFile: folder.path + "/" + $0, encoding: .utf8)
    }
    return (process.terminationStatus, texts[0], texts[1])
  }

  @Test("a page with every picture comes of the orders of a shop")
  func page() throws {
    let shop = try SmallShop(customers: 400)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    let fit = try client.fit(kind: 2)
    let hash = try server.stateHash()

    let folder = try TemporaryDirectory()
    let path = folder.path + "/report.html"
    try "what was there before".write(toFile: path, atomically: true, encoding: .utf8)
    let address = ["--address", "\(server.address)"]
    let name = SmallShop.name(7)
    let run = try Self.patron(["report", "--output", path, "--customer", name] + address)
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out == "\(path): 400 customers as of \(Self.date(fit.asOfDay))\n")
    let page = try String(contentsOfFile: path, encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    let pictures = page.matches(of: /<svg [^>]*>/).count
    #expect(pictures == 7, "seven drawings: the matrix is two")
    for title in [
      "Probability of being alive</h2>", "Expected orders in the next year",
      "Predicted and actual orders", "Cumulative repeat orders", "Customers by lifetime value",
      "through time: customer \(name)", "Customers who came back",
    ] { #expect(page.contains(title), "\(title)") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.html"])

    // The figures behind it; and asking for them changed nothing.
    let report = try client.report(ReportRequest(customer: name))
    #expect(report.model == fit.model && report.generation == 1 && report.customers == 400)
    #expect(report.cutDay.map { $0 < report.asOfDay } == true)
    #expect(report.weeks.contains { $0.day == report.cutDay })
    #expect(report.bins.reduce(0) { $0 + $1.customers } == 400)
    #expect(try server.stateHash() == hash)
    let other = try client.fit(
      kind: 2, holdoutFromMicros: Int64(report.cutDay ?? 0) * Frames.day + Frames.day / 2)
    #expect(other.holdout == report.holdout)

    let printed = try Self.patron(["report", "--output", "-", "--customer", name] + address)
    #expect(printed.out.trimmingCharacters(in: .newlines) == page.trimmingCharacters(in: .newlines))
  }

  @Test("what cannot be written or reported is said in one sentence, and nothing is written")
  func refusals() throws {
    let server = try LiveServer()
    try server.record([Frames.order("a", "1", day: 0, 100), Frames.order("a", "2", day: 9, 100)])
    let address = ["--address", "\(server.address)"]
    let folder = try TemporaryDirectory()
    let path = folder.path + "/report.html"

    func failure(_ words: [String]) throws -> (Int32, String) {
      let run = try Self.patron(["report"] + words + address)
      return (run.code, run.err)
    }
    var (code, error) = try failure(["--output", path])
    #expect(code == 1 && error.contains("no model"))
    var client = try server.client()
    _ = try client.fit(kind: 2)
    (code, error) = try failure(["--output", folder.path])
    #expect(code == 1 && error.contains("is a directory"))
    (code, error) = try failure(["--output", folder.path + "/none/report.html"])
    #expect(code == 1 && error.contains("there is no directory"))
    (code, error) = try failure(["--output", path, "--customer", "nobody"])
    #expect(code == 1 && error.contains("there is no customer «nobody»"))
    (code, error) = try failure(["--output", path, "--holdout", "2100-01-01"])
    #expect(code == 1 && error.contains("the hold-out must begin before"))
    (code, error) = try failure(["--output", path, "--horizon", "99y"])
    #expect(code == 2 && error.contains("--horizon"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)

    // Even of a shop of one customer there is a page.
    (code, error) = try failure(["--output", path])
    #expect(code == 0, "\(error)")
    #expect(FileManager.default.fileExists(atPath: path))
  }

  private static func date(_ day: Int32) -> String {
    Date(timeIntervalSince1970: Double(day) * 86_400).formatted(.iso8601.year().month().day())
  }
}
