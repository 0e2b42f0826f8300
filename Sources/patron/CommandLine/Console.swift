// Text to people: standard output, standard error, and whether a terminal is there.

internal import Foundation
internal import Glibc

enum Console {
  static var errorIsTerminal: Bool { isatty(2) == 1 }

  static func out(_ line: String) { write(line + "\n", to: .standardOutput) }

  static func error(_ line: String) { write(line + "\n", to: .standardError) }

  /// Text without a line's end, for progress that overwrites itself.
  static func errorPart(_ text: String) { write(text, to: .standardError) }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that has gone away is no failure of the command.
    try? handle.write(contentsOf: Data(text.utf8))
  }

  static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
