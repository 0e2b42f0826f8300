// `patron adopt`: has a server adopt parameters from a file, or its previous model again.

internal import Client
internal import Foundation
internal import Wire

enum Adopt {
  static let command = Command(
    name: "adopt", summary: "adopt the parameters of a file, or put the previous model back",
    synopsis: "MODEL.json|-|--previous",
    options: [
      Option("previous", nil, "put back the model adopted before the present one"),
      Connecting.option,
    ],
    details: """
      The file has the keys that 'patron fit --json' prints: model, parametersWeeks or
      parametersDays with r, alpha, a and b (Pareto/NBD: r, alpha, s and beta), and perhaps spend
      with p, q and gamma, blend with further models, and calibration. '-' reads standard input.
      With --previous the present and the previous model change places; twice is as before.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    if arguments.flag("previous") { return try putBack(arguments) }
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
      "adopted \(model.fullName) \(spend) as generation \(reply.generation)")
  }

  private static func putBack(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    var client = try Connecting.client(arguments)
    let reply: AdoptModelReply
    do throws(ClientError) {
      reply = try client.putBackModel()
    } catch {
      throw CommandError(error)
    }
    Console.out("put the previous model back as generation \(reply.generation)")
  }
}
