// The named segments, as methods.

public import Wire

extension PatronClient {
  /// Says what the shop means by some of its segments; all of it is taken or nothing.
  ///
  /// - Parameters:
  ///   - segments: at least one, each once; an empty condition puts the default back.
  ///   - key: the same again when the command is sent again.
  /// - Returns: which definitions are in force.
  /// - Throws: see `ask`; `refused` with `badCondition` and the place in the frame.
  @discardableResult
  public mutating func defineSegments(
    _ segments: [SegmentFields], key: CommandKey? = nil
  ) throws(ClientError) -> DefineSegmentsReply {
    let request = DefineSegmentsRequest(key: key ?? nextKey(), segments: segments)
    return try ask(.defineSegments, request, for: DefineSegmentsReply.self)
  }

  /// Asks what the named segments are, and how many customers are in each.
  ///
  /// - Parameters:
  ///   - asOfMicros: when, in microseconds since 1970 UTC; 0 for now.
  ///   - part: told how far the search has come.
  /// - Returns: the segments in the order in which they are tried.
  /// - Throws: see `ask`.
  public mutating func readSegments(
    asOfMicros: Int64 = 0, part: (ReadSegmentsReply) -> Void = { _ in }
  ) throws(ClientError) -> ReadSegmentsReply {
    var last = ReadSegmentsReply()
    try ask(
      .readSegments, ReadSegmentsRequest(asOfMicros: asOfMicros), forEach: ReadSegmentsReply.self
    ) {
      last = $0
      part($0)
      return true
    }
    return last
  }
}
