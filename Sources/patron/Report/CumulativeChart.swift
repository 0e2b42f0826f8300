// All orders of the shop by week, as they came and as the model expects them.

enum CumulativeChart {
  static func picture(_ cumulative: CumulativeOrders?) -> Picture {
    let counted = cumulative?.counted ?? "orders"
    func made(_ caption: String, _ content: Picture.Content) -> Picture {
      Picture(
        identifier: "cumulative", title: "Cumulative \(counted) by week, actual and expected",
        caption: caption, content: content)
    }
    let weeks = (cumulative?.weeks ?? []).filter { week in
      [week.actual, week.expected].contains { $0.map { $0.isFinite && $0 >= 0 } ?? false }
    }.sorted { $0.day < $1.day }
    guard let cumulative, weeks.count > 1, let first = weeks.first, let last = weeks.last else {
      return made("", .sentence("There are not two weeks of orders yet."))
    }
    let most = weeks.flatMap { [$0.actual, $0.expected, $0.high].compactMap(usable) }.max() ?? 0
    guard most > 0 else { return made("", .sentence("No \(counted) in any week.")) }

    let axis = LinearAxis(low: 0, high: most, about: 6, whole: most > 5)
    let days = TimeAxis(low: Double(first.day), high: Double(last.day), atMost: 9)
    var plot = Plot(height: 340, top: 50)
    func x(_ day: Int) -> Double { plot.x(days.share(Double(day))) }
    func points(_ value: (CumulativeOrders.Week) -> Double?) -> [(x: Double, y: Double)] {
      weeks.compactMap { week in
        usable(value(week)).map { (x(week.day), plot.y(axis.share($0))) }
      }
    }
    let isCut = cumulative.cutDay.map { $0 >= first.day && $0 <= last.day } ?? false
    if let cut = cumulative.cutDay, isCut {
      plot.drawing.rectangle(
        x: x(cut), y: plot.top, width: plot.right - x(cut), height: plot.bottom - plot.top,
        style: "later")
    }
    plot.drawVertical(axis, title: "\(capitalised(counted)), cumulative", label: axis.label)
    let banded = weeks.filter { usable($0.low) != nil && usable($0.high) != nil }
    let band =
      banded.map { (x($0.day), plot.y(axis.share(max(0, $0.low ?? 0)))) }
      + banded.reversed().map { (x($0.day), plot.y(axis.share($0.high ?? 0))) }
    if banded.count > 1 { plot.drawing.path(band, style: "band", closed: true) }
    plot.drawing.path(points(\.actual), style: "actual-line")
    plot.drawing.path(points(\.expected), style: "expected-line")
    plot.drawDays(days, title: "End of week, date")
    if let cut = cumulative.cutDay, isCut {
      let later = cumulative.future == .holdout ? "hold-out, unseen by the fit" : "forecast"
      plot.drawMark("cut \(Labels.day(cut)): \(later)", x: x(cut), y: 36, style: "cut")
    }
    var series: [Plot.Series] = [
      .init(name: "actual", mark: .line, style: "actual-line"),
      .init(name: "expected", mark: .line, style: "expected-line"),
    ]
    if banded.count > 1 {
      let share = cumulative.coverage.flatMap(usable).map { Labels.percent($0) + " " } ?? ""
      series.append(.init(name: "\(share)interval", mark: .box, style: "band"))
    }
    plot.drawLegend(series)
    return made(caption(cumulative, weeks), .drawing(plot.drawing))
  }

  private static func caption(
    _ cumulative: CumulativeOrders, _ weeks: [CumulativeOrders.Week]
  ) -> String {
    let reading =
      "Each line counts all \(cumulative.counted) up to the end of a week; the closer the two, the "
      + "better the model. "
    guard let cut = cumulative.cutDay else { return reading }
    let later = weeks.filter { $0.day > cut }
    guard let atCut = weeks.last(where: { $0.day <= cut }), let end = later.last else {
      return reading
    }
    if cumulative.future == .holdout, let actual = usable(end.actual),
      let before = usable(atCut.actual), let expected = usable(end.expected),
      let expectedBefore = usable(atCut.expected), actual > before
    {
      let ratio = (expected - expectedBefore) / (actual - before) - 1
      return reading
        + "After the cut, \(Labels.decimal(actual - before, places: 0)) came and "
        + "\(Labels.decimal(expected - expectedBefore, places: 0)) were expected "
        + "(\(Labels.signedPercent(ratio)))."
    }
    if let expected = usable(end.expected), let before = usable(atCut.actual ?? atCut.expected) {
      return reading
        + "From the cut to \(Labels.day(end.day)), "
        + "\(Labels.decimal(expected - before, places: 0)) are expected."
    }
    return reading
  }

  private static func usable(_ value: Double?) -> Double? {
    value.flatMap { $0.isFinite && abs($0) < 1e100 ? $0 : nil }
  }

  private static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
