// What happens to decisions as time passes: windows end, reservations are released, outcomes are learnt.
// It happens with commands, by their time, so that the journal repeats it.

import Offers
import Policies
import Wire

extension Store {
  /// Decisions whose window is ended with one command: more than come with one, and few enough to be
  /// quick.
  private static let closedAtOnce = 8

  /// Does what is due.
  mutating func tendDecisions(at timeMicros: Int64) {
    guard let shelf = offering.shelf, let calendar else { return }
    for _ in 0..<Self.closedAtOnce {
      guard offering.holds(offering.closing) else { break }
      let close = offering.field(Int64.self, DecisionHead.close, of: offering.closing)
      let isDue = close <= timeMicros
      guard isDue || offering.mustHurry else { break }
      if isDue { learnAtEnd(of: offering.closing) }
      offering.closeOldest(early: !isDue)
    }
    if let day = calendar.day(ofMicros: timeMicros) {
      if Int32(day) > offering.learnerDay {
        if offering.learnerDay > .min, shelf.catalogue.kept < 1 {
          offering.learner?.forget()
          offering.markLearning()
        }
        offering.learnerDay = Int32(day)
      }
    }
  }

  // MARK: Learning

  /// Learns from a decision whose window has ended, and of which nothing was reported: from all that the
  /// customer ordered in it, whatever the reason (intention to treat).
  private mutating func learnAtEnd(of place: DecisionPlace) {
    guard offering.state(of: place) == .open else { return }
    let margin =
      orderedMajor(of: place) * offering.field(Double.self, DecisionHead.marginRate, of: place)
    offering.setField(margin, DecisionHead.margin, of: place)
    offering.learn(place)
  }

  /// What a customer ordered within a decision's window, what came back taken off, in major units.
  func orderedMajor(of place: DecisionPlace) -> Double {
    let customer = offering.field(UInt32.self, DecisionHead.customer, of: place)
    let mark = offering.field(UInt32.self, DecisionHead.orderMark, of: place)
    let close = offering.field(Int64.self, DecisionHead.close, of: place)
    let time = offering.withBody(of: place) { body in
      (try? DecisionBody(body).timeMicros) ?? 0
    }
    guard let calendar, let first = calendar.day(ofMicros: time),
      let last = calendar.day(ofMicros: close)
    else { return 0 }
    return Double(orderedMinor(by: customer, from: first, mark: mark, before: last)) * majorPerMinor
  }

  /// What a customer ordered from one day to before another, what came back taken off, in minor units;
  /// of the first day only what was recorded after `mark` orders.
  func orderedMinor(
    by customer: UInt32, from first: UInt16, mark: UInt32, before last: UInt16
  ) -> Int64 {
    let row = customers[customer]
    var sum: Int64 = 0
    var next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      if entry.day < last, entry.day > first || entry.day == first && next >= mark {
        let back = returnedMinor(of: next, row: row)
        sum = sum.addingReportingOverflow(entry.amountMinor - back.sum).partialValue
      }
      next = entry.previous
    }
    return sum
  }
}

extension Offering {
  /// y: margin, less what the offer cost, and what it was expected to cost taken as given; in major
  /// units.
  ///
  /// An offer's expected cost is taken off when it is judged, so that a change of its terms counts at
  /// once; what is learnt is all the rest.
  func target(of place: DecisionPlace) -> Double {
    field(Double.self, DecisionHead.margin, of: place)
      - field(Double.self, DecisionHead.cost, of: place)
      + field(Double.self, DecisionHead.expectedCost, of: place)
  }

  /// Learns from a decision for the first time, or corrects what was learnt before.
  mutating func learn(_ place: DecisionPlace) {
    let y = target(of: place)
    guard y.isFinite, learner != nil else { return }
    let arm = field(UInt32.self, DecisionHead.arm, of: place)
    switch state(of: place) {
    case .unlearnt: return
    case .open:
      let x = features(of: place)
      guard let gain = learner?.learn(y, arm: Int(arm), features: x) else { return }
      keep(gain, of: place)
      setField(DecisionState.learnt.rawValue, DecisionHead.state, of: place)
      if let first = field(Link.self, DecisionHead.firstContact, of: place).number {
        let account = contacts[first].account
        accounts[account].learnt += 1
      }
    case .learnt:
      let before = gain(of: place)
      guard let gain = learner?.correct(before, to: y) else { return }
      setField(gain.taught, DecisionHead.taught, of: place)
    }
    markLearning()
  }

  // MARK: Windows

  /// Whether decisions must be closed before their time, because they will soon be forgotten.
  var mustHurry: Bool {
    closing.half != decisions.younger
      && decisions.halves[decisions.younger].blocks.count * 2 > decisions.halfBlocksMax
  }

  /// Ends the window of the oldest decision that is not closed.
  ///
  /// - Parameter early: whether its time has not come: what it reserved stays reserved then, for it may
  ///   still be redeemed, and a budget must never be overdrawn.
  mutating func closeOldest(early: Bool) {
    let place = closing
    if state(of: place) == .open {
      setField(DecisionState.unlearnt.rawValue, DecisionHead.state, of: place)
    }
    if !early, let first = field(Link.self, DecisionHead.firstContact, of: place).number {
      let count = field(UInt32.self, DecisionHead.choiceCount, of: place)
      for number in first..<first + count { release(number) }
    }
    closing = self.place(after: place)
  }

  /// Gives back what a contact has reserved of its offer's budget.
  mutating func release(_ contact: UInt32) {
    var entry = contacts[contact]
    guard entry.flags & ContactEntry.isReserved != 0 else { return }
    entry.flags &= ~ContactEntry.isReserved
    contacts[contact] = entry
    var account = accounts[entry.account]
    account.reservedMinor -= entry.liabilityMinor
    account.reservedCount -= 1
    accounts[entry.account] = account
  }
}

extension Offer {
  /// λ: what a unit of its expected cost takes from its score.
  ///
  /// - Parameters:
  ///   - account: its account; what is of an earlier period counts no more.
  ///   - moment: now.
  /// - Returns: at least 0.
  func price(_ account: OfferAccount, at moment: Moment) -> Double {
    let isPast = account.periodDay < budget.period(on: moment.today)
    return budget.price(
      usedMinor: (isPast ? 0 : Double(account.spentMinor))
        + redemption * Double(account.reservedMinor),
      usedCount: (isPast ? 0 : Double(account.givenCount))
        + redemption * Double(account.reservedCount), at: moment)
  }
}
