// Fields of CSV as they are written. Reading is in Import's CSVReader.

enum CSVText {
  /// A field, in quotes if it would fall apart without.
  static func field(_ text: String) -> String {
    text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) ? quoted(text) : text
  }

  /// A field in quotes.
  static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
