// How lifetime value is spread over the customers.

enum LifetimeValueChart {
  static func picture(_ histogram: LifetimeValueHistogram?, currency: String) -> Picture {
    let horizon = histogram.map { Labels.next($0.horizonDays) } ?? ""
    func made(_ caption: String, _ content: Picture.Content) -> Picture {
      Picture(
        identifier: "lifetime-value", title: "Customers by lifetime value", caption: caption,
        content: content)
    }
    guard let histogram, !histogram.edges.isEmpty else {
      return made("", .sentence("There is no lifetime value yet: no spend model has been fitted."))
    }
    let edges = histogram.edges
    guard edges.count == histogram.counts.count, edges.allSatisfy(\.isFinite),
      zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
    else { return made("", .sentence("The bins of lifetime value are not in order.")) }
    let counts = histogram.counts.map { max(0, $0) }
    guard let most = counts.max(), most > 0 else {
      return made("", .sentence("There are no customers with a lifetime value."))
    }

    let axis = LinearAxis(low: 0, high: Double(most), about: 5, whole: true)
    var plot = Plot(height: 330, top: 66)
    plot.drawVertical(axis, title: "Customers per bin", label: axis.label)
    let slot = (plot.right - plot.left) / Double(counts.count)
    for (index, count) in counts.enumerated() where count > 0 {
      let top = plot.y(axis.share(Double(count)))
      let x = plot.left + slot * Double(index)
      plot.drawing.rectangle(
        x: x + 0.75, y: top, width: slot - 1.5, height: plot.bottom - top, style: "value-area")
    }
    plot.drawing.line(
      fromX: plot.left, y: plot.bottom, toX: plot.right, y: plot.bottom, style: "base")
    drawEdges(edges, slot: slot, in: &plot)
    // The marks before the numbers, which get a white rim: the numbers stay readable.
    for (name, value, y) in [("median", histogram.median, 38.0), ("mean", histogram.mean, 54)] {
      guard let value, value.isFinite else { continue }
      plot.drawMark(
        "\(name) \(Labels.money(value, currency: currency))",
        x: plot.left + slot * place(of: value, in: edges), y: y, style: name)
    }
    for (index, count) in counts.enumerated() {
      let text = Numbers.grouped(count)
      guard SVG.width(text, size: Plot.smallSize) <= slot - 2 else { continue }
      plot.drawing.text(
        text, x: plot.left + slot * (Double(index) + 0.5),
        y: plot.y(axis.share(Double(count))) - 4, anchor: .middle, style: "small rim")
    }
    let unit = currency.isEmpty ? "in the shop's currency" : currency
    plot.drawHorizontalTitle("Lifetime value in the next \(horizon), \(unit)")

    let total = counts.reduce(0.0) { $0 + Double($1) }
    let open = Labels.percent(Double(counts.last ?? 0) / total, places: 1)
    return made(
      "Each bar is the customers whose discounted future margin lies between the two amounts under "
        + "it. \(isEven(edges) ? "The" : unevenly) last is open "
        + "(\(Labels.edge(edges.last ?? 0)) or more: \(open) of the customers). A mean far right of "
        + "the median says that few customers carry the shop.", .drawing(plot.drawing))
  }

  private static let unevenly =
    "The bins are not equally wide, so compare heights and not areas; the"

  /// Whether all bins but the open one are equally wide.
  private static func isEven(_ edges: [Double]) -> Bool {
    let widths = zip(edges, edges.dropFirst()).map { $1 - $0 }
    guard let narrow = widths.min(), let wide = widths.max() else { return true }
    return wide - narrow <= 1e-6 * wide
  }

  /// The amounts between the bars, as many as fit.
  private static func drawEdges(_ edges: [Double], slot: Double, in plot: inout Plot) {
    let labels = edges.map(Labels.edge)
    let widest = labels.map { SVG.width($0, size: Plot.bodySize) }.max() ?? 0
    let every = max(1, Int(((widest + 8) / slot).rounded(.up)))
    for (index, text) in labels.enumerated() {
      let x = plot.left + slot * Double(index)
      plot.drawing.line(fromX: x, y: plot.bottom, toX: x, y: plot.bottom + 4, style: "tick")
      // Counted from the open bin, whose edge matters most.
      if (labels.count - 1 - index) % every == 0 {
        plot.drawing.text(text, x: x, y: plot.bottom + 16, anchor: .middle)
      }
    }
    let last = labels.last.map { SVG.width($0, size: Plot.bodySize) } ?? 0
    if last / 2 + 8 + SVG.width("or more", size: Plot.bodySize) <= slot {
      plot.drawing.text(
        "or more", x: plot.right, y: plot.bottom + 16, anchor: .end, style: "quiet")
    }
  }

  /// Where an amount lies, in bins from the left; in the middle of the last bin, which has no end.
  private static func place(of value: Double, in edges: [Double]) -> Double {
    guard let first = edges.first, value > first else { return 0 }
    let bin = (edges.lastIndex { $0 <= value }) ?? 0
    guard bin + 1 < edges.count else { return Double(bin) + 0.5 }
    return Double(bin) + (value - edges[bin]) / (edges[bin + 1] - edges[bin])
  }
}
