// The ranges of the bodies about offers. What all bodies have in common is in MessageTests.

import Testing
import Wire

extension MessageTests {
  static let offers: [Edge] = {
    let baskets: [Int64] = [-1, 0, 1_000_000_000_000_000]
    let notBaskets: [Int64] = [-2, 1_000_000_000_000_001, .min, .max]
    let request = "record outcomes request"
    return [
      Edge("amend offer request", "state", allowed: [UInt8(0), 3], refused: [4, 255]),
      Edge("amend offer request", "offer", bytes: [[1, 65]], not: [[0], [1, 0xFF]]),
      Edge(
        "put catalogue request", "catalogue", bytes: [[0, 0, 0, 0], [1, 0, 0, 0, 65]],
        not: [[1, 0, 0, 0, 0xFF], [0x61, 0xAE, 0x0A, 0]]),
      Edge("decide request", "channel", allowed: [UInt8(1), 7], refused: [0, 8, 255]),
      Edge("decide request", "flags", allowed: [UInt8(0), 15], refused: [16, 255]),
      Edge("decide request", "top", allowed: [UInt8(0), 30], refused: [31, 255]),
      Edge("decide request", "basket", allowed: baskets, refused: notBaskets),
      Edge("decide request", "lines", allowed: [UInt16(0), .max], refused: []),
      Edge(
        "decide request", "categories[1].category", bytes: [[1, 65]], not: [[0], [1, 0xFF]]),
      Edge("decide request", "features[0].feature", allowed: [0, -1e300], refused: notFinite),
      Edge(
        "read decisions request", "most", allowed: [UInt32(1), 4_096], refused: [0, 4_097, .max]),
      Edge("campaign request", "campaign", bytes: [[0], [1, 65]], not: [[65], [1, 0xFF]]),
      Edge("campaign request", "planned", allowed: [UInt32(0), .max], refused: []),
      Edge(request, "outcomes[0].kind", allowed: [UInt8(5), 8, 9], refused: [0, 10, 255]),
      Edge(request, "outcomes[1].kind", allowed: [UInt8(7)], refused: [0, 10]),
      Edge(request, "outcomes[0].choice", allowed: [UInt8(0), 29], refused: [30, 255]),
      Edge(
        request, "outcomes[0].order value", allowed: [Int64(3_000), 1_000_000_000_000_000],
        refused: [-1, 1_000_000_000_000_001]),
      Edge(request, "outcomes[1].order value", allowed: [Int64(0)], refused: [1, -1]),
      Edge(
        request, "outcomes[0].margin", allowed: [Int64(-7_250), 7_250], refused: [-7_251, 7_251]),
      Edge(request, "outcomes[1].margin", allowed: [Int64(0)], refused: [1, -1]),
      Edge(request, "outcomes[0].cost", allowed: [Int64(0)], refused: [1, -1]),
      Edge(
        request, "outcomes[1].cost", allowed: [Int64(0), 1_000_000_000_000_000],
        refused: [-1, 1_000_000_000_000_001]),
      Edge(request, "count", allowed: [UInt32(2)], refused: [0, 8193, .max]),
    ]
  }()

  @Test("a basket has 32 categories and 16 features of the shop's own, and not one more")
  func basketLimits() throws {
    var request = Example.basket
    request.categories = Array(repeating: "c", count: Limits.basketCategoriesMax)
    request.features = Array(repeating: 1, count: Limits.ownFeaturesMax)
    #expect(try readBody(DecideRequest.self, of: makeFrame(request)) == request)
    var crowded = request
    crowded.categories.append("d")
    let crowd = refusal { _ = try readBody(DecideRequest.self, of: makeFrame(crowded)) }
    #expect(crowd?.status == .invalidField)
    #expect(
      crowd?.offset == UInt32(try Example.named("decide request").range(of: "lines").upperBound))
    var featured = request
    featured.features.append(1)
    let features = refusal { _ = try readBody(DecideRequest.self, of: makeFrame(featured)) }
    #expect(features?.status == .badSchema)
  }

  @Test("the head of a request to decide borrows what the request says")
  func head() throws {
    let bytes = buffer(try makeFrame(Example.basket))
    var reader = FrameReader(bytes.bytes, from: FrameHeader.size)
    let head = try DecideHead(from: &reader)
    let (customer, placement) = (String(bytes: head.customer), String(bytes: head.placement))
    #expect(customer == "C-1001" && placement == "checkout")
    let (key, channel, flags) = (head.key, head.channel, head.flags)
    #expect(key == Example.basket.key && channel == .site && flags == .categoriesKnown)
    let (top, basket, lines) = (head.top, head.basketMinor, head.lines)
    #expect(top == 2 && basket == 8000 && lines == 2)
    #expect(try reader.readCategoryCount() == 2)
  }

  @Test("an answer has 30 offers of 256, and the longest catalogue fits into a frame")
  func answerLimits() throws {
    var told = ToldDecision()
    told.choices = Array(
      repeating: ChosenOffer(offer: "o", isBest: true, propensity: 1, score: 0, uplift: 0),
      count: Limits.slateMax)
    told.reasons = Array(repeating: 8, count: Limits.offersMax)
    let reply = DecideReply(decision: "r", told: told)
    #expect(try readBody(DecideReply.self, of: makeFrame(reply)) == reply)
    var longer = reply
    longer.told.choices.append(told.choices[0])
    #expect(
      refusal { _ = try readBody(DecideReply.self, of: makeFrame(longer)) }?.status
        == .invalidField)
    var more = reply
    more.told.reasons.append(8)
    #expect(
      refusal { _ = try readBody(DecideReply.self, of: makeFrame(more)) }?.status == .invalidField)

    let long = String(repeating: "x", count: Limits.catalogueSizeMax)
    let put = PutCatalogueRequest(catalogue: long)
    let frame = try makeFrame(put)
    #expect(frame.count <= Limits.frameSizeMax)
    #expect(try readBody(PutCatalogueRequest.self, of: frame) == put)
    let over = refusal { _ = try makeFrame(PutCatalogueRequest(catalogue: long + "x")) }
    #expect(over?.status == .invalidField)
  }

  @Test("what closes a decision, and what has an order, is told by the kind")
  func kinds() {
    #expect(OutcomeKind.allCases.filter(\.closes) == [.accepted, .refused, .ended])
    #expect(OutcomeKind.allCases.filter(\.hasOrder) == [.accepted, .refunded, .ended])
  }

  @Test("what the server decided by itself only the server records, as commands")
  func internalVerb() {
    #expect(
      Verb.allCases.filter(\.isInternal) == [
        .recordDecision, .adoptPolicy, .keepSegments, .keepQuantiles,
      ])
    #expect(Verb.allCases.allSatisfy { !$0.isInternal || $0.isCommand } && Verb.decide.isCommand)
    #expect(!Verb.explainDecision.isCommand && !Verb.readDecisions.isCommand)
  }
}
