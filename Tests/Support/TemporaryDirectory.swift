// A directory of its own for a test.

import Foundation

/// A new, empty directory; removed with all that is in it when its owner goes.
public struct TemporaryDirectory: ~Copyable {
  /// Its path.
  public let path: String

  /// Makes the directory.
  ///
  /// - Throws: An error of Foundation when it cannot be made.
  public init() throws {
    path = NSTemporaryDirectory() + "/patron-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
