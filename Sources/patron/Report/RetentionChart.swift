// Who came back: the customers of a month, and the share of them who ordered in each month since.

enum RetentionChart {
  /// More would not be readable across a page.
  private static let longest = 24
  private static let left = 122.0
  private static let top = 34.0
  private static let row = 18.0

  static func picture(_ all: [RetentionCohort], asOfDay: Int) -> Picture {
    func made(_ caption: String, _ content: Picture.Content) -> Picture {
      Picture(
        identifier: "retention", title: "Customers who came back, by month of the first order",
        caption: caption, content: content)
    }
    let known = all.filter {
      $0.customers > 0 && (1...12).contains($0.month) && (1...9_999).contains($0.year)
    }.sorted {
      ($0.year, $0.month) < ($1.year, $1.month)
    }
    let cohorts = known.suffix(longest)
    let columns = min(longest, cohorts.map(\.ordered.count).max() ?? 0)
    guard columns > 0 else {
      return made("", .sentence("No cohort is a month old yet."))
    }
    let shares = cohorts.map { cohort in
      cohort.ordered.prefix(columns).map {
        min(1, Double(max(0, $0)) / Double(cohort.customers))
      }
    }
    let most = shares.joined().max() ?? 0
    guard most > 0 else {
      return made(
        "", .sentence("No customer has ordered in a month after that of the first order."))
    }

    let scale = ColourScale(high: LinearAxis(low: 0, high: most, about: 4).high)
    let cell = min(52, (Plot.pageWidth - left) / Double(columns))
    let bottom = top + row * Double(cohorts.count)
    var drawing = SVG(width: Plot.pageWidth, height: bottom + 44)
    drawing.text("First order", x: 0, y: top - 6, style: "axis")
    drawing.text("Customers", x: left - 8, y: top - 6, anchor: .end, style: "axis")
    drawing.text("Months since the month of the first order", x: left, y: 12, style: "axis")
    for column in 0..<columns {
      drawing.text(
        String(column + 1), x: left + cell * (Double(column) + 0.5), y: top - 6, anchor: .middle)
    }
    let now = Labels.parts(asOfDay)
    let isPartial = Labels.parts(asOfDay &+ 1).month == now.month
    for (index, (cohort, shares)) in zip(cohorts, shares).enumerated() {
      let y = top + row * Double(index)
      drawing.text(
        Labels.month(year: cohort.year, month: cohort.month), x: 0, y: y + row / 2 + 3.8)
      drawing.text(
        Numbers.grouped(cohort.customers), x: left - 8, y: y + row / 2 + 3.8, anchor: .end)
      for (column, share) in shares.enumerated() {
        let x = left + cell * Double(column)
        drawing.rectangle(
          x: x + 0.5, y: y + 0.5, width: cell - 1, height: row - 1, fill: scale.fill(share))
        let month = cohort.year * 12 + cohort.month + column + 1
        let isLast = isPartial && month == now.year * 12 + now.month
        drawing.text(
          text(share), x: x + cell / 2, y: y + row / 2 + 3.4, anchor: .middle,
          style: isLast ? "small partial" : "small", fill: scale.ink(share))
      }
    }
    scale.drawLegend(
      in: &drawing, title: "Share of the cohort's customers who ordered in the month, %",
      x: 430, y: bottom + 12, width: 260, label: { axis, tick in axis.percentLabel(tick) })

    var caption =
      "Each row is the customers of one month, each cell the percentage of them who ordered in a "
      + "later month (the first month itself is 100 % and not shown). Rows that fade slowly to the "
      + "right are loyal cohorts; a dark column is a habit, a dark diagonal a season."
    if isPartial {
      caption +=
        " Numbers in italics are of \(Labels.month(year: now.year, month: now.month)), which is "
        + "not over."
    }
    if known.count > longest {
      caption += " Of \(Numbers.grouped(known.count)) cohorts the latest \(longest) are shown."
    }
    return made(caption, .drawing(drawing))
  }

  private static func text(_ share: Double) -> String {
    share > 0 && share < 0.005 ? "<1" : Labels.decimal(share * 100, places: 0)
  }
}
