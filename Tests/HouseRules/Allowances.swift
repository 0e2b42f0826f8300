// Who may do what: the directions of imports, the places of unsafe code, the exceptions with their
// reasons. Whoever adds a line here says why.

enum Allowances {
  /// What each target may import besides the standard library.
  ///
  /// The picture is in README.md, «Map»: from the ground up, and never back.
  static let imports: [String: Set<String>] = [
    "Platform": ["CLinux", "Glibc", "Synchronization"],
    "Models": ["Kernels", "KernelsV3", "KernelsV4"],
    "Kernels": ["CLinux"],
    "KernelsV3": ["CLinux"],
    "KernelsV4": ["CLinux"],
    "Policies": ["Models", "Kernels", "KernelsV3", "KernelsV4"],
    "Wire": [],
    "Rules": ["Kernels", "KernelsV3", "KernelsV4"],
    "Offers": ["Rules", "Policies", "Kernels", "KernelsV3", "KernelsV4"],
    "Durability": ["Platform"],
    // Of Linux only the prefetch, which is none of its calls, and memory in huge pages.
    "Scoring": [
      "CLinux", "Kernels", "KernelsV3", "KernelsV4", "Wire", "Models", "Offers", "Policies",
      "Rules",
    ],
    "Server": ["Platform", "Durability", "Wire", "Models", "Scoring"],
    "Client": ["Wire", "Platform"],
    // The program may import everything.
    "patron": [
      "CLinux", "Client", "Durability", "Foundation", "Glibc", "Models", "Offers", "Platform",
      "Policies", "Scoring", "Server", "Synchronization", "Wire",
    ],
    "loadtest": ["Client", "Foundation", "Models", "Platform", "Wire"],
    // Threads that share out tasks count them.
    "Benchmarks": [
      "Durability", "Foundation", "Kernels", "KernelsV3", "KernelsV4", "Models", "Offers",
      "Platform",
      "Policies", "Rules",
      "Scoring",
      "Server", "Synchronization", "Wire",
    ],
  ]

  /// Single files that may import what their target may not.
  static let importsOfFiles: [String: Set<String>] = [
    // The one door to libm.
    "Sources/Models/Libm.swift": ["Glibc"],
    // Blocks go on any thread: who gives their memory out has a lock, as malloc has.
    "Sources/Scoring/BlockMemory.swift": ["Synchronization"],
  ]

  /// Where unsafe code may stand: folders end with a slash.
  static let unsafePlaces = [
    // System calls take pointers.
    "Sources/Platform/",
    // The kernels load lanes from columns.
    "Sources/Models/LaneMath.swift",
    "Sources/Kernels/ColumnKernel.swift",
    "Sources/Kernels/CompareKernel.swift",
    "Sources/Kernels/CustomerKernel.swift",
    "Sources/Kernels/CustomerLines.swift",
    "Sources/Kernels/CutKernel.swift",
    "Sources/Kernels/ZoneKernel.swift",
    "Sources/Kernels/RowKernel.swift",
    "Sources/Kernels/LaneFunctions.swift",
    "Sources/Kernels/PieceTable.swift",
    "Sources/Kernels/OfferKernel.swift",
    "Sources/Kernels/OfferKernel+Choice.swift",
    "Sources/Kernels/OfferKernel+Sums.swift",
    "Sources/KernelsV3/",
    "Sources/KernelsV4/",
    // Vectors are laid where a line of the cache begins.
    "Benchmarks/NextBestBenchmarks.swift",
    // The reader, the writer and text at the border of bytes.
    "Sources/Wire/ByteBuffer.swift",
    "Sources/Wire/FrameReader.swift",
    "Sources/Wire/RecommendFrames.swift",
    "Sources/Wire/ScoreFrames.swift",
    "Sources/Wire/Text.swift",
    // A kernel takes rows as they lie.
    "Sources/Offers/NextBest+Choosing.swift",
    // A hash takes words.
    "Sources/Policies/Bucket.swift",
    // Memory of columns, identifiers in it, and hashes over it.
    "Sources/Scoring/Block.swift",
    "Sources/Scoring/BlockMemory.swift",
    "Sources/Scoring/IdentifierArena.swift",
    "Sources/Scoring/Hash.swift",
    // Entries lent out of their blocks, as identifiers are.
    "Sources/Scoring/AnswerLog.swift",
  ]

  /// The files that promise the compiler what it cannot see, and why that holds.
  static let promises: [String: String] = [
    "Sources/Scoring/Block.swift":
      "a block is written only where its reference is unique, and otherwise copied first"
  ]

  /// The files that load from addresses which are aligned, and why they are; there are none.
  static let alignedLoads: [String: String] = [:]

  /// The programs, which may print.
  static let programs: Set<String> = ["patron", "loadtest", "Benchmarks"]

  /// Where the server's options are defined.
  static let optionsFile = "Sources/patron/Serve.swift"
}
