// Who does independent pieces of work: this thread alone, or several that are handed in.
// Models itself starts no threads.

/// Those who do pieces of work, perhaps at the same time.
public protocol FitCrew: Sendable {
  /// Does pieces of work that do not depend on one another.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - task: does the piece of a number.
  /// - Returns: what the pieces gave, in the order of their numbers.
  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result]

  /// Leaves the core to others for a moment where that is due; called now and then within a piece.
  ///
  /// - Parameter restedMicros: when this piece did so last, the crew's own business; 0 before the first time.
  func makeWay(_ restedMicros: inout Int64)
}

extension FitCrew {
  /// Goes on at once.
  ///
  /// - Parameter restedMicros: left as it is.
  public func makeWay(_ restedMicros: inout Int64) {}
}

/// The calling thread alone.
public struct Alone: FitCrew {
  /// Makes the crew of one.
  public init() {}

  /// Does the pieces one after the other.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - task: does the piece of a number.
  /// - Returns: what the pieces gave, in the order of their numbers.
  public func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    (0..<count).map(task)
  }
}
