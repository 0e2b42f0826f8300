// The program's name and version.

internal import Scoring
internal import Wire

enum Version {
  static let text =
    "\(Engine.serverName) (protocol \(Frame.versions.lowerBound) to \(Frame.versions.upperBound))"
}
