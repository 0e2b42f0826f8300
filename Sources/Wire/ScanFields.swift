// What requests about all customers have in common: the terms, the condition and the names of fields; and columns
// of values as replies have them.

/// Under which terms, and of which instant, a question about all customers is meant.
public struct ScanTerms: Equatable, Sendable {
  static let fields = ScoreTermsFields.fields

  /// When; microseconds since 1970 UTC, 0 for now.
  public var asOfMicros: Int64 = 0
  /// What scores are asked under; nil for what decisions use: 39 weeks, 0.1 a year, and the catalogue's
  /// margin, or 1 without a catalogue.
  public var scores: ScoreTermsFields?

  /// Now, with the scores that decisions use.
  public init() {}

  /// Reads the terms; a horizon, a rate and a margin of 0 are those that decisions use.
  init(from reader: inout FrameReader) throws(Refusal) {
    var ahead = reader
    asOfMicros = try ahead.read(Int64.self)
    var isOwn = true
    for _ in 0..<3 where try ahead.read(Double.self) != 0 { isOwn = false }
    if isOwn {
      reader = ahead
    } else {
      scores = try ScoreTermsFields(from: &reader)
    }
  }

  func write(to out: inout ByteBuffer) {
    if let scores {
      ScoreTermsFields(
        asOfMicros: asOfMicros, horizonDays: scores.horizonDays,
        discountRate: scores.discountRate, margin: scores.margin
      ).write(to: &out)
    } else {
      out.append(asOfMicros)
      for _ in 0..<3 { out.append(0.0) }
    }
  }
}

extension FrameReader {
  /// Reads a condition.
  mutating func readCondition() throws(Refusal) -> String {
    let at = offset
    let bytes = try readLongText("condition")
    guard bytes.byteCount <= Limits.conditionSizeMax else {
      throw Refusal(
        .invalidField, at: at,
        "the condition has \(bytes.byteCount) bytes, at most \(Limits.conditionSizeMax) are read")
    }
    return try text(bytes, at: at)
  }

  /// Reads a list of names.
  mutating func readNames(_ name: StaticString, most: Int) throws(Refusal) -> [String] {
    let at = offset
    let count = Int(try readUInt8())
    guard count <= most else {
      throw Refusal(.invalidField, at: at, "\(count) \(name)s are more than \(most)")
    }
    var names: [String] = []
    for _ in 0..<count { names.append(try readSentence(name)) }
    return names
  }
}

extension ByteBuffer {
  /// Appends a list of names.
  mutating func append(names: [String]) throws(Refusal) {
    guard let count = UInt8(exactly: names.count) else {
      throw Refusal(.invalidField, "\(names.count) names are more than 255")
    }
    append(count)
    for name in names { append(sentence: name) }
  }
}

/// The values of one column for some customers.
public enum ColumnValues: Equatable, Sendable {
  /// NaN is unknown.
  case numbers([Double])
  /// Nil is unknown.
  case texts([String?])
  /// Days since 1970-01-01; nil is unknown.
  case days([Int32?])
  /// Nil is unknown.
  case truths([Bool?])

  static let fields = [Field("kind", .u8), Field("values", .bytes)]

  /// What stands for an unknown text, in the place of its length.
  public static let unknownText = UInt8.max

  /// How many there are.
  public var count: Int {
    switch self {
    case .numbers(let values): values.count
    case .texts(let values): values.count
    case .days(let values): values.count
    case .truths(let values): values.count
    }
  }

  /// The kind of a column on the wire.
  public enum Kind: UInt8, Sendable {
    /// A Double each; NaN is unknown.
    case numbers = 1
    /// A byte of length and so many bytes each, at most 64; 255 is unknown.
    case texts
    /// An Int32 each, days since 1970-01-01; the least is unknown.
    case days
    /// A byte each: 0 no, 1 yes, 2 unknown.
    case truths
  }

  var kind: Kind {
    switch self {
    case .numbers: .numbers
    case .texts: .texts
    case .days: .days
    case .truths: .truths
    }
  }

  /// Reads a column of so many values.
  init(from reader: inout FrameReader, count: Int) throws(Refusal) {
    let at = reader.offset
    let number = try reader.readUInt8()
    guard let kind = Kind(rawValue: number) else {
      throw Refusal(.invalidField, at: at, "column kind \(number) is not known")
    }
    let sizeAt = reader.offset
    let end = Int(try reader.read(UInt32.self)) + reader.offset
    guard end - reader.offset <= reader.remaining else { throw reader.endsEarly(end - sizeAt) }
    switch kind {
    case .numbers:
      var values: [Double] = []
      for _ in 0..<count { values.append(try reader.read(Double.self)) }
      self = .numbers(values)
    case .texts:
      var values: [String?] = []
      for _ in 0..<count {
        var ahead = reader
        if try ahead.readUInt8() == Self.unknownText {
          reader = ahead
          values.append(nil)
        } else {
          values.append(try reader.readName("text"))
        }
      }
      self = .texts(values)
    case .days:
      var values: [Int32?] = []
      for _ in 0..<count {
        let day = try reader.read(Int32.self)
        values.append(day == .min ? nil : day)
      }
      self = .days(values)
    case .truths:
      var values: [Bool?] = []
      for _ in 0..<count {
        let at = reader.offset
        let truth = try reader.readUInt8()
        guard truth <= 2 else {
          throw Refusal(.invalidField, at: at, "\(truth) is neither yes, no nor unknown")
        }
        values.append(truth == 2 ? nil : truth == 1)
      }
      self = .truths(values)
    }
    guard reader.offset == end else {
      throw Refusal(
        .malformed, at: sizeAt, "the values of a column do not end where its size says")
    }
  }

  func write(to out: inout ByteBuffer) {
    let mark = Self.begin(kind, in: &out)
    switch self {
    case .numbers(let values): for value in values { out.append(value) }
    case .texts(let values):
      for value in values {
        if let value { out.append(name: value) } else { out.append(Self.unknownText) }
      }
    case .days(let values): for value in values { out.append(value ?? .min) }
    case .truths(let values):
      for value in values { out.append(value.map { $0 ? 1 : 0 } ?? UInt8(2)) }
    }
    Self.end(mark, in: &out)
  }

  /// Begins a column, for those who write its values one by one.
  ///
  /// - Parameters:
  ///   - kind: of the values.
  ///   - out: where they are appended.
  /// - Returns: the mark that `end` needs.
  public static func begin(_ kind: Kind, in out: inout ByteBuffer) -> Int {
    out.append(kind.rawValue)
    out.append(UInt32(0))
    return out.count
  }

  /// Completes the column that was begun at `mark`.
  ///
  /// - Parameters:
  ///   - mark: what `begin` returned.
  ///   - out: the same buffer.
  public static func end(_ mark: Int, in out: inout ByteBuffer) {
    out.patch(UInt32(out.count - mark), at: mark - 4)
  }
}
