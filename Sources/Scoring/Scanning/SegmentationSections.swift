// What segments are as bytes: their section, which is made when it is asked for (little-endian):
//
//    4 version of the definitions    1 how many, then for each the texts to enter and to stay (4 size, the
//      text), empty for the default
//    1 whether there are quantiles, and if so 4 generation, 4 version, 4 day, 1 how many numbers, then for
//      each its name and 8 for each of its points
//    1 whether everybody's segment was found, and if so 4 generation, 4 version, 4 day, 8 customers of each

import Offers
import Wire

extension Segmentation {
  /// The section.
  func block() -> Block {
    var out = ByteBuffer()
    out.append(version)
    out.append(UInt8(definitions.count))
    for (definition, plain) in zip(definitions, Self.defaults) {
      out.append(definition.enters == plain.enters ? "" : definition.enters)
      out.append(definition.stays == plain.stays ? "" : definition.stays)
    }
    out.append(UInt8(quantilesOf == nil ? 0 : 1))
    if let quantilesOf {
      quantilesOf.write(to: &out)
      out.append(UInt8(quantiles.count))
      for (name, points) in quantiles.sorted(by: { $0.key < $1.key }) {
        out.append(name: name)
        for point in points { out.append(point) }
      }
    }
    out.append(UInt8(search == nil ? 0 : 1))
    if let search {
      search.stand.write(to: &out)
      for count in search.customers { out.append(count) }
    }
    return Block(copying: out.bytes, changed: changed)
  }

  /// Takes over what was read; the marks are there.
  mutating func restore(_ block: Block) throws(SectionError) {
    do throws(Refusal) {
      var reader = FrameReader(block.bytes)
      try read(&reader)
      try reader.requireEnd()
    } catch {
      throw SectionError("what segments are cannot be read: \(error)")
    }
    changed = block.changed
  }

  private mutating func read(_ reader: inout FrameReader) throws(Refusal) {
    version = try reader.read(UInt32.self)
    let at = reader.offset
    guard Int(try reader.readUInt8()) == definitions.count else {
      throw Refusal(.invalidField, at: at, "there are other segments than this build knows")
    }
    for place in definitions.indices {
      let (enters, stays) = (try readText(&reader), try readText(&reader))
      if !enters.isEmpty { definitions[place].enters = enters }
      if !stays.isEmpty { definitions[place].stays = stays }
    }
    if try reader.readUInt8() != 0 {
      quantilesOf = try SegmentStand(from: &reader)
      for _ in 0..<(try reader.readUInt8()) {
        let name = try reader.readName("number")
        var points: [Double] = []
        for _ in 0...Self.parts { points.append(try reader.readFinite("point")) }
        quantiles[name] = points
      }
    }
    if try reader.readUInt8() != 0 {
      let stand = try SegmentStand(from: &reader)
      var customers: [UInt64] = []
      for _ in Segment.allCases { customers.append(try reader.read(UInt64.self)) }
      search = SegmentSearch(stand: stand, customers: customers)
    }
  }

  private func readText(_ reader: inout FrameReader) throws(Refusal) -> String {
    let at = reader.offset
    guard let text = String(bytes: try reader.readLongText("condition")) else {
      throw Refusal(.invalidField, at: at, "a condition is not valid UTF-8")
    }
    return text
  }
}

extension SegmentStand {
  init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    version = try reader.read(UInt32.self)
    day = try reader.read(Int32.self)
  }

  func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(version)
    out.append(day)
  }
}

extension ByteBuffer {
  /// Appends a condition, which is never too long.
  fileprivate mutating func append(_ condition: String) {
    append(UInt32(condition.utf8.count))
    for byte in condition.utf8 { append(byte) }
  }
}
