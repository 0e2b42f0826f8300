// What orders consist of: record order lines.

import Wire

extension Engine {
  mutating func recordOrderLines(
    _ body: inout FrameReader, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try BatchHead(from: &body)
    for _ in 0..<head.count { _ = try OrderLineRow(from: &body) }
    try body.requireEnd()
    _ = try requireCalendar()
    try requireCurrency(head)

    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try BatchHead(from: &rows)
    for number in 0..<head.count {
      let row = try OrderLineRow(from: &rows)
      reply.count(record(row), row: number)
    }
    reply.write(to: &out)
  }

  private mutating func record(_ row: borrowing OrderLineRow) -> Recording {
    guard let customer = self.row(of: row.customer),
      let order = order(of: SipHash.identity(row.customer, row.order))
    else { return .refused(.unknownOrder) }
    let identity = LineEntry.identity(order, row.line)
    let line = row.line
    let lines = store.facts.lines
    let known = factIndexes.lines.find(identity) {
      lines[$0].order == order && lines[$0].line == line
    }
    if known != nil { return .duplicate }
    guard !store.facts.names.isFull, !lines.chunks.isFull,
      let category = makeName(row.category).number
    else { return .refused(.tableFull) }

    var heads = store.facts.heads(of: customer)
    keep(
      LineEntry(
        amountMinor: row.amountMinor, order: order, previous: heads.lines, category: category,
        quantity: row.quantity, line: line),
      of: customer, &heads)
    return .recorded
  }

  private mutating func keep(
    _ entry: LineEntry, of customer: UInt32, _ heads: inout FactHeads
  ) {
    let number = store.facts.lines.append(entry)
    heads.lines = Link(number)
    set(heads, of: customer)
    let table = store.facts.lines
    factIndexes.lines.insert(entry.identity, number) { table[$0].identity }
  }
}
