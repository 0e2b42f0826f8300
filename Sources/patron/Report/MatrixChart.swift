// What the model says of customers by recency and repeat orders: two maps of coloured cells.

enum MatrixChart {
  /// Half of the page, for the two maps stand side by side.
  private static let width = 352.0
  private static let left = 34.0
  private static let top = 24.0

  static func alive(_ matrix: RecencyFrequencyMatrix?) -> Picture {
    let age = matrix.map { Labels.duration($0.ageDays) } ?? ""
    return picture(
      matrix, identifier: "alive-matrix",
      title: "Probability of being alive",
      caption: "For customers whose first order was \(age) ago: how likely they will ever order "
        + "again. To the right the last order is more recent; many orders that ended long ago "
        + "(top left) are the surest sign of a lost customer.",
      legend: "P(alive)", values: matrix?.alive ?? [], high: { _ in 1 },
      label: { cell in
        Labels.percent(min(1, max(0, cell))).replacing(" %", with: "")
      },
      legendLabel: { axis, tick in axis.percentLabel(tick) })
  }

  static func expected(_ matrix: RecencyFrequencyMatrix?) -> Picture {
    let age = matrix.map { Labels.duration($0.ageDays) } ?? ""
    let horizon = matrix.map { Labels.next($0.horizonDays) } ?? ""
    return picture(
      matrix, identifier: "expected-matrix",
      title: "Expected orders" + (horizon.isEmpty ? "" : " in the next \(horizon)"),
      caption: "The same customers, aged \(age): orders expected of one of them in the next "
        + "\(horizon). The darker the cell, the more a customer there is worth looking after.",
      legend: "Orders per customer", values: matrix?.expectedOrders ?? [],
      high: { LinearAxis(low: 0, high: $0, about: 4).high }, label: Labels.short,
      legendLabel: { axis, tick in axis.label(tick) })
  }

  private static func picture(
    _ matrix: RecencyFrequencyMatrix?, identifier: String, title: String, caption: String,
    legend: String, values: [[Double?]], high: (Double) -> Double, label: (Double) -> String,
    legendLabel: (LinearAxis, Double) -> String
  ) -> Picture {
    func missing(_ sentence: String) -> Picture {
      Picture(identifier: identifier, title: title, caption: "", content: .sentence(sentence))
    }
    guard let matrix, !matrix.recencies.isEmpty, !matrix.frequencies.isEmpty else {
      return missing("There is no model yet that could say anything of customers.")
    }
    let known = values.joined().compactMap { $0 }.filter { $0.isFinite && $0 >= 0 }
    guard let most = known.max() else { return missing("The model gives no number here.") }

    let scale = ColourScale(high: high(most))
    let columns = matrix.recencies.count
    let cell = (width: (width - left) / Double(columns), height: 20.0)
    let bottom = top + cell.height * Double(matrix.frequencies.count)
    var drawing = SVG(width: width, height: bottom + 80)
    drawing.text("Repeat orders", x: 0, y: 12, style: "axis")
    for (row, frequency) in matrix.frequencies.enumerated() {
      let y = bottom - cell.height * Double(row + 1)
      drawing.text(
        Numbers.grouped(frequency), x: left - 6, y: y + cell.height / 2 + 3.8, anchor: .end)
      for column in 0..<columns {
        let x = left + cell.width * Double(column)
        guard values.indices.contains(row), values[row].indices.contains(column),
          let value = values[row][column], value.isFinite, value >= 0
        else {
          drawing.rectangle(
            x: x + 0.5, y: y + 0.5, width: cell.width - 1, height: cell.height - 1, style: "none")
          continue
        }
        drawing.rectangle(
          x: x + 0.5, y: y + 0.5, width: cell.width - 1, height: cell.height - 1,
          fill: scale.fill(value))
        let text = label(value)
        if SVG.width(text, size: Plot.smallSize) <= cell.width - 2 {
          drawing.text(
            text, x: x + cell.width / 2, y: y + cell.height / 2 + 3.4, anchor: .middle,
            style: "small", fill: scale.ink(value))
        }
      }
    }
    drawColumns(matrix.recencies, width: cell.width, bottom: bottom, in: &drawing)
    scale.drawLegend(
      in: &drawing, title: legend, x: 130, y: bottom + 48, width: width - 130 - 22,
      label: legendLabel)
    return Picture(
      identifier: identifier, title: title, caption: caption, content: .drawing(drawing))
  }

  /// The days under the columns, as many as fit, and what they are.
  private static func drawColumns(
    _ recencies: [Double], width cell: Double, bottom: Double, in drawing: inout SVG
  ) {
    let labels = recencies.map { Labels.decimal($0, places: 0) }
    let widest = labels.map { SVG.width($0, size: Plot.bodySize) }.max() ?? 0
    let every = max(1, Int(((widest + 6) / cell).rounded(.up)))
    // Counted from the right: the customers who have just ordered are the ones to compare with.
    for (column, text) in labels.enumerated() where (labels.count - 1 - column) % every == 0 {
      let half = SVG.width(text, size: Plot.bodySize) / 2
      let place = left + cell * (Double(column) + 0.5)
      drawing.text(text, x: min(place, Self.width - half), y: bottom + 14, anchor: .middle)
    }
    drawing.text(
      "Recency: days from first to last order", x: (left + Self.width) / 2, y: bottom + 31,
      anchor: .middle, style: "axis")
  }
}
