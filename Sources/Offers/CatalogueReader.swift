// From JSON to a catalogue: the shop's own rules. The offers are in CatalogueReader+Offers, the
// meaning of every key in README.md, «The catalogue of offers».

internal import Rules

extension Catalogue {
  /// Reads a catalogue and checks it whole.
  ///
  /// - Parameters:
  ///   - bytes: JSON, as README.md describes it.
  ///   - previous: the catalogue it takes the place of; its version is one more, what was ended there
  ///     stays ended, and a holdout that is not closed keeps its key. Nil for the first, version 1.
  /// - Throws: ``JSONError`` for the first in the file of all that is wrong.
  public init(_ bytes: [UInt8], replacing previous: Catalogue? = nil) throws(JSONError) {
    var reader = CatalogueReader(JSONFieldReader(try JSONDocument(bytes)), previous)
    reader.read()
    if let error = reader.json.error { throw error }
    self = reader.catalogue
  }

  /// Reads a catalogue that was in force, with the states its offers had come to.
  ///
  /// - Parameters:
  ///   - bytes: the JSON that was put.
  ///   - version: its version, changes of states counted.
  ///   - states: of the offers, by place.
  /// - Throws: ``JSONError`` if it is no catalogue, or has another number of offers.
  public init(
    restoring bytes: [UInt8], version: UInt32, states: [OfferState]
  ) throws(JSONError) {
    var catalogue = try Catalogue(bytes)
    guard catalogue.offers.count == states.count else {
      throw JSONError(
        line: 1, column: 1, path: "offers",
        problem: "has \(catalogue.offers.count) offers and should have \(states.count)")
    }
    catalogue.version = version
    for place in states.indices { catalogue.offers[place].state = states[place] }
    catalogue.bind()
    self = catalogue
  }
}

struct CatalogueReader {
  static let keys = [
    "currency", "minor_digits", "margin_rate", "point_value", "vip_value", "epsilon",
    "exploration", "profiling", "window_days", "outcome_noise", "forgetting", "features",
    "channels", "placements", "offers", "caps", "suppressions", "quiet_periods",
    "campaigns", "holdouts",
  ]

  var json: JSONFieldReader
  var catalogue: Catalogue
  let previous: Catalogue?
  /// The places of offers as they stand in the file, for what refers to them.
  var offerFields: [JSONFields] = []
  var marginRate = 0.0
  var textCodes: [String: Int32] = [:]

  init(_ json: JSONFieldReader, _ previous: Catalogue?) {
    self.json = json
    self.previous = previous
    catalogue = Catalogue(version: (previous?.version ?? 0) + 1)
  }

  mutating func read() {
    let root = json.object(json.document.root, "", keys: Self.keys)
    readMoney(root)
    for channel in Channel.allCases {
      // What is shown at once is known at once to have been shown.
      let minutes: Int64 = channel == .site || channel == .store ? 30 : 1_440
      catalogue.channels[Int(channel.rawValue)].reservationMicros = minutes * 60_000_000
    }
    if let channels = json.object(root, "channels", keys: Channel.allCases.map(\.word)) {
      for channel in Channel.allCases { readChannel(channel, channels) }
    }
    let placements = json.list(root, "placements", 1...CatalogueLimits.placementsMax).map {
      json.object($0.value, $0.path, keys: ["id", "top", "fallback"])
    }
    _ = json.require(root, "placements")
    for fields in placements { readPlacement(fields) }
    catalogue.texts = TextCode.fixed + catalogue.placements.map(\.name)
    for (code, text) in catalogue.texts.enumerated() where textCodes[text] == nil {
      textCodes[text] = Int32(code)
    }
    readOffers(root)
    for (place, fields) in placements.enumerated() where place < catalogue.placements.count {
      readFallback(fields, place)
    }
    for (value, path) in json.list(root, "caps", 0...CatalogueLimits.capsMax) {
      readCap(value, path)
    }
    for (value, path) in json.list(root, "suppressions", 0...CatalogueLimits.capsMax) {
      readSuppression(value, path)
    }
    for (value, path) in json.list(root, "quiet_periods", 0...CatalogueLimits.capsMax) {
      readQuietPeriod(value, path)
    }
    for (value, path) in json.list(root, "campaigns", 0...CatalogueLimits.campaignsMax) {
      readCampaign(value, path)
    }
    for (value, path) in json.list(root, "holdouts", 0...CatalogueLimits.holdoutsMax) {
      readHoldout(value, path)
    }
    catalogue.bind()
  }

  private mutating func readMoney(_ root: JSONFields) {
    if json.require(root, "currency"), let text = json.text(root, "currency", sizeMax: 64) {
      if text.utf8.count != 3 || !text.utf8.allSatisfy({ (0x41...0x5a).contains($0) }) {
        json.note(root, "currency", "must be three capital letters, as \"EUR\"")
      }
      catalogue.currency = text
    }
    catalogue.minorDigits = json.whole(root, "minor_digits", 0...4) ?? 2
    if json.require(root, "margin_rate") {
      marginRate = json.number(root, "margin_rate", -1...1) ?? 0
      catalogue.marginRate = marginRate
    }
    catalogue.pointValue = json.number(root, "point_value", 0...1_000_000) ?? 0.01
    catalogue.vipValue = json.number(root, "vip_value", 0...CatalogueLimits.moneyMax) ?? 500
    catalogue.epsilon = json.number(root, "epsilon", 0...1) ?? 0.02
    catalogue.explores = json.flag(root, "exploration") ?? true
    catalogue.profiling = json.word(root, "profiling") ?? .optIn
    catalogue.windowDays = json.whole(root, "window_days", 1...365) ?? 30
    catalogue.outcomeNoise = json.number(root, "outcome_noise", 1e-6...1e9) ?? .nan
    catalogue.kept = json.number(root, "forgetting", 0.9...1) ?? 1
    readFeatures(root)
  }

  /// The features that the shop tells itself.
  private mutating func readFeatures(_ root: JSONFields) {
    guard let fields = json.object(root, "features", keys: ["schema", "list"]) else { return }
    if json.require(fields, "schema") {
      catalogue.featureSchema = json.whole(fields, "schema", 1...65_535) ?? 0
    }
    _ = json.require(fields, "list")
    for (value, path) in json.list(fields, "list", 1...CatalogueLimits.ownFeaturesMax) {
      let feature = json.object(value, path, keys: ["id", "default", "center", "scale"])
      var own = OwnFeature(name: "", missing: 0, center: 0, scale: 1)
      if json.require(feature, "id"),
        let name = json.text(feature, "id", sizeMax: CatalogueLimits.nameSizeMax)
      {
        if catalogue.ownFeatures.contains(where: { $0.name == name }) {
          json.note(feature, "id", "there are two features \"\(name)\"")
        } else if Features.names.contains(name) {
          json.note(feature, "id", "\"\(name)\" is built from what is known already")
        }
        own.name = name
      }
      own.missing = json.number(feature, "default", -1e9...1e9) ?? 0
      own.center = json.number(feature, "center", -1e9...1e9) ?? 0
      own.scale = json.number(feature, "scale", 1e-9...1e9) ?? 1
      catalogue.ownFeatures.append(own)
    }
    let before = previous?.ownFeatures ?? []
    if catalogue.ownFeatures != before, catalogue.featureSchema == previous?.featureSchema,
      !before.isEmpty
    {
      json.note(
        fields, "schema",
        "the features are others than those of schema "
          + "\(catalogue.featureSchema); give them another number")
    }
  }

  private mutating func readChannel(_ channel: Channel, _ channels: JSONFields) {
    guard
      let fields = json.object(
        channels, channel.word,
        keys: ["fatigue_cost", "quiet_from", "quiet_to", "consent", "reservation_minutes"])
    else { return }
    var terms = catalogue.channels[Int(channel.rawValue)]
    if let minutes = json.whole(
      fields, "reservation_minutes", 1...CatalogueLimits.reservationMinutesMax)
    {
      terms.reservationMicros = Int64(minutes) * 60_000_000
    }
    terms.fatigue = json.number(fields, "fatigue_cost", 0...1_000_000) ?? 0
    terms.consent = json.word(fields, "consent") ?? .optIn
    if let from = minute(fields, "quiet_from"), json.require(fields, "quiet_to"),
      let to = minute(fields, "quiet_to")
    {
      if from == to { json.note(fields, "quiet_to", "must differ from quiet_from") }
      (terms.quietFrom, terms.quietTo) = (from, to)
    } else if fields.members["quiet_to"] != nil {
      _ = json.require(fields, "quiet_from")
    }
    catalogue.channels[Int(channel.rawValue)] = terms
  }

  /// A time of the day as 21:30.
  private mutating func minute(_ fields: JSONFields, _ key: String) -> Int32? {
    guard let text = json.text(fields, key, sizeMax: 64) else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard parts.map(\.count) == [2, 2], parts.allSatisfy({ $0.allSatisfy(digits.contains) }),
      let hour = Int32(Substring(parts[0])), let minute = Int32(Substring(parts[1])), hour < 24,
      minute < 60
    else {
      json.note(fields, key, "\"\(clipped(text))\" is no time of the day; write it as 21:30")
      return nil
    }
    return hour * 60 + minute
  }

  private mutating func readPlacement(_ fields: JSONFields) {
    var placement = Placement(name: "", top: 1, fallback: -1)
    if json.require(fields, "id"),
      let name = json.text(fields, "id", sizeMax: CatalogueLimits.nameSizeMax)
    {
      if catalogue.placement(name) != nil {
        json.note(fields, "id", "there are two placements \"\(name)\"")
      }
      placement.name = name
    }
    placement.top = json.whole(fields, "top", 1...CatalogueLimits.slateMax) ?? 1
    catalogue.placements.append(placement)
  }

  private mutating func readFallback(_ fields: JSONFields, _ place: Int) {
    guard let offer = offer(fields, "fallback") else { return }
    if catalogue.offers[offer].placements & 1 << UInt32(place) == 0 {
      json.note(fields, "fallback", "this offer is not for this placement")
    }
    catalogue.placements[place].fallback = offer
  }

  // MARK: What refers to names

  /// The place of the offer a key names.
  mutating func offer(_ fields: JSONFields, _ key: String) -> Int? {
    guard let value = fields.members[key]?.value else { return nil }
    return offer(value, fields.path(key))
  }

  mutating func offer(_ value: JSONValue, _ path: String) -> Int? {
    guard let id = json.text(value, path, sizeMax: CatalogueLimits.nameSizeMax) else { return nil }
    if let place = catalogue.place(of: id) { return place }
    json.unknown(id, value.offset, path, among: catalogue.words.map(\.id))
    return nil
  }

  /// Exactly one of the keys that say how long, in microseconds; days in the end.
  private mutating func window(_ fields: JSONFields, _ keys: [String]) -> Int64? {
    let units: [(String, Int)] = [("seconds", 1), ("hours", 3_600), ("days", 86_400)]
    let given = keys.filter { fields.members[$0] != nil }
    guard given.count == 1 else {
      json.note(
        given.count > 1 ? fields.members[given[1]]?.offset ?? fields.offset : fields.offset,
        fields.path, "needs exactly one of \(keys.joined(separator: ", "))")
      return nil
    }
    for (key, seconds) in units where key == given[0] {
      let most = CatalogueLimits.windowDaysMax * 86_400 / seconds
      return json.whole(fields, key, 1...most).map { Int64($0 * seconds) * 1_000_000 }
    }
    return nil
  }

  private mutating func readCap(_ value: JSONValue, _ path: String) {
    let keys = ["scope", "of", "limit", "event", "seconds", "hours", "days", "calendar_days"]
    let fields = json.object(value, path, keys: keys)
    var cap = Cap(
      scope: .global, of: -1, limit: 0, event: .delivered, windowMicros: 0, calendarDays: 0)
    if json.require(fields, "scope") { cap.scope = json.word(fields, "scope") ?? .global }
    if json.require(fields, "limit") {
      cap.limit = Int32(json.whole(fields, "limit", 0...CatalogueLimits.capLimitMax) ?? 0)
    }
    cap.event = json.word(fields, "event") ?? .delivered
    if fields.members["calendar_days"] == nil {
      cap.windowMicros = window(fields, ["seconds", "hours", "days", "calendar_days"]) ?? 0
    } else {
      _ = window(fields, ["seconds", "hours", "days", "calendar_days"])
      cap.calendarDays = Int32(
        json.whole(fields, "calendar_days", 1...CatalogueLimits.windowDaysMax) ?? 0)
    }
    cap.of = of(fields, cap.scope)
    catalogue.caps.append(cap)
  }

  /// What a cap is about, besides its scope.
  private mutating func of(_ fields: JSONFields, _ scope: CapScope) -> Int32 {
    guard let value = fields.members["of"]?.value else { return -1 }
    let path = fields.path("of")
    switch scope {
    case .global:
      json.note(fields, "of", "a global cap counts everything; remove this key")
      return -1
    case .channel:
      let channel: Channel? = json.word(value, path)
      return channel.map { Int32($0.rawValue) } ?? -1
    case .family:
      guard let name = json.text(value, path, sizeMax: CatalogueLimits.nameSizeMax) else {
        return -1
      }
      if let place = catalogue.families.firstIndex(of: name) { return Int32(place) }
      json.unknown(name, value.offset, path, among: catalogue.families)
      return -1
    case .offer: return offer(value, path).map(Int32.init) ?? -1
    }
  }

  private mutating func readSuppression(_ value: JSONValue, _ path: String) {
    let fields = json.object(value, path, keys: ["scope", "refusals", "days"])
    var suppression = Suppression(scope: .offer, refusals: 1, windowMicros: 0)
    if let scope: CapScope = json.word(fields, "scope") {
      if scope != .offer, scope != .family {
        json.note(fields, "scope", "refusals count by offer or by family")
      }
      suppression.scope = scope
    }
    if json.require(fields, "refusals") {
      suppression.refusals = Int32(
        json.whole(fields, "refusals", 1...CatalogueLimits.capLimitMax) ?? 1)
    }
    suppression.windowMicros = window(fields, ["days"]) ?? 0
    catalogue.suppressions.append(suppression)
  }

  private mutating func readQuietPeriod(_ value: JSONValue, _ path: String) {
    let fields = json.object(value, path, keys: ["channels", "hours", "days"])
    var period = QuietPeriod(channels: 0, micros: 0)
    _ = json.require(fields, "channels")
    for (value, path) in json.list(fields, "channels", 1...7) {
      let channel: Channel? = json.word(value, path)
      period.channels |= channel?.bit ?? 0
    }
    period.micros = window(fields, ["hours", "days"]) ?? 0
    catalogue.quietPeriods.append(period)
  }

  private mutating func readCampaign(_ value: JSONValue, _ path: String) {
    let fields = json.object(value, path, keys: ["id", "days", "offers", "budget"])
    var campaign = Campaign(id: "", days: 30, offers: [])
    if json.require(fields, "id"),
      let id = json.text(fields, "id", sizeMax: CatalogueLimits.nameSizeMax)
    {
      if catalogue.campaigns.contains(where: { $0.id == id }) {
        json.note(fields, "id", "there are two campaigns \"\(id)\"")
      }
      campaign.id = id
    }
    campaign.days = json.whole(fields, "days", 1...365) ?? 30
    _ = json.require(fields, "offers")
    let bit = UInt64(1) << UInt64(catalogue.campaigns.count)
    for (value, path) in json.list(fields, "offers", 1...CatalogueLimits.offersMax) {
      guard let place = offer(value, path) else { continue }
      if campaign.offers.contains(place) { json.note(value.offset, path, "stands twice") }
      campaign.offers.append(place)
      catalogue.offers[place].campaigns |= bit
    }
    if fields.members["budget"] != nil {
      campaign.budget = readBudget(fields, keys: ["start", "end"])
      catalogue.budgetedCampaigns |= bit
    }
    catalogue.campaigns.append(campaign)
  }

  private mutating func readHoldout(_ value: JSONValue, _ path: String) {
    let fields = json.object(value, path, keys: ["level", "of", "key", "percent", "closed"])
    var holdout = CatalogueHoldout(level: .global, of: "", key: "", percent: 0, isClosed: false)
    if json.require(fields, "level") { holdout.level = json.word(fields, "level") ?? .global }
    if json.require(fields, "key") {
      holdout.key = json.text(fields, "key", sizeMax: CatalogueLimits.nameSizeMax) ?? ""
    }
    if json.require(fields, "percent") {
      holdout.percent = json.number(fields, "percent", 0...50) ?? 0
    }
    holdout.isClosed = json.flag(fields, "closed") ?? false
    // A holdout's place among others is its bit; beyond the limit the list was refused.
    let bit = UInt64(1) << UInt64(catalogue.holdouts.count & 63)
    switch holdout.level {
    case .global:
      if fields.members["of"] != nil {
        json.note(fields, "of", "a global holdout takes out everybody; remove this key")
      }
      for place in catalogue.offers.indices { catalogue.offers[place].holdouts |= bit }
    case .offer:
      guard json.require(fields, "of"), let place = offer(fields, "of") else { return }
      holdout.of = catalogue.words[place].id
      catalogue.offers[place].holdouts |= bit
    case .campaign:
      guard json.require(fields, "of"),
        let id = json.text(fields, "of", sizeMax: CatalogueLimits.nameSizeMax)
      else { return }
      guard let campaign = catalogue.campaigns.first(where: { $0.id == id }) else {
        return json.unknown(
          id, fields.members["of"]?.value.offset ?? 0, fields.path("of"),
          among: catalogue.campaigns.map(\.id))
      }
      holdout.of = id
      for place in campaign.offers { catalogue.offers[place].holdouts |= bit }
    }
    if catalogue.holdouts.contains(where: { $0.level == holdout.level && $0.of == holdout.of }) {
      json.note(value.offset, path, "there are two holdouts for the same")
    }
    let old = previous?.holdouts.first { $0.level == holdout.level && $0.of == holdout.of }
    if let old, !old.isClosed, old.key != holdout.key {
      json.note(
        fields, "key",
        "the experiment is running with the key \"\(old.key)\"; close it before its key changes")
    }
    catalogue.holdouts.append(holdout)
  }
}
