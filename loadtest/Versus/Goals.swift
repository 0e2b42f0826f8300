// What shall be reached over the network, by name, and whether it was. The figures are the project's
// aims; what was measured is not here.

/// A ratio and the least it shall be.
struct Goal: Equatable {
  let name: String
  let goal: Double

  /// All goals that need the network.
  ///
  /// `redis/scores 50/64` is the server's processor time by request, Redis' over ours, at 50 connections
  /// with 64 requests under way each; `full` are scores and the best of 64 offers.
  static let all = [
    Goal(name: "redis/scores 50/64", goal: 9),
    Goal(name: "redis/full 50/64", goal: 5),
    Goal(name: "redis/full 50/16", goal: 3.3),
    Goal(name: "full/redis throughput 50/1", goal: 1.25),
    Goal(name: "echo/scores 50/64", goal: 0.65),
    Goal(name: "echo/full 50/64", goal: 0.4),
    Goal(name: "echo/full 50/16", goal: 0.75),
    Goal(name: "echo/full 50/1", goal: 0.92),
  ]

  /// The name of a ratio of processor times by request.
  static func processor(_ one: String, _ other: String, _ shape: Shape) -> String {
    "\(one)/\(other) \(shape)"
  }

  /// The name of a ratio of requests by second.
  static func throughput(_ one: String, _ other: String, _ shape: Shape) -> String {
    "\(one)/\(other) throughput \(shape)"
  }

  /// What is said of a goal.
  enum Verdict: Equatable {
    case reached
    case missed
    case notMeasured
  }

  /// Whether the median of the rounds reaches the goal.
  func verdict(_ spread: Spread?) -> Verdict {
    guard let spread else { return .notMeasured }
    return spread.median >= goal ? .reached : .missed
  }
}

/// A goal and what was measured of it.
struct GoalReport: Encodable {
  var median, least, most: Double?
  var goal: Double?

  init(_ spread: Spread?, goal: Double?) {
    (median, least, most) = (spread?.median, spread?.least, spread?.most)
    self.goal = goal
  }

  private enum CodingKeys: String, CodingKey {
    case median, least, most, goal
  }

  /// What was not measured is null; what has no goal says nothing of one.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(median, forKey: .median)
    try container.encode(least, forKey: .least)
    try container.encode(most, forKey: .most)
    try container.encodeIfPresent(goal, forKey: .goal)
  }
}
