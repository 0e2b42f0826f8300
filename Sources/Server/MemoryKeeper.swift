// The thread that has the memory of blocks ready before the loop needs it, so that the loop never waits
// while the kernel finds and zeroes it.

package import Platform
import Scoring

/// A thread of its own, since whoever else has time may be busy for long.
package struct MemoryKeeper: ~Copyable {
  private enum Order { case begin, prepare, stop }

  private let orders: Mailbox<Order>
  private let thread: Thread

  /// Starts the thread, which does nothing before `begin`.
  ///
  /// - Throws: `SystemError` when there is no thread to be had.
  package init() throws(SystemError) {
    let orders = try Mailbox<Order>()
    thread = try Thread(name: "memory") {
      while true {
        for order in orders.wait() {
          switch order {
          case .begin: BlockMemory.beginToPrepare { orders.post(.prepare) }
          case .prepare: BlockMemory.prepare()
          case .stop:
            BlockMemory.endToPrepare()
            return
          }
        }
      }
    }
    self.orders = orders
  }

  /// Has memory kept ready from now on; before, as while files are loaded, who needs it waits for it.
  ///
  /// - Returns: what tells the thread, from any other.
  package var begin: @Sendable () -> Void {
    let orders = orders
    return { orders.post(.begin) }
  }

  /// Ends the thread.
  package consuming func stop() {
    orders.post(.stop)
    thread.join()
  }
}
