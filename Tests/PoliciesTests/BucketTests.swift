// Buckets: published vectors, even spread, independence of keys.

import Models
import Testing

@testable import Policies

@Suite("Bucket")
struct BucketTests {
  private func hash(_ text: String) -> UInt64 {
    let bytes = Array(text.utf8)
    return XXHash64.hash(bytes.span)
  }

  private func bucket(_ key: String, _ customer: String) -> Bucket {
    let (key, customer) = (Array(key.utf8), Array(customer.utf8))
    return Bucket(customer: customer.span, key: key.span)
  }

  @Test("the hash is xxHash64 with seed 0")
  func published() {
    #expect(hash("") == 0xef46_db37_51d8_e999)
    #expect(hash("a") == 0xd24e_c4f1_a98c_6e5b)
    #expect(hash("abc") == 0x44bc_2cf5_ad77_0999)
    // The long form: 43 bytes.
    #expect(hash("The quick brown fox jumps over the lazy dog") == 0x0b24_2d36_1fda_71bc)
  }

  @Test(
    "a customer's bucket is the same everywhere and for ever",
    arguments: [
      ("global-2026", "customer-1", 0x63d8_652c_4e77_03d8, 3900),
      ("global-2026", "customer-2", 0x28c1_cdc5_29c9_3e2d, 1592),
      ("offer:win-back", "customer-1", 0xc8cd_2482_a456_6f14, 7843),
      ("global-2026", "クライアント", 0x4825_25be_7269_cee9, 2818),
      ("global-2026", "", 0x4f33_a593_91ad_57c1, 3093),
    ] as [(String, String, UInt64, Int)])
  func vectors(key: String, customer: String, expected: UInt64, number: Int) {
    #expect(hash(key + "\u{1f}" + customer) == expected)
    #expect(bucket(key, customer).number == number)
  }

  @Test(
    "a key made ready finds the buckets that the key itself finds, whatever their lengths",
    arguments: [0, 1, 6, 7, 8, 15, 30, 64, 92, 93, 94, 200])
  func ready(size: Int) {
    var random = SeededRandom(seed: UInt64(size))
    let key = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    let ready = BucketKey(key)
    for length in 0...70 {
      let customer = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(
        ready.bucket(of: customer.span) == Bucket(customer: customer.span, key: key.span),
        "\(length) bytes")
    }
  }

  @Test("the ends of the hash's range are the first and the last bucket")
  func ends() {
    #expect(Bucket(hash: 0).number == 0)
    #expect(Bucket(hash: .max).number == 9_999)
    #expect(!Bucket(hash: 0).isHeld(percent: 0))
    #expect(Bucket(hash: 0).isHeld(percent: 0.01))
    #expect(!Bucket(hash: .max).isHeld(percent: 50))
  }

  @Test("a larger percentage holds everybody whom a smaller one held")
  func grows() {
    for customer in 0..<2_000 {
      let bucket = bucket("growing", "customer-\(customer)")
      var held = false
      for percent in [0, 1, 5, 10, 12.5, 50] {
        let now = bucket.isHeld(percent: percent)
        #expect(now || !held)
        held = now
      }
    }
  }

  @Test("of 200 keys over 5,000 customers at most 3 % look uneven with p < 0.01")
  func even() {
    var uneven = 0
    for key in 0..<200 {
      var counts = [Int](repeating: 0, count: 50)
      for customer in 0..<5_000 {
        counts[bucket("key-\(key)", "customer-\(customer)").number / 200] += 1
      }
      let chiSquare = counts.reduce(0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
      if ChiSquare.upperTail(chiSquare, degrees: 49) < 0.01 { uneven += 1 }
    }
    print("uneven keys: \(uneven) of 200")
    #expect(uneven <= 6)
  }

  @Test("two keys hold customers independently of one another")
  func independent() {
    var counts = [Int](repeating: 0, count: 100)
    for customer in 0..<20_000 {
      let one = bucket("first", "customer-\(customer)").number / 1_000
      let other = bucket("second", "customer-\(customer)").number / 1_000
      counts[one * 10 + other] += 1
    }
    let chiSquare = counts.reduce(0) { $0 + Double(($1 - 200) * ($1 - 200)) / 200 }
    let p = ChiSquare.upperTail(chiSquare, degrees: 99)
    print("independence: p = \(p)")
    #expect(p > 1e-3)
  }
}
