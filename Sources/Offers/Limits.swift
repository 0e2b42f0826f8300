// Every maximum of a catalogue, in one place.

/// The named maxima of a catalogue.
public enum CatalogueLimits {
  /// Offers.
  public static let offersMax = 256
  /// Bytes of an identifier or name.
  public static let nameSizeMax = 64
  /// Bytes of a text for people.
  public static let textSizeMax = 500
  /// Placements.
  public static let placementsMax = 32
  /// Campaigns.
  public static let campaignsMax = 64
  /// Holdouts.
  public static let holdoutsMax = 64
  /// Caps, suppressions or quiet periods, each.
  public static let capsMax = 64
  /// The largest limit of a cap.
  public static let capLimitMax = 32
  /// The longest window, in days.
  public static let windowDaysMax = 3_660
  /// Offers of one answer.
  public static let slateMax = 30
  /// Features a shop may declare of its own.
  public static let ownFeaturesMax = 16
  /// Minutes a contact's place is kept.
  public static let reservationMinutesMax = 43_200
  /// Different texts in all conditions, the names of placements and the fixed words included.
  public static let textsMax = 512
  /// Money in major units.
  public static let moneyMax = 1e12
}
