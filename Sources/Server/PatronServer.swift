// Wiring only: recovery, threads, loop, and the way down again.

public import Durability
public import Platform
import Scoring
import Wire

/// Why a server did not start, or did not end well.
public struct ServerError: Error, Sendable, CustomStringConvertible {
  /// The process's exit code: 1 cannot start, 3 the files are damaged, 4 the disk failed.
  public let exitCode: Int32
  /// What happened and what to do, in one sentence.
  public let description: String

  init(_ exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }
}

/// What the operator is told on the way up.
public enum Announcement: Sendable {
  /// The files are damaged, and this is about to be done about it.
  case repairing(RepairPlan)
  /// The server listens at this address and reads its files; requests are answered `loading`.
  case loading(SocketAddress)
  /// The server serves.
  case ready(Welcome)
}

/// What the operator is told once a server serves.
public struct Welcome: Sendable {
  /// Where it listens; the port is the real one.
  public let address: SocketAddress
  /// Customers that were recovered.
  public let customers: Int
  /// Orders that were recovered.
  public let orders: Int
  /// Records of the journal that were applied on top of the snapshot.
  public let records: Int
  /// Plain sentences about what was not as it should be: a cut tail, a snapshot passed over.
  public let notices: [String]
  /// Connections that can be open at a time.
  public let connectionsMax: Int
  /// The most memory one of them can take, in bytes.
  public let connectionBytesMax: Int
  /// The most memory that remembered answers, commands on their way to the disk, large requests and parts
  /// of replies can take, in bytes.
  public let otherBytesMax: Int
}

/// The whole server in one process.
public enum PatronServer {
  /// Listens, recovers, serves, and returns when it was asked to end.
  ///
  /// - Parameters:
  ///   - configuration: the settings.
  ///   - announce: called when the server listens, and again when it serves.
  /// - Throws: `ServerError` with the process's exit code.
  public static func run(
    _ configuration: Configuration, announce: (Announcement) -> Void
  ) throws(ServerError) {
    guard configuration.address.isLoopback else {
      throw ServerError(
        1,
        "\(configuration.address) is not a loopback address, and there is no authentication yet; "
          + "listen on 127.0.0.1 or [::1]")
    }
    ProcessFacts.raiseDescriptorLimit()
    // Before any thread is started, so that every thread inherits the blocked signals.
    let signals = try system { () throws(SystemError) in try SignalDescriptor() }
    let storage = try open(configuration.directory)
    if configuration.repairs { try repair(storage, announce) }
    let mailbox = try system { () throws(SystemError) in try Mailbox<LoopMessage>() }
    let network = try listen(at: configuration.address, mailbox, signals)
    let address = network.address
    let crew = try system { () throws(SystemError) in
      try Crew(storage, configuration, reportingTo: mailbox)
    }
    var loop = EventLoop(
      network: network, journal: crew.journal, workbench: crew.workbench,
      scanner: crew.scanner, mailbox: mailbox, clock: SystemClock(),
      snapshotEveryMicros: configuration.snapshotEveryMicros,
      refitEveryMicros: configuration.refitEveryMicros,
      syncsDecisions: configuration.syncsDecisions)
    announce(.loading(address))
    let recovered = try system { () throws(SystemError) in try loop.load() }
    if let recovered {
      let zone = loop.engine.timeZone
      if let declaration = try declaration(of: configuration.shop, declared: zone) {
        try declare(declaration, &loop)
      }
      announce(.ready(welcome(at: address, loop.engine, recovered)))
    }
    let end = try system { () throws(SystemError) in try loop.run() }
    try finish(end, unsaved: loop.unsavedStore, crew, storage)
  }

  // MARK: The way up

  private static func system<Part: ~Copyable>(
    _ body: () throws(SystemError) -> Part
  ) throws(ServerError) -> Part {
    do { return try body() } catch { throw ServerError(1, "\(error)") }
  }

  private static func open(_ directory: String) throws(ServerError) -> DirectoryStorage {
    do {
      return try DirectoryStorage(path: directory)
    } catch {
      throw error.isInUse
        ? ServerError(
          1,
          "another server uses this directory: \(directory); end it first, or name another one")
        : ServerError(1, "the data directory cannot be used: \(error)")
    }
  }

  private static func repair(
    _ storage: any Storage, _ announce: (Announcement) -> Void
  ) throws(ServerError) {
    do throws(DurabilityError) {
      guard let plan = try planRepair(of: storage) else { return }
      announce(.repairing(plan))
      var randomness: any Randomness = SystemRandomness()
      try Durability.repair(plan, in: storage, clock: SystemClock(), randomness: &randomness)
    } catch {
      throw ServerError(3, "the data directory cannot be repaired: \(error)")
    }
  }

  private static func listen(
    at address: SocketAddress, _ mailbox: Mailbox<LoopMessage>,
    _ signals: consuming SignalDescriptor
  ) throws(ServerError) -> SocketTransport {
    do {
      return try SocketTransport(
        listener: try TCPListener(address: address), mailboxDescriptor: mailbox.descriptorNumber,
        signals: signals)
    } catch {
      throw ServerError(1, "\(error)")
    }
  }

  private static func welcome(
    at address: SocketAddress, _ engine: borrowing Engine, _ recovered: Recovered.Facts
  ) -> Welcome {
    Welcome(
      address: address, customers: engine.store.customerCount, orders: engine.store.orderCount,
      records: recovered.recordCount, notices: recovered.notices,
      connectionsMax: ServerLimits.connectionsMax,
      connectionBytesMax: ServerLimits.connectionBytesMax,
      otherBytesMax: ServerLimits.otherBytesMax)
  }

  /// What has to be declared before the first order; nil when the shop is declared already.
  private static func declaration(
    of zone: Configuration.DeclaredZone?, declared: String?
  ) throws(ServerError) -> DeclareShopRequest? {
    guard let declared else {
      let zone = zone ?? .utc
      return DeclareShopRequest(
        timeZone: zone.name,
        transitions: zone.transitions.map {
          DeclareShopRequest.Transition(
            fromSeconds: $0.fromSeconds, offsetSeconds: $0.offsetSeconds)
        })
    }
    if let zone, zone.name != declared {
      throw ServerError(
        1,
        "this shop's time zone is \(declared); its days are recorded and cannot become those of "
          + "\(zone.name); leave the option out or use another data directory")
    }
    return nil
  }

  private static func declare(
    _ declaration: DeclareShopRequest, _ loop: inout EventLoop<SocketTransport>
  ) throws(ServerError) {
    if let status = loop.command(.declareShop, declaration) {
      if status == .noSpace {
        throw ServerError(
          4, "the disk is too full for a new directory; free some space and start again")
      }
      throw ServerError(1, "the time zone \(declaration.timeZone) was refused: \(status.name)")
    }
  }

  // MARK: The way down

  private static func finish(
    _ end: LoopEnd, unsaved store: Store?, _ crew: consuming Crew, _ storage: any Storage
  ) throws(ServerError) {
    switch end {
    case .loadingFailed(let error):
      throw error
    case .diskFailed(let error):
      // The threads are not waited for: the process ends, and recovery is the cure.
      throw ServerError(4, "the disk failed, nothing more can be acknowledged: \(error)")
    case .interrupted:
      throw ServerError(1, "asked to end twice; what was acknowledged is on disk")
    case .drained:
      // Without a state the journal's thread is still reading.
      guard let store else { return }
      crew.stop()
      do {
        _ = try writeSnapshot(
          of: store, to: storage,
          SnapshotPace(bytesPerSecond: 0, isAlone: true, clock: SystemClock()))
      } catch {
        // It would only have made the next start faster.
        if case .outOfSpace = error { return }
        throw ServerError(
          4, "the last snapshot failed, the journal holds everything nevertheless: \(error)")
      }
    }
  }
}
