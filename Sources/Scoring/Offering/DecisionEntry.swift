// A decision as it is remembered: a head that changes with what comes of it, and behind it the body of
// its record, which never does. The offsets of the head (little-endian):
//
//    0 8 window's end    8 8 number        16 4 customer      20 4 orders before it
//   24 4 first contact  28 4 arm           32 1 state         33 1 whether outcomes were reported
//   34 2 place of the features in the body                    36 4 how many offers were chosen
//   40 8 margin         48 8 cost          56 8 foretold      64 8 taught
//   72 8 expected cost  80 8 margin rate   88 8 value of accepted orders, minor units
//   96 256 gain, 64 numbers
//
// Margin and costs are in major units.

import Offers
import Policies
import Wire

/// Where a decision is remembered.
struct DecisionPlace: Equatable, Sendable {
  var half: Int
  var position: Int
}

/// The head's offsets, and its size.
enum DecisionHead {
  static let close = 0
  static let number = 8
  static let customer = 16
  static let orderMark = 20
  static let firstContact = 24
  static let arm = 28
  static let state = 32
  static let isReported = 33
  static let features = 34
  static let choiceCount = 36
  static let margin = 40
  static let cost = 48
  static let foretold = 56
  static let taught = 64
  static let expectedCost = 72
  static let marginRate = 80
  static let accepted = 88
  static let gain = 96
  static let size = gain + LearnerGain.count * 4
}

/// How far a decision has come.
enum DecisionState: UInt8 {
  /// Its outcome is not known yet.
  case open = 0
  /// It was learnt from.
  case learnt = 1
  /// It never will be: not drawn, or forgotten before its window ended.
  case unlearnt = 2
}

extension Offering {
  /// One field of a decision's head.
  @inline(__always)
  func field<T: BitwiseCopyable>(_ type: T.Type, _ offset: Int, of place: DecisionPlace) -> T {
    let at = place.position + AnswerHalf.headSize + offset
    return decisions.halves[place.half].blocks[at / AnswerHalf.blockSize].load(
      type, at: at % AnswerHalf.blockSize)
  }

  /// Changes one field of a decision's head.
  mutating func setField<T: BitwiseCopyable>(_ value: T, _ offset: Int, of place: DecisionPlace) {
    let at = place.position + AnswerHalf.headSize + offset
    decisions.writableBlock(half: place.half, at: at).store(value, at: at % AnswerHalf.blockSize)
  }

  func state(of place: DecisionPlace) -> DecisionState {
    DecisionState(rawValue: field(UInt8.self, DecisionHead.state, of: place)) ?? .unlearnt
  }

  /// Lends the body of a decision's record.
  func withBody<Result, Failure: Error>(
    of place: DecisionPlace, _ read: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let half = decisions.halves[place.half]
    let bytes = half.reply(at: UInt32(place.position))
    return try read(bytes.extracting(droppingFirst: DecisionHead.size))
  }

  /// x of a decision.
  func features(of place: DecisionPlace) -> LearnerFeatures {
    let offset = DecisionHead.size + Int(field(UInt16.self, DecisionHead.features, of: place))
    var floats = InlineArray<32, Float>(repeating: 0)
    for number in 0..<LearnerFeatures.count {
      floats[number] = field(Float.self, offset + number * 4, of: place)
    }
    return LearnerFeatures(floats.span)
  }

  /// What an outcome of a decision moved.
  func gain(of place: DecisionPlace) -> LearnerGain {
    var floats = InlineArray<64, Float>(repeating: 0)
    for number in 0..<LearnerGain.count {
      floats[number] = field(Float.self, DecisionHead.gain + number * 4, of: place)
    }
    return LearnerGain(
      arm: Int(field(UInt32.self, DecisionHead.arm, of: place)), floats.span,
      foretold: field(Double.self, DecisionHead.foretold, of: place),
      taught: field(Double.self, DecisionHead.taught, of: place))
  }

  mutating func keep(_ gain: LearnerGain, of place: DecisionPlace) {
    var floats = InlineArray<64, Float>(repeating: 0)
    var room = floats.mutableSpan
    gain.write(to: &room)
    for number in 0..<LearnerGain.count {
      setField(floats[number], DecisionHead.gain + number * 4, of: place)
    }
    setField(gain.foretold, DecisionHead.foretold, of: place)
    setField(gain.taught, DecisionHead.taught, of: place)
  }

  /// The place behind a decision; in the older half's end it is the beginning of the younger one.
  func place(after place: DecisionPlace) -> DecisionPlace {
    let next = decisions.halves[place.half].position(after: place.position)
    if next >= decisions.halves[place.half].end, place.half != decisions.younger {
      return DecisionPlace(half: decisions.younger, position: 0)
    }
    return DecisionPlace(half: place.half, position: next)
  }

  /// Whether there is a decision at a place.
  func holds(_ place: DecisionPlace) -> Bool {
    place.position < decisions.halves[place.half].end
  }

  /// The oldest remembered decision's place.
  var oldest: DecisionPlace {
    let older = 1 - decisions.younger
    return DecisionPlace(
      half: decisions.halves[older].end > 0 ? older : decisions.younger, position: 0)
  }
}
