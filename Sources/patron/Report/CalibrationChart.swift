// Predicted and actual orders by tenths of the customers of the hold-out.

enum CalibrationChart {
  static func picture(_ deciles: [CalibrationDecile], days: Double) -> Picture {
    let period = days.isFinite && days > 0 ? " in the hold-out of \(Labels.duration(days))" : ""
    func made(_ caption: String, _ content: Picture.Content) -> Picture {
      Picture(
        identifier: "calibration", title: "Predicted and actual orders by tenth of customers",
        caption: caption, content: content)
    }
    let known = deciles.filter {
      $0.customers > 0 && $0.actual.isFinite && $0.predicted.isFinite && $0.actual >= 0
        && $0.predicted >= 0
    }
    guard !known.isEmpty else {
      return made(
        "", .sentence("There is no hold-out period: nothing was kept from the fit to compare."))
    }
    let rows = known.map { decile in
      let customers = Double(decile.customers)
      return (
        customers: decile.customers, actual: decile.actual / customers,
        predicted: decile.predicted / customers
      )
    }
    let most = rows.map { max($0.actual, $0.predicted) }.max() ?? 0
    let axis = LinearAxis(low: 0, high: most, about: 5)
    var plot = Plot(height: 310, top: 30, below: 72)
    plot.drawVertical(axis, title: "Orders per customer\(period)", label: axis.label)
    plot.drawLegend([
      .init(name: "actual", mark: .box, style: "actual-area"),
      .init(name: "predicted", mark: .diamond, style: "expected-mark"),
    ])

    let slot = (plot.right - plot.left) / Double(rows.count)
    let bar = min(42, slot * 0.62)
    for (index, row) in rows.enumerated() {
      let middle = plot.left + slot * (Double(index) + 0.5)
      let top = plot.y(axis.share(row.actual))
      plot.drawing.rectangle(
        x: middle - bar / 2, y: top, width: bar, height: plot.bottom - top, style: "actual-area")
      plot.drawing.diamond(
        x: middle, y: plot.y(axis.share(row.predicted)), radius: 5.5, style: "expected-mark")
    }
    plot.drawing.line(
      fromX: plot.left, y: plot.bottom, toX: plot.right, y: plot.bottom, style: "base")
    drawTable(
      rows.map { row in
        [Labels.short(row.actual), Labels.short(row.predicted), Numbers.grouped(row.customers)]
      }, slot: slot, in: &plot)

    return made(
      "The customers stand in ten equal parts by what was predicted of them, the most promising "
        + "first. Where the diamond lies on the top of its bar, the prediction was right.",
      .drawing(plot.drawing))
  }

  /// The numbers under the bars: part, actual, predicted, customers.
  private static func drawTable(_ rows: [[String]], slot: Double, in plot: inout Plot) {
    let names = ["actual", "predicted", "customers"]
    for (line, name) in ([""] + names).enumerated() where line > 0 {
      plot.drawing.text(
        name, x: 0, y: plot.bottom + 18 + 15 * Double(line), style: "small quiet")
    }
    for (index, row) in rows.enumerated() {
      let middle = plot.left + slot * (Double(index) + 0.5)
      plot.drawing.text(
        String(index + 1), x: middle, y: plot.bottom + 17, anchor: .middle, style: "strong")
      for (line, text) in row.enumerated()
      where SVG.width(text, size: Plot.smallSize) <= slot - 4 {
        plot.drawing.text(
          text, x: middle, y: plot.bottom + 33 + 15 * Double(line), anchor: .middle, style: "small")
      }
    }
    plot.drawing.text("Tenth no.", x: 0, y: plot.bottom + 17, style: "axis")
  }
}
