// Where libFuzzer enters: built only by .ci/fuzz, which says how.

import FuzzTargets
import Glibc

/// The door that the environment names.
private let target: FuzzTarget = {
  guard let name = unsafe getenv("FUZZ_TARGET"),
    let target = FuzzTarget(rawValue: unsafe String(cString: name))
  else {
    preconditionFailure("FUZZ_TARGET names one of frame, request, journal, snapshot")
  }
  return target
}()

/// Takes one input.
///
/// - Parameters:
///   - bytes: the input; libFuzzer lends it for the call.
///   - count: its size.
/// - Returns: 0, for every input may be kept.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // The pointer is valid for `count` bytes during the call, and they are copied.
  fuzz(target, unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
