// What the values of options about customers mean: words of a list, names, customers.

internal import Wire

extension Values {
  /// A customer's identifier.
  static func customer(_ word: String) throws(CommandError) -> String {
    guard (1...Limits.identifierSizeMax).contains(word.utf8.count) else {
      throw .usage("'\(word)' has \(word.utf8.count) bytes; a customer has 1 to 64")
    }
    return word
  }

  /// A short text; empty where none was given.
  static func label(_ text: String?, option: String) throws(CommandError) -> String {
    let text = text ?? ""
    guard text.utf8.count <= Limits.nameSizeMax else {
      throw .usage(
        "--\(option) has \(text.utf8.count) bytes, it may have \(Limits.nameSizeMax)")
    }
    return text
  }

  /// A word of a fixed list.
  static func word<Word: CaseIterable>(
    _ text: String?, option: String, of type: Word.Type
  ) throws(CommandError) -> Word {
    let names = Word.allCases.map { "\($0)" }.joined(separator: ", ")
    guard let text else { throw .usage("--\(option) is missing; there are \(names)") }
    guard let word = Word.allCases.first(where: { "\($0)" == text }) else {
      throw .usage("--\(option) is '\(text)', it must be one of \(names)")
    }
    return word
  }
}
