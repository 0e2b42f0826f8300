// Which build of the loops over customers' columns this processor runs.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

enum CustomerLoops {
  static func orders(_ lines: Span<SIMD16<UInt32>>, into column: inout MutableSpan<Double>) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.orders(lines, into: &column)
      case .v3: KernelsV3.CustomerKernel.orders(lines, into: &column)
    #endif
    default: Kernels.CustomerKernel.orders(lines, into: &column)
    }
  }

  static func days(
    _ lines: Span<SIMD16<UInt32>>, sinceLast isLast: Bool, today: UInt16,
    into column: inout MutableSpan<Double>
  ) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.CustomerKernel.days(lines, sinceLast: isLast, today: today, into: &column)
      case .v3:
        KernelsV3.CustomerKernel.days(lines, sinceLast: isLast, today: today, into: &column)
    #endif
    default: Kernels.CustomerKernel.days(lines, sinceLast: isLast, today: today, into: &column)
    }
  }

  static func spend(
    _ lines: Span<SIMD16<UInt32>>, _ first: Span<SIMD8<Int64>>, _ repeats: Span<SIMD8<Int64>>,
    mean isMean: Bool, majorPerMinor: Double, into column: inout MutableSpan<Double>
  ) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.CustomerKernel.spend(
          lines, first, repeats, mean: isMean, majorPerMinor: majorPerMinor, into: &column)
      case .v3:
        KernelsV3.CustomerKernel.spend(
          lines, first, repeats, mean: isMean, majorPerMinor: majorPerMinor, into: &column)
    #endif
    default:
      Kernels.CustomerKernel.spend(
        lines, first, repeats, mean: isMean, majorPerMinor: majorPerMinor, into: &column)
    }
  }

  static func find(_ lines: Span<SIMD16<UInt32>>, _ ranges: LineRanges) -> RowSet {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        RowSet(
          words: KernelsV4.FilterKernel.find(
            lines, repeats: ranges.repeats, first: ranges.first, last: ranges.last,
            hasOrderless: ranges.hasOrderless))
      case .v3:
        RowSet(
          words: KernelsV3.FilterKernel.find(
            lines, repeats: ranges.repeats, first: ranges.first, last: ranges.last,
            hasOrderless: ranges.hasOrderless))
    #endif
    default:
      RowSet(
        words: Kernels.FilterKernel.find(
          lines, repeats: ranges.repeats, first: ranges.first, last: ranges.last,
          hasOrderless: ranges.hasOrderless))
    }
  }

  static func forget(_ lines: Span<SIMD16<UInt32>>, in column: inout MutableSpan<Double>) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.forget(lines, in: &column)
      case .v3: KernelsV3.CustomerKernel.forget(lines, in: &column)
    #endif
    default: Kernels.CustomerKernel.forget(lines, in: &column)
    }
  }

  static func hasOrderless(_ lines: Span<SIMD16<UInt32>>) -> Bool {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.hasOrderless(lines)
      case .v3: KernelsV3.CustomerKernel.hasOrderless(lines)
    #endif
    default: Kernels.CustomerKernel.hasOrderless(lines)
    }
  }

  static func sums(_ values: Span<Double>) -> ColumnSums {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        let sums = KernelsV4.CustomerKernel.sums(values)
        return ColumnSums(
          known: sums.known, sum: sums.sum, least: sums.least, most: sums.most)
      case .v3:
        let sums = KernelsV3.CustomerKernel.sums(values)
        return ColumnSums(
          known: sums.known, sum: sums.sum, least: sums.least, most: sums.most)
    #endif
    default:
      let sums = Kernels.CustomerKernel.sums(values)
      return ColumnSums(known: sums.known, sum: sums.sum, least: sums.least, most: sums.most)
    }
  }
}

/// The sums of a column: how many numbers are finite, what they come to, the least and the largest of them.
struct ColumnSums {
  let known: Int
  let sum: Double
  let least: Double
  let most: Double
}
