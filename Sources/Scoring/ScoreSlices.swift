// A request for more scores than one frame holds: answered slice by slice, each the body of one part.
// Not here: when the next slice comes; the server decides that.

public import Wire

/// What is left of such a request.
///
/// The models, the day and the horizon are those of the request's beginning; what customers did is
/// looked at when their slice comes.
public struct ScoreSlices: Sendable {
  let question: ScoreQuestion
  /// Customers that are left.
  public fileprivate(set) var left: Int
  /// Where the next identifier begins in the request's frame.
  fileprivate var offset: Int
  /// Customers that are answered before somebody looks at the time.
  fileprivate let groupSize: Int

  init(_ question: ScoreQuestion, count: Int, offset: Int) {
    self.question = question
    left = count
    self.offset = offset
    // Long horizons take long, so fewer of them at a time; what fits one frame is not interrupted.
    groupSize =
      count <= question.frameCustomersMax
      ? PointQueries.countMax
      : max(1, min(PointQueries.countMax, question.frameCustomersMax / 16))
  }

  /// Whether all that is left fits one frame.
  var fitsOneFrame: Bool { left <= question.frameCustomersMax }
}

extension Engine {
  /// Writes the body of the next part, of one frame at most.
  ///
  /// - Parameters:
  ///   - slices: what is left; not nothing.
  ///   - frame: the whole request.
  ///   - goesOn: asked now and then whether there is time for more; some customers are answered
  ///     whatever it says.
  ///   - out: the outbox, behind the header.
  /// - Throws: nothing for a request that was checked.
  public mutating func writePart(
    of slices: inout ScoreSlices, _ frame: RawSpan, while goesOn: () -> Bool,
    into out: inout ByteBuffer
  ) throws(Refusal) {
    let mark = out.count
    ScoreManyReply.writeHead(count: 0, to: &out)
    var names = FrameReader(frame, from: slices.offset)
    let most = min(slices.left, slices.question.frameCustomersMax)
    var told = 0
    repeat {
      queries.begin(slices.question)
      let taken = min(most - told, slices.groupSize)
      for _ in 0..<taken {
        let customer = try names.readIdentifier("customer")
        let hash = SipHash.hash(customer, key: indexKey)
        customerIndex.prefetch(hash)
        queries.append(customer, hash: hash)
      }
      answerQueries()
      writeReplies(to: &out)
      told += taken
    } while told < most && goesOn()
    slices.left -= told
    slices.offset = names.offset
    out.patch(UInt32(told), at: mark)
  }
}
