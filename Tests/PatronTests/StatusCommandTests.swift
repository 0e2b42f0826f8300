// What `patron status` makes of a reply. Not here: the connection.

import Testing
import Wire

@testable import patron

@Suite("StatusCommand")
struct StatusCommandTests {
  private func reply(_ change: (inout StatusReply) -> Void) -> StatusReply {
    var reply = StatusReply()
    change(&reply)
    return reply
  }

  private func line(_ name: String, _ reply: StatusReply) -> String? {
    StatusCommand.text(reply, withHash: false).split(separator: "\n").map(String.init)
      .first { $0.hasPrefix(name + " ") }?.dropFirst(17).description
  }

  @Test("the policy is told as --sync takes it, with the loss it allows")
  func policy() {
    #expect(line("sync", StatusReply()) == "always, nothing acknowledged can be lost")
    let windowed = reply {
      $0.syncWindowMicros = 10_000
      $0.lossWindowMicros = 12_340
    }
    #expect(line("sync", windowed) == "10ms, longest from acknowledgement to sync 12.34ms")
    let text = JSONWriter.line(StatusCommand.json(windowed, withHash: false))
    #expect(text.contains(#""sync":"10ms","lossWindowMicros":12340"#))
    let always = JSONWriter.line(StatusCommand.json(StatusReply(), withHash: false))
    #expect(always.contains(#""sync":"always","lossWindowMicros":0"#))
  }

  @Test("a full disk is told, and what was refused for it")
  func space() {
    #expect(line("disk space", StatusReply()) == "enough; 0 commands refused since the start")
    let full = reply {
      $0.isOutOfSpace = true
      $0.refusedForSpace = 1_234
    }
    #expect(
      line("disk space", full)
        == "NONE, commands are refused; 1,234 commands refused since the start")
    let text = JSONWriter.line(StatusCommand.json(full, withHash: false))
    #expect(text.contains(#""noSpace":true,"refusedForSpace":1234"#))
  }

  @Test("repeats, answers and files are told")
  func sizes() {
    let busy = reply {
      $0.repeated = 17
      $0.answerBytes = 3 << 19
      $0.journalBytes = 5 << 20
      $0.snapshotBytes = 1 << 30
      $0.snapshotWrittenBytes = 1 << 19
    }
    #expect(line("repeats", busy) == "17 commands recognised; answers take 1.5 MiB")
    #expect(
      line("on disk", busy) == "journal 5.0 MiB, snapshot 1024.0 MiB, 0.5 MiB of it written last")
    let text = JSONWriter.line(StatusCommand.json(busy, withHash: false))
    #expect(text.contains(#""answerBytes":1572864,"repeated":17"#))
    #expect(
      text.contains(
        #""journalBytes":5242880,"snapshotBytes":1073741824,"snapshotWritten":524288"#))
  }

  @Test("replies in parts that are under way are told")
  func scans() {
    let scanning = reply { $0.repliesInParts = 3 }
    #expect(line("replies in parts", scanning) == "3 under way")
    let text = JSONWriter.line(StatusCommand.json(scanning, withHash: false))
    #expect(text.contains(#""repliesInParts":3,"#))
  }

  @Test("a blend and a calibration stand in the model's line")
  func blend() {
    let status = reply {
      var model = ModelFields(kind: 1, parameters: SIMD4(0.25, 31.5, 0.8, 2.4))
      model.blend = [BlendFields(kind: 3, parameters: SIMD4(1, 1, 1, 1))]
      model.calibration.season = (0..<24).map { $0 < 12 ? 0.5 : 1.5 }
      model.calibration.logLevel = -0.125
      model.calibration.correction = CalibrationFields.Correction(
        referenceDays: 182, intercept: 0,
        signals: (0..<5).map { _ in .init(weight: 0, mean: 0, deviation: 1) })
      $0.generation = 4
      $0.model = model
    }
    #expect(
      line("model", status)
        == "bg-nbd, generation 4, r 0.25, alpha 31.5 days, a 0.8, b 2.4, with pareto-nbd, "
        + "season 0.50 to 1.50, level 0.8825, corrected for 182 days, no spend model")
  }
}
