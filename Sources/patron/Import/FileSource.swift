// Bytes of a file or of standard input, a piece at a time.

internal import Foundation

struct FileSource: ByteSource {
  private static let pieceSize = 1 << 18

  let name: String
  private let handle: FileHandle

  /// Opens a file; `-` is standard input.
  init(_ path: String) throws(CommandError) {
    if path == "-" {
      name = "(stdin)"
      handle = .standardInput
      return
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    // Attributes are those of a link itself; what it leads to is found when it is opened.
    if attributes?[.type] as? FileAttributeType == .typeDirectory {
      throw .failed("'\(path)' is a directory, not a file")
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw .failed("there is no file '\(path)'")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .failed("'\(path)' cannot be opened for reading")
    }
    name = path
    self.handle = handle
  }

  /// Bytes of a file; nil where that is not known.
  static func size(of path: String) -> Int? {
    guard path != "-",
      let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? NSNumber
    else { return nil }
    return size.intValue
  }

  mutating func read(into bytes: inout [UInt8]) throws(CommandError) -> Bool {
    do {
      guard let piece = try handle.read(upToCount: Self.pieceSize), !piece.isEmpty else {
        return false
      }
      bytes.append(contentsOf: piece)
      return true
    } catch {
      throw .failed("reading '\(name)' failed: \(error.localizedDescription)")
    }
  }
}

/// Bytes in memory, in pieces of one size.
struct BytesSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let pieceSize: Int

  init(_ bytes: [UInt8], pieceSize: Int = .max) {
    rest = bytes[...]
    self.pieceSize = pieceSize
  }

  mutating func read(into bytes: inout [UInt8]) throws(CommandError) -> Bool {
    guard !rest.isEmpty else { return false }
    let piece = rest.prefix(pieceSize)
    bytes.append(contentsOf: piece)
    rest.removeFirst(piece.count)
    return true
  }
}
