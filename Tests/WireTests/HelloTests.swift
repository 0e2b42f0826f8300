// How a connection agrees on a version.

import Testing
import Wire

@Suite("Hello")
struct HelloTests {
  @Test("the newest version both sides speak is chosen", arguments: [1...1, 1...9, 0...1, 0...7])
  func common(versions: ClosedRange<UInt16>) throws {
    let version = try HelloRequest(client: "", versions: versions).negotiate()
    #expect(version == min(versions.upperBound, Frame.versions.upperBound))
  }

  @Test("versions that do not meet are refused at their place", arguments: [0...0, 2...9])
  func apart(versions: ClosedRange<UInt16>) throws {
    let hello = HelloRequest(client: "", versions: versions)
    let refused = refusal { _ = try hello.negotiate() }
    #expect(refused?.status == .unsupportedVersion)
    #expect(refused?.offset == 28)
  }

  @Test("an oldest version above the newest is refused")
  func reversed() throws {
    var hello = HelloRequest(client: "")
    hello.oldestVersion = 2
    #expect(refusal { _ = try hello.negotiate() }?.status == .unsupportedVersion)
  }

  @Test("another magic is another protocol, and that closes")
  func magic() throws {
    let example = try Example.named("hello request")
    let refused = try example.refusal(with: "magic", Array("HTTP".utf8))
    #expect(refused?.status == .badFrame)
    #expect(refused?.offset == 24)
    #expect(refused?.status.closes == true)
    #expect(try example.refusal(with: "magic", Array("PTRN".utf8)) == nil)
  }

  @Test("a hello with the longest name fits into the first frame a server reads")
  func longest() throws {
    let name = String(repeating: "n", count: Limits.nameSizeMax)
    #expect(try makeFrame(HelloRequest(client: name)).count <= Limits.helloSizeMax)
  }
}
