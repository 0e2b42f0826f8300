// What a server can be told, and the server's own maxima. The wire's maxima are in Wire/Limits.

public import Platform
import Wire

/// The settings of one server.
public struct Configuration: Sendable {
  /// Where to listen; a loopback address.
  public var address: SocketAddress
  /// The directory that holds journal and snapshots.
  public var directory: String
  /// Microseconds between snapshots, if anything changed; 0 takes none by the clock.
  public var snapshotEveryMicros: Int64
  /// The shop's time zone, declared when the directory is new; nil keeps what was declared, or
  /// declares UTC.
  public var shop: DeclaredZone?

  /// A time zone's name and the changes of its offset.
  public struct DeclaredZone: Sendable {
    /// An IANA name such as Europe/Paris.
    public var name: String
    /// Seconds since 1970 UTC from which the offset, in seconds east of Greenwich, holds; the
    /// first from Int64.min.
    public var transitions: [(fromSeconds: Int64, offsetSeconds: Int32)]

    /// Coordinated universal time.
    public static let utc = DeclaredZone(name: "UTC", transitions: [(Int64.min, 0)])

    /// Describes a zone.
    ///
    /// - Parameters:
    ///   - name: an IANA name.
    ///   - transitions: in rising order, the first from Int64.min.
    public init(name: String, transitions: [(fromSeconds: Int64, offsetSeconds: Int32)]) {
      self.name = name
      self.transitions = transitions
    }
  }

  /// Describes a server.
  ///
  /// - Parameters:
  ///   - address: where to listen; a loopback address.
  ///   - directory: the directory that holds journal and snapshots.
  ///   - snapshotEveryMicros: microseconds between snapshots; 0 takes none by the clock.
  ///   - shop: the shop's time zone, or nil.
  public init(
    address: SocketAddress, directory: String, snapshotEveryMicros: Int64 = 60_000_000,
    shop: DeclaredZone? = nil
  ) {
    self.address = address
    self.directory = directory
    self.snapshotEveryMicros = snapshotEveryMicros
    self.shop = shop
  }
}

/// The server's own maxima.
public enum ServerLimits {
  /// Connections at a time; one more is told `overloaded` and closed.
  public static let connectionsMax = 4096
  /// Frames of one connection that are executed in one turn, so that nobody waits for a flood.
  public static let framesPerTurnMax = 64
  /// Microseconds of one turn after which a connection's next frame waits for the next turn.
  public static let workPerTurnMicros: Int64 = 1_000
  /// Bytes asked of one socket at a time.
  public static let receiveSize = 64 << 10
  /// Bytes of replies a connection may leave unread before it is not read from any more.
  public static let outboxSizeMax = 1 << 20
  /// Bytes of memory an idle connection keeps.
  public static let idleBufferSize = 4 << 10
  /// Tasks that may wait for the workbench.
  public static let errandsMax = 16
  /// Microseconds a connection is given to read why it is closed.
  public static let lingerMicros: Int64 = 1_000_000
  /// Microseconds a stopping server gives to what is under way.
  public static let drainMicros: Int64 = 5_000_000

  /// The most memory one connection can take, in bytes.
  ///
  /// An inbox holds a frame and one more receipt; an outbox its maximum and one more reply, at most
  /// a frame. A buffer doubles when it grows.
  public static var connectionBytesMax: Int {
    2 * (Limits.frameSizeMax + receiveSize) + 2 * (outboxSizeMax + Limits.frameSizeMax)
  }
}
