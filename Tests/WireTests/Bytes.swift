// Between [UInt8], in which tests think, and the buffers and frames of Wire. No
// tests here.

import Wire

/// A buffer that holds `bytes` and nothing else.
func buffer(_ bytes: some Sequence<UInt8>) -> ByteBuffer {
  var buffer = ByteBuffer()
  for byte in bytes { buffer.append(byte) }
  return buffer
}

/// What waits in a buffer.
func array(_ buffer: borrowing ByteBuffer) throws -> [UInt8] {
  var reader = FrameReader(buffer.bytes)
  var bytes: [UInt8] = []
  while reader.remaining > 0 { bytes.append(try reader.readUInt8()) }
  return bytes
}

/// A whole frame around `body`.
func makeFrame<M: Message>(
  _ body: M, verb: Verb = .ping, status: Status = .ok, tag: UInt64 = 0, deadlineMillis: UInt32 = 0
) throws -> [UInt8] {
  var out = ByteBuffer()
  let mark = Frame.begin(
    verb: verb.rawValue, status: status, tag: tag, deadlineMillis: deadlineMillis, in: &out)
  try body.write(to: &out)
  Frame.end(mark, in: &out)
  return try array(out)
}

/// The body of a whole frame, which must end where the body does.
func readBody<M: Message>(_ type: M.Type, of frame: [UInt8]) throws -> M {
  let bytes = buffer(frame)
  var reader = FrameReader(bytes.bytes, from: FrameHeader.size)
  let body = try M(from: &reader)
  try reader.requireEnd()
  return body
}

/// The header of the first frame in `bytes`; nil while it is incomplete.
func firstHeader(of bytes: [UInt8], sizeMax: Int = Limits.frameSizeMax) throws -> FrameHeader? {
  let bytes = buffer(bytes)
  switch try Frame.cut(bytes.bytes, sizeMax: sizeMax) {
  case .incomplete: return nil
  case .frame(let header): return header
  }
}

/// The refusal that `work` ends with; nil when it succeeds.
func refusal(_ work: () throws -> Void) -> Refusal? {
  do {
    try work()
    return nil
  } catch let refusal as Refusal {
    return refusal
  } catch {
    return Refusal(.taskFailed, "not a refusal: \(error)")
  }
}

/// The bytes of a number as they lie on the wire, made without Wire's help.
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// The bytes of a Double as they lie on the wire.
func littleEndian(_ value: Double) -> [UInt8] { littleEndian(value.bitPattern) }
