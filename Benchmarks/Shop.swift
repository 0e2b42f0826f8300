// The simulated shop all groups use, and its orders as frames, columns and histories.

import Models
import Wire

/// A shop of CDNOW's published parameters over a year and a half.
struct Shop {
  static let currency = "USD"
  static let minorDigits: UInt8 = 2
  static let dayMicros: Int64 = 86_400_000_000
  static let endDay: Int32 = 20_000
  /// The time of all requests: noon on the day after the last simulated one.
  static let nowMicros = Int64(endDay + 1) * dayMicros + dayMicros / 2

  let simulated: SimulatedShop
  let model: CustomerModel

  init() throws {
    let purchase = try BetaGeometricParameters(r: 0.243, alphaWeeks: 4.414, a: 0.793, b: 2.426)
    let spend = try SpendParameters(p: 6.25, q: 3.74, gamma: 15.44)
    simulated = SimulatedShop(
      kind: .bgNBD, purchase: purchase, spend: spend, seed: 1,
      firstDays: (Self.endDay - 540)...Self.endDay, endDay: Self.endDay)
    model = CustomerModel(purchase: simulated.model, spend: spend)
  }

  /// An identifier as shops have them.
  static func name(_ number: Int) -> String { "customer-\(number)" }

  /// The histories of the first customers, and their mean spend in major units.
  func histories(_ count: Int) -> (histories: [PurchaseHistory], meanSpend: [Double]) {
    var histories: [PurchaseHistory] = []
    var meanSpend: [Double] = []
    for number in 0..<count {
      let orders = simulated.customer(UInt64(number)).orders
      let first = orders[0].day
      let repeats = orders.filter { $0.day > first }
      let x = Set(repeats.map(\.day)).count
      histories.append(
        PurchaseHistory(
          repeatOrders: Double(x), recencyDays: Double((orders.last?.day ?? first) - first),
          ageDays: Double(Self.endDay + 1 - first)))
      meanSpend.append(x == 0 ? 0 : repeats.reduce(0) { $0 + $1.amount } / Double(x))
    }
    return (histories, meanSpend)
  }

  /// All orders of some customers as record-orders frames.
  ///
  /// - Parameters:
  ///   - customers: whose orders.
  ///   - rowsMax: orders in one frame.
  ///   - isKeyed: whether each frame has a key of its own.
  /// - Returns: the frames, one behind the other, and how many orders they hold.
  /// - Throws: `Refusal`, for a row that does not fit, which would be our mistake.
  func frames(
    _ customers: some Sequence<Int>, rowsMax: Int = Limits.rowsMax, isKeyed: Bool = false
  ) throws -> (bytes: [[UInt8]], orders: Int) {
    var frames: [[UInt8]] = []
    var batch = RecordOrdersRequest(
      currency: Self.currency, minorDigits: Self.minorDigits, orders: [])
    var count = 0
    func end() throws {
      if isKeyed { batch.key = CommandKey(producer: 1, number: UInt64(frames.count + 1)) }
      frames.append(try Self.frame(.recordOrders, batch))
      batch.orders.removeAll(keepingCapacity: true)
    }
    for number in customers {
      let name = Self.name(number)
      for (index, order) in simulated.customer(UInt64(number)).orders.enumerated() {
        batch.orders.append(
          .init(
            customer: name, order: "order-\(index)", timeMicros: Int64(order.day) * Self.dayMicros,
            amountMinor: Int64(order.amount * 100)))
        count += 1
        if batch.orders.count == rowsMax { try end() }
      }
    }
    if !batch.orders.isEmpty { try end() }
    return (frames, count)
  }

  /// One request as bytes.
  static func frame(_ verb: Verb, _ request: some Message) throws -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 1, in: &out)
    try request.write(to: &out)
    Frame.end(mark, in: &out)
    var reader = FrameReader(out.bytes)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(out.count)
    while reader.remaining > 0 { bytes.append(try reader.readUInt8()) }
    return bytes
  }

  /// The parameters as a server adopts them.
  var modelFields: ModelFields {
    var fields = ModelFields(
      kind: model.purchase.kind.rawValue, parameters: model.purchase.values)
    fields.spendKnown = true
    (fields.p, fields.q, fields.gamma) = (model.spend.p, model.spend.q, model.spend.gamma)
    return fields
  }

  static let declaration = DeclareShopRequest(
    timeZone: "UTC", transitions: [.init(fromSeconds: Int64.min, offsetSeconds: 0)])

  static let terms = ScoreTermsFields(
    asOfMicros: 0, horizonDays: 273, discountRate: 0.1, margin: 1)
}
