// The program: its options, the groups in their order, the output. It never fails on a time.

import Foundation

@main
struct Main {
  static let help = """
    Benchmarks: times Patron's parts on this machine; build it with -c release.

      --filter TEXT   only groups whose name has this text
      --quick         three rounds and smaller shops
      --json          JSON instead of a table
      --columns DIR   only write the customers of the groups «batch», and what was found, to files there
      --help          this
    """

  static func main() {
    var (filter, isQuick, isJSON): (String?, Bool, Bool) = (nil, false, false)
    var rest = CommandLine.arguments.dropFirst()
    while let argument = rest.popFirst() {
      switch argument {
      case "--quick": isQuick = true
      case "--json": isJSON = true
      case "--help":
        print(help)
        return
      case "--filter":
        guard let text = rest.popFirst() else { fail("--filter needs a text", code: 2) }
        filter = text
      case "--columns":
        guard let folder = rest.popFirst() else { fail("--columns needs a directory", code: 2) }
        do { try BatchBenchmarks.write(to: folder) } catch { fail("\(error)", code: 1) }
        return
      default: fail("'\(argument)' is not an option; see --help", code: 2)
      }
    }
    var bench = Bench(filter: filter, isQuick: isQuick, isQuiet: isJSON)
    Output.head(isJSON)
    do {
      try KernelBenchmarks.run(&bench)
      try BatchBenchmarks.run(&bench)
      try NextBestBenchmarks.run(&bench)
      try CodecBenchmarks.run(&bench)
      try RuleBenchmarks.run(&bench)
      try OfferBenchmarks.run(&bench)
      try DecisionBenchmarks.run(&bench)
      try TrialBenchmarks.run(&bench)
      try IndexBenchmarks.run(&bench)
      try GrowthBenchmarks.run(&bench)
      try EngineBenchmarks.run(&bench)
      try ScanBenchmarks.run(&bench)
      try DurabilityBenchmarks.run(&bench)
      try FitBenchmarks.run(&bench)
    } catch {
      fail("\(error)", code: 1)
    }
    if bench.lines.isEmpty { fail("no group's name has '\(filter ?? "")'", code: 2) }
    if isJSON { Output.json(bench.lines) }
  }

  private static func fail(_ sentence: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("Benchmarks: \(sentence)\n".utf8))
    exit(code)
  }
}
