// Addresses as text, as bytes of the kernel, and which of them are loopback.

import Platform
import Testing

@Suite("SocketAddress")
struct SocketAddressTests {
  @Test(
    "an address reads and prints the same",
    arguments: ["127.0.0.1:7433", "0.0.0.0:0", "10.1.2.255:65535", "[::1]:7433", "[2001:db8::5]:1"])
  func roundTrip(text: String) {
    #expect(SocketAddress(text)?.description == text)
  }

  @Test(
    "what is no address is none",
    arguments: [
      "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "1.2.3:80",
      "::1:80", "[::1]", "[::g]:80", ":80", "example:80", "1.2.3.4 :80",
    ])
  func refused(text: String) {
    #expect(SocketAddress(text) == nil)
  }

  @Test("loopback is known in all its forms")
  func loopback() {
    for text in ["127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "localhost:1", "[::ffff:127.0.0.1]:1"] {
      #expect(SocketAddress(text)?.isLoopback == true, "\(text)")
    }
    for text in ["128.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::2]:1", "[::ffff:10.0.0.1]:1"] {
      #expect(SocketAddress(text)?.isLoopback == false, "\(text)")
    }
    #expect(SocketAddress("localhost:5") == .loopback(port: 5))
  }

  @Test("the resolver takes numbers, and says which name it does not know")
  func resolving() throws {
    #expect(try SocketAddress.resolve("127.0.0.1:9") == [.loopback(port: 9)])
    let error = #expect(throws: SystemError.self) { try SocketAddress.resolve("nonsense") }
    #expect(error?.description.contains("HOST:PORT") == true)
  }
}
