// What the operating system refused: which call, with which code, on what.
// Not here: faults of requests or of clients; those are not the world's.

internal import CLinux
internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call's name, such as `fdatasync`.
  public let call: String
  /// The `errno` it left.
  public let code: Int32
  /// The path, address or thing it was about.
  public let detail: String

  /// Describes a failure.
  ///
  /// - Parameters:
  ///   - call: The call's name.
  ///   - code: Its `errno`.
  ///   - detail: The path, address or thing it was about.
  public init(call: String, code: Int32, detail: String) {
    self.call = call
    self.code = code
    self.detail = detail
  }

  /// Describes the calling thread's latest failure, out of `errno`.
  ///
  /// - Parameters:
  ///   - call: The call's name.
  ///   - detail: The path, address or thing it was about.
  init(after call: String, _ detail: @autoclosure () -> String) {
    // Saved before `detail` can make a call of its own.
    let code = errno
    self.init(call: call, code: code, detail: detail())
  }

  /// Whether the disk, or the share of it that is ours, is full.
  public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

  /// Whether a deadline passed.
  public var isTimeout: Bool { code == ETIMEDOUT || code == EAGAIN }

  /// Whether the file does not exist.
  public var isNotFound: Bool { code == ENOENT }

  /// The kernel's words for the code.
  public var reason: String {
    // A constant text of the C library, the same for all threads; nil for unknown codes.
    guard let text = unsafe strerrordesc_np(code) else { return "unknown error" }
    return unsafe String(cString: text)
  }

  /// One sentence for the operator.
  public var description: String { "\(call) of \(detail) failed: \(reason) (errno \(code))" }
}

/// Repeats a call while signals interrupt it.
///
/// - Parameter call: A system call in the convention «-1 and errno».
/// - Returns: Its result, which is never an interruption.
@inline(__always)
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
