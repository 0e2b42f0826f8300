// What happens to decisions as time passes: windows end, reservations are released, outcomes are learnt,
// prices of scarce money move. It happens with commands, by their time, so that the journal repeats it.

import Offers
import Policies
import Wire

extension Store {
  /// Decisions whose window is ended with one command: more than come with one, and few enough to be
  /// quick.
  private static let closedAtOnce = 8
  private static let priceStepMicros: Int64 = 60_000_000

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
    if offering.priceMicros == .min { offering.priceMicros = timeMicros }
    let steps = (timeMicros - offering.priceMicros) / Self.priceStepMicros
    if steps > 0 {
      offering.priceMicros += steps * Self.priceStepMicros
      if let moment = calendar.moment(at: timeMicros) {
        offering.movePrices(moment, steps: Double(min(steps, 60)), shelf)
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

  // MARK: Scarce money

  /// η: how much a price moves in a minute for a budget that is one whole ahead of its plan.
  private static let priceRate = 0.1

  /// λ ← max(0, λ + η·(used/B − u)), u the share of the period that has passed.
  ///
  /// A budget without an end has no plan, and a price of 0.
  fileprivate mutating func movePrices(_ moment: Moment, steps: Double, _ shelf: OfferShelf) {
    for place in shelf.budgeted {
      let offer = shelf.catalogue.offers[place]
      let number = shelf.accounts[place]
      var account = accounts[number]
      account.begin(offer.period(on: moment.today))
      let plan = offer.plannedShare(at: moment)
      if let plan, let used = account.usedShare(of: offer) {
        account.price = max(0, account.price + Self.priceRate * steps * (used - plan))
      } else {
        account.price = 0
      }
      if account != accounts[number] { accounts[number] = account }
    }
  }
}

extension Offer {
  /// u: the share of the budget's period that has passed; nil without an end.
  func plannedShare(at moment: Moment) -> Double? {
    let first: Int32
    let end: Int32
    if budgetDays > 0 {
      first = period(on: moment.today)
      end = first == .min ? .max : first + budgetDays
    } else {
      (first, end) = (startDay, endDay)
    }
    guard first > .min, end < .max, moment.today >= first else { return nil }
    let passed = Double(moment.today - first) + Double(moment.minute) / 1440
    return min(passed / Double(end - first), 1)
  }
}

extension OfferAccount {
  /// The share of a budget that was spent or probably will be: of money and of numbers the larger.
  fileprivate func usedShare(of offer: Offer) -> Double? {
    var share: Double?
    if offer.budgetMinor > 0 {
      let used = Double(spentMinor) + offer.redemption * Double(reservedMinor)
      share = used / Double(offer.budgetMinor)
    }
    if offer.budgetCount > 0 {
      let used = Double(givenCount) + offer.redemption * Double(reservedCount)
      share = max(share ?? 0, used / Double(offer.budgetCount))
    }
    return share
  }
}
