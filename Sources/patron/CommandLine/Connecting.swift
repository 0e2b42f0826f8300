// From `--address` to a client, and from a client's errors to a sentence.

internal import Client
internal import Platform
internal import Wire

enum Connecting {
  static let defaultAddress = "127.0.0.1:7433"
  static let option = Option(
    "address", "HOST:PORT", "where the server listens (default \(defaultAddress))")

  /// Connects to the server that the command line names.
  ///
  /// A long timeout is for fits and snapshots: nobody interrupts them by being impatient.
  static func client(
    _ arguments: Arguments, timeoutMillis: UInt32 = 30_000
  ) throws(CommandError) -> PatronClient {
    try client(at: arguments.value("address") ?? defaultAddress, timeoutMillis: timeoutMillis)
  }

  static func client(
    at text: String, timeoutMillis: UInt32 = 30_000
  ) throws(CommandError) -> PatronClient {
    let addresses: [SocketAddress]
    do throws(SystemError) {
      addresses = try SocketAddress.resolve(text)
    } catch {
      // Without a port it is no address at all; a name that nobody knows is the world's matter.
      if error.call == "parse" {
        throw .usage("--address is '\(text)', it must be HOST:PORT such as \(defaultAddress)")
      }
      throw .failed("the address \(text) is not known: \(error.reason)")
    }
    var failure = ClientError.timedOut
    for address in addresses {
      do throws(ClientError) {
        var client = try PatronClient(
          connectingTo: address, name: "patron \(CommandLine.arguments.dropFirst().first ?? "")",
          timeoutMillis: min(timeoutMillis, 5_000))
        client.timeoutMillis = timeoutMillis
        return client
      } catch {
        failure = error
      }
    }
    if case .connection(let error) = failure {
      throw .failed(
        "no server answers at \(text) (\(error.reason.lowercased())); start one with "
          + "'patron serve --data DIR', or name another with --address")
    }
    throw CommandError(failure)
  }

  /// The server's time, microseconds since 1970 UTC.
  static func now(_ client: inout PatronClient) throws(CommandError) -> Int64 {
    do throws(ClientError) {
      return try client.ping()
    } catch {
      throw CommandError(error)
    }
  }

  /// The shop's time zone of a server, UTC as long as it has declared none.
  static func zone(_ hello: HelloReply) throws(CommandError) -> ShopZone {
    guard let zone = ShopZone(hello.timeZone.isEmpty ? "UTC" : hello.timeZone) else {
      throw .failed(
        "the shop's time zone is \(hello.timeZone), which this machine does not know")
    }
    return zone
  }
}

extension CommandError {
  init(_ error: ClientError) { self = .failed("\(error)") }
}
