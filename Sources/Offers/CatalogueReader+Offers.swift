// The offers of a catalogue, one after the other, and their conditions. What they refer to is in
// CatalogueReader.

internal import Rules

extension CatalogueReader {
  static let offerKeys = [
    "id", "name", "text", "family", "channels", "placements", "purpose", "class", "state", "start",
    "end", "reward", "max_liability", "contact_cost", "margin_rate", "eligibility",
    "applicability", "suitability", "lever", "group", "budget",
  ]

  /// An offer while its place is not known yet.
  private struct Draft {
    var offer: Offer
    var words: OfferWords
    var family: String
    var group: String
    var programs: [RuleProgram?]
  }

  mutating func readOffers(_ root: JSONFields) {
    guard json.require(root, "offers") else { return }
    var ids: Set<String> = []
    var drafts: [Draft] = []
    for (value, path) in json.list(root, "offers", 0...CatalogueLimits.offersMax) {
      let draft = readOffer(json.object(value, path, keys: Self.offerKeys))
      if !draft.words.id.isEmpty, !ids.insert(draft.words.id).inserted,
        case .object(let members) = value.content
      {
        let place = members.first { $0.key == "id" }?.value.offset ?? value.offset
        json.note(place, "\(path).id", "there are two offers \"\(draft.words.id)\"")
      }
      drafts.append(draft)
    }
    drafts.sort { isBefore($0.words.id, $1.words.id) }
    catalogue.families = Set(drafts.map(\.family)).sorted(by: isBefore)
    catalogue.groups = Set(drafts.map(\.group)).subtracting([""]).sorted(by: isBefore)
    for draft in drafts {
      var offer = draft.offer
      offer.family = UInt16(catalogue.families.firstIndex(of: draft.family) ?? 0)
      offer.group = UInt16((catalogue.groups.firstIndex(of: draft.group) ?? -1) + 1)
      catalogue.offers.append(offer)
      catalogue.words.append(draft.words)
      catalogue.programs += draft.programs
    }
  }

  private mutating func readOffer(_ fields: JSONFields) -> Draft {
    let nameMax = CatalogueLimits.nameSizeMax
    var words = OfferWords(id: "", name: "", customerText: "", conditions: [])
    if json.require(fields, "id") { words.id = json.text(fields, "id", sizeMax: nameMax) ?? "" }
    words.name = json.text(fields, "name", sizeMax: CatalogueLimits.textSizeMax) ?? words.id
    words.customerText = json.text(fields, "text", sizeMax: CatalogueLimits.textSizeMax) ?? ""
    let family =
      json.require(fields, "family")
      ? json.text(fields, "family", sizeMax: nameMax) ?? "" : ""
    var offer = Offer(
      startDay: json.day(fields, "start") ?? .min, endDay: json.day(fields, "end") ?? .max,
      state: json.word(fields, "state") ?? .draft,
      offerClass: json.word(fields, "class") ?? .normal,
      purpose: json.word(fields, "purpose") ?? .marketing, reward: .none, channels: 0,
      placements: 0, family: 0, group: 0, campaigns: 0, holdouts: 0,
      lever: json.number(fields, "lever", 0.5...2) ?? 1,
      marginRate: json.number(fields, "margin_rate", -1...1) ?? marginRate,
      contactCost: json.number(fields, "contact_cost", 0...1_000_000) ?? 0, rewardValue: 0,
      rewardCost: 0, redemption: 1, liabilityMinor: 0, budgetMinor: -1, budgetCount: -1,
      budgetDays: 0)
    if offer.endDay <= offer.startDay {
      json.note(fields, "end", "must be after the start; it is the first day without the offer")
    }
    if offer.purpose == .profiling {
      json.note(
        fields, "purpose",
        "profiling is no purpose of an offer; it is marketing, service or partners")
    }
    let ended = previous.flatMap { old in old.place(of: words.id).map { old.offers[$0].state } }
    if let ended, !ended.canBecome(offer.state) {
      json.note(
        fields, "state", "this offer is \(ended.word) and cannot become \(offer.state.word)")
    }
    readPlaces(fields, &offer)
    readReward(fields, &offer)
    let programs = ConditionLayer.allCases.map { readCondition(fields, $0.word) }
    words.conditions = programs.map { $0?.source }
    let group = json.text(fields, "group", sizeMax: nameMax) ?? ""
    return Draft(offer: offer, words: words, family: family, group: group, programs: programs)
  }

  private mutating func readPlaces(_ fields: JSONFields, _ offer: inout Offer) {
    _ = json.require(fields, "channels")
    for (value, path) in json.list(fields, "channels", 1...7) {
      let channel: Channel? = json.word(value, path)
      offer.channels |= channel?.bit ?? 0
    }
    _ = json.require(fields, "placements")
    for (value, path) in json.list(fields, "placements", 1...CatalogueLimits.placementsMax) {
      guard let name = json.text(value, path, sizeMax: CatalogueLimits.nameSizeMax) else {
        continue
      }
      guard let place = catalogue.placement(name) else {
        json.unknown(name, value.offset, path, among: catalogue.placements.map(\.name))
        continue
      }
      offer.placements |= 1 << UInt32(place)
    }
  }

  private mutating func readReward(_ fields: JSONFields, _ offer: inout Offer) {
    let scale = catalogue.scale
    var natural: Double? = 0
    if let reward = json.object(fields, "reward", keys: ["kind", "value", "cost", "redemption"]) {
      if json.require(reward, "kind") { offer.reward = json.word(reward, "kind") ?? .none }
      offer.redemption = json.number(reward, "redemption", 0...1) ?? 1
      let most: Double
      switch offer.reward {
      case .discountPercent: most = 100
      case .discountAmount: most = CatalogueLimits.moneyMax
      case .points: most = 1e9
      default: most = 0
      }
      if most > 0 {
        if json.require(reward, "value") {
          offer.rewardValue = json.number(reward, "value", 0...most) ?? 0
        }
      } else if reward.members["value"] != nil {
        json.note(
          reward, "value", "a reward of this kind has no value; say what it costs in \"cost\"")
      }
      switch offer.reward {
      case .discountPercent: natural = nil
      case .discountAmount: natural = offer.rewardValue
      case .points: natural = offer.rewardValue * catalogue.pointValue
      case .gift:
        _ = json.require(reward, "cost")
        natural = 0
      default: natural = 0
      }
      offer.rewardCost =
        json.number(reward, "cost", 0...CatalogueLimits.moneyMax) ?? natural ?? .nan
    }
    if let liability = json.money(fields, "max_liability", scale: scale) {
      offer.liabilityMinor = liability
    } else if let most = natural.map({ max($0, offer.rewardCost) }) {
      offer.liabilityMinor = Int64((min(most, CatalogueLimits.moneyMax) * scale).rounded(.up))
    } else if fields.members["max_liability"] == nil {
      json.note(
        fields.offset, fields.path,
        "the key \"max_liability\" is missing; a percentage of any basket has no bound without it")
    }
    if offer.rewardCost * scale > Double(offer.liabilityMinor) + 1e-6,
      fields.members["max_liability"] != nil
    {
      json.note(fields, "max_liability", "is less than what the reward costs")
    }
    if fields.members["budget"] != nil {
      let budget = readBudget(fields, keys: [], from: offer.startDay)
      (offer.budgetMinor, offer.budgetCount) = (budget.moneyMinor, budget.count)
      offer.budgetDays = budget.days
    }
  }

  /// A budget; one that begins anew does so from its own start on, or else from its owner's.
  mutating func readBudget(
    _ fields: JSONFields, keys: [String], from startDay: Int32 = .min
  ) -> Budget {
    var budget = Budget(startDay: startDay)
    let keys = ["money", "count", "days"] + keys
    guard let own = json.object(fields, "budget", keys: keys) else { return budget }
    if keys.contains("start") {
      budget.startDay = json.day(own, "start") ?? .min
      budget.endDay = json.day(own, "end") ?? .max
      if budget.endDay <= budget.startDay {
        json.note(own, "end", "must be after the start; it is the first day behind the budget")
      }
    }
    budget.days = Int32(json.whole(own, "days", 1...CatalogueLimits.windowDaysMax) ?? 0)
    if budget.days > 0, budget.startDay == .min {
      json.note(
        own, "days",
        keys.contains("start")
          ? "needs a start, from which the days are counted"
          : "needs the offer's start, from which the days are counted")
    }
    budget.moneyMinor = json.money(own, "money", scale: catalogue.scale) ?? -1
    budget.count = Int64(json.whole(own, "count", 0...1_000_000_000) ?? -1)
    if own.members["money"] == nil, own.members["count"] == nil {
      json.note(own.offset, own.path, "needs \"money\", \"count\" or both")
    }
    return budget
  }

  private mutating func readCondition(_ fields: JSONFields, _ key: String) -> RuleProgram? {
    guard let value = fields.members[key]?.value,
      let source = json.text(value, fields.path(key), sizeMax: RuleLimits.sourceSizeMax)
    else { return nil }
    do throws(RuleError) {
      var codes = textCodes
      var texts = catalogue.texts
      let program = try RuleProgram(source, schema: OfferFields.schema) { text in
        if let code = codes[text] { return code }
        codes[text] = Int32(texts.count)
        texts.append(text)
        return Int32(texts.count - 1)
      }
      guard texts.count <= CatalogueLimits.textsMax else {
        json.note(
          fields, key, "the conditions speak of more than \(CatalogueLimits.textsMax) texts")
        return nil
      }
      (textCodes, catalogue.texts) = (codes, texts)
      return program
    } catch {
      let within = "of the condition: \(error.problem); \(error.advice)"
      json.note(
        json.document.offset(of: error.offset, in: value), fields.path(key),
        "line \(error.line), column \(error.column) \(within)")
      return nil
    }
  }
}
