// An engine taken apart and put together again, on its way from the thread that recovered it to
// the loop.

extension Engine {
  /// Everything an engine consists of, as a value.
  public struct Parts: Sendable {
    let store: Store
    let customerIndex: Index
    let orderIndex: Index
    let indexKey: (UInt64, UInt64)
  }

  /// Takes the engine apart.
  ///
  /// - Returns: its parts.
  public consuming func dismantle() -> Parts {
    Parts(
      store: store, customerIndex: customerIndex, orderIndex: orderIndex, indexKey: indexKey)
  }

  /// Puts an engine together.
  ///
  /// - Parameter parts: what `dismantle` gave.
  public init(_ parts: Parts) {
    store = parts.store
    customerIndex = parts.customerIndex
    orderIndex = parts.orderIndex
    indexKey = parts.indexKey
  }
}
