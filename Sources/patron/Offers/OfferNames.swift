// What the program takes from the library of offers: the check of a catalogue before it is sent, the
// example, and the names of codes. Kept apart from Wire, which has words of the same names.

internal import Offers

enum OfferNames {
  /// Twelve offers to begin with, as JSON.
  static let example = ExampleCatalogue.json

  /// What is wrong with a catalogue, with the file's name, line and column; nil where nothing is.
  ///
  /// What was ended, and the keys of holdouts, the server compares with the catalogue it has.
  static func fault(of catalogue: [UInt8], file: String) -> String? {
    do throws(JSONError) {
      _ = try Catalogue(catalogue)
      return nil
    } catch {
      return error.told(of: file)
    }
  }

  /// A reason's name, as in `NOT_LIVE`.
  static func reason(_ code: UInt8) -> String {
    let name = Reason.name(ofCode: code)
    return name.isEmpty ? "REASON_\(code)" : name
  }

  /// A segment's name, as conditions have it.
  static func segment(_ number: UInt8) -> String {
    Segment(rawValue: number)?.word ?? "segment \(number)"
  }
}
