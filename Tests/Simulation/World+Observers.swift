// Clients who ask about all customers, in parts: apart from the others, for what they ask changes nothing. Each part
// is read as it comes, sometimes late; a question is sometimes cancelled, or its connection broken.

import Platform
import Scoring
import Support
import Wire

/// One of them.
final class Observer {
  /// What is asked in parts.
  enum Question: CaseIterable {
    case select, count, segments, watch

    var verb: Verb {
      switch self {
      case .select: .selectCustomers
      case .count: .countCustomers
      case .segments: .readSegments
      case .watch: .watchCustomers
      }
    }
  }

  /// What was sent and is not answered to its end.
  enum Sent {
    case hello
    case asked(Question, tag: UInt64, sequence: UInt64)
    case cancel(tag: UInt64)
  }

  var line: Int?
  var isGreeted = false
  var sent: [Sent] = []
  var received: [UInt8] = []
  /// Customers that a select has told of, or a watch of who entered.
  var names: Set<String> = []
  /// What a watch last said of how many there are, once everybody was looked at.
  var members: UInt64?
  /// Whether the reply before was cancelled.
  var wasCancelled = false

  func disconnect() {
    (line, isGreeted, sent, received) = (nil, false, [], [])
    (names, members, wasCancelled) = ([], nil, false)
  }
}

extension World {
  /// Lets observers say something; what they draw is drawn apart.
  func observe() {
    if requestsLeft == 0 { return }
    for observer in observers {
      guard let line = observer.line else {
        if chanceOfObserver(20) {
          observer.line = network.connect()
          send(.hello, HelloRequest(client: "observer"), observer, .hello)
        }
        continue
      }
      if chanceOfObserver(1) {
        network.reset(line)
        observer.disconnect()
        continue
      }
      guard observer.isGreeted, chanceOfObserver(30) else { continue }
      if case .asked(let question, let tag, _)? = observer.sent.first {
        // A watch has no end but this.
        if observer.sent.count == 1 && chanceOfObserver(question == .watch ? 20 : 10) {
          send(.cancel, CancelRequest(request: tag), observer, .cancel(tag: tags + 1))
        }
      } else if observer.sent.isEmpty {
        ask(Observer.Question.allCases.randomElement(using: &observerGenerator) ?? .count, observer)
      }
    }
  }

  private func chanceOfObserver(_ percent: Int) -> Bool {
    Int.random(in: 1...100, using: &observerGenerator) <= percent
  }

  private func ask(_ question: Observer.Question, _ observer: Observer) {
    (observer.names, observer.members) = ([], nil)
    let sent = Observer.Sent.asked(question, tag: tags + 1, sequence: model.sequence)
    switch question {
    case .select:
      send(
        .selectCustomers, SelectRequest(condition: "", columns: ["customer", "segment"]), observer,
        sent)
    case .count: send(.countCustomers, CountRequest(condition: ""), observer, sent)
    case .segments: send(.readSegments, ReadSegmentsRequest(), observer, sent)
    case .watch: send(.watchCustomers, WatchRequest(condition: "orders >= 2"), observer, sent)
    }
  }

  private func send(
    _ verb: Verb, _ request: some Message, _ observer: Observer, _ sent: Observer.Sent
  ) {
    tags += 1
    var out = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: tags, in: &out)
    do throws(Refusal) {
      try request.write(to: &out)
    } catch {
      preconditionFailure("an observer writes what can be written: \(error)")
    }
    Frame.end(mark, in: &out)
    var bytes: [UInt8] = []
    bytes.append(bytes: out.bytes)
    observer.sent.append(sent)
    if let line = observer.line { network.send(bytes, on: line) }
  }

  // MARK: Replies

  /// Takes what came for the observers and holds it against the model.
  func compareObserved() throws(Violation) {
    for observer in observers {
      guard let line = observer.line else { continue }
      observer.received += network.take(line)
      while true {
        let bytes = observer.received
        guard
          case .frame(let header)? = try? Frame.cut(bytes.rawBytes, sizeMax: Limits.frameSizeMax)
        else { break }
        observer.received.removeFirst(header.frameSize)
        try compare(header, [UInt8](bytes.prefix(header.frameSize)), observer)
      }
      for case .closed(let closed) in network.events where closed == line { observer.disconnect() }
    }
  }

  private func compare(
    _ header: FrameHeader, _ frame: [UInt8], _ observer: Observer
  ) throws(Violation) {
    guard let sent = observer.sent.first, let status = Status(rawValue: header.status) else {
      throw violation("an observer was told something unasked")
    }
    mix(frame.rawBytes)
    var reader = FrameReader(frame.rawBytes, from: FrameHeader.size)
    var difference: String?
    do throws(Refusal) {
      switch status {
      case .ok, .more: difference = try read(&reader, sent, status, header, observer)
      default:
        _ = try RefusalReply(from: &reader)
        difference = refusal(status, sent, observer)
      }
      try reader.requireEnd()
    } catch {
      throw violation("a reply to verb \(header.verb) cannot be read: \(error)")
    }
    if let difference { throw violation("verb \(header.verb), in parts: \(difference)") }
    if status == .more { return }
    observer.sent.removeFirst()
    observer.wasCancelled = status == .cancelled
    if case .asked = sent {
      if status == .ok { tally.told += 1 }
      if status == .cancelled { tally.cancelled += 1 }
    }
  }

  private func refusal(_ status: Status, _ sent: Observer.Sent, _ observer: Observer) -> String? {
    switch status {
    case .loading, .shuttingDown, .overloaded: return nil
    case .notDeclared where model.zone == nil: return nil
    case .cancelled:
      if case .asked = sent, observer.sent.count > 1 { return nil }
      return "cancelled, and nobody asked for that"
    default: return "refused with «\(status.name)»"
    }
  }

  private func read(
    _ reader: inout FrameReader, _ sent: Observer.Sent, _ status: Status, _ header: FrameHeader,
    _ observer: Observer
  ) throws(Refusal) -> String? {
    switch sent {
    case .hello:
      _ = try HelloReply(from: &reader)
      observer.isGreeted = true
      return nil
    case .cancel(let tag):
      let reply = try CancelReply(from: &reader)
      return header.tag == tag && reply.wasUnderWay == observer.wasCancelled
        ? nil : "\(reply), was cancelled: \(observer.wasCancelled)"
    case .asked(let question, let tag, let sequence):
      guard header.tag == tag, header.verb == question.verb.rawValue else {
        return "a part of another reply"
      }
      // Where nothing has happened since, everybody is known.
      let isSame = sequence == model.sequence
      switch question {
      case .select:
        return told(try SelectReply(from: &reader), status == .ok && isSame, observer)
      case .count:
        let reply = try CountReply(from: &reader)
        return status == .ok && isSame && Int(reply.found) != customerCount
          ? "\(reply.found) customers, must be \(customerCount)" : nil
      case .segments:
        let reply = try ReadSegmentsReply(from: &reader)
        return status == .ok ? model.segments.difference(reply) : nil
      case .watch: return told(try WatchReply(from: &reader), observer)
      }
    }
  }

  /// How many customers there are: decisions make some, too.
  private var customerCount: Int {
    var status = StatusReply()
    shadow.describe(in: &status)
    return Int(status.customers)
  }

  private func told(_ part: SelectReply, _ isWhole: Bool, _ observer: Observer) -> String? {
    // Of a step in which nobody was found, how far it has come is told, or that it is the end.
    if part.columns.isEmpty {
      return isWhole && observer.names.count != customerCount
        ? "\(observer.names.count) customers, must be \(customerCount)" : nil
    }
    guard case .texts(let names)? = part.columns.first,
      case .texts(let segments)? = part.columns.last
    else { return "\(part.columns.count) columns" }
    for name in names where !observer.names.insert(name ?? "").inserted {
      return "\(name ?? "") is told of twice"
    }
    for segment in segments where !ShopModel.Segments.names.contains(segment ?? "") {
      return "'\(segment ?? "")' is no segment"
    }
    return isWhole && observer.names.count != customerCount
      ? "\(observer.names.count) customers, must be \(customerCount)" : nil
  }

  private func told(_ part: WatchReply, _ observer: Observer) -> String? {
    for name in part.entered where !observer.names.insert(name).inserted {
      return "\(name) entered twice"
    }
    // Whoever was there at first was not told of by name.
    for name in part.left { observer.names.remove(name) }
    defer { if part.isSettled { observer.members = part.members } }
    guard let members = observer.members else {
      return part.entered.isEmpty && part.left.isEmpty ? nil : "news before everybody was looked at"
    }
    let wanted = Int(members) + part.entered.count - part.left.count
    return Int(part.members) == wanted ? nil : "\(part.members) members, must be \(wanted)"
  }
}
