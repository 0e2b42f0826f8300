// Group «index»: look-ups among ten million keys of 16 bytes, hashed, found and compared, one by one and
// in batches, beside Swift's Dictionary with the same keys.

import Scoring
import Wire

enum IndexBenchmarks {
  /// A key as Dictionary has it, in this module so that its code is made for it.
  private struct Key: Hashable {
    let first: UInt64
    let second: UInt64
  }

  static func run(_ bench: inout Bench) throws {
    let count: UInt64 = bench.isQuick ? 1_000_000 : 10_000_000
    let group = "index of \(count) keys"
    guard bench.wants(group) else { return }
    let box = Box(count)
    var dictionary: [Key: UInt32] = [:]
    for number in 0..<count {
      let key = key(number)
      dictionary[Key(first: key.producer, second: key.number)] = UInt32(number)
    }
    let passes = bench.isQuick ? 204_800 : 1_024_000
    let amount = Double(passes)
    // Questions come one behind the other, as requests lie in an inbox.
    let questions = (0..<UInt64(passes)).map { key(number(mix($0), below: count)) }
    let others = questions.map { Key(first: $0.producer, second: $0.number) }
    try bench.compare(
      group, .nanosecondsEach,
      [
        Contestant("64 at a time", amount: amount) { box.batches(questions) },
        Contestant("64 at a time, keys not compared", amount: amount) {
          box.batches(questions, isComparing: false)
        },
        Contestant("one by one", amount: amount) {
          var sum: UInt64 = 0
          for question in questions { sum &+= UInt64(box.trial.find(question) ?? 0) }
          return sum
        },
        Contestant("each asked for by the one before", amount: amount) {
          var found: UInt64 = 1
          for pass in 0..<UInt64(passes) {
            let key = key(number(mix(pass &+ found), below: count))
            found = UInt64(box.trial.find(key) ?? 0)
          }
          return found
        },
        Contestant("Dictionary, each asked for by the one before", amount: amount) {
          var found: UInt64 = 1
          for pass in 0..<UInt64(passes) {
            let key = key(number(mix(pass &+ found), below: count))
            found = UInt64(dictionary[Key(first: key.producer, second: key.number)] ?? 0)
          }
          return found
        },
        Contestant("Swift's Dictionary, one by one", amount: amount) {
          var sum: UInt64 = 0
          for question in others { sum &+= UInt64(dictionary[question] ?? 0) }
          return sum
        },
      ])
    guard box.isRight else {
      throw BenchError("the index found another number than the one inserted")
    }
    bench.tell(group, "memory of the index", .bytesEach, Double(box.trial.size) / Double(count))
  }

  /// An index that closures can share.
  private final class Box {
    var trial = IndexTrial()
    let count: UInt64
    private var keys = [CommandKey](repeating: .none, count: IndexTrial.batchMax)
    private var numbers = [UInt32](repeating: 0, count: IndexTrial.batchMax)

    init(_ count: UInt64) {
      self.count = count
      for number in 0..<count { trial.insert(key(number)) }
    }

    func batches(_ questions: [CommandKey], isComparing: Bool = true) -> UInt64 {
      var sum: UInt64 = 0
      for start in stride(from: 0, to: questions.count - keys.count + 1, by: keys.count) {
        for place in keys.indices { keys[place] = questions[start + place] }
        trial.find(keys, isComparing: isComparing, into: &numbers)
        for number in numbers { sum &+= UInt64(number) }
      }
      return sum
    }

    /// Whether keys lead to their numbers, each way, and others nowhere.
    var isRight: Bool {
      for start in stride(from: 0, to: count, by: Int(count / 1000)) {
        let wanted = (0..<UInt64(keys.count)).map { (start + 7 * $0) % (count + count / 8) }
        trial.find(wanted.map(key), into: &numbers)
        for (number, found) in zip(wanted, numbers) {
          let right = number < count ? UInt32(number) : nil
          if trial.find(key(number)) != right || found != right ?? UInt32.max { return false }
        }
      }
      return true
    }
  }

  /// The key of a number, made up anew each time, so that questions take no memory.
  @inline(__always)
  private static func key(_ number: UInt64) -> CommandKey {
    CommandKey(producer: mix(number), number: mix(~number))
  }

  /// A number below another one, from 64 random bits.
  @inline(__always)
  private static func number(_ random: UInt64, below count: UInt64) -> UInt64 {
    random.multipliedFullWidth(by: count).high
  }

  /// Numbers without a pattern (Steele's SplitMix).
  @inline(__always)
  private static func mix(_ number: UInt64) -> UInt64 {
    var word = number &* 0x9e37_79b9_7f4a_7c15
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}
