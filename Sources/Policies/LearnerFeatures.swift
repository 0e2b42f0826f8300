// Thirty-two numbers in four octets: the features of a decision and what is believed of each.
// SIMD32's operators are calls in this compiler; these are not.

internal import Models

/// The features of a decision: 1 first, then what is known, zeros behind the last.
public struct LearnerFeatures: Equatable, Sendable {
  /// How many there can be.
  public static let count = 32

  var a: Lanes
  var b: Lanes
  var c: Lanes
  var d: Lanes

  /// The same number 32 times.
  ///
  /// - Parameter value: the number.
  public init(repeating value: Double) {
    let lanes = Lanes(repeating: value)
    (a, b, c, d) = (lanes, lanes, lanes, lanes)
  }

  /// Features as they are stored.
  ///
  /// - Parameter values: 32 at most; zeros follow them.
  public init(_ values: Span<Float>) {
    precondition(values.count <= Self.count, "there are more than 32 features")
    self.init(
      Self.lanes(values, 0), Self.lanes(values, 8), Self.lanes(values, 16), Self.lanes(values, 24))
  }

  private static func lanes(_ values: Span<Float>, _ first: Int) -> Lanes {
    var lanes = Lanes(repeating: 0)
    for lane in 0..<8 where first + lane < values.count {
      lanes[lane] = Double(values[first + lane])
    }
    return lanes
  }

  /// All of them, for what looks at one after the other: a subscript is a call across modules.
  public var numbers: InlineArray<32, Double> {
    var numbers = InlineArray<32, Double>(repeating: 0)
    for lane in 0..<8 {
      numbers[lane] = a[lane]
      numbers[8 + lane] = b[lane]
      numbers[16 + lane] = c[lane]
      numbers[24 + lane] = d[lane]
    }
    return numbers
  }

  @inline(__always)
  init(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
  }

  /// One of the numbers.
  ///
  /// - Parameter place: from 0 to 31.
  public subscript(place: Int) -> Double {
    get {
      switch place / 8 {
      case 0: a[place % 8]
      case 1: b[place % 8]
      case 2: c[place % 8]
      default: d[place % 8]
      }
    }
    set {
      switch place / 8 {
      case 0: a[place % 8] = newValue
      case 1: b[place % 8] = newValue
      case 2: c[place % 8] = newValue
      default: d[place % 8] = newValue
      }
    }
  }

  /// Σ of the products.
  @inline(__always)
  func dot(_ other: Self) -> Double {
    let lanes = (a * other.a + b * other.b) + (c * other.c + d * other.d)
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }

  @inline(__always)
  static func + (one: Self, other: Self) -> Self {
    Self(one.a + other.a, one.b + other.b, one.c + other.c, one.d + other.d)
  }

  @inline(__always)
  static func - (one: Self, other: Self) -> Self {
    Self(one.a - other.a, one.b - other.b, one.c - other.c, one.d - other.d)
  }

  @inline(__always)
  static func * (one: Self, other: Self) -> Self {
    Self(one.a * other.a, one.b * other.b, one.c * other.c, one.d * other.d)
  }

  @inline(__always)
  static func / (one: Self, other: Self) -> Self {
    Self(one.a / other.a, one.b / other.b, one.c / other.c, one.d / other.d)
  }

  @inline(__always)
  static func * (one: Self, factor: Double) -> Self {
    Self(one.a * factor, one.b * factor, one.c * factor, one.d * factor)
  }
}
