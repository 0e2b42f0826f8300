// The JSON file that `patron segments define` reads.

internal import Foundation
internal import Wire

enum SegmentsFile {
  private struct File: Decodable {
    struct Line: Decodable {
      let name: String
      let enter: String
      let stay: String?
    }

    let segments: [Line]
  }

  /// Reads what is to be defined; without «stay» it is the same as «enter».
  static func read(_ bytes: [UInt8], name: String) throws(CommandError) -> [SegmentFields] {
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: Data(bytes))
    } catch {
      throw .failed(
        "\(name) is not {\"segments\": [{\"name\": \"vip\", \"enter\": \"…\", \"stay\": \"…\"}]}: \(error)"
      )
    }
    guard !file.segments.isEmpty, file.segments.count <= Int(UInt8.max) else {
      throw .failed("\(name) defines \(file.segments.count) segments; there are 6")
    }
    return file.segments.map {
      SegmentFields(segment: $0.name, enters: $0.enter, stays: $0.stay ?? $0.enter)
    }
  }
}
