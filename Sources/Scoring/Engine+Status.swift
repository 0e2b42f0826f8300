// What the engine knows of itself for the verb status; the server adds what it knows.

public import Wire

extension Engine {
  /// Fills in customers, orders, answers, memory, the model and the shop.
  ///
  /// - Parameter reply: its other fields are left alone.
  public func describe(in reply: inout StatusReply) {
    reply.customers = UInt64(store.customers.count)
    reply.orders = UInt64(store.orders.count)
    reply.returns = UInt64(store.returns.count)
    reply.customerBytes = UInt64(
      store.customers.chunks.size + store.facts.heads.chunks.size + store.identifiers.size
        + customerIndex.size + cards.size)
    reply.orderBytes = UInt64(
      store.orders.chunks.size + store.returns.chunks.size + orderIndex.size)
    reply.answerBytes = UInt64(
      answerIndexes.reduce(store.answers.size) { $0 + $1.size })
    reply.sequence = store.sequence
    reply.generation = store.generation
    reply.newestOrderDay = store.newestOrderDay
    reply.model = store.model?.fields
    reply.minorDigits = store.minorDigits
    reply.currency = store.currency
    reply.timeZone = store.calendar?.timeZone ?? ""
    reply.server = Self.serverName
    reply.facts = store.facts.told(factIndexes) + store.offering.told(offerIndexes)
  }
}
