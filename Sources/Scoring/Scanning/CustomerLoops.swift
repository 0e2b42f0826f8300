// Which build of the loops over customers' columns this processor runs.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

enum CustomerLoops {
  static func orders(
    _ x: Span<UInt32>, _ firstDays: Span<UInt16>, into column: inout MutableSpan<Double>
  ) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.orders(x, firstDays, into: &column)
      case .v3: KernelsV3.CustomerKernel.orders(x, firstDays, into: &column)
    #endif
    default: Kernels.CustomerKernel.orders(x, firstDays, into: &column)
    }
  }

  static func days(
    since days: Span<UInt16>, _ firstDays: Span<UInt16>, today: Int32,
    into column: inout MutableSpan<Double>
  ) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.days(since: days, firstDays, today: today, into: &column)
      case .v3: KernelsV3.CustomerKernel.days(since: days, firstDays, today: today, into: &column)
    #endif
    default: Kernels.CustomerKernel.days(since: days, firstDays, today: today, into: &column)
    }
  }

  static func spend(
    _ first: Span<Int64>, _ repeats: Span<Int64>, per x: Span<UInt32>, _ firstDays: Span<UInt16>,
    majorPerMinor: Double, into column: inout MutableSpan<Double>
  ) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.CustomerKernel.spend(
          first, repeats, per: x, firstDays, majorPerMinor: majorPerMinor, into: &column)
      case .v3:
        KernelsV3.CustomerKernel.spend(
          first, repeats, per: x, firstDays, majorPerMinor: majorPerMinor, into: &column)
    #endif
    default:
      Kernels.CustomerKernel.spend(
        first, repeats, per: x, firstDays, majorPerMinor: majorPerMinor, into: &column)
    }
  }

  static func forget(_ firstDays: Span<UInt16>, in column: inout MutableSpan<Double>) {
    switch Processor.level {
    #if arch(x86_64)
      case .v4: KernelsV4.CustomerKernel.forget(firstDays, in: &column)
      case .v3: KernelsV3.CustomerKernel.forget(firstDays, in: &column)
    #endif
    default: Kernels.CustomerKernel.forget(firstDays, in: &column)
    }
  }

  static func sums(_ values: Span<Double>) -> MeasureTally {
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        let sums = KernelsV4.CustomerKernel.sums(values)
        return MeasureTally(
          known: UInt64(sums.known), sum: sums.sum, least: sums.least, most: sums.most)
      case .v3:
        let sums = KernelsV3.CustomerKernel.sums(values)
        return MeasureTally(
          known: UInt64(sums.known), sum: sums.sum, least: sums.least, most: sums.most)
    #endif
    default:
      let sums = Kernels.CustomerKernel.sums(values)
      return MeasureTally(
        known: UInt64(sums.known), sum: sums.sum, least: sums.least, most: sums.most)
    }
  }
}
