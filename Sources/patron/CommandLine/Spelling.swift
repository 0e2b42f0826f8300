// Finds what somebody probably meant.

enum Spelling {
  /// The known word with the fewest edits, unless it is another word altogether.
  static func nearest(to word: String, among known: [String]) -> String? {
    let ranked = known.map { (word: $0, edits: edits(from: word, to: $0)) }
    guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
    return best.edits <= max(2, word.count / 3) ? best.word : nil
  }

  /// Levenshtein's distance: insertions, deletions and exchanges of one character.
  static func edits(from one: String, to other: String) -> Int {
    let columns = Array(other)
    var row = Array(0...columns.count)
    for (i, character) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, column) in columns.enumerated() {
        let exchanged = diagonal + (character == column ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(exchanged, row[j] + 1, diagonal + 1)
      }
    }
    return row[columns.count]
  }
}
