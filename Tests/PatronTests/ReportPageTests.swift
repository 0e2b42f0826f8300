// The page as text: every picture named and well-formed, whatever the data.

import Foundation
import FoundationXML
import Testing
import Wire

@testable import patron

@Suite("ReportPage")
struct ReportPageTests {
  @Test("the page is one file: no script, nothing fetched, below 300 kB")
  func selfContained() {
    let page = ReportPage.html(ReportExample.data())
    #expect(!page.contains("<script"))
    #expect(!page.contains("<link") && !page.contains("<img") && !page.contains("@import"))
    #expect(!page.contains("src=") && !page.contains("href=") && !page.contains("url("))
    #expect(page.utf8.count < 300_000, "\(page.utf8.count) bytes")
  }

  @Test("a customer's identifier stays text")
  func identifier() {
    let page = ReportPage.html(ReportExample.data())
    #expect(page.contains("customer c-10442 &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
  }

  @Test("a blend is named with all its models, and each has its parameters")
  func blend() {
    var model = ModelFields(kind: 1, parameters: SIMD4(0.25, 14, 0.8, 2.5))
    #expect(ReportData(ReportReply(model: model)).head.model == "BG/NBD")
    model.blend = [BlendFields(kind: 3, parameters: SIMD4(0.5, 70, 0.6, 77))]
    let head = ReportData(ReportReply(model: model)).head
    #expect(head.model == "BG/NBD + Pareto/NBD, calibrated")
    #expect(
      head.parameters.map(\.name) == [
        "BG/NBD: r", "BG/NBD: alpha", "BG/NBD: a", "BG/NBD: b", "Pareto/NBD: r",
        "Pareto/NBD: alpha", "Pareto/NBD: s", "Pareto/NBD: beta",
      ])
    #expect(head.parameters.map(\.value) == [0.25, 2, 0.8, 2.5, 0.5, 10, 0.6, 11])
  }

  @Test("each picture has a title, a description and a caption, and is well-formed")
  func pictures() throws {
    let data = ReportExample.data()
    let all = Self.all(data)
    #expect(all.count == 7)
    #expect(Set(all.map(\.identifier)).count == all.count)
    for picture in all {
      guard case .drawing = picture.content else {
        Issue.record("\(picture.identifier) is not drawn")
        continue
      }
      #expect(!picture.title.isEmpty && picture.caption.hasSuffix("."))
      let walk = try Self.walk(ReportPage.figure(picture))
      #expect(walk.contents("title") == [picture.title])
      #expect(walk.contents("desc") == [picture.caption])
      #expect(walk.roles == ["img"])
    }
  }

  @Test(
    "each picture says what its axes count, and in which unit",
    arguments: [
      ("alive-matrix", ["Repeat orders", "Recency: days from first to last order", "P(alive)"]),
      (
        "expected-matrix",
        ["Repeat orders", "Recency: days from first to last order", "Orders per customer"]
      ),
      (
        "calibration",
        ["Orders per customer in the hold-out of 299 days", "Tenth no.", "actual", "predicted"]
      ),
      (
        "cumulative",
        [
          "Orders, cumulative", "End of week, date", "actual", "expected", "90 % interval",
          "cut 5 May 2025: hold-out, unseen by the fit",
        ]
      ),
      ("lifetime-value", ["Customers per bin", "Lifetime value in the next year, EUR"]),
      ("alive-1", ["P(alive)", "Date", "order", "100 %"]),
      (
        "retention",
        [
          "First order", "Customers", "Months since the month of the first order",
          "Share of the cohort's customers who ordered in the month, %",
        ]
      ),
    ])
  func axes(identifier: String, texts: [String]) throws {
    let picture = try #require(
      Self.all(ReportExample.data()).first { $0.identifier == identifier })
    let walk = try Self.walk(ReportPage.figure(picture))
    for text in texts { #expect(walk.contents("text").contains(text), "\(text)") }
  }

  @Test("median and mean are marked with their amounts")
  func marks() throws {
    let texts = try Self.texts(
      LifetimeValueChart.picture(
        .init(
          edges: [0, 10, 100], counts: [4, 3, 2], median: 12.5, mean: 4_321, horizonDays: 90),
        currency: "USD"))
    #expect(texts.contains("median USD 12.50") && texts.contains("mean USD 4,321"))
    #expect(texts.contains("Lifetime value in the next 90 days, USD"))
  }

  @Test("what comes after the cut is named a forecast where it is one")
  func forecast() throws {
    var data = ReportExample.data()
    data.cumulative?.future = .forecast
    let texts = try Self.texts(CumulativeChart.picture(data.cumulative))
    #expect(texts.contains("cut 5 May 2025: forecast"))
  }

  @Test("a month that is not over is named")
  func partial() {
    let cohort = RetentionCohort(year: 2025, month: 12, customers: 10, ordered: [5, 3])
    let middle = ReportExample.today - 10
    #expect(
      RetentionChart.picture([cohort], asOfDay: middle).caption.contains(
        "italics are of Feb 2026"))
    #expect(
      !RetentionChart.picture([cohort], asOfDay: ReportExample.today).caption.contains("italics"))
  }

  @Test("without data each picture is a sentence")
  func empty() {
    for picture in Self.all(ReportExample.empty) {
      guard case .sentence(let sentence) = picture.content else {
        Issue.record("\(picture.identifier) is drawn")
        continue
      }
      #expect(sentence.hasSuffix("."))
      #expect(ReportPage.figure(picture).contains("class=\"missing\""))
    }
    let page = ReportPage.html(ReportExample.empty)
    #expect(!page.contains("<svg"))
    #expect(page.contains("No model has been fitted yet."))
  }

  @Test("shops of few customers make a page", arguments: 1...4)
  func few(customers: Int) throws {
    try Self.check(ReportExample.data(seed: 3, customers: customers))
  }

  @Test(
    "no number, however odd, reaches the page as nan or inf, and none traps",
    arguments: [.nan, .infinity, -.infinity, 0, -1, 1e-300, 1e300, .greatestFiniteMagnitude]
      as [Double])
  func odd(value: Double) throws {
    try Self.check(Self.filled(value))
    // One odd number among good ones.
    var data = ReportExample.data(seed: 2, customers: 50)
    data.matrix?.alive[3][4] = value
    data.matrix?.expectedOrders[3][4] = value
    data.deciles[2].actual = value
    data.cumulative?.weeks[5].actual = value
    data.cumulative?.weeks[100].high = value
    data.lives[0].points[9].probability = value
    data.lifetimeValue?.mean = value
    try Self.check(data)
  }

  @Test("counts and days at the ends of their type make a page", arguments: [Int.min, 0, .max])
  func extreme(value: Int) throws {
    var data = ReportExample.data(seed: 2, customers: 50)
    data.head.asOfDay = value
    data.head.customers = value
    data.head.orders = value
    data.head.holdout?.cutDay = value
    data.deciles[0].customers = value
    data.lives[0].orderDays = [value, value]
    data.matrix?.frequencies[2] = value
    data.cumulative?.cutDay = value
    data.cumulative?.weeks[0].day = value
    data.lifetimeValue?.counts[1] = value
    data.cohorts.append(
      RetentionCohort(year: value, month: value, customers: value, ordered: [value]))
    try Self.check(data)
  }

  @Test("lists of unequal length make a page")
  func ragged() throws {
    var data = ReportExample.data(seed: 2, customers: 50)
    data.matrix?.alive = [[0.5]]
    data.matrix?.expectedOrders = []
    data.lifetimeValue?.counts = [1]
    data.lives.append(AliveHistory(customer: [0, 255, 10], orderDays: [], points: []))
    try Self.check(data)
  }

  /// All amounts of a report the same.
  static func filled(_ value: Double) -> ReportData {
    ReportData(
      head: ReportHead(
        asOfDay: 20_000, customers: 1, orders: 1, currency: "<&>", model: "<&>",
        parameters: [ReportParameter(name: "<r>", value: value, standardError: value)],
        holdout: ReportHoldout(
          cutDay: 19_000, lastDay: 20_000, customers: 1, actual: value, predicted: value,
          bias: value, meanAbsoluteError: value, rootMeanSquareError: value,
          poissonDeviance: value, normalizedGini: value), warnings: ["<&>\u{0}"]),
      matrix: RecencyFrequencyMatrix(
        ageDays: value, horizonDays: value, recencies: [value, value], frequencies: [0, 1],
        alive: [[value, value], [value, nil]], expectedOrders: [[value, value], [value, nil]]),
      deciles: [CalibrationDecile(customers: 1, predicted: value, actual: value)],
      decileDays: value,
      cumulative: CumulativeOrders(
        weeks: (0..<3).map {
          .init(day: 19_000 + $0 * 7, actual: value, expected: value, low: value, high: value)
        }, cutDay: 19_007, future: .forecast, coverage: value),
      lifetimeValue: LifetimeValueHistogram(
        edges: [value], counts: [3], median: value, mean: value, horizonDays: value),
      lives: [
        AliveHistory(
          customer: Array("<".utf8), orderDays: [19_000],
          points: [.init(day: 19_000, probability: value), .init(day: 19_010, probability: value)]),
        AliveHistory(
          customer: [], orderDays: [],
          points: [.init(day: value, probability: 1), .init(day: value, probability: 0)]),
      ], cohorts: [RetentionCohort(year: 2025, month: 1, customers: 1, ordered: [0])])
  }

  static func all(_ data: ReportData) -> [Picture] {
    [MatrixChart.alive(data.matrix), MatrixChart.expected(data.matrix)]
      + ReportPage.pictures(data)
  }

  private static func texts(_ picture: Picture) throws -> [String] {
    try walk(ReportPage.figure(picture)).contents("text")
  }

  /// Every figure is well-formed, and no number of the page is none.
  private static func check(_ data: ReportData) throws {
    for picture in all(data) { _ = try walk(ReportPage.figure(picture)) }
    // A regular expression would take seconds here.
    let words = Set(ReportPage.html(data).utf8.split { !(97...122).contains($0 | 32) })
    for odd in ["nan", "NaN", "inf", "infinity", "Infinity"] {
      #expect(!words.contains { $0.elementsEqual(odd.utf8) }, "\(odd)")
    }
  }

  private static func walk(_ markup: String) throws -> Walk {
    let walk = Walk()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = walk
    let isWhole = parser.parse()
    try #require(isWhole, "\(String(describing: parser.parserError)): \(markup)")
    return walk
  }
}

/// What a figure's elements hold.
private final class Walk: NSObject, XMLParserDelegate {
  private var elements: [(name: String, content: String)] = []
  private var open: [Int] = []
  private(set) var roles: [String] = []

  func contents(_ name: String) -> [String] {
    elements.filter { $0.name == name }.map(\.content)
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append((name, ""))
    open.append(elements.count - 1)
    if let role = attributes["role"] { roles.append(role) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let last = open.last { elements[last].content += text }
  }
}
