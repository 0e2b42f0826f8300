// Where a command's text goes that may be long: standard output, or a file that is whole or not there.

internal import Foundation
internal import Platform

/// A file that takes the place of another one when all of it is written; what comes to nothing leaves nothing.
final class OutputFile {
  private let handle: FileHandle
  private let path: String?
  private var isFinished = false

  private var partial: String { (path ?? "") + ".part" }

  /// Writes to standard output.
  init() {
    handle = .standardOutput
    path = nil
  }

  /// Writes to a file.
  ///
  /// - Parameter path: its name when it is finished.
  /// - Throws: a failure where nothing can be written.
  init(_ path: String) throws(CommandError) {
    let partial = path + ".part"
    guard FileManager.default.createFile(atPath: partial, contents: nil),
      let handle = FileHandle(forWritingAtPath: partial)
    else { throw .failed("\(partial) cannot be written") }
    self.handle = handle
    self.path = path
  }

  deinit {
    if path != nil && !isFinished { try? FileManager.default.removeItem(atPath: partial) }
  }

  func write(_ text: String) throws(CommandError) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw .failed(
        "\(path ?? "the output") cannot be written any further: \(error.localizedDescription)")
    }
  }

  /// Puts the file in its place.
  func finish() throws(CommandError) {
    guard let path else { return }
    do {
      try handle.close()
    } catch {
      throw .failed("\(path) cannot be written to its end: \(error.localizedDescription)")
    }
    do throws(SystemError) {
      try FileNames.rename(partial, to: path)
    } catch {
      throw .failed("\(path) cannot be put in its place: \(error)")
    }
    isFinished = true
  }
}
