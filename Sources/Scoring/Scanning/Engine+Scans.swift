// Questions about all customers: read and compiled here, so that what is wrong is said at once; answered by the
// scans beside.

import Models
import Offers
import Rules
import Wire

extension Engine {
  /// Reads a request for the customers a condition holds for.
  mutating func selectScan(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> SelectScan {
    let start = body.offset
    let request = try SelectRequest(from: &body)
    try body.requireEnd()
    let orderAt = start + SelectRequest.orderOffset
    let conditionAt = orderAt + 1 + request.orderBy.utf8.count
    var columnAt = conditionAt + 4 + request.condition.utf8.count + 1
    var told: [SelectColumn] = []
    var needs: Set<ScanColumn> = []
    guard !request.columns.isEmpty else {
      throw Refusal(
        .badCondition, at: columnAt - 1,
        "nothing is asked of the customers; name a column, as customer")
    }
    for name in request.columns {
      let column = try selectColumn(name, at: columnAt)
      if case .field(let field) = column { needs.insert(field.column) }
      told.append(column)
      columnAt += 2 + name.utf8.count
    }
    var order: SelectOrder?
    if !request.orderBy.isEmpty {
      let field = try ScanField(request.orderBy, "ordered by", at: orderAt) { type in
        type == .number || type == .date
      }
      needs.insert(field.column)
      order = SelectOrder(field: field, isDescending: request.isDescending)
    }
    let plan = try plan(request.condition, needs, at: conditionAt + 4)
    let view = try scanView(request.terms, at: start, nowMicros)
    return SelectScan(view, plan, told, limit: Int(clamping: request.limit), order)
  }

  /// Reads a request to count customers.
  mutating func countScan(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> CountScan {
    let start = body.offset
    let request = try CountRequest(from: &body)
    try body.requireEnd()
    let conditionAt = start + CountRequest.conditionOffset
    var at = conditionAt + 4 + request.condition.utf8.count + 1
    var groups: [ScanField] = []
    var measures: [ScanField] = []
    for name in request.groups {
      groups.append(
        try ScanField(name, "grouped by", at: at) { type in
          if case .ordered = type { return true }
          return type == .text || type == .yesNo
        })
      at += 2 + name.utf8.count
    }
    at += 1
    for name in request.measures {
      measures.append(try ScanField(name, "added up by", at: at) { $0 == .number })
      at += 2 + name.utf8.count
    }
    let plan = try plan(
      request.condition, Set((groups + measures).map(\.column)), at: conditionAt + 4)
    let view = try scanView(request.terms, at: start, nowMicros)
    return CountScan(
      view, plan, CountTerms(groups: groups, measures: measures, shares: request.shares))
  }

  // MARK: Parts

  private func selectColumn(_ name: String, at offset: Int) throws(Refusal) -> SelectColumn {
    if name == "customer" { return .customer }
    guard name.hasPrefix("best_offer") else {
      return .field(try ScanField(name, "told", at: offset) { _ in true })
    }
    guard let call = name.dropFirst("best_offer".count).inParentheses else {
      throw Refusal(
        .badCondition, at: offset, "'\(name)' names no channel; write best_offer(email)")
    }
    let words = call.split(separator: ",", omittingEmptySubsequences: false).map(\.withoutSpaces)
    let channels = Offers.Channel.allCases.map(\.word)
    guard (1...2).contains(words.count),
      let channel = Wire.Channel.allCases.first(where: { $0.inCatalogue.word == words[0] })
    else {
      throw Refusal(
        .badCondition, at: offset,
        "best_offer takes a channel, and a placement if there are several: one of "
          + "\(channels.joined(separator: ", ")); write best_offer(email)")
    }
    let shelf = try requireShelf()
    let names = shelf.catalogue.placements.map(\.name)
    guard
      let placement = words.count == 1
        ? names.indices.first : shelf.catalogue.placement(words[1])
    else {
      throw Refusal(
        .unknownPlacement, at: offset,
        "the catalogue's placements are \(names.joined(separator: ", "))")
    }
    return .bestOffer(BestOffer(shelf: shelf, placement: placement, channel: channel))
  }

  /// Compiles a condition and all that is told.
  func plan(
    _ condition: String, _ told: Set<ScanColumn>, at offset: Int
  ) throws(Refusal) -> ScanPlan {
    do throws(RuleError) {
      var planner = ScanPlanner(store.segmentation)
      return try planner.plan(condition, told: told) { name(of: $0) }
    } catch {
      throw Refusal(.badCondition, at: offset + error.offset, "\(error)")
    }
  }

  /// The number under which a text is kept as a name; nil where it never was.
  func name(of text: String) -> UInt32? {
    var bytes = ByteBuffer()
    bytes.append(name: text)
    return name(bytes.bytes.extracting(droppingFirst: 1))?.number
  }

  /// Fixes the instant that a question is about, and how customers are scored.
  mutating func scanView(
    _ asked: ScanTerms, at offset: Int, _ nowMicros: Int64
  ) throws(Refusal) -> ScanView {
    let calendar = try requireCalendar()
    let micros = asked.asOfMicros == 0 ? max(nowMicros, store.timeMicros) : asked.asOfMicros
    guard let moment = calendar.moment(at: micros), let day = UInt16(exactly: moment.today),
      day <= Limits.dayMax
    else {
      throw Refusal(
        .timeOutOfRange, at: offset, "as of must lie between 1970-01-01 and 2149-06-05")
    }
    do throws(ModelError) {
      let terms = try ScoreTerms(
        horizonDays: asked.scores?.horizonDays ?? DecisionDesk.horizonDays,
        discountRatePerYear: asked.scores?.discountRate ?? DecisionDesk.discountRate,
        margin: asked.scores?.margin ?? max(0, store.offering.shelf?.catalogue.marginRate ?? 1))
      var view = ScanView(store, moment, day: day, terms)
      if let scores = view.scores {
        view.use(tables.tables(scores.horizon, store.generation))
        // A scan pays for a table at once, and the next one is glad of it.
        tables.note(store.customers.count, scores.horizon, store.generation)
      }
      return view
    } catch {
      throw Refusal(.invalidField, at: offset, "\(error)")
    }
  }
}

extension Substring {
  /// What stands between the parentheses that it consists of.
  fileprivate var inParentheses: Substring? {
    hasPrefix("(") && hasSuffix(")") && count >= 2 ? dropFirst().dropLast() : nil
  }

  fileprivate var withoutSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
