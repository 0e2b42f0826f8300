// The state as bytes, for snapshots and for the state's hash: a head with the few settings, and
// sections, each one block of memory as it is. The way back is in StoreLoader. The head
// (little-endian):
//
//   0  4 generation    4  4 newest order day
//   8  8 customers    16  8 orders       24  8 returns       32  8 end of the identifiers
//  40  1 minor digits, then the currency (name), the model (as in adopt model; kind 0: none),
//        1 whether the shop is declared, and if so the declare shop request; neither has a key
//        1 younger half of the answers   4 blocks a half may have   8 8 ends of the halves
//
// A plain model, one without further models and without calibration, was once all there was, and
// states without anything else still end here. Else there follow
//
//        the further models and the calibration (as in adopt model)
//        the model adopted before (as in adopt model; kind 0: none)
//
// without churn layers. There were none once, and states without any still end here. Else there follow
//
//        the churn layer of the model and that of the one before (as in adopt model; horizon 0: none)
//
// Where nothing was known of customers but their orders, states still end here. Else there follow
//
//         1 how many counts follow, then 8 for each: the rows of the tables of facts in the sequence
//           of `Facts.tables`, and the end of the names' arena
//
// A later build may know more tables; their counts then stand before the last one, as that of the ties
// does, which is left out while nobody has any. Where there never was
// a catalogue of offers, states still end here. Else there follows what OfferingSections writes. Where segments were
// neither defined nor found, states still end here. Else there follow
//
//         1 zero, in the place of what OfferingSections writes where there never was a catalogue
//         8 rows of the segments' marks
//
// The sequence and the time are not in it: whoever keeps the bytes keeps them too.

public import Wire

/// One piece of the state.
public struct Section: ~Escapable {
  /// What a section holds; the number in the snapshot's block.
  public enum Kind: UInt32, CaseIterable, Sendable {
    /// A chunk of customers as they once were: read, never written.
    case formerCustomers = 2
    /// A chunk of orders.
    case orders = 3
    /// A chunk of returns.
    case returns = 4
    /// A block of identifiers.
    case identifiers = 5
    /// A block of answers; those of the second half are numbered from 65,536 on.
    case answers = 6
    /// A chunk of where customers' facts begin.
    case factHeads = 7
    /// A chunk of how consents stand.
    case consentStandings = 8
    /// A chunk of what was said about consent.
    case consents = 9
    /// A chunk of names.
    case names = 10
    /// A block of the names' bytes.
    case nameBytes = 11
    /// A chunk of profiles.
    case profiles = 12
    /// A chunk of events.
    case events = 13
    /// A chunk of order lines.
    case orderLines = 14
    /// A chunk of offers' accounts.
    case offerAccounts = 15
    /// A chunk of contacts that were decided.
    case contacts = 16
    /// A chunk of what came of decisions.
    case outcomes = 17
    /// A chunk of where customers' dealings with offers begin.
    case offerHeads = 18
    /// A chunk of customers' parts in campaigns.
    case enrolments = 19
    /// A block of decisions; those of the second half are numbered from 65,536 on.
    case decisions = 20
    /// The catalogues' texts, as Offering writes them.
    case catalogues = 21
    /// What was learnt of offers.
    case learning = 22
    /// A chunk of campaigns' accounts.
    case campaignAccounts = 23
    /// A chunk of customers.
    case customers = 24
    /// A chunk of what ties persons to the shop.
    case ties = 25
    /// A chunk of customers' segments.
    case segmentMarks = 26
    /// What segments are, and the quantiles they speak of.
    case segmentation = 27
  }

  /// What it holds.
  public let kind: Kind
  /// Its place among those of its kind, from 0.
  public let index: UInt32
  /// The sequence of the last command that wrote to it.
  public let changed: UInt64
  /// Its bytes.
  public let bytes: RawSpan

  @_lifetime(borrow block)
  init(kind: Kind, index: Int, _ block: borrowing Block) {
    self.kind = kind
    self.index = UInt32(index)
    changed = block.changed
    bytes = block.bytes
  }
}

extension Store {
  /// Everything that is not in blocks: the settings, and how much there is in blocks.
  ///
  /// - Returns: at most a few dozen kilobytes.
  public func head() -> ByteBuffer {
    var out = ByteBuffer()
    writeSettings(to: &out)
    out.append(UInt8(answers.younger))
    out.append(UInt32(answers.halfBlocksMax))
    for half in answers.halves { out.append(UInt64(half.end)) }
    writeRest(to: &out)
    return out
  }

  /// The head without what is about requests.
  func writeSettings(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(newestOrderDay)
    out.append(UInt64(customers.count))
    out.append(UInt64(orders.count))
    out.append(UInt64(returns.count))
    out.append(UInt64(identifiers.end))
    out.append(minorDigits)
    out.append(name: currency)
    CommandKey.none.write(to: &out)
    (model?.fields ?? .none).writeHead(to: &out)
    out.append(UInt8(calendar == nil ? 0 : 1))
    if let calendar {
      DeclareShopRequest(timeZone: calendar.timeZone, transitions: calendar.transitions)
        .write(to: &out)
    }
  }

  /// What of the models is not in the settings, and how many facts there are; nothing where that is
  /// all.
  func writeRest(to out: inout ByteBuffer) {
    let fields = model?.fields ?? .none
    let isFactual = !facts.isEmpty || !offering.isEmpty || !segmentation.isEmpty
    guard !fields.isPlain || previousModel != nil || isFactual else { return }
    fields.writeRest(to: &out)
    let previous = previousModel?.fields ?? .none
    previous.writeHead(to: &out)
    previous.writeRest(to: &out)
    guard fields.layer != nil || previous.layer != nil || isFactual else { return }
    fields.writeLayer(to: &out)
    previous.writeLayer(to: &out)
    guard isFactual else { return }
    let tables = Facts.tables.prefix(facts.countedTables)
    out.append(UInt8(tables.count + 1))
    for table in tables { out.append(UInt64(facts[keyPath: table.chunks].count)) }
    out.append(UInt64(facts.names.arena.end))
    if !offering.isEmpty { offering.writeHead(to: &out) }
    guard !segmentation.isEmpty else { return }
    if offering.isEmpty { out.append(UInt8(0)) }
    out.append(UInt64(segmentation.marks.count))
  }

  /// Lends every section, kind after kind, always in the same sequence.
  ///
  /// - Parameter body: called once a section; the bytes are valid during the call.
  /// - Throws: what `body` throws.
  public func forEachSection<Failure: Error>(
    _ body: (borrowing Section) throws(Failure) -> Void
  ) throws(Failure) {
    var lists: [(kind: Section.Kind, first: Int, blocks: [Block])] = [
      (.customers, 0, customers.chunks.blocks), (.orders, 0, orders.chunks.blocks),
      (.returns, 0, returns.chunks.blocks), (.identifiers, 0, identifiers.blocks),
      (.answers, 0, answers.halves[0].blocks),
      (.answers, AnswerLog.halfBlocksLimit, answers.halves[1].blocks),
    ]
    lists += Facts.tables.map { ($0.kind, 0, facts[keyPath: $0.chunks].blocks) }
    lists.append((.nameBytes, 0, facts.names.arena.blocks))
    if !offering.isEmpty {
      lists += Offering.tables.map { ($0.kind, 0, offering[keyPath: $0.chunks].blocks) }
      lists.append((.decisions, 0, offering.decisions.halves[0].blocks))
      lists.append((.decisions, AnswerLog.halfBlocksLimit, offering.decisions.halves[1].blocks))
      lists.append((.catalogues, 0, [offering.catalogueBlock()]))
      lists.append((.learning, 0, [offering.learningBlock()]))
    }
    if !segmentation.isEmpty {
      lists.append((.segmentMarks, 0, segmentation.marks.chunks.blocks))
      lists.append((.segmentation, 0, [segmentation.block()]))
    }
    for list in lists {
      for (place, block) in list.blocks.enumerated() {
        try body(Section(kind: list.kind, index: list.first + place, block))
      }
    }
  }
}
