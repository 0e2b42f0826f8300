// One customer's alive probability through time, with the orders that moved it.

enum AliveChart {
  /// `number` tells the pictures of several customers apart.
  static func picture(_ life: AliveHistory, number: Int = 1) -> Picture {
    let name = SVG.fitted(printable(life.customer), size: 15, into: 380)
    func made(_ caption: String, _ content: Picture.Content) -> Picture {
      Picture(
        identifier: "alive-\(number)",
        title: name.isEmpty
          ? "Probability of being alive through time"
          : "Probability of being alive through time: customer \(name)", caption: caption,
        content: content)
    }
    let points = life.points.filter { $0.day.isFinite && $0.probability.isFinite }
    guard points.count > 1, let first = points.first, let last = points.last,
      zip(points, points.dropFirst()).allSatisfy({ $0.day <= $1.day }), first.day < last.day
    else { return made("", .sentence("There is not yet a past of this customer to draw.")) }

    let days = TimeAxis(low: first.day, high: last.day, atMost: 9)
    let axis = LinearAxis(low: 0, high: 1, about: 5)
    var plot = Plot(height: 264, top: 30, right: 48)
    plot.drawVertical(axis, title: "P(alive)", label: axis.percentLabel)
    plot.drawDays(days, title: "Date")
    func place(_ point: AliveHistory.Point) -> (x: Double, y: Double) {
      (plot.x(days.share(point.day)), plot.y(axis.share(min(1, max(0, point.probability)))))
    }
    plot.drawing.path(points.map(place), style: "value-line")
    let orders = life.orderDays.map(Double.init).filter { $0 >= first.day && $0 <= last.day }
    for day in orders {
      let x = plot.x(days.share(day))
      plot.drawing.line(fromX: x, y: plot.bottom - 11, toX: x, y: plot.bottom, style: "order")
    }
    let end = place(last)
    plot.drawing.circle(x: end.x, y: end.y, radius: 3.2, style: "value-mark")
    plot.drawing.text(
      Labels.percent(min(1, max(0, last.probability))), x: end.x + 8, y: end.y + 3.8,
      style: "strong")
    plot.drawLegend([
      .init(name: "P(alive)", mark: .line, style: "value-line"),
      .init(name: "order", mark: .tick, style: "order"),
    ])
    return made(
      "The longer the customer is silent, measured by its own rhythm, the lower the curve; each "
        + "order (tick on the axis, \(Numbers.grouped(orders.count)) in all) lifts it again. "
        + "On \(Labels.day(Int(Labels.clampedDay(last.day)))) it stands at "
        + "\(Labels.percent(min(1, max(0, last.probability)))).", .drawing(plot.drawing))
  }

  /// What the reader sees of any bytes; escaped where it is written.
  private static func printable(_ customer: [UInt8]) -> String {
    SVG.text(Array(customer.prefix(256)))
  }
}
