// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "patron",
  products: [
    .executable(name: "patron", targets: ["patron"]),
    .executable(name: "loadtest", targets: ["loadtest"]),
  ],
  targets: [
    // The heart and its surroundings, from the ground up (README, «Map»).
    .systemLibrary(name: "CLinux"),
    .target(name: "Platform", dependencies: ["CLinux"]),
    .target(name: "Models", dependencies: ["Kernels"]),
    .target(name: "Kernels", dependencies: ["CLinux"]),
    .target(name: "Policies", dependencies: ["Models", "Kernels"]),
    .target(name: "Wire"),
    .target(name: "Rules", dependencies: ["Kernels"]),
    .target(name: "Offers", dependencies: ["Rules", "Policies", "Kernels"]),
    .target(name: "Durability", dependencies: ["Platform"]),
    .target(
      name: "Scoring",
      dependencies: ["CLinux", "Wire", "Kernels", "Models", "Offers", "Policies", "Rules"]),
    .target(name: "Server", dependencies: ["Platform", "Durability", "Wire", "Models", "Scoring"]),
    .target(name: "Client", dependencies: ["Wire", "Platform"]),

    // The programs.
    .executableTarget(
      name: "patron",
      dependencies: [
        "Server", "Client", "Platform", "Durability", "Wire", "Models", "Policies", "Offers",
        "Scoring",
      ]),
    .executableTarget(
      name: "loadtest", dependencies: ["Client", "Wire", "Platform", "Models"], path: "loadtest"),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Platform", "Kernels", "Models", "Policies", "Rules", "Wire", "Offers", "Durability",
        "Scoring", "Server",
      ],
      path: "Benchmarks",
      exclude: [
        "README.md", "batch.py", "decisions.py", "durable.py", "fit.py", "holdout.py", "pauses.py",
        "replay.py", "scan.py",
      ]),

    // The tests mirror the sources.
    .target(name: "Support", dependencies: ["Platform"], path: "Tests/Support"),
    .target(
      name: "DecisionOracle", dependencies: ["Platform", "Wire", "Offers", "Rules"],
      path: "Tests/Oracle"),
    .target(
      name: "Simulation",
      dependencies: [
        "Platform", "Durability", "Wire", "Scoring", "Server", "Support", "DecisionOracle",
      ],
      path: "Tests/Simulation"),
    .executableTarget(
      name: "patron-simulate", dependencies: ["Simulation", "DecisionOracle", "Platform"],
      path: "Tests/Simulate"),
    .testTarget(
      name: "OracleTests",
      dependencies: ["DecisionOracle", "Simulation", "Wire", "Support"]),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "Platform", "Durability", "Wire", "Scoring", "Server", "Support",
      ]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "Support"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models", "Kernels", "Support"]),
    .testTarget(name: "RulesTests", dependencies: ["Rules", "Support"]),
    .testTarget(
      name: "OffersTests",
      dependencies: ["Offers", "Rules", "Policies", "Kernels", "Models", "Support"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "Models"]),
    .testTarget(name: "PoliciesTests", dependencies: ["Policies", "Models", "Support"]),
    .testTarget(name: "WireTests", dependencies: ["Wire", "Support"]),
    .testTarget(
      name: "DurabilityTests",
      dependencies: ["Durability", "Platform", "Scoring", "Server", "FuzzTargets", "Support"],
      exclude: ["Golden"]),
    .testTarget(name: "ScoringTests", dependencies: ["Scoring", "Wire", "Models", "Support"]),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Server", "Client", "Platform", "Durability", "Wire", "Models", "Scoring", "FuzzTargets",
        "Support",
      ]),
    .testTarget(name: "ClientTests", dependencies: ["Client", "Platform", "Wire"]),
    .testTarget(
      name: "PatronTests",
      dependencies: ["patron", "Models", "Policies", "Offers", "Wire", "Support"]),
    .testTarget(name: "LoadtestTests", dependencies: ["loadtest", "Wire", "Models", "Support"]),
    .testTarget(name: "HouseRules"),

    // What the fuzzer calls, and the replay of its corpus.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Platform", "Durability", "Models", "Policies", "Rules", "Offers", "Wire", "Scoring",
        "Server", "Support",
      ],
      path: "Tests/FuzzTargets", exclude: ["Corpus"]),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "Support"]),
  ]
)

// The kernels once more for processors with wider vectors: links to the same sources. Which of them
// runs is decided at start, so that one program runs everywhere.
#if arch(x86_64)
  let levels = ["KernelsV3": "x86-64-v3", "KernelsV4": "x86-64-v4"]
#else
  let levels: [String: String] = [:]
#endif
for level in levels.keys.sorted() {
  package.targets.append(.target(name: level, dependencies: ["CLinux"]))
  for target in package.targets
  where [
    "Models", "Policies", "Rules", "Offers", "Scoring", "OffersTests", "Benchmarks",
    "KernelsTests",
  ].contains(target.name) {
    target.dependencies.append(.init(stringLiteral: level))
  }
}

// The fuzzer itself needs a compiler's flag of its own; only .ci/fuzz asks for it.
if Context.environment["PATRON_FUZZ"] == "1" {
  package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz",
      // The default linker fails on the sanitizers' symbols.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}

// One set of rules for every target.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]
for target in package.targets where target.type != .system {
  target.swiftSettings = settings
}

for target in package.targets {
  guard let level = levels[target.name] else { continue }
  target.swiftSettings? += [
    .define("FUSED"),
    .unsafeFlags(["-Xcc", "-march=\(level)", "-Xcc", "-mprefer-vector-width=512"]),
  ]
  // Registers for sixteen sums of sixteen.
  if target.name == "KernelsV4" { target.swiftSettings?.append(.define("WIDE")) }
}

// Unoptimised numerics are fifty times slower, and their tests the longest of all; with the checks of a
// debug build they lose nothing by being optimised. A hundred thousand conditions against an oracle
// are of that kind, and simulated logs, and as many schedules of contacts; and the oracle of decisions.
let optimised = [
  "DecisionOracle", "Kernels", "KernelsV3", "KernelsV4", "Models", "Offers", "OffersTests",
  "Policies",
  "Rules",
]
for target in package.targets where optimised.contains(target.name) {
  target.swiftSettings?.append(
    .unsafeFlags(["-O"], .when(configuration: .debug)))
}
