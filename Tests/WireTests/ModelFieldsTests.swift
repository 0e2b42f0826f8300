// The end of a model as it travels: further models and the calibration. That it is read and written
// alike, and never trusted for its length, is in MessageTests.

import Testing
import Wire

@Suite("ModelFields")
struct ModelFieldsTests {
  /// A frame that adopts a model and ends behind gamma.
  static let plainSize = FrameHeader.size + CommandKey.size + ModelFields.headSize

  /// Where a frame may end before its last field.
  static func earlyEnds(of example: Example) throws -> [Int] {
    guard example.title == AdoptModelRequest.title else { return [] }
    return [plainSize, try example.range(of: "layer horizon").lowerBound]
  }

  /// The example with a blend and a calibration.
  private func blended() throws -> Example {
    try #require(Example.all.last { $0.title == AdoptModelRequest.title })
  }

  /// The places of all fields with a name, the rows of lists included.
  private func places(_ name: String, in example: Example) throws -> [Range<Int>] {
    try FieldWalk(frame: try example.encode(), body: example.fields).found
      .filter { $0.name == name || $0.name.hasSuffix("]." + name) }.map(\.range)
  }

  private func refusal(
    of example: Example, with bytes: [UInt8], at place: Range<Int>
  ) throws -> Refusal? {
    var frame = try example.encode()
    frame.replaceSubrange(place, with: bytes)
    return WireTests.refusal { _ = try example.recode(frame) }
  }

  @Test("a model that ends behind gamma has no further models and no calibration")
  func plain() throws {
    for example in Example.all where example.title == AdoptModelRequest.title {
      let whole = try example.encode()
      var bytes = Array(whole[..<Self.plainSize])
      bytes.replaceSubrange(0..<4, with: littleEndian(UInt32(Self.plainSize - 4)))
      let old = try readBody(AdoptModelRequest.self, of: bytes)
      #expect(old.model.isPlain)
      var model = try readBody(AdoptModelRequest.self, of: whole).model
      model.blend = []
      model.calibration = CalibrationFields()
      model.layer = nil
      #expect(old.model == model)
      // Written again it has the end, which says the same.
      let again = try makeFrame(old, verb: .adoptModel)
      #expect(again.count == Self.plainSize + 1 + 1 + 24 + 1 + ChurnLayerFields.headSize)
      #expect(try readBody(AdoptModelRequest.self, of: again) == old)
    }
  }

  @Test("a model that ends behind the calibration has no churn layer")
  func withoutLayer() throws {
    for example in Example.all where example.title == AdoptModelRequest.title {
      let whole = try example.encode()
      let size = try #require(Self.earlyEnds(of: example).last)
      var bytes = Array(whole[..<size])
      bytes.replaceSubrange(0..<4, with: littleEndian(UInt32(size - 4)))
      var model = try readBody(AdoptModelRequest.self, of: whole).model
      model.layer = nil
      #expect(try readBody(AdoptModelRequest.self, of: bytes).model == model)
    }
  }

  @Test("without a horizon all fields of a churn layer are 0")
  func noLayer() throws {
    let example = try Example.named(AdoptModelRequest.title)
    for name in ["typical gap", "layer intercept"] {
      let refused = try example.refusal(with: name, littleEndian(1.0))
      #expect(refused?.status == .invalidField)
      #expect(refused?.offset == UInt32(try example.range(of: name).lowerBound))
    }
    // The last count is the terms'; what they were is not asked.
    var frame = try example.encode()
    frame[frame.count - 1] = 1
    frame += [UInt8](repeating: 0, count: ChurnLayerFields.Term.size)
    frame.replaceSubrange(0..<4, with: littleEndian(UInt32(frame.count - 4)))
    let refused = WireTests.refusal { _ = try example.recode(frame) }
    #expect(refused?.offset == UInt32(frame.count - 1 - ChurnLayerFields.Term.size))
  }

  @Test("a list has none or all of its rows, and at most so many further models")
  func counts() throws {
    let example = try blended()
    let counts = try places("count", in: example)
    #expect(counts.count == 4)
    for (place, wrong) in zip(
      counts, [[3, 255], [1, 23, 25, 255], [1, 4, 6, 255], [33, 255]] as [[UInt8]])
    {
      for count in wrong {
        let refused = try refusal(of: example, with: [count], at: place)
        #expect(refused?.status == .invalidField, "\(count) at \(place.lowerBound)")
        #expect(refused?.offset == UInt32(place.lowerBound))
      }
    }
  }

  @Test(
    "every number must be finite, and a refusal names its offset",
    arguments: [
      "r", "alpha", "a or s", "b or beta", "speed", "log level", "reference days", "intercept",
      "weight", "mean", "deviation", "layer horizon", "typical gap", "layer intercept",
      "coefficient", "centre", "scale",
    ])
  func finite(_ name: String) throws {
    let example = try blended()
    let places = try places(name, in: example)
    #expect(!places.isEmpty)
    for place in places {
      for value in MessageTests.notFinite {
        let refused = try refusal(of: example, with: littleEndian(value), at: place)
        #expect(refused?.status == .invalidField && refused?.offset == UInt32(place.lowerBound))
      }
    }
  }

  @Test("without signals, reference days and intercept are 0")
  func noSignals() throws {
    let example = try Example.named(AdoptModelRequest.title)
    for name in ["reference days", "intercept"] {
      let refused = try example.refusal(with: name, littleEndian(1.0))
      #expect(refused?.status == .invalidField)
      #expect(refused?.offset == UInt32(try example.range(of: name).lowerBound))
    }
  }
}
