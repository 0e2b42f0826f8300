// Every maximum of the language of conditions, in one place.

/// The named maxima of a condition, and of the schema it is checked against.
public enum RuleLimits {
  /// Nodes of a condition: names, literals, members of lists and operators, each counted.
  public static let nodesMax = 256
  /// How deep a condition may be nested: a literal or a name has depth 1, an operator one more than
  /// the deepest of what it joins, `between` two; a chain such as `a and b and c` is one level.
  ///
  /// As many parentheses, `not` and signs may be open at one place.
  public static let depthMax = 32
  /// Bytes of a condition's text.
  public static let sourceSizeMax = 4_096
  /// Bytes of a field's, function's or level's name.
  public static let nameSizeMax = 64
}
