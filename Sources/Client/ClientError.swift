// What can go wrong for a client, as a closed set. Not here: what the server refuses and why; that
// is `Wire.Refusal`.

public import Platform
public import Wire

/// Why a request had no answer.
public enum ClientError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server answered that it will not do it; the connection goes on unless the status closes.
  case refused(Refusal)
  /// The connection could not be made, or broke; whether pending commands were applied is unknown.
  case connection(SystemError)
  /// What came back is not what this protocol sends; the connection is of no use any more.
  case protocolBroken(String)
  /// No answer came in time; whether pending commands were applied is unknown.
  case timedOut

  /// One sentence for people.
  public var description: String {
    switch self {
    // A server that reads its files says how far it is; nothing was wrong with the request.
    case .refused(let refusal) where refusal.status == .loading: refusal.sentence
    case .refused(let refusal): "the server refused: \(refusal)"
    case .connection(let error): "the connection failed: \(error)"
    case .protocolBroken(let sentence): "the server broke the protocol: \(sentence)"
    case .timedOut: "the server did not answer in time"
    }
  }
}
