// The bad frames, each with what the server must say to it, from protocol.md. No tests here.

import Foundation
import Testing
import Wire

/// One bad frame.
struct BadFrame: Sendable, CustomTestStringConvertible {
  var name: String
  var status: Status
  var offset: UInt32?
  /// Whether a hello goes before it.
  var isGreeted = true
  var bytes: @Sendable () throws -> [UInt8]

  var testDescription: String { name }

  init(
    _ name: String, _ status: Status, at offset: UInt32?, greeted: Bool = true,
    _ bytes: @escaping @Sendable () throws -> [UInt8]
  ) {
    self.name = name
    self.status = status
    self.offset = offset
    isGreeted = greeted
    self.bytes = bytes
  }

  static let all = frames + hellos + records + scores + models + shops

  // MARK: The frame and the hello

  private static let frames = [
    BadFrame("length 0", .badFrame, at: 0) { try Frames.ping().with(UInt32(0), at: 0) },
    BadFrame("length 3", .badFrame, at: 0) { try Frames.ping().with(UInt32(3), at: 0) },
    BadFrame("length 19", .badFrame, at: 0) { try Frames.ping().with(UInt32(19), at: 0) },
    BadFrame("a frame of one byte too many", .frameTooLarge, at: 0) {
      try Frames.ping().with(UInt32(Limits.frameSizeMax - 4 + 1), at: 0)
    },
    BadFrame("length 0xFFFFFFFF", .frameTooLarge, at: 0) {
      try Frames.ping().with(UInt32.max, at: 0)
    },
    BadFrame("reserved is 1", .badFrame, at: 20) { try Frames.ping().with(UInt32(1), at: 20) },
    BadFrame("status 1 in a request", .badFrame, at: 6) {
      try Frames.ping().with(UInt16(1), at: 6)
    },
    BadFrame("verb 0", .unsupportedVerb, at: 4) { try Frames.ping().with(UInt16(0), at: 4) },
    BadFrame("verb 31", .unsupportedVerb, at: 4) { try Frames.ping().with(UInt16(31), at: 4) },
    BadFrame("verb 65535", .unsupportedVerb, at: 4) {
      try Frames.ping().with(UInt16.max, at: 4)
    },
    BadFrame("status asks neither with nor without hash", .invalidField, at: 24) {
      try Frames.status(hash: true).with(UInt8(2), at: 24)
    },
  ]

  private static let hellos = [
    BadFrame("a ping before the hello", .helloRequired, at: 4, greeted: false) {
      try Frames.ping()
    },
    BadFrame("an unknown verb before the hello", .helloRequired, at: 4, greeted: false) {
      try Frames.ping().with(UInt16(999), at: 4)
    },
    BadFrame("a hello of another protocol", .badFrame, at: 24, greeted: false) {
      try Frames.hello().with(UInt32(0x5054_5448), at: 24)
    },
    BadFrame("a request of HTTP", .frameTooLarge, at: 0, greeted: false) {
      Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    },
    BadFrame("a client of version 2", .unsupportedVersion, at: 28, greeted: false) {
      try Frames.hello().with(UInt16(2), at: 28).with(UInt16(9), at: 30)
    },
    BadFrame("a client of version 0", .unsupportedVersion, at: 28, greeted: false) {
      try Frames.hello().with(UInt16(0), at: 28).with(UInt16(0), at: 30)
    },
    BadFrame("versions the wrong way round", .unsupportedVersion, at: 28, greeted: false) {
      try Frames.hello().with(UInt16(1), at: 28).with(UInt16(0), at: 30)
    },
    BadFrame("a hello of 257 bytes", .frameTooLarge, at: 0, greeted: false) {
      try Frames.hello() + [UInt8](repeating: 0, count: 257)
    }.lengthened(to: 257),
    BadFrame("a client's name of 65 bytes", .invalidField, at: 32, greeted: false) {
      let hello = try Frames.hello()
      return hello.replacing(32..<hello.count, with: [65] + [UInt8](repeating: 65, count: 65))
    },
    BadFrame("a client's name that is not UTF-8", .invalidField, at: 32, greeted: false) {
      let hello = try Frames.hello()
      return hello.replacing(32..<hello.count, with: [2, 0xff, 0xfe])
    },
  ]

  private func lengthened(to size: Int) -> BadFrame {
    var copy = self
    let bytes = self.bytes
    copy.bytes = { try Array(bytes().prefix(size)).with(UInt32(size - 4), at: 0) }
    return copy
  }

  // MARK: Orders and returns: key at 24, currency at 40, digits at 44, count at 45, rows from 49

  private static func orders(
    _ name: String, _ status: Status, at offset: UInt32?,
    _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> BadFrame {
    BadFrame("orders: " + name, status, at: offset) {
      // A good row stands before the bad one: it must not be recorded either. Both have 23 bytes.
      let batch = Frames.batch([
        Frames.order("new", "1", day: 50), Frames.order("bad", "1", day: 51),
      ])
      return spoil(try makeFrame(.recordOrders, batch))
    }
  }

  private static func returns(
    _ name: String, _ status: Status, at offset: UInt32?,
    _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> BadFrame {
    BadFrame("returns: " + name, status, at: offset) {
      let batch = Frames.batch([Frames.returning("C-1", "1", "R", day: 60, 100)])
      return spoil(try makeFrame(.recordReturns, batch))
    }
  }

  private static let long = [UInt8(65)] + [UInt8](repeating: 97, count: 65)

  private static let records = [
    orders("currency in small letters", .invalidField, at: 40) {
      $0.replacing(41..<44, with: Array("usd".utf8))
    },
    orders("currency of two letters", .invalidField, at: 40) {
      $0.replacing(40..<44, with: [2] + Array("US".utf8))
    },
    orders("no currency", .invalidField, at: 40) { $0.replacing(40..<44, with: [0]) },
    orders("currency that is not UTF-8", .invalidField, at: 40) {
      $0.replacing(40..<44, with: [3, 0xff, 0xff, 0xff])
    },
    orders("another currency than the shop's", .currencyMismatch, at: 40) {
      $0.replacing(41..<44, with: Array("EUR".utf8))
    },
    orders("other minor digits than the shop's", .currencyMismatch, at: 44) {
      $0.with(UInt8(3), at: 44)
    },
    orders("five minor digits", .invalidField, at: 44) { $0.with(UInt8(5), at: 44) },
    orders("count 0", .invalidField, at: 45) { $0.with(UInt32(0), at: 45) },
    orders("count above rowsMax", .invalidField, at: 45) {
      $0.with(UInt32(Limits.rowsMax + 1), at: 45)
    },
    orders("count 0xFFFFFFFF", .invalidField, at: 45) { $0.with(UInt32.max, at: 45) },
    orders("count larger than the rows", .malformed, at: 93) { $0.with(UInt32(3), at: 45) },
    orders("count smaller than the rows", .malformed, at: 71) { $0.with(UInt32(1), at: 45) },
    orders("a customer of 0 bytes", .invalidField, at: 71) {
      $0.replacing(71..<75, with: [0])
    },
    orders("a customer of 65 bytes", .invalidField, at: 71) { $0.replacing(71..<75, with: long) },
    orders("an order of 0 bytes", .invalidField, at: 75) { $0.replacing(75..<77, with: [0]) },
    orders("an order of 65 bytes", .invalidField, at: 75) { $0.replacing(75..<77, with: long) },
    orders("a negative amount", .invalidField, at: 85) { $0.with(Int64(-1), at: 85) },
    orders("the smallest amount of all", .invalidField, at: 85) { $0.with(Int64.min, at: 85) },
    orders("an amount above amountMax", .invalidField, at: 85) {
      $0.with(Limits.amountMax + 1, at: 85)
    },
    returns("another currency", .currencyMismatch, at: 40) {
      $0.replacing(41..<44, with: Array("EUR".utf8))
    },
    returns("count 0", .invalidField, at: 45) { $0.with(UInt32(0), at: 45) },
    returns("count above rowsMax", .invalidField, at: 45) {
      $0.with(UInt32(Limits.rowsMax + 1), at: 45)
    },
    returns("a customer of 0 bytes", .invalidField, at: 49) { $0.replacing(49..<53, with: [0]) },
    returns("an order of 65 bytes", .invalidField, at: 53) { $0.replacing(53..<55, with: long) },
    returns("a return of 0 bytes", .invalidField, at: 55) { $0.replacing(55..<57, with: [0]) },
    returns("a negative amount", .invalidField, at: 65) { $0.with(Int64(-1), at: 65) },
    returns("an amount above amountMax", .invalidField, at: 65) {
      $0.with(Limits.amountMax + 1, at: 65)
    },
  ]

  // MARK: Scores: as of 24, horizon 32, discount rate 40, margin 48, customer or count 56

  private static func scores(
    _ name: String, _ status: Status, at offset: UInt32?,
    _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> [BadFrame] {
    [Verb.scoreOne, .scoreMany].map { verb in
      BadFrame("\(verb.name): \(name)", status, at: offset) { spoil(try Frames.good(verb)) }
    }
  }

  private static func numbers(
    _ name: String, at offset: Int, _ bad: [Double]
  ) -> [BadFrame] {
    ([Double.nan, .signalingNaN, .infinity, -.infinity] + bad).flatMap { value in
      scores("\(name) \(value)", .invalidField, at: UInt32(offset)) { $0.with(value, at: offset) }
    }
  }

  private static let scores: [BadFrame] =
    numbers("horizon", at: 32, [0, -0.0, -1, Limits.horizonDaysMax.nextUp, 1e300])
    + numbers("discount rate", at: 40, [-1e-300, -1, Limits.discountRateMax.nextUp])
    + numbers("margin", at: 48, [-1e-300, -1, Limits.marginMax.nextUp])
    + scores("as of 1969", .timeOutOfRange, at: 24) { $0.with(Int64(-1), at: 24) }
    + scores("as of the beginning of time", .timeOutOfRange, at: 24) {
      $0.with(Int64.min, at: 24)
    }
    + scores("as of 2149-06-06", .timeOutOfRange, at: 24) {
      $0.with((Int64(Limits.dayMax) + 1) * Frames.day, at: 24)
    }
    + scores("as of the end of time", .timeOutOfRange, at: 24) { $0.with(Int64.max, at: 24) }
    + [
      BadFrame("score one: a customer of 0 bytes", .invalidField, at: 56) {
        let good = try Frames.score()
        return good.replacing(56..<good.count, with: [0])
      },
      BadFrame("score one: a customer of 65 bytes", .invalidField, at: 56) {
        let good = try Frames.score()
        return good.replacing(56..<good.count, with: long)
      },
      BadFrame("score many: count 0", .invalidField, at: 56) {
        try Frames.good(.scoreMany).with(UInt32(0), at: 56)
      },
      BadFrame("score many: count above customersMax", .invalidField, at: 56) {
        try Frames.good(.scoreMany).with(UInt32(Limits.customersMax + 1), at: 56)
      },
      BadFrame("score many: count larger than the rows", .malformed, at: 66) {
        try Frames.good(.scoreMany).with(UInt32(3), at: 56)
      },
      BadFrame("score many: count smaller than the rows", .malformed, at: 64) {
        try Frames.good(.scoreMany).with(UInt32(1), at: 56)
      },
      BadFrame("score many: the second customer has 0 bytes", .invalidField, at: 64) {
        try Frames.good(.scoreMany).replacing(64..<66, with: [0])
      },
    ]

  // MARK: Models: key 24, kind 40, spend known 41, then r, alpha, a, b, p, q, gamma from 42

  private static func adopting(
    _ name: String, at offset: UInt32?, _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> BadFrame {
    BadFrame("adopt model: " + name, .invalidField, at: offset) {
      spoil(try Frames.good(.adoptModel))
    }
  }

  private static let models: [BadFrame] =
    ["r", "alpha", "a or s", "b or beta", "p", "q", "gamma"].enumerated().flatMap { index, name in
      let offset = 42 + 8 * index
      return [Double.nan, .infinity, -.infinity, 0, -1, 1e300].map { value in
        adopting("\(name) \(value)", at: UInt32(offset)) { $0.with(value, at: offset) }
      }
    } + [
      adopting("q 1", at: 82) { $0.with(1.0, at: 82) },
      adopting("kind 0", at: 40) { $0.with(UInt8(0), at: 40) },
      adopting("kind 200", at: 40) { $0.with(UInt8(200), at: 40) },
      adopting("kind 255", at: 40) { $0.with(UInt8(255), at: 40) },
      adopting("spend known 2", at: 41) { $0.with(UInt8(2), at: 41) },
      adopting("no spend, but p is NaN", at: 74) {
        $0.with(UInt8(0), at: 41).with(Double.nan, at: 74)
      },
      BadFrame("fit: kind 0", .invalidField, at: 32) {
        try Frames.fit().with(UInt8(0), at: 32)
      },
      BadFrame("fit: kind 200", .invalidField, at: 32) {
        try Frames.fit().with(UInt8(200), at: 32)
      },
      BadFrame("fit: as of 1969", .timeOutOfRange, at: 24) {
        try Frames.fit().with(Int64(-1), at: 24)
      },
      BadFrame("fit: as of 2149-06-06", .timeOutOfRange, at: 24) {
        try Frames.fit().with((Int64(Limits.dayMax) + 1) * Frames.day, at: 24)
      },
    ]

  // MARK: The shop: key at 24, its name at 40, for UTC the count at 44, transitions from 46

  private static func declaring(
    _ name: String, _ status: Status, at offset: UInt32?, _ request: DeclareShopRequest
  ) -> BadFrame {
    BadFrame("declare shop: " + name, status, at: offset) { try makeFrame(.declareShop, request) }
  }

  private static let shops = [
    declaring(
      "another zone", .alreadyDeclared, at: 40,
      .init(timeZone: "Europe/Paris", transitions: Frames.utc.transitions)),
    declaring(
      "the same zone with other rules", .alreadyDeclared, at: 40,
      .init(timeZone: "UTC", transitions: [.init(fromSeconds: Int64.min, offsetSeconds: 3600)])),
    declaring(
      "no name", .invalidField, at: 40,
      .init(timeZone: "", transitions: Frames.utc.transitions)),
    declaring("no transitions", .invalidField, at: 44, .init(timeZone: "UTC", transitions: [])),
    declaring(
      "a first transition that is not the beginning", .invalidField, at: 46,
      .init(timeZone: "UTC", transitions: [.init(fromSeconds: 0, offsetSeconds: 0)])),
    declaring(
      "transitions that fall", .invalidField, at: 58,
      .init(
        timeZone: "UTC",
        transitions: Frames.utc.transitions + [
          .init(fromSeconds: Int64.min, offsetSeconds: 0)
        ])),
    declaring(
      "an offset of more than a day", .invalidField, at: 54,
      .init(timeZone: "UTC", transitions: [.init(fromSeconds: Int64.min, offsetSeconds: 86_401)])),
  ]
}
