// One open file descriptor and its one owner.
// Not here: what can be read from it or written to it.

internal import Glibc

/// An open file descriptor; closed when its owner goes.
public struct Descriptor: ~Copyable, Sendable {
  /// The kernel's number.
  ///
  /// It is lent: never close it, and never keep it longer than the owner.
  public let number: Int32

  /// Takes over a descriptor.
  ///
  /// - Parameter number: An open descriptor that nobody else will close.
  public init(owning number: Int32) {
    precondition(number >= 0, "a descriptor is not negative")
    self.number = number
  }

  deinit {
    // Nothing is lost by ignoring the result: whoever must know calls `close()`.
    _ = Glibc.close(number)
  }

  /// Closes the descriptor and tells how that went.
  ///
  /// - Throws: `SystemError` when the kernel reports a late write error. The descriptor is closed
  ///   all the same, so this is never repeated.
  public consuming func close() throws(SystemError) {
    let number = number
    discard self
    if Glibc.close(number) != 0 { throw SystemError(after: "close", "descriptor \(number)") }
  }
}
