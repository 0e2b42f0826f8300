// The page in a browser: that it is drawn, and that no text is cut off or lies on another. Without
// chromium these are skipped, and the run says so.

import Foundation
import Testing

@testable import patron

@Suite("ReportBrowser", .serialized)
struct ReportBrowserTests {
  @Test("the page is drawn", .enabled(if: isBrowserHere, skipped), .timeLimit(.minutes(2)))
  func screenshot() throws {
    let page = try Self.shot(ReportPage.html(ReportExample.data()))
    let blank = try Self.shot("<!DOCTYPE html><html><body></body></html>")
    #expect(Self.size(page) == [900, 3_200] && Self.size(blank) == [900, 3_200])
    // PNG packs one colour into next to nothing.
    #expect(page.count > 10 * blank.count, "\(page.count) and \(blank.count) bytes")
  }

  @Test(
    "no text is cut off and none lies on another",
    .enabled(if: isBrowserHere, skipped), .timeLimit(.minutes(2)),
    arguments: ["usual", "small", "tiny", "large", "narrow"])
  func layout(shop: String) throws {
    let lines = try Self.findings(Self.page(shop), width: shop == "narrow" ? 500 : 900)
    #expect(lines.first?.hasPrefix("texts ") == true, "\(lines)")
    let texts = lines.first.flatMap { Int($0.dropFirst(6)) } ?? 0
    #expect(texts > 50, "only \(texts) texts were found")
    #expect(lines.dropFirst().isEmpty, "\(lines.joined(separator: "\n"))")
  }

  @Test(
    "the measure sees text that is cut off, and text on text",
    .enabled(if: isBrowserHere, skipped), .timeLimit(.minutes(2)))
  func canary() throws {
    var drawing = SVG(width: 100, height: 40)
    drawing.text("too long for the drawing", x: 60, y: 20)
    drawing.text("below", x: 5, y: 10)
    drawing.text("above", x: 8, y: 12)
    let markup = drawing.markup(identifier: "a", title: "a", description: "a")
    let lines = try Self.findings("<html><body>\(markup)</body></html>", width: 900)
    #expect(lines.contains { $0.hasPrefix("outside ") })
    #expect(lines.contains { $0.hasPrefix("overlap ") })
  }

  private static func page(_ shop: String) -> String {
    switch shop {
    case "small": return ReportPage.html(ReportExample.data(seed: 5, customers: 60))
    case "tiny": return ReportPage.html(ReportExample.data(seed: 6, customers: 3))
    case "large":
      var data = ReportExample.data(seed: 7)
      data.head.customers = 12_345_678
      data.head.orders = 1_234_567_890
      data.deciles = data.deciles.map {
        CalibrationDecile(
          customers: $0.customers * 12_345, predicted: $0.predicted * 1e6, actual: $0.actual * 1e6)
      }
      data.lives[0].customer = Array(String(repeating: "Wm", count: 32).utf8)
      data.cohorts = data.cohorts.map {
        RetentionCohort(
          year: $0.year, month: $0.month, customers: $0.customers * 12_345,
          ordered: $0.ordered.map { $0 * 12_345 })
      }
      let weeks = data.cumulative?.weeks ?? []
      data.cumulative?.weeks = weeks.map { week in
        CumulativeOrders.Week(
          day: week.day, actual: week.actual.map { $0 * 9_876 },
          expected: week.expected.map { $0 * 9_876 }, low: nil, high: nil)
      }
      data.cumulative?.cutDay = ReportExample.today - 14
      data.lifetimeValue = LifetimeValueHistogram(
        edges: (0..<25).map { pow(3, Double($0)).rounded() - 1 },
        counts: (0..<25).map { 12_345_678 / ($0 + 1) }, median: 1_234_567, mean: 9e10,
        horizonDays: 100)
      let expected = data.matrix?.expectedOrders ?? []
      data.matrix?.expectedOrders = expected.map {
        $0.map { $0.map { $0 * 1_000 } }
      }
      return ReportPage.html(data)
    default: return ReportPage.html(ReportExample.data())
    }
  }

  private static let skipped: Comment =
    "SKIPPED: there is no chromium here, the report's pictures are NOT tested in a browser"

  private static let browser = ["chromium", "chromium-browser", "google-chrome"].lazy
    .flatMap { name in
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
        "\($0)/\(name)"
      }
    }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  private static let isBrowserHere = browser != nil

  /// Measures all text as the browser lays it out; the first line says how many there are, each
  /// further line names a fault.
  private static let measure = """
    <script>
    const lines = [];
    let count = 0;
    for (const svg of document.querySelectorAll('svg')) {
      const view = svg.viewBox.baseVal;
      const name = svg.querySelector('title').textContent;
      const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBBox()]);
      count += texts.length;
      texts.forEach(([text, box], index) => {
        if (box.x < -0.5 || box.y < -0.5 || box.x + box.width > view.width + 0.5
            || box.y + box.height > view.height + 0.5) lines.push(`outside ${name}: ${text}`);
        for (const [other, that] of texts.slice(index + 1)) {
          const wide = Math.min(box.x + box.width, that.x + that.width) - Math.max(box.x, that.x);
          const high = Math.min(box.y + box.height, that.y + that.height) - Math.max(box.y, that.y);
          // Lines of text may touch: their boxes are higher than their letters.
          if (wide > 0.5 && high > 3) lines.push(`overlap ${name}: ${text} | ${other}`);
        }
      });
    }
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) lines.push(`wide ${page.scrollWidth}`);
    const result = document.createElement('pre');
    result.id = 'findings';
    result.textContent = ['texts ' + count, ...lines].join('\\n');
    document.body.append(result);
    </script>
    """

  private static func findings(_ page: String, width: Int) throws -> [String] {
    let wrapped = page.replacing("</body>", with: measure + "</body>")
    return try withFolder { folder in
      let dump = try run(["--window-size=\(width),1000", "--dump-dom"], wrapped, in: folder)
      let text = String(decoding: dump, as: UTF8.self)
      let found = try #require(
        text.firstMatch(of: /(?s)<pre id="findings">(.*?)<\/pre>/), "\(text)")
      return found.1.split(separator: "\n").map(String.init)
    }
  }

  private static func shot(_ page: String) throws -> Data {
    try withFolder { folder in
      let file = folder.appending(path: "page.png")
      _ = try run(["--window-size=900,3200", "--screenshot=\(file.path)"], page, in: folder)
      return try Data(contentsOf: file)
    }
  }

  /// Width and height, from the header of a PNG.
  private static func size(_ image: Data) -> [Int] {
    let bytes = Array(image.prefix(24))
    guard bytes.count == 24, bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) else { return [] }
    return [16, 20].map { bytes[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
  }

  private static func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Opens the page without a screen and gives what the browser prints.
  private static func run(_ options: [String], _ page: String, in folder: URL) throws -> Data {
    let file = folder.appending(path: "page.html")
    try Data(page.utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: try #require(browser))
    process.arguments =
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--user-data-dir=\(folder.appending(path: "profile").path)",
      ] + options + [file.absoluteString]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return output
  }
}
