// What is kept about offers as bytes: its part of the state's head, and the two sections that are made
// when they are asked for. The head's part (little-endian):
//
//    1 how many counts follow, then 8 for each: the rows of `Offering.tables`, of which an earlier
//      build knew fewer
//    1 younger half of the decisions    4 blocks a half may have    2 8 ends of the halves
//    8 all decisions                    2 8 first of each half
//    1 half and 8 position of the oldest decision whose window has not ended
//    8 end of the newest window         4 day on which was forgotten   8 unused
//
// The section of the catalogues: 1 how many, then for each, the oldest first, 4 the version its text
// made, 4 its present version, 2 how many offers, then 1 state each, 4 size of the text, the text. That
// of what was learnt: 4 how many numbers, 8 each, 4 how many counts, 8 each.

import Offers
import Policies
import Wire

extension Offering {
  /// The head's part.
  func writeHead(to out: inout ByteBuffer) {
    out.append(UInt8(Self.tables.count))
    for table in Self.tables { out.append(UInt64(self[keyPath: table.chunks].count)) }
    out.append(UInt8(decisions.younger))
    out.append(UInt32(decisions.halfBlocksMax))
    for half in decisions.halves { out.append(UInt64(half.end)) }
    out.append(decisionCount)
    for first in firstRemembered { out.append(first) }
    out.append(UInt8(closing.half))
    out.append(UInt64(closing.position))
    out.append(lastCloseMicros)
    out.append(learnerDay)
    out.append(formerPriceMicros)
  }

  /// The tables that the first build with offers had.
  private static let tablesMin = 5

  /// What a head's part says there is.
  struct Counts: Sendable {
    var tables: [Int] = []
    var decisionEnds = [0, 0]
  }

  /// Reads the head's part.
  mutating func readHead(_ reader: inout FrameReader) throws(Refusal) -> Counts {
    var counts = Counts()
    let at = reader.offset
    let known = Int(try reader.readUInt8())
    guard (Self.tablesMin...Self.tables.count).contains(known) else {
      throw Refusal(.invalidField, at: at, "there are other tables of offers than this build knows")
    }
    for _ in 0..<known { counts.tables.append(Int(clamping: try reader.read(UInt64.self))) }
    counts.tables += [Int](repeating: 0, count: Self.tables.count - known)
    let younger = Int(try reader.readUInt8())
    let halfBlocks = Int(try reader.read(UInt32.self))
    guard younger <= 1, (1...AnswerLog.halfBlocksLimit).contains(halfBlocks) else {
      throw Refusal(.invalidField, at: at, "the halves of the decisions are not what they can be")
    }
    decisions = AnswerLog(halfBlocksMax: halfBlocks)
    decisions.younger = younger
    for half in 0..<2 { counts.decisionEnds[half] = Int(clamping: try reader.read(UInt64.self)) }
    decisionCount = try reader.read(UInt64.self)
    for half in 0..<2 { firstRemembered[half] = try reader.read(UInt64.self) }
    closing.half = Int(try reader.readUInt8())
    closing.position = Int(clamping: try reader.read(UInt64.self))
    lastCloseMicros = try reader.read(Int64.self)
    learnerDay = try reader.read(Int32.self)
    formerPriceMicros = try reader.read(Int64.self)
    guard closing.half <= 1, closing.position <= counts.decisionEnds[closing.half] else {
      throw Refusal(.invalidField, at: at, "the oldest open decision is not there")
    }
    return counts
  }

  // MARK: Sections

  func catalogueBlock() -> Block {
    var out = ByteBuffer()
    let shelves = older + (shelf.map { [$0] } ?? [])
    out.append(UInt8(shelves.count))
    for shelf in shelves {
      out.append(shelf.textVersion)
      out.append(shelf.catalogue.version)
      out.append(UInt16(shelf.catalogue.offers.count))
      for offer in shelf.catalogue.offers { out.append(offer.state.rawValue) }
      out.append(UInt32(shelf.text.count))
      for byte in shelf.text { out.append(byte) }
    }
    return Block(copying: out.bytes, changed: catalogueChanged)
  }

  func learningBlock() -> Block {
    var out = ByteBuffer()
    let numbers = learner?.numbers() ?? []
    out.append(UInt32(numbers.count))
    for number in numbers { out.append(number) }
    out.append(UInt32(reasonCounts.count))
    for count in reasonCounts { out.append(count) }
    return Block(copying: out.bytes, changed: learningChanged)
  }

  mutating func restoreLearning(_ block: Block) throws(SectionError) {
    do throws(Refusal) {
      var reader = FrameReader(block.bytes)
      var numbers: [Double] = []
      for _ in 0..<(try reader.read(UInt32.self)) { numbers.append(try reader.read(Double.self)) }
      for _ in 0..<(try reader.read(UInt32.self)) {
        reasonCounts.append(try reader.read(UInt64.self))
      }
      try reader.requireEnd()
      learner = Learner(numbers)
    } catch {
      throw SectionError("what was learnt of offers cannot be read: \(error)")
    }
    guard let learner, reasonCounts.count == accounts.count * Self.reasonCount,
      (0..<accounts.count).allSatisfy({ accounts[UInt32($0)].arm < learner.armCount })
    else { throw SectionError("what was learnt of offers does not belong to their accounts") }
    learningChanged = block.changed
  }

  /// Compiles the catalogues again; the accounts and names must be there.
  mutating func restoreCatalogues(_ block: Block, _ names: NameTable) throws(SectionError) {
    var numbers: [String: UInt32] = [:]
    var accountsOf: [UInt32: UInt32] = [:]
    for name in 0..<UInt32(names.count) where names.arena.holds(names.rows[name].position) {
      numbers[names.text(Link(name))] = name
    }
    for account in 0..<UInt32(accounts.count) { accountsOf[accounts[account].name] = account }
    var shelves: [OfferShelf] = []
    do throws(Refusal) {
      var reader = FrameReader(block.bytes)
      for _ in 0..<(try reader.readUInt8()) {
        shelves.append(try readShelf(&reader, numbers, accountsOf))
      }
      try reader.requireEnd()
    } catch {
      throw SectionError("the catalogue cannot be read: \(error)")
    }
    guard let last = shelves.popLast() else { throw SectionError("there is no catalogue") }
    shelf = last
    older = shelves
    catalogueChanged = block.changed
  }

  private func readShelf(
    _ reader: inout FrameReader, _ numbers: [String: UInt32], _ accountsOf: [UInt32: UInt32]
  ) throws(Refusal) -> OfferShelf {
    let textVersion = try reader.read(UInt32.self)
    let version = try reader.read(UInt32.self)
    var states: [OfferState] = []
    for _ in 0..<(try reader.read(UInt16.self)) {
      states.append(OfferState(rawValue: try reader.readUInt8()) ?? .ended)
    }
    let at = reader.offset
    var text: [UInt8] = []
    for _ in 0..<(try reader.read(UInt32.self)) { text.append(try reader.readUInt8()) }
    let catalogue: Catalogue
    do throws(JSONError) {
      catalogue = try Catalogue(restoring: text, version: version, states: states)
    } catch {
      throw Refusal(.badCatalogue, at: at, "\(error)")
    }
    func number(_ text: String) throws(Refusal) -> UInt32 {
      guard let number = numbers[text] else {
        throw Refusal(.badCatalogue, at: at, "the name \(text) is not there")
      }
      return number
    }
    var accounts: [UInt32] = []
    for words in catalogue.words {
      guard let account = accountsOf[try number(words.id)] else {
        throw Refusal(.badCatalogue, at: at, "\(words.id) has no account")
      }
      accounts.append(account)
    }
    var campaigns: [UInt32] = []
    var campaignAccounts: [Link] = []
    for campaign in catalogue.campaigns {
      let name = try number(campaign.id)
      let account = campaign.budget.isSet ? self.account(ofCampaign: name) : Link.none
      guard !campaign.budget.isSet || account != .none else {
        throw Refusal(.badCatalogue, at: at, "\(campaign.id) has no account")
      }
      campaigns.append(name)
      campaignAccounts.append(account)
    }
    var codes: [UInt32: Int32] = [:]
    for text in catalogue.texts where text.utf8.count <= Limits.nameSizeMax {
      codes[try number(text)] = catalogue.code(of: text)
    }
    return OfferShelf(
      catalogue, text: text, textVersion: textVersion, accounts: accounts, in: self.accounts,
      campaigns: campaigns, campaignAccounts: campaignAccounts, codes: codes)
  }
}
