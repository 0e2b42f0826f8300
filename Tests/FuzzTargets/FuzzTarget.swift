// The doors through which bytes come in from outside, each as a function that must return whatever
// the bytes are. The fuzzer calls them (Tests/Fuzz), and FuzzTests replays the corpus through them.

/// A door for arbitrary bytes.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A stream of frames, and the reader of every message.
  case frame
  /// Requests to an engine that holds a small shop.
  case request
  /// Files of the journal.
  case journal
  /// A snapshot.
  case snapshot
  /// The text of a condition.
  case rules
  /// The JSON of a catalogue of offers.
  case catalogue
  /// What clients do who ask for replies in parts.
  case stream
}

/// Lets bytes in; a trap is a finding.
///
/// - Parameters:
///   - target: the door.
///   - bytes: anything. The first byte chooses how the others are taken, see each target.
public func fuzz(_ target: FuzzTarget, _ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let rest = [UInt8](bytes.dropFirst())
  switch target {
  case .frame: fuzzFrame(choice, rest)
  case .request: fuzzRequest(choice, rest)
  case .journal: fuzzJournal(FuzzFiles(choice), rest)
  case .snapshot: fuzzSnapshot(FuzzFiles(choice), rest)
  case .rules: fuzzRules(choice, rest)
  case .catalogue: fuzzCatalogue(choice, rest)
  case .stream: fuzzStream(choice, rest)
  }
}
