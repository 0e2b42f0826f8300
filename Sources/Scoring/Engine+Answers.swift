// Exactly once: a command with a key is looked up before it is executed, and what it was answered
// is remembered afterwards.

import Wire

/// Where an answer is.
struct AnswerPlace {
  let half: Int
  let position: UInt32
}

extension Engine {
  /// What a request is known by; nil for a query and for a command without a key.
  func keyedCommand(_ verb: Verb, _ frame: RawSpan) throws(Refusal) -> KeyedCommand? {
    // Decisions are remembered whole, in a log of their own.
    switch verb {
    case .decide, .recordDecision, .keepSegments, .keepQuantiles: return nil
    default: if !verb.isCommand { return nil }
    }
    var body = FrameReader(frame, from: FrameHeader.size)
    let key = try CommandKey(from: &body)
    if key.isNone { return nil }
    let rest = frame.extracting(droppingFirst: FrameHeader.size + CommandKey.size)
    // Only against mistakes, so the fast hash will do; it is the same in later processes.
    var check = StateHash()
    check.combine(rest)
    return KeyedCommand(
      key: key, verb: verb.rawValue, check: UInt32(truncatingIfNeeded: check.value))
  }

  /// Where the answer to a command with this key is.
  func answer(to key: CommandKey) -> AnswerPlace? {
    let hash = SipHash.hash(key, key: indexKey)
    let younger = store.answers.younger
    return answer(to: key, hash, inHalf: younger) ?? answer(to: key, hash, inHalf: 1 - younger)
  }

  private func answer(to key: CommandKey, _ hash: UInt64, inHalf half: Int) -> AnswerPlace? {
    let found = answerIndexes[half].find(hash) { position in
      store.answers.halves[half].key(at: position) == key
    }
    return found.map { AnswerPlace(half: half, position: $0) }
  }

  /// Writes the body of a reply again.
  func repeatAnswer(
    at place: AnswerPlace, to command: KeyedCommand, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let half = store.answers.halves[place.half]
    guard half.command(at: place.position) == command else {
      throw Refusal(
        .keyReused, at: FrameHeader.size,
        "another command had this key before; give every command a key of its own")
    }
    half.copyReply(at: place.position, to: &out)
  }

  /// Remembers what a command was answered; the body of the reply fits by the limits of the wire.
  mutating func remember(_ reply: RawSpan, to command: KeyedCommand) {
    if store.answers.isFull(for: reply.byteCount) {
      store.answers.turnOver()
      answerIndexes[store.answers.younger] = Index()
    }
    let position = store.answers.append(command, reply)
    let (half, key) = (store.answers.halves[store.answers.younger], indexKey)
    answerIndexes[store.answers.younger].insert(SipHash.hash(command.key, key: key), position) {
      SipHash.hash(half.key(at: $0), key: key)
    }
  }
}
