// What a server can be told, and the server's own maxima. The wire's maxima are in Wire/Limits.

package import Durability
public import Platform
import Scoring
import Wire

/// The settings of one server.
public struct Configuration: Sendable {
  /// Where to listen; a loopback address.
  public var address: SocketAddress
  /// The directory that holds journal and snapshots.
  public var directory: String
  /// Microseconds between snapshots, if anything changed; 0 takes none by the clock.
  public var snapshotEveryMicros: Int64
  /// The most bytes a second a snapshot reads and writes; 0 sets no bound.
  public var snapshotBytesPerSecond: Int64 = 50_000_000
  /// Microseconds between fits of the server itself, by the shop's own past; 0 does none.
  public var refitEveryMicros: Int64 = 0
  /// Whether the reply to a decision waits until it is on disk, as those to other commands do.
  public var syncsDecisions = false
  /// When a command may be acknowledged.
  public var sync = SyncPolicy.always
  /// Whether to give up what cannot be read, and to say so, instead of refusing to start.
  public var repairs = false
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

/// When a command may be acknowledged.
public enum SyncPolicy: Hashable, Sendable {
  /// When it is on disk: nothing acknowledged is ever lost.
  case always
  /// When it is written, and synced within so many microseconds: a power loss can take what was
  /// acknowledged within that time and one sync. The end of the process alone takes nothing.
  case within(micros: Int64)

  /// The time an acknowledged command may wait for its sync, in microseconds.
  var windowMicros: Int64 {
    switch self {
    case .always: 0
    case .within(let micros): micros
    }
  }
}

/// What the journal's side needs to know.
package struct JournalConfiguration: Sendable {
  /// The time an acknowledged command may wait for its sync, in microseconds; 0 lets none wait.
  package var syncWindowMicros: Int64
  /// Threads that load a snapshot.
  package var loadThreads: Int
  /// Bytes of room made on the disk before commands need them, and the least of it when the disk is
  /// nearly full.
  package var room: (bytes: Int64, least: Int64)
  /// How the journal uses the disk.
  package var options: JournalOptions

  /// Describes the journal's side.
  ///
  /// - Parameters:
  ///   - syncWindowMicros: not negative.
  ///   - loadThreads: at least 1; with 1 everything happens on the caller's thread.
  ///   - room: each holds the record of at least one frame.
  ///   - options: how the journal uses the disk.
  package init(
    syncWindowMicros: Int64, loadThreads: Int,
    room: (bytes: Int64, least: Int64) = (
      ServerLimits.journalRoomBytes, ServerLimits.journalRoomBytesLeast
    ),
    options: JournalOptions = JournalOptions()
  ) {
    self.syncWindowMicros = syncWindowMicros
    self.loadThreads = loadThreads
    self.room = room
    self.options = options
  }
}

/// The server's own maxima.
public enum ServerLimits {
  /// Bytes of room that are made on the disk before commands need them.
  public static let journalRoomBytes: Int64 = 16 << 20
  /// The least such room, when the disk is nearly full; a frame of the largest size fits in.
  public static let journalRoomBytesLeast: Int64 = 2 << 20
  /// Microseconds that records which were handed over may wait for space; then the process ends, as
  /// nobody can say any more that they are kept.
  public static let stuckMicros: Int64 = 1_000_000
  /// Microseconds after which a full disk is tried again.
  public static let fullRetryMicros: Int64 = 250_000
  /// Connections at a time; one more is told `overloaded` and closed.
  public static let connectionsMax = 4096
  /// Frames of one connection that are executed in one turn, so that nobody waits for a flood.
  public static let framesPerTurnMax = 64
  /// Queries of one connection that are answered in one turn; they cost a tenth of other requests.
  public static let queriesPerTurnMax = 256
  /// Microseconds of one turn after which a connection's next frame waits for the next turn.
  public static let workPerTurnMicros: Int64 = 1_000
  /// Bytes asked of one socket at a time.
  public static let receiveSize = 64 << 10
  /// Bytes of replies a connection may leave unread before it is not read from any more.
  public static let outboxSizeMax = 1 << 20
  /// Bytes of memory an idle connection keeps.
  public static let idleBufferSize = 4 << 10
  /// Replies in parts that are under way at a time.
  public static let streamsMax = 16
  /// Bytes a client may leave unread before its reply in parts waits; one step more may lie there.
  public static let streamOutboxSizeMax = 1 << 20
  /// Connections that may hold a request of more than `Limits.frameSizeMax` at a time.
  public static let batchesMax = 8
  /// Microseconds after which those who watch customers are told of changes.
  public static let newsMicros: Int64 = 100_000
  /// Tasks that may wait for the workbench.
  public static let errandsMax = 16
  /// Microseconds a connection is given to read why it is closed.
  public static let lingerMicros: Int64 = 1_000_000
  /// Microseconds a stopping server gives to what is under way.
  public static let drainMicros: Int64 = 5_000_000

  /// What a command counts against the room on the disk: its frame, and the most its record and a
  /// batch of its own can add.
  static func journalRoom(frameSize: Int) -> Int64 { Int64(frameSize) + 64 }

  /// The most memory one connection can take, in bytes.
  ///
  /// An inbox holds a frame and one more receipt; an outbox its maximum and one more reply, at most
  /// a frame. A buffer doubles when it grows.
  public static var connectionBytesMax: Int {
    2 * (Limits.frameSizeMax + receiveSize) + 2 * (outboxSizeMax + Limits.frameSizeMax)
  }

  /// The most memory that remembered answers, commands on their way to the disk, large requests and parts
  /// of replies can take, in bytes.
  ///
  /// Of commands there are never more than there is room on the disk; the loop hands them over in a
  /// copy. Of a reply in parts, what one step made is on its way to the outbox.
  public static var otherBytesMax: Int {
    Limits.answersSizeMax + 2 * Int(journalRoomBytes) + 2 * batchesMax * Limits.batchFrameSizeMax
      + streamsMax * StreamedParts.sizeMax
  }
}
