// Which of the builds of the kernels this processor can run. This file is in one of them only.

internal import CLinux

/// What this processor can do.
public enum Processor {
  /// A build of the kernels.
  public enum Level: Int, CaseIterable, Sendable {
    /// What every processor of the architecture has.
    case baseline = 1
    /// AVX2 and fused multiply-add: x86-64-v3.
    case v3 = 3
    /// AVX-512: x86-64-v4.
    case v4 = 4
  }

  /// The best build it can run, asked once.
  public static let level = Level(rawValue: Int(linux_vector_level())) ?? .baseline
}
