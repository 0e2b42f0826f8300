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
  /// Marks each offer with the first cap that is reached for it.
  ///
  /// What is reserved counts whenever it was decided, for when it is delivered is not known yet. Windows
  /// reach back from now and have no end, so that contacts by a clock that is ahead count too.
  mutating func markCaps(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) {
    let now = request.moment.nowMicros
    let today = request.moment.today
    for number in catalogue.caps.indices {
      let cap = catalogue.caps[number]
      if cap.scope == .channel, cap.of >= 0, cap.of != Int32(request.channel.rawValue) { continue }
      // Keys are families or offers if each counts for itself, else there is one.
      let isKeyed = cap.of < 0 && (cap.scope == .family || cap.scope == .offer)
      let keys =
        isKeyed ? (cap.scope == .family ? catalogue.families.count : catalogue.offers.count) : 1
      for key in 0..<keys {
        counts[key] = 0
        frees[key] = cap.limit == 0 ? .max : 0
      }
      for place in standing.contacts.indices {
        let contact = standing.contacts[place]
        guard contact.isCounted(as: cap.event) else { continue }
        guard let key = key(of: contact, for: cap, request.channel), key < keys else { continue }
        let isWithin: Bool
        let end: Int64
        if cap.calendarDays > 0 {
          isWithin = contact.day > today - cap.calendarDays
          // The day's place among the days to come; days with a changed clock are not seen.
          end =
            request.moment.tomorrowMicros
            + Int64(contact.day + cap.calendarDays - 1 - request.moment.today) * 86_400_000_000
        } else {
          isWithin = contact.timeMicros > now - cap.windowMicros
          end = contact.timeMicros + cap.windowMicros
        }
        guard isWithin || contact.state == .reserved else { continue }
        counts[key] += 1
        // The newest but `limit` − 1: when it leaves, there is room.
        if counts[key] == cap.limit { frees[key] = max(end, request.moment.nowMicros) }
      }
      for place in catalogue.offers.indices where caps[place] == nil {
        let key: Int
        switch cap.scope {
        case .global, .channel: key = 0
        case .family:
          let family = Int(catalogue.offers[place].family)
          guard cap.of < 0 || Int(cap.of) == family else { continue }
          key = isKeyed ? family : 0
        case .offer:
          guard cap.of < 0 || Int(cap.of) == place else { continue }
          key = isKeyed ? place : 0
        }
        if counts[key] >= cap.limit { caps[place] = .cap(number, freesAt: frees[key]) }
      }
    }
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

  /// Marks the offers that were refused too often.
  mutating func markRefusals(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) {
    guard !standing.refusals.isEmpty else { return }
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
        if counts[key] >= suppression.refusals {
          refusedUntil[place] = max(refusedUntil[place], frees[key])
        }
      }
    }
  }
}
