// Why the load test stops without a result. Not here: wrong answers, which are a result.

/// Why there is nothing to report, with the exit code that tells it.
enum Failure: Error, Equatable, CustomStringConvertible {
  /// The command line makes no sense; exit code 2.
  case usage(String)
  /// Anything else; exit code 1.
  case failed(String)

  var exitCode: Int32 {
    switch self {
    case .usage: 2
    case .failed: 1
    }
  }

  var description: String {
    switch self {
    case .usage(let sentence): "\(sentence); see loadtest --help"
    case .failed(let sentence): sentence
    }
  }
}
