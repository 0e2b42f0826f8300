// What Pareto/NBD says of customers, eight at a time. Tabulated are F, the probability to leave before the next
// order, by number of orders, and the stay of the living, which is the same for all. The formulas are those of
// Models' ParetoNBD and ParetoIntegrals, which name the papers.

/// The outlooks of customers under Pareto/NBD.
public enum ParetoKernel {
  /// How many numbers describe model and tables, in the order of the members below.
  public static let numbers = 16

  private static let r = 0
  private static let s = 1
  /// By the smaller one of α and β.
  private static let perNear = 2
  /// The larger one of α and β, in days.
  private static let far = 3
  /// The exponents that belong to the smaller and to the larger one: of R and s, those that R has.
  private static let nearIsAlpha = 4
  /// The end of the horizon, in days.
  private static let end = 5
  private static let rowsMax = 6
  private static let ageMax = 7
  private static let perLength = 8
  private static let pieces = 9
  private static let outside = 10
  /// Of the table of stays.
  private static let stayPerLength = 11
  private static let stayOutside = 12
  private static let discounted = 13
  private static let reference = 14
  private static let stayPolynomials = 15

  /// Adds the outlooks of customers to what is there.
  ///
  /// Of a customer who is not in the tables, orders become a number that is none.
  ///
  /// - Parameters:
  ///   - histories: three columns, as GeometricKernel has them.
  ///   - width: how long a column is, a multiple of 8.
  ///   - octets: how many of its octets are looked at.
  ///   - numbers: of model and tables.
  ///   - table: F by number of orders.
  ///   - stays: orders by R of the living: within the horizon, discounted, within the reference days.
  ///   - outlooks: five columns.
  /// - Precondition: the tables have all pieces, and all columns are there.
  public static func add(
    _ histories: Span<Double>, width: Int, octets: Int, _ numbers: InlineArray<16, Double>,
    _ table: Span<Double>, stays: Span<Double>, into outlooks: inout MutableSpan<Double>
  ) {
    precondition(
      numbers[outside] >= 0 && numbers[stayOutside] >= 0
        && Double(table.count) >= (numbers[outside] + 1) * Double(PieceTable.terms)
        && Double(stays.count)
          >= (numbers[stayOutside] + 1) * numbers[stayPolynomials] * Double(PieceTable.terms)
        && numbers[discounted] >= 0 && numbers[discounted] < numbers[stayPolynomials]
        && numbers[reference] < numbers[stayPolynomials],
      "A table has all its pieces.")
    precondition(
      octets >= 0 && width % 8 == 0 && octets * 8 <= width
        && histories.count >= 3 * width && outlooks.count >= 5 * width,
      "All columns are there.")
    let one = DoubleLanes(repeating: 1)
    let zero = DoubleLanes.zero
    let perNear = DoubleLanes(repeating: numbers[perNear])
    let isAlpha = numbers[nearIsAlpha] == 1
    let discounted = Int(numbers[discounted])
    let reference = Int(numbers[reference])
    for octet in 0..<octets {
      let x = BlockColumns.load(histories, 0, octet, width: width)
      let recency = BlockColumns.load(histories, 1, octet, width: width)
      let age = BlockColumns.load(histories, 2, octet, width: width)
      let inside =
        PieceTable.inside(x, age, numbers[rowsMax], numbers[ageMax])
        .& recency .>= zero .& recency .<= age
      let toLast = LaneFunctions.log(fused(recency, perNear, one))
      let toNow = LaneFunctions.log(fused(age, perNear, one))
      let toEnd = LaneFunctions.log(fused(age + numbers[end], perNear, one))
      let reach = age + numbers[far]
      let farIdle = LaneFunctions.log(reach / (recency + numbers[far]))
      let farAhead = LaneFunctions.log((reach + numbers[end]) / reach)

      let shape = x + numbers[r]
      let s = DoubleLanes(repeating: numbers[s])
      let (near, far) = isAlpha ? (shape, s) : (s, shape)
      let idle = fused(near, toNow - toLast, far * farIdle)
      let ahead = fused(near, toEnd - toNow, far * farAhead)

      let (last, now, later) = (
        leaving(table, numbers, x, toLast, inside), leaving(table, numbers, x, toNow, inside),
        leaving(table, numbers, x, toEnd, inside)
      )
      // P(alive and quiet since) as the square of a root, which has a wider range than e^x.
      let half = LaneFunctions.expBoth(LaneFunctions.atLeast(-700, idle * -0.5))
      let quietSince = half.whole * half.whole
      let lessSince = half.less * (half.whole + 1)
      let quietAhead = LaneFunctions.expBoth(LaneFunctions.atLeast(-700, 0 - ahead))
      // P(left and quiet since), as a sum of what is small where idle time is short.
      let gone = fused(quietSince, last - now, 0 - last * lessSince)
      let goneAhead = fused(quietAhead.whole, now - later, 0 - now * quietAhead.less)
      let quiet = LaneFunctions.atMost(1, quietAhead.whole + goneAhead)
      let all = one / (quietSince + gone)
      let alive = LaneFunctions.atMost(1, quietSince * all)

      let place = PieceTable.place(
        rows: zero, length: toNow, perLength: numbers[stayPerLength], pieces: 0,
        stride: numbers[stayPolynomials] * Double(PieceTable.terms),
        outside: numbers[stayOutside], inside: inside)
      let active = alive * shape
      // A number that is none in F must come through too.
      let within = active * PieceTable.value(stays, place, number: 0)
      let worth =
        discounted == 0 ? within : active * PieceTable.value(stays, place, number: discounted)
      BlockColumns.add(alive, &outlooks, 0, octet, width: width)
      BlockColumns.add(
        LaneFunctions.atMost(1, fused(quietSince, quiet, gone) * all), &outlooks, 1, octet,
        width: width)
      BlockColumns.add(within + (later - later), &outlooks, 2, octet, width: width)
      BlockColumns.add(worth, &outlooks, 3, octet, width: width)
      if reference > 0 {
        BlockColumns.add(
          active * PieceTable.value(stays, place, number: reference), &outlooks, 4, octet,
          width: width)
      }
    }
  }

  /// F of customers with x orders.
  @inline(__always)
  private static func leaving(
    _ table: Span<Double>, _ numbers: InlineArray<16, Double>, _ x: DoubleLanes,
    _ length: DoubleLanes, _ inside: SIMDMask<SIMD8<Int64>>
  ) -> DoubleLanes {
    PieceTable.value(
      table,
      PieceTable.place(
        rows: x, length: length, perLength: numbers[perLength], pieces: numbers[pieces],
        stride: Double(PieceTable.terms), outside: numbers[outside], inside: inside),
      number: 0)
  }
}
