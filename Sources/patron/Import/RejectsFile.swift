// The file of rejected rows: CSV with the place, the reason, and the row as it stood.

internal import Foundation

/// Writes rejected rows; made on the first one, so that no bad row leaves no file behind.
struct RejectsFile {
  let path: String
  private var handle: FileHandle?

  init(_ path: String) { self.path = path }

  mutating func append(_ bad: BadRow, row: some Collection<UInt8>) throws(CommandError) {
    var text = "\(bad.line),\(bad.column),"
    text += CSVText.quoted(bad.field?.name ?? "") + ","
    text += CSVText.quoted(bad.fault.reason) + ",\""
    var bytes = Data(text.utf8)
    for byte in row {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(contentsOf: "\"\n".utf8)
    do {
      try open().write(contentsOf: bytes)
    } catch {
      throw .failed("rejected rows cannot be written to '\(path)': \(error.localizedDescription)")
    }
  }

  private mutating func open() throws -> FileHandle {
    if let handle { return handle }
    let url = URL(fileURLWithPath: path)
    try Data("line,column,field,reason,row\n".utf8).write(to: url)
    let handle = try FileHandle(forWritingTo: url)
    try handle.seekToEnd()
    self.handle = handle
    return handle
  }
}
