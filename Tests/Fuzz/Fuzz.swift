// Where libFuzzer enters: built only by .ci/fuzz, which says how.

import FuzzTargets
import Glibc

/// libFuzzer's loop; its own main function is not there, because a package's program has another.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ takeInput: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32

/// The door that the environment names.
private let target: FuzzTarget = {
  let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? "nothing"
  guard let target = FuzzTarget(rawValue: name) else {
    preconditionFailure(
      "FUZZ_TARGET is one of frame, request, journal, snapshot, rules, catalogue, stream; not \(name)"
    )
  }
  return target
}()

@main
enum Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = unsafe CommandLine.unsafeArgv
    // The input is lent for the call, and copied; whatever it is, it may be kept: 0.
    exit(
      unsafe runFuzzer(&count, &arguments) { bytes, count in
        fuzz(target, unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count)))
        return 0
      })
  }
}
