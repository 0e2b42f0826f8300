// What comes back: every reply, in its order, against what the model said when its request was
// executed.

import Platform
import Wire

extension World {
  /// Takes what the server sent and holds it against what it must be.
  func compareReplies() throws(Violation) {
    for client in clients {
      guard let line = client.line else { continue }
      client.received += network.take(line)
      while true {
        let size = frameSize(client.received)
        guard let size, size <= client.received.count else { break }
        let frame = [UInt8](client.received.prefix(size))
        client.received.removeFirst(size)
        try compare(frame, client)
      }
    }
  }

  private func frameSize(_ bytes: [UInt8]) -> Int? {
    bytes.count < 4 ? nil : Int(bytes.rawBytes.littleEndian32(at: 0)) + 4
  }

  private func compare(_ frame: [UInt8], _ client: SimulatedClient) throws(Violation) {
    let bytes = frame.rawBytes
    guard case .frame(let header)? = try? Frame.cut(bytes, sizeMax: Limits.frameSizeMax),
      let status = Status(rawValue: header.status)
    else { throw violation("a reply is no frame, or has a status nobody knows") }
    guard client.executed > 0, let operation = client.underWay.first,
      let expected = operation.expected
    else { throw violation("a reply to verb \(header.verb) came unasked, or too early") }
    guard header.tag == operation.tag,
      header.verb == operation.request.verb
    else {
      throw violation(
        "a reply to verb \(header.verb) stands where one to \(operation.request.verb) belongs")
    }
    client.underWay.removeFirst()
    client.executed -= 1
    tally.replies += 1
    if status != .ok {
      mix(bytes)
      try compareRefusal(status, expected, operation, client)
      return
    }
    var reader = FrameReader(bytes, from: FrameHeader.size)
    let difference: String?
    do throws(Refusal) {
      difference = try self.difference(&reader, expected, bytes)
      try reader.requireEnd()
    } catch {
      throw violation("a reply to verb \(header.verb) cannot be read: \(error)")
    }
    if let difference {
      throw violation("\("\(operation.request)".prefix(300)): \(difference)")
    }
    if let sequence = operation.sequence {
      acknowledgedSequence = max(acknowledgedSequence, sequence)
    }
    if operation.request.isCommand { client.acknowledged.append(operation.request) }
    if case .hello = operation.request { client.isGreeted = true }
  }

  private func compareRefusal(
    _ status: Status, _ expected: Answer, _ operation: Operation, _ client: SimulatedClient
  ) throws(Violation) {
    switch expected {
    case .declined, .unmodelled: return
    case .refused(let wanted) where wanted == status:
      guard Self.unavailable.contains(status) else { return }
      tally.unavailable += 1
      if operation.request.isCommand { client.backlog.append(operation.request) }
    default:
      throw violation(
        "\("\(operation.request)".prefix(300)): refused with «\(status.name)», must be "
          + "\("\(expected)".prefix(300))")
    }
  }

  /// What a server may say that has reasons of its own.
  private static let unavailable: Set<Status> = [
    .overloaded, .shuttingDown, .loading, .noSpace,
  ]

  /// Puts bytes into the digest (FNV-1a).
  func mix(_ bytes: RawSpan) {
    for offset in 0..<bytes.byteCount {
      digest = (digest ^ UInt64(bytes.byte(at: offset))) &* 0x100_0000_01b3
    }
  }

  // MARK: Bodies

  /// Reads a reply and says how it differs from what it must be; nil when it does not.
  private func difference(
    _ reader: inout FrameReader, _ expected: Answer, _ bytes: RawSpan
  ) throws(Refusal) -> String? {
    if case .status(let facts) = expected {
      var reply = try StatusReply(from: &reader)
      // The process's memory is nobody's to predict.
      reply.residentBytes = 0
      var masked = ByteBuffer()
      reply.write(to: &masked)
      mix(masked.bytes)
      return difference(reply, facts)
    }
    mix(bytes)
    switch expected {
    case .refused(let status): return "accepted, must be refused with «\(status.name)»"
    case .declined: return "accepted, must be refused"
    case .done, .unmodelled: return try readOffers(&reader, bytes)
    case .empty: return nil
    case .hello(let wanted): return unequal(try HelloReply(from: &reader), wanted)
    case .ping(let wanted):
      return unequal(try PingReply(from: &reader), PingReply(timeMicros: wanted))
    case .recorded(let wanted): return unequal(try RecordReply(from: &reader), wanted)
    case .customer(let wanted): return unequal(try CustomerReply(from: &reader), wanted)
    case .consents(let wanted):
      return unequal(try ConsentHistoryReply(from: &reader), wanted)
    case .defined(let wanted): return unequal(try DefineSegmentsReply(from: &reader), wanted)
    case .adopted(let wanted): return unequal(try AdoptModelReply(from: &reader), wanted)
    case .score(let wanted): return difference(try ScoreReply(from: &reader), wanted)
    case .scores(let wanted):
      let replies = try ScoreManyReply(from: &reader).scores
      guard replies.count == wanted.count else { return "\(replies.count) scores" }
      for (reply, facts) in zip(replies, wanted) {
        if let difference = difference(reply, facts) { return difference }
      }
      return nil
    case .snapshot(let least):
      let reply = try SnapshotReply(from: &reader)
      guard reply.sequence >= least, reply.sequence <= model.sequence, reply.sizeBytes > 0 else {
        return "\(reply), must cover \(least)"
      }
      acknowledgedSnapshot = max(acknowledgedSnapshot, reply.sequence)
      return nil
    case .fitted(let generation):
      let reply = try FitReply(from: &reader)
      return reply.generation == generation ? nil : "\(reply), must be generation \(generation)"
    case .reported(let generation, let asOfDay):
      let reply = try ReportReply(from: &reader)
      return reply.generation == generation && reply.asOfDay == asOfDay && reply.customers > 0
        ? nil : "\(reply), must be generation \(generation) as of day \(asOfDay)"
    case .status: return nil
    }
  }

  private func unequal<Body: Equatable>(_ reply: Body, _ wanted: Body) -> String? {
    reply == wanted ? nil : "\(reply), must be \(wanted)"
  }

  private func difference(_ reply: ScoreReply, _ wanted: ScoreFacts) -> String? {
    var facts = wanted
    facts.known = reply.known
    facts.generation = reply.generation
    facts.asOfDay = reply.asOfDay
    facts.firstOrderDay = reply.firstOrderDay
    facts.repeatOrders = reply.repeatOrders
    facts.recencyDays = reply.recencyDays
    facts.ageDays = reply.ageDays
    guard facts == wanted, abs(reply.meanSpend - wanted.meanSpend) <= 1e-9 * wanted.meanSpend else {
      return "\(reply), must rest on \(wanted)"
    }
    guard (0...1).contains(reply.aliveProbability), (0...1).contains(reply.churnProbability),
      (0...1).contains(reply.modelChurnProbability),
      reply.expectedOrders >= 0, reply.expectedOrders.isFinite, reply.lifetimeValue.isFinite
    else { return "\(reply) is no score" }
    return nil
  }

  private func difference(_ reply: StatusReply, _ wanted: StatusFacts) -> String? {
    let isRight =
      reply.customers == wanted.customers && reply.orders == wanted.orders
      && reply.returns == wanted.returns && reply.sequence == wanted.sequence
      && reply.durableSequence == wanted.durableSequence
      && reply.snapshotSequence == wanted.snapshotSequence && reply.repeated == wanted.repeated
      && reply.generation == wanted.generation && reply.newestOrderDay == wanted.newestOrderDay
      && reply.minorDigits == wanted.minorDigits && reply.currency == wanted.currency
      && reply.timeZone == wanted.timeZone
      && reply.stateHash == wanted.stateHash
    return isRight ? nil : "\(reply), must be \(wanted)"
  }
}
