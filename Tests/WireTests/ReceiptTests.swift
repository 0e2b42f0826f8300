// The receipt of a decision: what it carries comes back, and anything else is none.

import Support
import Testing
import Wire

@Suite("Receipt")
struct ReceiptTests {
  /// Reads text, or what should be none.
  private func read(_ text: String) -> Receipt? { read(Array(text.utf8)) }

  private func read(_ letters: [UInt8]) -> Receipt? {
    let bytes = buffer(letters)
    return Receipt(bytes.bytes)
  }

  private func random(_ random: inout SeededGenerator) -> Receipt {
    let size = Int.random(in: 1...Limits.identifierSizeMax, using: &random)
    let count = Int.random(in: 0...Limits.slateMax, using: &random)
    return Receipt(
      key: CommandKey(producer: random.next(), number: random.next()),
      timeMicros: Int64(bitPattern: random.next()),
      catalogue: UInt32(truncatingIfNeeded: random.next()),
      channel: Channel.allCases[Int.random(in: 0..<Channel.allCases.count, using: &random)],
      choices: (0..<count).map { _ in
        .init(
          account: UInt32(truncatingIfNeeded: random.next()),
          liabilityMinor: Int64.random(in: 0...Limits.amountMax, using: &random),
          counts: Bool.random(using: &random))
      },
      customer: (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  @Test("a receipt comes back from its text", arguments: seeds(20))
  func roundTrip(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let receipt = random(&generator)
      #expect(read(receipt.text) == receipt, "SEED=\(seed)")
    }
  }

  @Test("the longest receipt and the shortest come back, and fit into a sentence")
  func edges() {
    let longest = Receipt(
      key: CommandKey(producer: .max, number: .max), timeMicros: .max, catalogue: .max,
      channel: .store,
      choices: Array(
        repeating: .init(account: .max, liabilityMinor: Limits.amountMax, counts: true),
        count: Limits.slateMax),
      customer: Array(repeating: 0xFF, count: Limits.identifierSizeMax))
    #expect(read(longest.text) == longest)
    #expect(longest.text.utf8.count == 654 && longest.text.utf8.count <= Limits.sentenceSizeMax)
    let shortest = Receipt(
      key: .none, timeMicros: 0, catalogue: 0, channel: .email, choices: [], customer: [0])
    #expect(read(shortest.text) == shortest)
    #expect(shortest.text.utf8.count == 50)
  }

  @Test("a receipt's text needs no quoting in addresses, forms or shells")
  func alphabet() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20 {
      let text = random(&generator).text
      #expect(text.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil, "\(text)")
    }
  }

  @Test("a receipt with any letter changed is none")
  func changed() {
    let letters = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let text = Array(Example.receipt.text.utf8)
    for place in text.indices {
      for letter in letters where letter != text[place] {
        var other = text
        other[place] = letter
        if read(other) != nil { Issue.record("letter \(place) = \(letter)") }
      }
    }
  }

  @Test("a receipt that ends early or goes on is none")
  func truncated() {
    let text = Example.receipt.text
    for count in 0..<text.utf8.count { #expect(read(String(text.prefix(count))) == nil) }
    for more in ["A", "AA", "AAA", "AAAA"] { #expect(read(text + more) == nil) }
  }

  @Test("padding, blanks and letters of other alphabets are none")
  func letters() {
    let text = Array(Example.receipt.text.utf8)
    #expect(read(text) == Example.receipt)
    for letter in 0...UInt8.max {
      let isOurs =
        (48...57).contains(letter) || (65...90).contains(letter) || (97...122).contains(letter)
        || letter == UInt8(ascii: "-") || letter == UInt8(ascii: "_")
      guard !isOurs else { continue }
      for place in [0, text.count / 2, text.count] {
        #expect(read(text[..<place] + [letter] + text[place...]) == nil)
        guard place < text.count else { continue }
        #expect(read(text[..<place] + [letter] + text[(place + 1)...]) == nil)
      }
    }
  }

  private func read(_ letters: ArraySlice<UInt8>) -> Receipt? { read(Array(letters)) }
}
