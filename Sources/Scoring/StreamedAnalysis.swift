// What takes long and is answered in parts, as they come, however slowly they are read.

public import Models
public import Wire

/// A question about a value of the store that is answered in parts.
///
/// Whoever answers it keeps it between the parts and asks for the next ones when those before have left: so
/// a slow reader holds up nobody but its own answer, and who drops it frees all it has.
public protocol StreamedAnalysis: Sendable {
  /// Works on, for some milliseconds.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the parts that are ready, of which the last is the reply's end if it says so.
  /// - Throws: why there are no more.
  mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts

  /// Whether it can go on only when the state has changed, or time has passed.
  var waitsForNews: Bool { get }
}

extension StreamedAnalysis {
  /// False: it goes on as fast as it is read.
  public var waitsForNews: Bool { false }
}

/// Parts of a reply, in their order.
public struct StreamedParts: Sendable {
  /// What the parts of one step have together at most, in bytes.
  public static let sizeMax = Limits.frameSizeMax / 2

  /// The body of each, without a header.
  public var bodies: [[UInt8]]
  /// Whether the last of them ends the reply.
  public var isEnd: Bool

  /// Puts parts together.
  ///
  /// - Parameters:
  ///   - bodies: of each part; none while there is nothing to tell yet.
  ///   - isEnd: whether the last of them, of which there is one then, ends the reply.
  public init(_ bodies: [[UInt8]] = [], isEnd: Bool = false) {
    precondition(!isEnd || !bodies.isEmpty, "a reply ends with a part")
    self.bodies = bodies
    self.isEnd = isEnd
  }
}
