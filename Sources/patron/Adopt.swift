// `patron adopt`: has a server adopt parameters from a file.

internal import Client
internal import Foundation
internal import Wire

enum Adopt {
  static let command = Command(
    name: "adopt", summary: "adopt the parameters of a file",
    synopsis: "MODEL.json|-", options: [Connecting.option],
    details: """
      The file has the keys that 'patron fit --json' prints: model, parametersWeeks or
      parametersDays with r, alpha, a and b (Pareto/NBD: r, alpha, s and beta), and perhaps spend
      with p, q and gamma. '-' reads standard input.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let path = try arguments.onlyPositional("MODEL.json")
    var source = try FileSource(path)
    var bytes: [UInt8] = []
    while try source.read(into: &bytes) {
      guard bytes.count < 1 << 20 else { throw .failed("'\(path)' is too long for a model") }
    }
    let model: ModelFields
    do throws(CommandError) {
      model = try ModelFile.model(Data(bytes))
    } catch {
      guard case .failed(let sentence) = error else { throw error }
      throw .failed("'\(path)' is no model: \(sentence)")
    }
    var client = try Connecting.client(arguments)
    let reply: AdoptModelReply
    do throws(ClientError) {
      reply = try client.adoptModel(model)
    } catch {
      throw CommandError(error)
    }
    let spend = model.spendKnown ? "with a spend model" : "without a spend model"
    Console.out(
      "adopted \(model.name) \(spend) as generation \(reply.generation)")
  }
}
