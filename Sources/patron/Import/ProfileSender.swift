// Sends what is known of customers in batches, one on its way while the next is read, so that of two rows
// about one customer the later one always holds. Not here: where rows come from.

internal import Client
internal import Glibc
internal import Wire

struct ProfileSender: ~Copyable {
  /// A row has at most 240 bytes: so many fit into a frame.
  private static var rowsMax: Int { 4_096 }
  private static var attemptsMax: Int { 50 }

  /// What came of a batch: changed, as it was, and those refused with their origins.
  typealias Answer = OrderSender<SentRow>.Answer

  private struct Batch {
    var rows: [RecordProfilesRequest.Row] = []
    /// One for each row.
    var origins: [SentRow] = []
  }

  private var client: PatronClient
  private var batch = Batch()
  private var inFlight: Batch?

  init(_ client: consuming PatronClient) { self.client = client }

  /// Takes a row.
  ///
  /// - Returns: whether enough have come together to be pushed.
  mutating func add(_ row: RecordProfilesRequest.Row, from origin: SentRow) -> Bool {
    batch.rows.append(row)
    batch.origins.append(origin)
    return batch.rows.count >= Self.rowsMax
  }

  /// Waits for the batch on its way, and sends the next one if there is any.
  ///
  /// - Returns: what came of the one that was on its way; nil if none was.
  mutating func push() throws(ClientError) -> Answer? {
    let answer = try takeAnswer()
    guard !batch.rows.isEmpty else { return answer }
    try send(batch)
    inFlight = batch
    batch = Batch()
    return answer
  }

  private mutating func send(_ batch: Batch) throws(ClientError) {
    try client.send(.recordProfiles, RecordProfilesRequest(profiles: batch.rows))
  }

  /// An overloaded server is asked again, after a pause.
  private mutating func takeAnswer() throws(ClientError) -> Answer? {
    guard let sent = inFlight else { return nil }
    inFlight = nil
    var attempts = 0
    while true {
      do throws(ClientError) {
        let reply = try client.receive(RecordReply.self)
        var answer = Answer()
        (answer.recorded, answer.duplicates) = (Int(reply.recorded), Int(reply.duplicates))
        answer.refused = reply.refused.filter { Int($0.row) < sent.origins.count }
          .map { (sent.origins[Int($0.row)], $0.status) }
        return answer
      } catch {
        guard case .refused(let refusal) = error, refusal.status == .overloaded,
          attempts < Self.attemptsMax
        else { throw error }
        attempts += 1
        usleep(100_000)
        try send(sent)
      }
    }
  }
}
