// The corpus of the fuzzer, replayed: inputs that once reached something new, or trapped.
// The seeds in it are made here, from real requests, journals and snapshots.

import Foundation
import FuzzTargets
import Support
import Testing

@Suite("FuzzTarget")
struct FuzzTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "FuzzTargets/Corpus")

  private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = corpus.appending(path: target.rawValue)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
    }
  }

  @Test("every input of the corpus is taken without a trap", arguments: FuzzTarget.allCases)
  func replay(_ target: FuzzTarget) throws {
    let inputs = try Self.inputs(target)
    #expect(inputs.count >= 10, "the corpus of \(target) is there")
    for (name, bytes) in inputs {
      // A trap ends the process: the last name printed is the input's.
      if ProcessInfo.processInfo.environment["FUZZ_NAMES"] != nil { print(target, name) }
      fuzz(target, bytes)
    }
  }

  @Test("damaged inputs of the corpus are taken too", arguments: seeds(2))
  func damaged(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    for target in FuzzTarget.allCases {
      for (_, bytes) in try Self.inputs(target).shuffled(using: &chance).prefix(10) {
        guard bytes.count > 1 else { continue }
        var bytes = bytes
        bytes[Int.random(in: 1..<bytes.count, using: &chance)] = .random(
          in: 0...255, using: &chance)
        fuzz(target, bytes)
        fuzz(target, [UInt8](bytes.prefix(.random(in: 0...bytes.count, using: &chance))))
      }
    }
  }

  /// With `PATRON_UPDATE_CORPUS=1` they are written: do that when a format or a message changes.
  @Test("the seeds are in the corpus", arguments: FuzzTarget.allCases)
  func seedsAreThere(_ target: FuzzTarget) throws {
    let folder = Self.corpus.appending(path: target.rawValue)
    let seeds = try FuzzSeeds.make(target)
    if ProcessInfo.processInfo.environment["PATRON_UPDATE_CORPUS"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
      where name.hasPrefix("seed-") {
        try FileManager.default.removeItem(at: folder.appending(path: name))
      }
      for (number, bytes) in seeds.enumerated() {
        try Data(bytes).write(to: folder.appending(path: "seed-\(number)"))
      }
    }
    let present = Set(try Self.inputs(target).map(\.bytes))
    // Counted first: a failure would print every byte of what is compared.
    let missing = seeds.count { !present.contains($0) }
    #expect(missing == 0, "a seed is missing; run this test once with PATRON_UPDATE_CORPUS=1")
  }

  @Test("what is written short unfolds to the same")
  func packing() {
    var chance = SeededGenerator(seed: 1)
    for _ in 0..<6 {
      let bytes = (0..<Int.random(in: 0...70_000, using: &chance)).map {
        ($0 / 1000) % 3 == 0 ? UInt8.random(in: 0...3, using: &chance) : 0
      }
      #expect(unpacked(packed(bytes)) == bytes)
    }
  }
}
