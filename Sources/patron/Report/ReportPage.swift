// The whole page: head, tables, pictures. One file, no script, nothing fetched from elsewhere.

enum ReportPage {
  static func html(_ data: ReportData) -> String {
    let head = data.head
    let day = Labels.day(head.asOfDay)
    let matrix = [MatrixChart.alive(data.matrix), MatrixChart.expected(data.matrix)]
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Customer report, \(day)</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <main>
      <h1>Customer report</h1>
      <p class="lead">As of \(day)\(head.model.isEmpty ? "" : ", model \(SVG.escaped(head.model))")</p>
      \(keys(head))\(warnings(head.warnings))\(tables(head))\
      <div class="pair">
      \(matrix.map(figure).joined())</div>
      \(pictures(data).map(figure).joined())</main>
      </body>
      </html>

      """
  }

  /// Everything across the page, in its order.
  static func pictures(_ data: ReportData) -> [Picture] {
    [
      CalibrationChart.picture(data.deciles, days: data.decileDays),
      CumulativeChart.picture(data.cumulative),
      LifetimeValueChart.picture(data.lifetimeValue, currency: data.head.currency),
    ]
      + data.lives.enumerated().map { AliveChart.picture($1, number: $0 + 1) }
      + [RetentionChart.picture(data.cohorts, asOfDay: data.head.asOfDay)]
  }

  static func figure(_ picture: Picture) -> String {
    let title = SVG.escaped(picture.title)
    switch picture.content {
    case .drawing(let drawing):
      let markup = drawing.markup(
        identifier: picture.identifier, title: picture.title, description: picture.caption)
      return """
        <figure>
        <h2>\(title)</h2>
        \(markup)
        <figcaption>\(SVG.escaped(picture.caption))</figcaption>
        </figure>

        """
    case .sentence(let sentence):
      return """
        <figure>
        <h2>\(title)</h2>
        <p class="missing">\(SVG.escaped(sentence))</p>
        </figure>

        """
    }
  }

  private static func keys(_ head: ReportHead) -> String {
    let each = head.customers > 0 ? Double(head.orders) / Double(head.customers) : .nan
    let rows = [
      ("Customers", Numbers.grouped(head.customers)), ("Orders", Numbers.grouped(head.orders)),
      ("Orders per customer", Labels.short(each)),
      ("Currency", head.currency.isEmpty ? "–" : head.currency),
    ]
    let cells = rows.map { name, value in
      "<div><dt>\(name)</dt><dd>\(SVG.escaped(value))</dd></div>\n"
    }
    return "<dl class=\"keys\">\n\(cells.joined())</dl>\n"
  }

  private static func warnings(_ sentences: [String]) -> String {
    guard !sentences.isEmpty else { return "" }
    let lines = sentences.map { "<p>\(SVG.escaped($0))</p>\n" }.joined()
    return "<section class=\"warnings\">\n\(lines)</section>\n"
  }

  private static func tables(_ head: ReportHead) -> String {
    "<div class=\"tables\">\n\(model(head))\(holdout(head.holdout))</div>\n"
  }

  private static func model(_ head: ReportHead) -> String {
    guard !head.model.isEmpty else {
      return """
        <section><h2>Model</h2><p class="missing">No model has been fitted yet.</p></section>

        """
    }
    // Parameters that were adopted from elsewhere came without errors.
    let hasErrors = head.parameters.contains { $0.standardError != nil }
    let rows = head.parameters.map { parameter in
      let name = parameter.name + (parameter.unit.isEmpty ? "" : " (\(parameter.unit))")
      let error = hasErrors ? [parameter.standardError.map(figures) ?? "–"] : []
      return row([name, figures(parameter.value)] + error)
    }
    let errorHead = hasErrors ? "<th>Standard error</th>" : ""
    let note =
      hasErrors ? "<p class=\"note\">– means that the data do not tell the error.</p>\n" : ""
    return """
      <section>
      <h2>Model: \(SVG.escaped(head.model))</h2>
      <table>
      <thead><tr><th>Parameter</th><th>Value</th>\(errorHead)</tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>
      \(note)</section>

      """
  }

  private static func holdout(_ holdout: ReportHoldout?) -> String {
    guard let holdout else {
      return """
        <section><h2>Hold-out</h2><p class="missing">The model has not been held against orders \
        it had not seen.</p></section>

        """
    }
    let rows = [
      row(["Customers", Numbers.grouped(holdout.customers)]),
      row(["Orders, actual", Labels.decimal(holdout.actual, places: 0)]),
      row(["Orders, predicted", Labels.decimal(holdout.predicted, places: 0)]),
      row(["Bias", holdout.bias.map(Labels.signedPercent) ?? "–"]),
      row(["Mean absolute error, orders", Labels.decimal(holdout.meanAbsoluteError, places: 3)]),
      row([
        "Root mean square error, orders",
        Labels.decimal(holdout.rootMeanSquareError, places: 3),
      ]),
      row(["Poisson deviance", Labels.decimal(holdout.poissonDeviance, places: 3)]),
      row([
        "Gini (0 chance, 1 perfect order)",
        holdout.normalizedGini.map { Labels.decimal($0, places: 3) } ?? "–",
      ]),
    ]
    return """
      <section>
      <h2>Hold-out</h2>
      <table>
      <thead><tr><th>After \(Labels.day(holdout.cutDay)), to \(Labels.day(holdout.lastDay))</th>\
      <th></th></tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>
      </section>

      """
  }

  private static func row(_ cells: [String]) -> String {
    let rest = cells.dropFirst().map { "<td>\(SVG.escaped($0))</td>" }.joined()
    return "<tr><th>\(SVG.escaped(cells.first ?? ""))</th>\(rest)</tr>\n"
  }

  /// Four digits, as parameters are compared.
  private static func figures(_ value: Double) -> String {
    value.isFinite ? Numbers.significant(value, 4) : "–"
  }
}
