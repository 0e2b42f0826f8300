// The least and the most of what is kept of customers, over the rows of a chunk: eight rows at a time.
// Unsafe code: each load lies within the bytes that were counted at the beginning.

/// The ends of customers' statistics.
public enum ZoneKernel {
  /// The least and the most of days with an order after the first one, of first and of last days, and
  /// of all that was spent, in minor units; and whether there is a customer without orders.
  ///
  /// Days are of those who have an order, everything else is of all. Where there is nobody the least is
  /// more than the most. Numbers stay in lanes of their own width: to widen them takes a call by row.
  public typealias Ends = (
    repeats: (UInt32, UInt32), first: (UInt16, UInt16), last: (UInt16, UInt16),
    spend: (Double, Double), hasOrderless: Bool
  )

  /// Finds the ends.
  ///
  /// - Parameters:
  ///   - lines: of eight customers each: x as `UInt32`, then the days of the first and of the last order
  ///     as `UInt16`, the first one the largest for who has none.
  ///   - firsts: sums of first days, `Int64` in minor units.
  ///   - repeats: sums of later days.
  ///   - count: how many customers.
  /// - Returns: the ends of all of them.
  /// - Precondition: customers come in eights, and there are eight bytes for each in each column.
  public static func ends(
    _ lines: RawSpan, firsts: RawSpan, repeats: RawSpan, count: Int
  ) -> Ends {
    precondition(count >= 0 && count % 8 == 0, "Customers come in eights.")
    let size = count * 8
    precondition(
      lines.byteCount >= size && firsts.byteCount >= size && repeats.byteCount >= size,
      "Each customer has its bytes.")
    let none = SIMD8<UInt16>(repeating: CustomerLines.noDay)
    var (leastX, mostX) = (SIMD8<UInt32>(repeating: .max), SIMD8<UInt32>.zero)
    var (leastFirst, mostFirst) = (none, SIMD8<UInt16>.zero)
    var (leastLast, mostLast) = (none, SIMD8<UInt16>.zero)
    var leastSpend = DoubleLanes(repeating: .infinity)
    var mostSpend = DoubleLanes(repeating: -.infinity)
    var orderless = SIMD8<UInt16>.zero
    var line = 0
    while line < size {
      // Within the bytes: `line` is at most their number less 64.
      let x = unsafe lines.unsafeLoadUnaligned(
        fromUncheckedByteOffset: line, as: SIMD8<UInt32>.self)
      let first = unsafe lines.unsafeLoadUnaligned(
        fromUncheckedByteOffset: line &+ 32, as: SIMD8<UInt16>.self)
      let last = unsafe lines.unsafeLoadUnaligned(
        fromUncheckedByteOffset: line &+ 48, as: SIMD8<UInt16>.self)
      let firstSum = unsafe firsts.unsafeLoadUnaligned(
        fromUncheckedByteOffset: line, as: SIMD8<Int64>.self)
      let laterSum = unsafe repeats.unsafeLoadUnaligned(
        fromUncheckedByteOffset: line, as: SIMD8<Int64>.self)
      leastX.replace(with: x, where: x .< leastX)
      mostX.replace(with: x, where: x .> mostX)
      let has = first .!= none
      orderless.replace(with: 1, where: .!has)
      leastFirst.replace(with: first, where: (first .< leastFirst) .& has)
      mostFirst.replace(with: first, where: (first .> mostFirst) .& has)
      leastLast.replace(with: last, where: (last .< leastLast) .& has)
      mostLast.replace(with: last, where: (last .> mostLast) .& has)
      // Added as numbers that cannot overflow, as conditions' fields are.
      let spend = DoubleLanes(firstSum) + DoubleLanes(laterSum)
      leastSpend.replace(with: spend, where: spend .< leastSpend)
      mostSpend.replace(with: spend, where: spend .> mostSpend)
      line &+= 64
    }
    var ends: Ends = (
      (.max, 0), (.max, 0), (.max, 0), (.infinity, -.infinity), false
    )
    for lane in 0..<8 {
      ends.repeats = (min(ends.repeats.0, leastX[lane]), max(ends.repeats.1, mostX[lane]))
      ends.first = (min(ends.first.0, leastFirst[lane]), max(ends.first.1, mostFirst[lane]))
      ends.last = (min(ends.last.0, leastLast[lane]), max(ends.last.1, mostLast[lane]))
      ends.spend = (min(ends.spend.0, leastSpend[lane]), max(ends.spend.1, mostSpend[lane]))
      ends.hasOrderless = ends.hasOrderless || orderless[lane] != 0
    }
    return ends
  }
}
