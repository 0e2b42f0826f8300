// Whom a condition holds for, row by row: the answer to select customers. First it is found who they are, then,
// as fast as they are read, what is told of them.

public import Models
import Offers
import Rules
public import Wire

/// What is told of a customer.
enum SelectColumn: Sendable {
  case customer
  case field(ScanField)
  /// The identifier of the best offer, or nothing.
  case bestOffer(BestOffer)
}

/// What customers are ordered by.
struct SelectOrder: Sendable {
  let field: ScanField
  let isDescending: Bool
}

/// A customer in an order: the smaller key comes first, of equal ones the smaller row.
private struct OrderedRow: Comparable {
  let key: UInt64
  let row: UInt32

  static func < (one: OrderedRow, other: OrderedRow) -> Bool {
    one.key != other.key ? one.key < other.key : one.row < other.row
  }

  /// The key of a number; who has none comes last.
  static func key(_ value: Double, isDescending: Bool) -> UInt64 {
    guard value.isFinite else { return .max }
    // Zero has one sign only.
    let bits = (value + 0).bitPattern
    let rising = bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    return isDescending ? ~rising : rising
  }
}

/// Tells whom a condition holds for.
public struct SelectScan: StreamedAnalysis {
  private var view: ScanView
  private let plan: ScanPlan
  private let told: [SelectColumn]
  /// How many at most.
  private let limit: Int
  private let order: SelectOrder?
  private var progress = ScanProgress()
  private var found: UInt64 = 0
  /// Whom the condition holds for and who are not told yet, from the place on.
  private var rows: [UInt32] = []
  private var place = 0
  private var toldCount = 0
  /// The first of those that were looked at, where they are to be ordered.
  private var ordered: [OrderedRow] = []
  /// Who comes behind this need not be kept.
  private var worst: OrderedRow?

  /// Customers of one part.
  private static let partRows = 1_024
  /// Bytes of one value at most, a text with its length.
  private static let valueSizeMax = 65
  /// Bytes of a part before its columns, and of a column before its values.
  private static let headSize = 33
  private static let columnHeadSize = 5
  /// Parts that one task writes.
  private static let taskParts = 4

  init(
    _ view: ScanView, _ plan: ScanPlan, _ told: [SelectColumn], limit: Int, _ order: SelectOrder?
  ) {
    self.view = view
    self.plan = plan
    self.told = told
    self.limit = limit == 0 ? .max : limit
    self.order = order
  }

  /// Looks at the next customers, or tells of those who were found.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the customers that are next, and how far the search has come.
  /// - Throws: `tooManyOrdered` where more would have to be put in order than are held in memory.
  public mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts {
    view.begin(plan, on: crew)
    if place == rows.count, let tasks = progress.next(of: view.store) {
      (rows, place) = ([], 0)
      if let order {
        try look(at: tasks, by: order, on: crew)
      } else {
        look(at: tasks, on: crew)
      }
    }
    let parts = tell(on: crew)
    let isEnd = place == rows.count && progress.isEnd(of: view.store)
    return StreamedParts(parts.isEmpty ? [progressPart] : parts, isEnd: isEnd)
  }

  // MARK: Finding

  private mutating func look(at tasks: [Range<Int>], on crew: any FitCrew) {
    let (view, plan, most) = (view, plan, limit - toldCount)
    let pieces = crew.map(tasks.count) { task in
      var rows: [UInt32] = []
      var worker = ScanWorker(plan, view)
      worker.scan(tasks[task], on: crew) { worker, found in
        found.eachRow { row in rows.append(worker.columns.rows[row]) }
        return rows.count < most
      }
      return rows
    }
    for piece in pieces { rows += piece }
    if rows.count >= most {
      rows.removeLast(rows.count - most)
      progress.stop()
    }
    found += UInt64(rows.count)
  }

  private mutating func look(
    at tasks: [Range<Int>], by order: SelectOrder, on crew: any FitCrew
  ) throws(Refusal) {
    let (view, plan, worst) = (view, plan, worst)
    let pieces = crew.map(tasks.count) { task in
      var rows: [OrderedRow] = []
      var count = 0
      var worker = ScanWorker(plan, view)
      worker.scan(tasks[task], on: crew) { worker, found in
        worker.fill(order.field.column, for: found)
        count += found.count
        found.eachRow { row in
          let one = OrderedRow(
            key: worker.columns.key(of: order, row), row: worker.columns.rows[row])
          if let worst, worst < one { return }
          rows.append(one)
        }
        return true
      }
      return (rows, count)
    }
    for (piece, count) in pieces {
      ordered += piece
      found += UInt64(count)
    }
    let room = min(limit, Limits.orderedMax)
    if ordered.count > 2 * room || progress.isEnd(of: view.store) {
      guard limit <= Limits.orderedMax || ordered.count <= Limits.orderedMax else {
        throw Refusal(
          .tooManyOrdered,
          "more than \(Limits.orderedMax) customers would have to be put in order; "
            + "set a limit, or leave the order out")
      }
      ordered.sort()
      if ordered.count > room { ordered.removeLast(ordered.count - room) }
      if ordered.count == room { self.worst = ordered.last }
    }
    if progress.isEnd(of: view.store) {
      rows = ordered.map(\.row)
      ordered = []
    }
  }

  // MARK: Telling

  /// Tells of the next customers, as many as fit into one step.
  private mutating func tell(on crew: any FitCrew) -> [[UInt8]] {
    let left = rows.count - place
    if left == 0 { return [] }
    // So that the largest part fits, with the longest texts.
    let perRow = max(1, told.count) * Self.valueSizeMax
    let perPart = Self.headSize + told.count * Self.columnHeadSize
    let partRows = min(Self.partRows, max(1, (StreamedParts.sizeMax / 2 - perPart) / perRow))
    let most = max(1, StreamedParts.sizeMax / (perPart + partRows * perRow))
    let count = min(most, (left + partRows - 1) / partRows)
    let (first, end) = (place, rows.count)
    let copy = self
    let parts = crew.map((count + Self.taskParts - 1) / Self.taskParts) { task in
      var worker = ScanWorker(copy.plan, copy.view)
      var desk = DecisionDesk()
      return (task * Self.taskParts..<min((task + 1) * Self.taskParts, count)).map { number in
        let start = first + number * partRows
        return copy.part(start..<min(start + partRows, end), &worker, &desk)
      }
    }
    let taken = min(left, count * partRows)
    place += taken
    toldCount += taken
    return Array(parts.joined())
  }

  /// A part without customers.
  private var progressPart: [UInt8] {
    var body = ByteBuffer()
    head.writeHead(rows: 0, columns: 0, to: &body)
    return body.array
  }

  private var head: SelectReply {
    var head = SelectReply()
    head.scanned = UInt64(progress.scanned)
    head.customers = UInt64(view.store.customers.count)
    head.found = found
    head.asOfDay = Int32(view.day)
    return head
  }

  private func part(
    _ range: Range<Int>, _ worker: inout ScanWorker, _ desk: inout DecisionDesk
  ) -> [UInt8] {
    worker.load(rows.span.extracting(range))
    let all = RowSet(first: range.count)
    var body = ByteBuffer()
    head.writeHead(rows: range.count, columns: told.count, to: &body)
    for column in told {
      switch column {
      case .customer:
        let mark = ColumnValues.begin(.texts, in: &body)
        for row in rows[range] {
          let identifier = view.store.identifiers.bytes(at: view.store.customers[row].identifier)
          body.append(UInt8(identifier.byteCount))
          body.append(bytes: identifier)
        }
        ColumnValues.end(mark, in: &body)
      case .field(let field):
        worker.fill(field.column, for: all)
        worker.columns.write(field, view.store, to: &body)
      case .bestOffer(let best):
        let mark = ColumnValues.begin(.texts, in: &body)
        for row in rows[range] {
          if let offer = best.offer(for: row, view, &desk) {
            body.append(name: offer)
          } else {
            body.append(ColumnValues.unknownText)
          }
        }
        ColumnValues.end(mark, in: &body)
      }
    }
    return body.array
  }
}

extension ScanColumns {
  /// Where a row comes in an order.
  fileprivate func key(of order: SelectOrder, _ row: Int) -> UInt64 {
    let place = place(of: order.field.column)
    switch order.field.column {
    case .day:
      let day = day(place, row)
      return OrderedRow.key(
        day == .min ? .nan : Double(day), isDescending: order.isDescending)
    default: return OrderedRow.key(number(place, row), isDescending: order.isDescending)
    }
  }

  /// Writes a column of all rows, each filled.
  fileprivate func write(_ field: ScanField, _ store: Store, to out: inout ByteBuffer) {
    let place = place(of: field.column)
    switch field.column {
    case .number, .quantile:
      let mark = ColumnValues.begin(.numbers, in: &out)
      for row in 0..<count {
        let value = number(place, row)
        out.append(value.isFinite ? value : .nan)
      }
      ColumnValues.end(mark, in: &out)
    case .code(let code):
      let mark = ColumnValues.begin(.texts, in: &out)
      for row in 0..<count {
        if let value = store.text(raw(place, row), of: code) {
          out.append(name: value)
        } else {
          out.append(ColumnValues.unknownText)
        }
      }
      ColumnValues.end(mark, in: &out)
    case .day:
      let mark = ColumnValues.begin(.days, in: &out)
      for row in 0..<count { out.append(day(place, row)) }
      ColumnValues.end(mark, in: &out)
    case .truth, .category:
      let mark = ColumnValues.begin(.truths, in: &out)
      for row in 0..<count {
        let truth = truth(place, row)
        out.append(truth == .unknown ? UInt8(2) : truth == .yes ? 1 : 0)
      }
      ColumnValues.end(mark, in: &out)
    }
  }
}
