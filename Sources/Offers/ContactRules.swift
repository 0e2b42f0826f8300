// Caps, quiet and refusals: who has been addressed enough. One pass over the contacts for each cap,
// whatever the number of offers.

/// When it is quiet for the channel of a request.
struct QuietTimes {
  /// The end of the quiet hours; 0 if it is none of them.
  var hoursUntil: Int64 = 0
  /// The end of the last quiet period after a contact; 0 if there is none.
  var contactUntil: Int64 = 0

  init(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) {
    let minutes = catalogue.channels[Int(request.channel.rawValue)]
      .quietMinutes(at: request.moment.minute)
    let minute: Int64 = 60_000_000
    // A contact whose clock was ahead is no reason to forget what was just before.
    let now = request.moment.nowMicros
    if minutes > 0 {
      // From the beginning of this minute on; a change of the clock within the night is not seen.
      hoursUntil = request.moment.nowMicros / minute * minute + Int64(minutes) * minute
    }
    for period in catalogue.quietPeriods where period.channels & request.channel.bit != 0 {
      for contact in standing.contacts.span.indices {
        let contact = standing.contacts[contact]
        guard contact.isCounted(as: .delivered), period.channels & contact.channel.bit != 0
        else { continue }
        let until = contact.timeMicros + period.micros
        if until > now { contactUntil = max(contactUntil, until) }
      }
    }
  }
}

extension DecisionWorkspace {
  /// Finds the offers for which a cap is reached; of each the first that is, is in `caps`.
  ///
  /// What was chosen already for the same answer is a contact like the others, and the newest.
  /// What is reserved counts whenever it was decided, for when it is delivered is not known yet. Windows
  /// reach back from now and have no end, so that contacts by a clock that is ahead count too.
  mutating func markCaps(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) -> OfferSet {
    var capped = OfferSet()
    for number in catalogue.caps.indices {
      let cap = catalogue.caps[number]
      if cap.scope == .channel, cap.of >= 0, cap.of != Int32(request.channel.rawValue) { continue }
      let keys = keys(of: cap, in: catalogue)
      if cap.limit == 0 {
        for key in 0..<keys { mark(number, cap, key, freesAt: .max, &capped, in: catalogue) }
        continue
      }
      for key in 0..<keys { counts[key] = 0 }
      for place in 0..<choices.count + standing.contacts.count {
        let contact =
          place < choices.count
          ? contact(of: choices[place].offer, request, in: catalogue)
          : standing.contacts[place - choices.count]
        guard contact.isCounted(as: cap.event) else { continue }
        guard let key = key(of: contact, for: cap, request.channel), key < keys else { continue }
        let (isWithin, end) = window(of: contact, cap, request.moment)
        guard isWithin || contact.state == .reserved else { continue }
        counts[key] += 1
        // The newest but `limit` − 1: when it leaves, there is room.
        if counts[key] == cap.limit {
          let freesAt = max(end, request.moment.nowMicros)
          mark(number, cap, key, freesAt: freesAt, &capped, in: catalogue)
        }
      }
    }
    return capped
  }

  /// The contact that an offer of the present answer will be.
  private func contact(
    of place: Int, _ request: DecisionRequest, in catalogue: borrowing Catalogue
  ) -> Contact {
    Contact(
      timeMicros: request.moment.nowMicros, day: request.moment.today, offer: UInt16(place),
      family: catalogue.offers[place].family, channel: request.channel, state: .reserved,
      counts: catalogue.offers[place].offerClass != .transactional)
  }

  /// Takes out the offers that what was just chosen leaves no place for.
  mutating func closeCapped(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) {
    guard !catalogue.caps.isEmpty else { return }
    let capped = markCaps(request, standing, in: catalogue)
    var closed = (open & catalogue.sets.normal & capped) - excluded
    open = open - closed
    scored = scored - closed
    while let place = closed.popFirst() { reasons[place] = caps[place] }
  }

  /// Keys are families or offers if each counts for itself, else there is one.
  private func keys(of cap: Cap, in catalogue: borrowing Catalogue) -> Int {
    guard cap.of < 0 else { return 1 }
    switch cap.scope {
    case .global, .channel: return 1
    case .family: return catalogue.families.count
    case .offer: return catalogue.offers.count
    }
  }

  /// Whether a contact is within a cap's window, and when it leaves it.
  @inline(__always)
  private func window(
    of contact: Contact, _ cap: Cap, _ moment: Moment
  ) -> (isWithin: Bool, end: Int64) {
    guard cap.calendarDays > 0 else {
      return (
        contact.timeMicros > moment.nowMicros - cap.windowMicros,
        contact.timeMicros + cap.windowMicros
      )
    }
    // The day's place among the days to come; days with a changed clock are not seen.
    let left = contact.day + cap.calendarDays - 1 - moment.today
    return (
      contact.day > moment.today - cap.calendarDays,
      moment.tomorrowMicros + Int64(left) * 86_400_000_000
    )
  }

  /// Marks the offers of a key of a cap that was reached.
  private mutating func mark(
    _ number: Int, _ cap: Cap, _ key: Int, freesAt: Int64, _ capped: inout OfferSet,
    in catalogue: borrowing Catalogue
  ) {
    var reached = OfferSet()
    switch cap.scope {
    case .global, .channel: reached = catalogue.sets.all
    case .family: reached = catalogue.sets.families[cap.of < 0 ? key : Int(cap.of)]
    case .offer: reached.insert(cap.of < 0 ? key : Int(cap.of))
    }
    var left = reached - capped
    while let place = left.popFirst() { caps[place] = .cap(number, freesAt: freesAt) }
    capped = capped | reached
  }

  /// Under which key a cap counts a contact; nil if it does not.
  private func key(of contact: Contact, for cap: Cap, _ channel: Channel) -> Int? {
    switch cap.scope {
    case .global: 0
    case .channel: contact.channel == channel ? 0 : nil
    case .family: cap.of < 0 ? Int(contact.family) : Int32(contact.family) == cap.of ? 0 : nil
    case .offer: cap.of < 0 ? Int(contact.offer) : Int32(contact.offer) == cap.of ? 0 : nil
    }
  }

  /// Finds the offers that were refused too often; until when is in `refusedUntil`.
  mutating func markRefusals(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) -> OfferSet {
    var refused = OfferSet()
    guard !standing.refusals.isEmpty else { return refused }
    let now = request.moment.nowMicros
    for suppression in catalogue.suppressions {
      let isFamily = suppression.scope == .family
      let keys = isFamily ? catalogue.families.count : catalogue.offers.count
      for key in 0..<keys { counts[key] = 0 }
      for refusal in standing.refusals {
        let key = Int(isFamily ? refusal.family : refusal.offer)
        let end = refusal.timeMicros + suppression.windowMicros
        guard key < keys, end > now else { continue }
        counts[key] += 1
        if counts[key] == suppression.refusals { frees[key] = end }
      }
      for place in catalogue.offers.indices {
        let key = isFamily ? Int(catalogue.offers[place].family) : place
        guard counts[key] >= suppression.refusals else { continue }
        refusedUntil[place] =
          refused.contains(place) ? max(refusedUntil[place], frees[key]) : frees[key]
        refused.insert(place)
      }
    }
    return refused
  }
}
