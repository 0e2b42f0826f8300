// Progress on standard error: a bar that overwrites itself on a terminal, a line every ten seconds
// elsewhere.

internal import Platform

struct Progress {
  private let clock = SystemClock()
  private let startMicros: Int64
  private var shownMicros: Int64
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let unit: String

  init(unit: String, isQuiet: Bool = false) {
    startMicros = clock.monotonicMicros()
    shownMicros = startMicros
    isTerminal = Console.errorIsTerminal
    self.isQuiet = isQuiet
    self.unit = unit
  }

  var seconds: Double { Double(clock.monotonicMicros() - startMicros) / 1e6 }

  /// Shows how far things are, unless that was shown just now.
  mutating func show(_ count: Int, share: Double?, note: String = "") {
    let now = clock.monotonicMicros()
    guard !isQuiet, now - shownMicros >= (isTerminal ? 100_000 : 10_000_000) else { return }
    shownMicros = now
    let rate = Int(Double(count) / max(seconds, 1e-6))
    var text = "\(Numbers.grouped(count)) \(unit), \(Numbers.grouped(rate)) \(unit)/s"
    if let share { text += ", \(Int(min(1, share) * 100)) %" }
    text += note
    if isTerminal {
      let full = Int((share ?? 0) * 30)
      let bar =
        share == nil
        ? ""
        : "[" + String(repeating: "█", count: min(30, full))
          + String(repeating: "·", count: max(0, 30 - full)) + "] "
      Console.errorPart("\r\u{1b}[K" + bar + text)
    } else {
      Console.error(text)
    }
  }

  /// Shows how far a file is read, now and then.
  mutating func show(rows: Int, _ consumedBytes: Int, of sizeBytes: Int?) {
    guard rows & 0x3ff == 0 else { return }
    show(rows, share: sizeBytes.map { Double(consumedBytes) / Double(max(1, $0)) })
  }

  func finish() {
    if !isQuiet { Self.clearLine() }
  }

  /// Takes the bar away, for something else to be written.
  static func clearLine() {
    if Console.errorIsTerminal { Console.errorPart("\r\u{1b}[K") }
  }
}
