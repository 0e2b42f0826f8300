// How sure the scores of one customer are: distributions instead of expectations. They take thousands
// of steps for a frequent customer, so the workbench computes them.

public import Models
public import Wire

/// Intervals to be computed elsewhere.
public struct IntervalJob: Analysis {
  let adopted: AdoptedModel
  let subject: ScoreSubject
  let horizon: ScoreHorizon
  let level: Double
  let reply: ScoreIntervalReply

  /// Computes the intervals.
  ///
  /// - Parameter crew: not needed.
  /// - Returns: the reply.
  public func run(on crew: any FitCrew) -> any Message & Sendable {
    var reply = reply
    let sure = adopted.model.distribution(subject, horizon)
    let orders = sure.orders.interval(level: level)
    reply.noOrder = sure.orders.probabilities[0]
    reply.expectedOrders = sure.orders.mean
    reply.ordersLow = UInt32(clamping: orders.lowerBound)
    reply.ordersHigh = UInt32(clamping: orders.upperBound)
    if adopted.spendKnown {
      let value = sure.interval(level: level)
      reply.valueKnown = true
      reply.lifetimeValue = sure.mean
      reply.valueLow = value.lowerBound
      reply.valueHigh = value.upperBound
    }
    return reply
  }
}
