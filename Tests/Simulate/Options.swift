// The command line of the simulation.

/// What was asked for.
struct Options {
  /// What to do.
  enum Mode: Equatable {
    case lives
    case mutants
    case replay(UInt64)
    case calls
    case flip
    case decisions(Int)
  }

  var mode = Mode.lives
  var runs: Int?
  /// The first seed; nil takes a fresh one.
  var seed: UInt64?
  var threads: Int?
  var faultPercent = 25
  var stride = 1
  var offers = false
  var snapshotEvery = 0
  var wantsHelp = false

  static let help = """
    patron-simulate: whole lives of the server in one process, crashed at every call of the disk

      --runs N        crash runs (50,000; with --mutants 2,000 for each)
      --seed S        the first life's seed; without it a fresh one
      --threads N     lives at a time (all cores)
      --faults P      of a hundred lives, in how many the disk fails (25)
      --offers        every life is one with offers and 64 clients, judged by the oracle of decisions
      --mutants       programs that are wrong in one way each; all must be caught
      --replay S      one life again, told sentence by sentence
      --calls         every call of one life's disk fails, once and for ever after
      --flip          every byte of a snapshot and of a closed journal flipped, and a journal of
                      200 batches cut at every byte
      --decisions N   lives of decisions without a server, until N were made; an oracle reads what
                      would be in the journal and counts every rule anew
      --snapshots N   with --decisions: a second engine is made from a snapshot after every N records
      --stride N      with --calls and --flip: only every N-th (1)

    Exit codes: 0 nothing was violated (with --mutants: each one was caught), 1 otherwise, 2 usage.
    """

  /// Reads what follows the program's name.
  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--snapshots": snapshotEvery = try Self.number(name, rest.popFirst(), 1...1_000_000)
      case "--offers": offers = true
      case "--mutants": mode = .mutants
      case "--calls": mode = .calls
      case "--flip": mode = .flip
      case "--decisions":
        mode = .decisions(try Self.number(name, rest.popFirst(), 1...1_000_000_000))
      case "--help", "-h": wantsHelp = true
      case "--runs": runs = try Self.number(name, rest.popFirst(), 1...1_000_000_000)
      case "--seed": seed = UInt64(try Self.number(name, rest.popFirst(), 0...Int.max))
      case "--threads": threads = try Self.number(name, rest.popFirst(), 1...256)
      case "--faults": faultPercent = try Self.number(name, rest.popFirst(), 0...100)
      case "--stride": stride = try Self.number(name, rest.popFirst(), 1...1_000_000)
      case "--replay":
        mode = .replay(UInt64(try Self.number(name, rest.popFirst(), 0...Int.max)))
      default: throw UsageError(description: "'\(name)' is not an option")
      }
    }
  }

  private static func number(
    _ name: String, _ text: String?, _ range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    guard let text else { throw UsageError(description: "\(name) needs a number") }
    guard let number = Int(text.replacing(",", with: "")), range.contains(number) else {
      throw UsageError(
        description: "\(name) is \(text), it must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// Why the command line makes no sense.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}
