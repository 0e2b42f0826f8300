// Colours for amounts: from pale to dark in steps that look equal, so that they stay in order on a
// grey printer. Not here: the colours of series; see ReportStyle.swift.

internal import Foundation

/// A scale from 0 to a highest amount.
struct ColourScale: Sendable {
  /// More than 0.
  let high: Double

  init(high: Double) { self.high = high.isFinite && high > 0 ? high : 1 }

  /// The colour of an amount, as `#rrggbb`; pale below the scale and dark above it.
  func fill(_ value: Double) -> String { Self.hexadecimal(Self.colour(share(value))) }

  /// Black or white, whichever is read better on the amount's colour.
  func ink(_ value: Double) -> String {
    let luminance = Self.luminance(Self.colour(share(value)))
    return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#fff" : "#000"
  }

  private func share(_ value: Double) -> Double {
    value.isFinite ? min(1, max(0, value / high)) : 0
  }

  /// Red, green and blue in 0...1 at a place of the scale.
  ///
  /// The lightness of Oklab (Björn Ottosson, «A perceptual color space for image processing», 2020)
  /// falls in proportion, from 0.97 to 0.34; the hue goes from a green blue to a violet one.
  static func colour(_ share: Double) -> SIMD3<Double> {
    let lightness = 0.97 - 0.63 * share
    // As much colour as the lightness has room for on a screen.
    let chroma = 0.012 + 0.105 * sin(.pi * (0.06 + 0.72 * share))
    let hue = (205 + 60 * share) * .pi / 180
    let (a, b) = (chroma * cos(hue), chroma * sin(hue))
    let l = lightness + 0.3963377774 * a + 0.2158037573 * b
    let m = lightness - 0.1055613458 * a - 0.0638541728 * b
    let s = lightness - 0.0894841775 * a - 1.2914855480 * b
    let (long, medium, short) = (l * l * l, m * m * m, s * s * s)
    let linear = SIMD3(
      4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
      -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
      -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)
    return SIMD3(encoded(linear.x), encoded(linear.y), encoded(linear.z))
  }

  /// WCAG's relative luminance.
  static func luminance(_ colour: SIMD3<Double>) -> Double {
    0.2126 * decoded(colour.x) + 0.7152 * decoded(colour.y) + 0.0722 * decoded(colour.z)
  }

  static func hexadecimal(_ colour: SIMD3<Double>) -> String {
    "#"
      + [colour.x, colour.y, colour.z].map { part in
        let digits = String(Int((part * 255).rounded()), radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
  }

  /// sRGB's curve, within what a screen can show.
  private static func encoded(_ linear: Double) -> Double {
    let value = min(1, max(0, linear))
    return value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
  }

  private static func decoded(_ value: Double) -> Double {
    value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }

  /// A strip of the scale with its ticks, the title at its left; 28 units high.
  func drawLegend(
    in drawing: inout SVG, title: String, x: Double, y: Double, width: Double,
    label: (LinearAxis, Double) -> String
  ) {
    let parts = 32
    let axis = LinearAxis(low: 0, high: high, about: 4, extended: false)
    drawing.text(title, x: x - 8, y: y + 9, anchor: .end, style: "small")
    for part in 0..<parts {
      let left = x + width * Double(part) / Double(parts)
      // Each lies under the next, so that no seam is seen between two.
      drawing.rectangle(
        x: left, y: y, width: x + width - left, height: 11,
        fill: fill(high * (Double(part) + 0.5) / Double(parts)))
    }
    drawing.rectangle(x: x, y: y, width: width, height: 11, style: "frame")
    for tick in axis.ticks {
      let place = x + width * tick / high
      drawing.line(fromX: place, y: y + 11, toX: place, y: y + 14, style: "tick")
      drawing.text(label(axis, tick), x: place, y: y + 24, anchor: .middle, style: "small")
    }
  }
}
