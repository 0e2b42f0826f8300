// Whether what is said to happen with probability p does happen in a share p of the cases.

/// Predictions and outcomes in ten groups by predicted probability.
///
/// The «deciles of risk» of Hosmer and Lemeshow, «Applied Logistic Regression» (2nd edition 2000),
/// section 5.2.2.
public struct Reliability: Sendable, Equatable {
  /// A tenth of the customers.
  public struct Group: Sendable, Equatable {
    /// How many.
    public var customers: Int
    /// The mean of the predicted probabilities, 0 to 1.
    public var predicted: Double
    /// The share of whom it came true, 0 to 1.
    public var observed: Double
  }

  /// By rising prediction, of sizes that differ by one at most; fewer than ten where there are fewer
  /// customers.
  public let groups: [Group]

  /// Groups predictions; equal ones share what was observed of them.
  ///
  /// - Parameters:
  ///   - predicted: a probability for each customer, 0 to 1.
  ///   - happened: whether it came true.
  /// - Throws: `ModelError.unequalColumns`.
  /// - Complexity: O(n log n).
  public init(predicted: Span<Double>, happened: Span<Bool>) throws(ModelError) {
    guard predicted.count == happened.count else {
      throw .unequalColumns(name: "happened", count: happened.count, expected: predicted.count)
    }
    // Bits of numbers that are not negative sort like the numbers; the outcome takes the last one.
    var keys: [UInt64] = []
    keys.reserveCapacity(predicted.count)
    for row in 0..<predicted.count {
      keys.append((predicted[row].magnitude.bitPattern & ~1) | (happened[row] ? 1 : 0))
    }
    keys.sort()

    let (count, parts) = (keys.count, min(10, keys.count))
    var groups = [Group](
      repeating: Group(customers: 0, predicted: 0, observed: 0), count: parts)
    var (start, part) = (0, 0)
    while start < count {
      let prediction = keys[start] & ~1
      var (end, hits) = (start, 0)
      while end < count, keys[end] & ~1 == prediction {
        hits += Int(keys[end] & 1)
        end += 1
      }
      let share = Double(hits) / Double(end - start)
      while start < end {
        let stop = min(end, (part + 1) * count / parts)
        let size = Double(stop - start)
        groups[part].customers += stop - start
        groups[part].predicted += size * Double(bitPattern: prediction)
        groups[part].observed += size * share
        start = stop
        if start == (part + 1) * count / parts { part += 1 }
      }
    }
    self.groups = groups.map {
      Group(
        customers: $0.customers, predicted: $0.predicted / Double($0.customers),
        observed: $0.observed / Double($0.customers))
    }
  }
}
