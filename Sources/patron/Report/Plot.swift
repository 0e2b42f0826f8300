// A rectangle with axes, grid, titles and legend, which the charts draw into.

/// The frame of a chart: a drawing, and where in it the data lie.
struct Plot: Sendable {
  /// One entry of the legend.
  struct Series: Sendable {
    enum Mark: Sendable {
      case line
      case box
      case diamond
      case tick
    }

    var name: String
    var mark: Mark
    var style: String
  }

  /// Units of a picture across the page.
  static let pageWidth = 720.0
  static let bodySize = 11.0
  static let smallSize = 9.5

  var drawing: SVG
  let left: Double
  let top: Double
  let right: Double
  let bottom: Double

  /// A drawing as wide as the page, with room for the axes around the data.
  ///
  /// All pictures begin at the same left edge, so that they stand in line on the page.
  init(height: Double, top: Double = 44, below: Double = 42, right margin: Double = 12) {
    drawing = SVG(width: Self.pageWidth, height: height)
    left = 58
    self.top = top
    right = Self.pageWidth - margin
    bottom = height - below
  }

  func x(_ share: Double) -> Double { left + (right - left) * share }

  func y(_ share: Double) -> Double { bottom - (bottom - top) * share }

  /// Grid lines with their numbers, and above them what they count.
  mutating func drawVertical(_ axis: LinearAxis, title: String, label: (Double) -> String) {
    for tick in axis.ticks {
      let place = y(axis.share(tick))
      drawing.line(fromX: left, y: place, toX: right, y: place, style: "grid")
      drawing.text(label(tick), x: left - 8, y: place + 3.8, anchor: .end)
    }
    drawing.text(title, x: 0, y: 14, style: "axis")
  }

  /// The base line with ticks.
  mutating func drawDays(_ axis: TimeAxis, title: String) {
    drawing.line(fromX: left, y: bottom, toX: right, y: bottom, style: "base")
    for tick in axis.ticks {
      let place = x(axis.share(tick.day))
      drawing.line(fromX: place, y: bottom, toX: place, y: bottom + 4, style: "tick")
      // The first and last label may reach beyond the data, but not beyond the picture.
      let half = SVG.width(tick.label, size: Self.bodySize) / 2
      drawing.text(
        tick.label, x: min(max(place, half), Self.pageWidth - half), y: bottom + 16,
        anchor: .middle)
    }
    drawHorizontalTitle(title)
  }

  mutating func drawHorizontalTitle(_ title: String) {
    drawing.text(
      title, x: (left + right) / 2, y: drawing.height - 5, anchor: .middle, style: "axis")
  }

  /// The series at the right of the first line.
  mutating func drawLegend(_ series: [Series]) {
    var place = right
    for entry in series.reversed() {
      let width = SVG.width(entry.name, size: Self.bodySize)
      place -= width
      drawing.text(entry.name, x: place, y: 14)
      let end = place - 5
      switch entry.mark {
      case .line: drawing.line(fromX: end - 22, y: 10, toX: end, y: 10, style: entry.style)
      case .box: drawing.rectangle(x: end - 14, y: 5, width: 14, height: 10, style: entry.style)
      case .diamond: drawing.diamond(x: end - 6, y: 10, radius: 5.5, style: entry.style)
      case .tick: drawing.line(fromX: end - 4, y: 4, toX: end - 4, y: 15, style: entry.style)
      }
      place -= (entry.mark == .line ? 27 : 19) + 14
    }
  }

  /// A vertical line with its name in the line of text at `y`, on the side where there is room.
  mutating func drawMark(_ name: String, x place: Double, y: Double, style: String) {
    drawing.line(fromX: place, y: y - 9, toX: place, y: bottom, style: style)
    let fits = place + 5 + SVG.width(name, size: Self.bodySize) <= Self.pageWidth
    drawing.text(name, x: place + (fits ? 5 : -5), y: y, anchor: fits ? .start : .end)
  }
}

/// One picture of the page, or the sentence that stands in its place.
struct Picture: Sendable {
  enum Content: Sendable {
    case drawing(SVG)
    case sentence(String)
  }

  /// Letters and hyphens, once a page.
  var identifier: String
  var title: String
  /// How to read it.
  var caption: String
  var content: Content
}
