// What takes long, changes nothing and ends in a reply.

public import Models
public import Wire

/// A question about a value of the store, to be answered elsewhere than on the loop.
public protocol Analysis: Sendable {
  /// Answers.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the reply's body.
  /// - Throws: why there is none.
  func run(on crew: any FitCrew) throws(Refusal) -> any Message & Sendable
}
