// The adopted churn layer: from the wire to values that score, and back.

import Models
import Wire

/// A churn layer, and what it takes for the gap of a customer with a single order.
struct AdoptedLayer: Equatable, Sendable {
  let layer: ChurnLayer
  /// Days.
  let typicalGapDays: Double

  /// Puts both together.
  ///
  /// - Parameters:
  ///   - layer: the layer.
  ///   - typicalGapDays: days, above 0.
  init(layer: ChurnLayer, typicalGapDays: Double) {
    self.layer = layer
    self.typicalGapDays = typicalGapDays
  }

  /// Validates what travelled on the wire.
  ///
  /// - Parameters:
  ///   - fields: the numbers.
  ///   - offset: of the layer's horizon, for the refusal.
  /// - Throws: `invalidField`, naming what is out of its range.
  init(_ fields: ChurnLayerFields, at offset: Int) throws(Refusal) {
    var layer = try Self.layer(fields, [], at: offset)
    let gaps = ChurnLayer.horizonRange
    guard gaps.contains(fields.typicalGapDays) else {
      throw Refusal(
        .invalidField, at: offset + 8,
        "typical gap is \(fields.typicalGapDays) days, but must be \(gaps.lowerBound) to "
          + "\(gaps.upperBound)")
    }
    typicalGapDays = fields.typicalGapDays
    // Term after term, so that the one at fault has a place.
    var terms: [ChurnLayer.Term] = []
    var place = offset + ChurnLayerFields.headSize
    for term in fields.terms {
      terms.append(
        ChurnLayer.Term(
          feature: term.feature, coefficient: term.coefficient, centre: term.centre,
          scale: term.scale))
      layer = try Self.layer(fields, terms, at: place)
      place += ChurnLayerFields.Term.size
    }
    self.layer = layer
  }

  /// The layer of the first terms, of which only the last may be at fault; or of none, and then
  /// horizon or intercept.
  private static func layer(
    _ fields: ChurnLayerFields, _ terms: [ChurnLayer.Term], at place: Int
  ) throws(Refusal) -> ChurnLayer {
    do throws(ModelError) {
      return try ChurnLayer(
        horizonDays: fields.horizonDays, intercept: fields.intercept, terms: terms)
    } catch {
      // The names begin with these words; intercepts lie behind horizon and gap, and the numbers of
      // a term behind the byte of its feature.
      let offsets = ["intercept": 16, "coefficient": 1, "centre": 9, "scale": 17]
      let word = String(error.name.prefix { $0 != " " })
      throw AdoptedModel.refusal(error, at: place + offsets[word, default: 0])
    }
  }

  /// The numbers as they travel.
  var fields: ChurnLayerFields {
    ChurnLayerFields(
      horizonDays: layer.horizonDays, typicalGapDays: typicalGapDays, intercept: layer.intercept,
      terms: layer.terms.map {
        ChurnLayerFields.Term(
          feature: $0.feature, coefficient: $0.coefficient, centre: $0.centre, scale: $0.scale)
      })
  }

  /// P(no order within a horizon), where the layer may be asked about it.
  ///
  /// - Parameters:
  ///   - known: what is known of the customer.
  ///   - purchaseChurn: what the purchase models say for the same horizon.
  /// - Returns: 0 to 1.
  func probability(of known: ChurnHistory, purchaseChurn: Double) -> Double {
    layer.probability(
      of: known.signals(purchaseChurn: purchaseChurn, typicalGapDays: typicalGapDays))
  }
}
