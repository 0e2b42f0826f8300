// The words and signs a condition is made of.

/// The words of the language, which no field may be called.
enum Keyword: String, CaseIterable {
  case and, or, not, `in`, between, `is`, known, unknown, `else`, `true`, `false`
}

/// The functions of the language itself.
enum Builtin: String, CaseIterable {
  case abs, min, max
}

enum Sign: String {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case plus = "+"
  case minus = "-"
  case times = "*"
  case over = "/"
  case open = "("
  case close = ")"
  case comma = ","
}

struct Token {
  enum Kind: Equatable {
    case number(Double)
    case text(String)
    /// Days since 1970-01-01.
    case date(Int32)
    case name(String)
    case keyword(Keyword)
    case sign(Sign)
    case end
  }

  let kind: Kind
  /// Its bytes in the source.
  let range: Range<Int>
}
