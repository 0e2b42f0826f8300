// What a condition may speak of: the fields and functions somebody else declares. No field is known
// here.

/// What kind of value a field has.
public enum RuleType: Sendable, Equatable {
  /// A number; NaN stands for unknown.
  case number
  /// Yes, no or unknown.
  case yesNo
  /// A text, as the code it was interned under.
  case text
  /// A calendar day, counted from 1970-01-01.
  case date
  /// One of these words, from the lowest to the highest; its code is its place, from 0.
  case ordered([String])

  var name: String {
    switch self {
    case .number: "a number"
    case .yesNo: "a yes/no"
    case .text: "a text"
    case .date: "a date"
    case .ordered(let words): "one of \(words.joined(separator: ", "))"
    }
  }
}

/// Something a condition can read.
public struct RuleField: Sendable, Equatable {
  /// Its name: parts of lower-case letters, digits and _ that begin with a letter, joined by dots.
  public let name: String
  /// What kind of value it has.
  public let type: RuleType
  /// What it means, in one sentence for whoever writes conditions.
  public let meaning: String
  /// What the subject is asked for, at least 0.
  ///
  /// Fields of different types may share a number.
  public let slot: Int
  /// All texts it can be, where there are no others: it is compared with one of them only.
  public let words: [String]?

  /// Declares a field.
  ///
  /// - Parameters:
  ///   - name: parts of `[a-z][a-z0-9_]*`, joined by dots.
  ///   - type: what kind of value it has.
  ///   - meaning: one sentence for whoever writes conditions.
  ///   - slot: what the subject is asked for; 0 to 2³¹ − 1.
  ///   - words: of a text, all that it can be; nil where it can be any.
  public init(
    _ name: String, _ type: RuleType, _ meaning: String, slot: Int, words: [String]? = nil
  ) {
    self.name = name
    self.type = type
    self.meaning = meaning
    self.slot = slot
    self.words = words
  }
}

/// A question with arguments that a condition can ask, such as `bought("shoes", 30)`.
public struct RuleFunction: Sendable, Equatable {
  /// What kind of literal an argument is.
  public enum Argument: Sendable, Equatable {
    /// A text, given to the subject as its code.
    case text
    /// A number.
    case number
  }

  /// What kind of value a function answers with.
  public enum Answer: Sendable, Equatable {
    /// A number; NaN stands for unknown.
    case number
    /// Yes, no or unknown.
    case yesNo
  }

  /// Its name, formed as a field's.
  public let name: String
  /// The arguments it takes: at most one text and at most one number, in either order.
  public let arguments: [Argument]
  /// What it answers with.
  public let answer: Answer
  /// What it means, in one sentence for whoever writes conditions.
  public let meaning: String
  /// What the subject is asked for; at least 0.
  public let code: Int
  /// All texts its argument can be; nil where it can be any.
  public let words: [String]?
  /// What its argument can be that is a number.
  public let numbers: ClosedRange<Double>

  /// Declares a function.
  ///
  /// - Parameters:
  ///   - name: parts of `[a-z][a-z0-9_]*`, joined by dots.
  ///   - arguments: at most one text and at most one number.
  ///   - answer: what it answers with.
  ///   - meaning: one sentence for whoever writes conditions.
  ///   - code: what the subject is asked for; 0 to 2³¹ − 1.
  ///   - words: all texts its argument can be; nil where it can be any.
  ///   - numbers: what its argument can be that is a number.
  public init(
    _ name: String, _ arguments: [Argument], _ answer: Answer, _ meaning: String, code: Int,
    words: [String]? = nil, numbers: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) {
    self.words = words
    self.numbers = numbers
    self.name = name
    self.arguments = arguments
    self.answer = answer
    self.meaning = meaning
    self.code = code
  }
}

/// A name that other conditions know and these do not.
public struct RuleAbsence: Sendable, Equatable {
  /// What is said of it, behind its name: why it is not here.
  public let problem: String
  /// What to do instead, without a full stop.
  public let advice: String

  /// Says why a name is not here.
  ///
  /// - Parameters:
  ///   - problem: follows the name in a sentence.
  ///   - advice: what to do instead.
  public init(_ problem: String, _ advice: String) {
    self.problem = problem
    self.advice = advice
  }
}

/// Why fields and functions cannot stand together in a schema.
public struct RuleSchemaError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, in one sentence.
  public let description: String
}

/// All that a condition may speak of.
public struct RuleSchema: Sendable, Equatable {
  /// The fields, in the order they were declared in.
  public let fields: [RuleField]
  /// The functions, in the order they were declared in.
  public let functions: [RuleFunction]
  /// What is said of names that only other conditions know.
  public let absent: [String: RuleAbsence]

  private let fieldPlaces: [String: Int]
  private let functionPlaces: [String: Int]

  /// Puts a schema together.
  ///
  /// - Parameters:
  ///   - fields: what can be read.
  ///   - functions: what can be asked.
  ///   - absent: what is said of names that only other conditions know; a field or function goes first.
  /// - Throws: ``RuleSchemaError`` if a name is not formed as it must be, is a word of the language,
  ///   stands twice, or is a field's and a level's at once; if a slot or code is out of range; or if
  ///   a function takes two arguments of one kind.
  public init(
    fields: [RuleField], functions: [RuleFunction] = [], absent: [String: RuleAbsence] = [:]
  ) throws(RuleSchemaError) {
    var fieldPlaces: [String: Int] = [:]
    var functionPlaces: [String: Int] = [:]
    for (place, field) in fields.enumerated() {
      try Self.check(field.name, isDotted: true)
      try Self.check(field.slot, of: field.name)
      guard fieldPlaces.updateValue(place, forKey: field.name) == nil else {
        throw RuleSchemaError(description: "'\(field.name)' is declared twice.")
      }
    }
    for (place, function) in functions.enumerated() {
      try Self.check(function.name, isDotted: true)
      try Self.check(function.code, of: function.name)
      let isDouble = functionPlaces.updateValue(place, forKey: function.name) != nil
      guard !isDouble, fieldPlaces[function.name] == nil else {
        throw RuleSchemaError(description: "'\(function.name)' is declared twice.")
      }
      guard [.text, .number].allSatisfy({ kind in function.arguments.count { $0 == kind } <= 1 })
      else {
        throw RuleSchemaError(
          description: "'\(function.name)' takes more than one text or more than one number.")
      }
    }
    for case (let name, .ordered(let words)) in fields.map({ ($0.name, $0.type) }) {
      for word in words {
        try Self.check(word, isDotted: false)
        guard fieldPlaces[word] == nil, functionPlaces[word] == nil else {
          throw RuleSchemaError(
            description: "'\(word)' is a level of '\(name)' and has another meaning too.")
        }
      }
      guard !words.isEmpty, Set(words).count == words.count else {
        throw RuleSchemaError(description: "'\(name)' has no levels, or one of them twice.")
      }
    }
    self.fields = fields
    self.functions = functions
    self.absent = absent
    self.fieldPlaces = fieldPlaces
    self.functionPlaces = functionPlaces
  }

  private static func check(_ number: Int, of name: String) throws(RuleSchemaError) {
    guard Int32(exactly: number) ?? -1 >= 0 else {
      throw RuleSchemaError(description: "'\(name)' has a slot or code outside 0 to 2147483647.")
    }
  }

  private static func check(_ name: String, isDotted: Bool) throws(RuleSchemaError) {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isFormed = parts.allSatisfy { part in
      part.first.map(Lexer.isLetter) == true && part.allSatisfy(Lexer.isNamePart)
    }
    guard isFormed, isDotted || parts.count == 1, name.utf8.count <= RuleLimits.nameSizeMax else {
      throw RuleSchemaError(
        description: "'\(name)' is not a name: lower-case letters, digits and _ after a letter.")
    }
    guard Keyword(rawValue: name) == nil, Builtin(rawValue: name) == nil else {
      throw RuleSchemaError(description: "'\(name)' is a word of the language itself.")
    }
  }

  func field(_ name: String) -> RuleField? { fieldPlaces[name].map { fields[$0] } }

  func function(_ name: String) -> RuleFunction? { functionPlaces[name].map { functions[$0] } }
}
