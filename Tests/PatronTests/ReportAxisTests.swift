// Ticks, labels, colours and escaping: what the pictures are made of.

import Foundation
import Testing

@testable import patron

@Suite("LinearAxis")
struct LinearAxisTests {
  private static let lows = [0, 0.001, 0.3, 1, 17, 999, -5, -0.02, 1e6, 123_456_789]
  private static let widths = stride(from: -6, through: 12, by: 2).flatMap { power in
    [1, 1.3, 2.5, 4.999, 7, 9.99].map { $0 * pow(10, Double(power)) }
  }

  @Test("ticks rise in equal nice steps and cover the data", arguments: lows, [2, 3, 5, 8])
  func nice(low: Double, count: Int) throws {
    for width in Self.widths where width > abs(low) * 1e-10 {
      let axis = LinearAxis(low: low, high: low + width, about: count)
      #expect(axis.low <= low && axis.high >= low + width, "\(low) \(width)")
      #expect((2...(2 * count + 3)).contains(axis.ticks.count), "\(low) \(width): \(axis.ticks)")
      let first = try #require(axis.ticks.first)
      let last = try #require(axis.ticks.last)
      #expect(
        abs(first - axis.low) <= axis.step * 1e-6 && abs(last - axis.high) <= axis.step * 1e-6)
      let lead = axis.step / pow(10, (log10(axis.step) + 1e-9).rounded(.down))
      #expect([1.0, 2, 5].contains { abs(lead - $0) < 1e-6 }, "step \(axis.step)")
      let isEven = zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy {
        abs($1 - $0 - axis.step) <= axis.step * 1e-4
      }
      #expect(isEven, "\(axis.ticks)")
    }
  }

  @Test("an axis within the data has its ticks within them", arguments: widths)
  func within(width: Double) {
    let axis = LinearAxis(low: 0, high: width, about: 4, extended: false)
    #expect(axis.high == width)
    #expect(axis.ticks.allSatisfy { $0 >= 0 && $0 <= width * (1 + 1e-9) })
    #expect(axis.ticks.count >= 2)
  }

  @Test("labels of different ticks differ", arguments: widths)
  func labels(width: Double) {
    let axis = LinearAxis(low: 0, high: width, about: 5)
    #expect(Set(axis.ticks.map(axis.label)).count == axis.ticks.count)
  }

  @Test(
    "counts have whole ticks",
    arguments: [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 49, 51, 99, 101, 250])
  func whole(high: Int) {
    let axis = LinearAxis(low: 0, high: Double(high), about: 5, whole: true)
    #expect(axis.ticks.allSatisfy { $0 == $0.rounded() })
    #expect(axis.high >= Double(high))
  }

  @Test(
    "what is not wide or no number still makes an axis",
    arguments: [
      (0, 0), (5, 5), (3, 1), (.nan, 1), (0, .nan), (0, .infinity), (-.infinity, .infinity),
      (1e300, 2e300), (-1e308, 1e308), (0, .leastNonzeroMagnitude), (1, 1 + 1e-15), (1e17, 1e17),
    ] as [(Double, Double)])
  func degenerate(low: Double, high: Double) {
    let axis = LinearAxis(low: low, high: high, about: 5)
    #expect(axis.low.isFinite && axis.high.isFinite && axis.low < axis.high)
    #expect((1...20).contains(axis.ticks.count), "\(axis)")
    #expect(axis.ticks.allSatisfy { $0.isFinite })
  }
}

@Suite("TimeAxis")
struct TimeAxisTests {
  @Test("no more ticks than asked for, all within, all different", arguments: 2...12)
  func ticks(count: Int) {
    for low in stride(from: 0, through: 60_000, by: 7_777) {
      for width in [1, 2, 5, 9, 30, 80, 200, 365, 800, 3_000, 20_000, 200_000] {
        let axis = TimeAxis(low: Double(low), high: Double(low + width), atMost: count)
        #expect((1...max(2, count)).contains(axis.ticks.count), "\(low) \(width)")
        #expect(axis.ticks.allSatisfy { $0.day >= axis.low && $0.day <= axis.high })
        #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count, "\(axis.ticks)")
      }
    }
  }

  @Test("long times have months and years, short ones days")
  func steps() {
    let from = 19_723.0
    #expect(
      TimeAxis(low: from, high: from + 365, atMost: 5).ticks.map(\.label)
        == ["Jan 2024", "Apr 2024", "Jul 2024", "Oct 2024"])
    #expect(
      TimeAxis(low: from, high: from + 1_500, atMost: 5).ticks.map(\.label)
        == ["2024", "2025", "2026", "2027", "2028"])
    #expect(
      TimeAxis(low: from, high: from + 20, atMost: 4).ticks.map(\.label)
        == ["1 Jan 2024", "8 Jan 2024", "15 Jan 2024"])
  }

  @Test("days that are none do not trap")
  func degenerate() {
    for (low, high) in [(Double.nan, 1.0), (5, 5), (7, 3), (-1e300, 1e300), (0, .infinity)] {
      #expect(TimeAxis(low: low, high: high, atMost: 8).ticks.count <= 8)
    }
    #expect(Labels.day(.max) == "31 Dec 9999")
    #expect(Labels.day(.min) == "1 Jan 1970")
  }
}

@Suite("Labels")
struct LabelsTests {
  @Test("numbers are grouped, money has cents below a thousand, durations the unit that fits")
  func forms() {
    #expect(Labels.decimal(-1_234_567.891, places: 1) == "−1,234,567.9")
    #expect(Labels.decimal(-0.001, places: 2) == "0.00")
    #expect(Labels.decimal(.nan, places: 2) == "–")
    #expect(Labels.decimal(1e18, places: 0) == "1e+18")
    #expect(Labels.money(12.5, currency: "EUR") == "EUR 12.50")
    #expect(Labels.money(1_250.4, currency: "EUR") == "EUR 1,250")
    #expect(Labels.money(3, currency: "") == "3.00")
    #expect(Labels.duration(273) == "39 weeks")
    #expect(Labels.duration(7) == "1 week")
    #expect(Labels.duration(90) == "90 days")
    #expect(Labels.duration(365.25) == "1 year")
    #expect(Labels.duration(730.5) == "2 years")
    #expect(Labels.next(365.25) == "year")
    #expect(Labels.edge(2_500_000) == "2.5 M")
    #expect(Labels.edge(0.25) == "0.25")
    #expect(Labels.signedPercent(0.031) == "+3.1 %")
    #expect(Labels.signedPercent(-0.05) == "−5.0 %")
    #expect([0.04, 1.249, 13.14, 99.96].map(Labels.short) == ["0.04", "1.25", "13.1", "100"])
  }
}

@Suite("ColourScale")
struct ColourScaleTests {
  @Test("colours get darker at every step, also in grey")
  func order() {
    let luminances = (0...100).map { ColourScale.luminance(ColourScale.colour(Double($0) / 100)) }
    for (one, next) in zip(luminances, luminances.dropFirst()) { #expect(one > next) }
    // The lightness of CIELAB, which is what an eye sees of a grey print, falls evenly.
    let light = luminances.map { 116 * cbrt($0) - 16 }
    let steps = stride(from: 0, to: 100, by: 10).map { light[$0] - light[$0 + 10] }
    #expect(steps.allSatisfy { (5.0...9.5).contains($0) }, "\(steps)")
  }

  @Test("numbers in cells have a contrast of at least 4.5")
  func contrast() {
    let scale = ColourScale(high: 100)
    for value in 0...100 {
      let luminance = ColourScale.luminance(ColourScale.colour(Double(value) / 100))
      let contrast =
        scale.ink(Double(value)) == "#fff" ? 1.05 / (luminance + 0.05) : (luminance + 0.05) / 0.05
      #expect(contrast >= 4.5)
    }
  }

  @Test("what is no amount has a colour all the same")
  func degenerate() {
    for high in [0, -1, .nan, .infinity] as [Double] {
      let scale = ColourScale(high: high)
      for value in [0, -1, 1e300, .nan, .infinity] as [Double] {
        #expect(scale.fill(value).wholeMatch(of: /#[0-9a-f]{6}/) != nil)
      }
    }
  }
}

@Suite("SVG")
struct SVGTests {
  @Test("text is escaped, and what XML cannot hold is spelled out")
  func escaping() {
    #expect(
      SVG.escaped("<script>&\"'") == "&lt;script&gt;&amp;&quot;&#39;")
    #expect(SVG.escaped("a\u{0}b\n\u{202e}\u{fffe}") == "a\\u{0}b\\u{a}\\u{202e}\\u{fffe}")
    #expect(SVG.escaped("Äpfel 日本 🎁") == "Äpfel 日本 🎁")
    #expect(SVG.text([0x41, 0xff, 0x3c]) == "A\\xff<")
    #expect(SVG.text(Array("Öl".utf8)) == "Öl")
  }

  @Test(
    "a shape whose place is no number is left out", arguments: [.nan, .infinity, 1e9] as [Double])
  func places(value: Double) {
    var drawing = SVG(width: 10, height: 10)
    drawing.rectangle(x: value, y: 0, width: 1, height: 1)
    drawing.line(fromX: 0, y: value, toX: 1, y: 1, style: "a")
    drawing.text("text", x: 0, y: value)
    drawing.circle(x: 0, y: 0, radius: value, style: "a")
    drawing.path([(0, 0), (value, 1)], style: "a")
    #expect(drawing.body.isEmpty)
  }

  @Test("coordinates have one decimal")
  func numbers() {
    #expect(
      [0, -0.04, -0.06, 1.25, 719.96, -3].map(SVG.number)
        == ["0", "0", "-0.1", "1.3", "720", "-3"])
  }
}
