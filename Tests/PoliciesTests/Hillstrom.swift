// The randomised log of a real shop's e-mails, when the environment says where it is; it is not ours to
// keep here.

import Foundation
import Models
import Testing

@testable import Policies

enum Hillstrom {
  /// The file, or nil where PATRON_HILLSTROM_CSV does not name it.
  static let path = ProcessInfo.processInfo.environment["PATRON_HILLSTROM_CSV"]

  static let absence: Comment =
    "PATRON_HILLSTROM_CSV does not name the log (64,000 rows: id, action, propensity, visit, conversion, spend, features)"

  enum Reward: Int {
    case visit = 3
    case spend = 5
  }

  static func table(_ reward: Reward) throws -> LoggedTable {
    let text = try String(contentsOfFile: #require(path), encoding: .utf8)
    let lines = text.split(separator: "\n").dropFirst()
    var table = LoggedTable(actionCount: 3, width: 13)
    table.reserveCapacity(lines.count)
    for line in lines {
      let fields = line.split(separator: ",")
      let id = Array(fields[0].utf8)
      let features = try fields[6...].map { try #require(Double($0)) }
      try table.append(
        action: #require(Int(fields[1])), propensity: #require(Double(fields[2])),
        reward: #require(Double(fields[reward.rawValue])),
        cluster: XXHash64.hash(id.span), features: features.span)
    }
    return table
  }
}
