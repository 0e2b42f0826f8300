// Builds one SVG: shapes and text in user units, escaped, and nothing that is not a number.
// Not here: what is drawn; colours and type sizes of classes are in ReportStyle.swift.

internal import Foundation

/// A drawing that grows shape by shape; a shape with a coordinate that is no number is left out.
struct SVG: Sendable {
  enum Anchor: String {
    case start
    case middle
    case end
  }

  let width: Double
  let height: Double
  private(set) var body = ""

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, style: String = "", fill: String? = nil
  ) {
    guard let x = Self.number(x), let y = Self.number(y), let width = Self.number(max(0, width)),
      let height = Self.number(max(0, height))
    else { return }
    body += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\""
    body += attribute("class", style) + attribute("fill", fill ?? "") + "/>\n"
  }

  mutating func line(
    fromX: Double, y fromY: Double, toX: Double, y toY: Double, style: String
  ) {
    guard let x1 = Self.number(fromX), let y1 = Self.number(fromY), let x2 = Self.number(toX),
      let y2 = Self.number(toY)
    else { return }
    body += "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\""
    body += attribute("class", style) + "/>\n"
  }

  /// A line through the points, or with `closed` an area.
  mutating func path(_ points: [(x: Double, y: Double)], style: String, closed: Bool = false) {
    var data = ""
    for point in points {
      guard let x = Self.number(point.x), let y = Self.number(point.y) else { continue }
      data += (data.isEmpty ? "M" : " L") + "\(x) \(y)"
    }
    guard data.contains("L") else { return }
    body += "<path d=\"\(data)\(closed ? " Z" : "")\"" + attribute("class", style) + "/>\n"
  }

  mutating func circle(x: Double, y: Double, radius: Double, style: String) {
    guard let x = Self.number(x), let y = Self.number(y), let radius = Self.number(radius) else {
      return
    }
    body += "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\"" + attribute("class", style) + "/>\n"
  }

  mutating func diamond(x: Double, y: Double, radius: Double, style: String) {
    path(
      [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], style: style,
      closed: true)
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String = "",
    fill: String? = nil
  ) {
    guard !text.isEmpty, let x = Self.number(x), let y = Self.number(y) else { return }
    body += "<text x=\"\(x)\" y=\"\(y)\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    body += attribute("class", style) + attribute("fill", fill ?? "")
    body += ">\(Self.escaped(text))</text>\n"
  }

  /// The element, which says in words what it shows.
  func markup(identifier: String, title: String, description: String) -> String {
    let size = "\(Self.number(width) ?? "1") \(Self.number(height) ?? "1")"
    let name = Self.escaped(identifier)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img" \
      aria-labelledby="\(name)-title \(name)-desc">
      <title id="\(name)-title">\(Self.escaped(title))</title>
      <desc id="\(name)-desc">\(Self.escaped(description))</desc>
      \(body)</svg>
      """
  }

  private func attribute(_ name: String, _ value: String) -> String {
    value.isEmpty ? "" : " \(name)=\"\(Self.escaped(value))\""
  }

  /// At most one decimal, a tenth of a unit is not seen; nil for what no drawing can hold.
  static func number(_ value: Double) -> String? {
    guard value.isFinite, abs(value) < 1e6 else { return nil }
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }

  /// Text for elements and attributes of XML and HTML.
  ///
  /// What XML cannot hold even escaped, and what would turn the text around it, is written as \u{…}.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator:
          out += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: out.unicodeScalars.append(scalar)
        }
      }
    }
    return out
  }

  /// Any bytes as text: UTF-8 as it is, other bytes as \xNN.
  static func text(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return bytes.map { byte in
      (0x20..<0x7f).contains(byte)
        ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// About how wide a text will be, units; rather too wide, for fonts differ.
  static func width(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case " ", ",", ".", ":", ";", "'", "|", "i", "j", "l", "I", "·": sum + 0.31 * size
      case "f", "t", "r", "(", ")", "-": sum + 0.39 * size
      case "m", "w", "M", "W", "%", "@", "—", "…": sum + 0.98 * size
      case "a"..."z", "0"..."9": sum + 0.57 * size
      case _ where scalar.value > 0x2e7f: sum + 1.05 * size
      default: sum + 0.73 * size
      }
    }
  }

  /// The text, cut to a width with «…» where it is longer.
  static func fitted(_ text: String, size: Double, into width: Double) -> String {
    guard Self.width(text, size: size) > width else { return text }
    var short = text
    while !short.isEmpty, Self.width(short + "…", size: size) > width { short.removeLast() }
    return short + "…"
  }
}
