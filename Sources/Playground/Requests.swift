import Datasets
import FileCore
import Models

/// What a page asks for, and the answers, all as JSON.
package struct Requests: Sendable {
  let session: Session

  package init(_ session: Session) { self.session = session }

  /// Answers one request.
  ///
  /// - Throws: ``Refusal`` and others, whose text is for the page's reader.
  package func answer(_ name: String, _ body: [UInt8]) async throws -> String {
    switch name {
    case "setup":
      try await session.begin(decode(Setup.self, body))
      return "{}"
    case "control":
      try await session.control(decode(Session.Control.self, body))
      return "{}"
    case "choices": return json(Choices())
    case "stream":
      try await session.control(decode(Session.StreamControl.self, body))
      return "{}"
    case "forecast":
      return json(try await session.forecaster.answer(decode(DrawnCurve.Question.self, body)))
    case "equations": return json(try Zoo.equations(of: decode(Named.self, body).name))
    case "verdict":
      let question = try decode(Equations.self, body)
      return json(Zoo.verdict(of: question.text, measuring: question.measures ?? false))
    case "branch": return try await branch(decode(Branch.self, body))
    case "next": return try await next(decode(Next.self, body))
    case "units": return try await units(decode(Reading.self, body))
    case "influence": return try await influence(decode(Reading.self, body))
    case "nearest": return try await nearest(decode(Reading.self, body))
    default: throw Refusal("\(name): no such request")
    }
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws -> Value {
    do {
      return try JSONValue(parsing: body, maximumDepth: 16).decoded(as: type)
    } catch let error as JSONError {
      throw Refusal("JSON, byte \(error.offset): \(error.problem)")
    } catch {
      throw Refusal("JSON: \(error)")
    }
  }

  struct Named: Decodable { var name: String }
  struct Equations: Decodable {
    var text: String
    var measures: Bool?
  }

  /// What the page's lists hold.
  struct Choices: Encodable {
    var data = DataChoice.all
    var tasks = FileTask.allCases.map(\.rawValue)
    var cells = Zoo.entries
  }

  // MARK: What comes next

  struct Next: Decodable {
    /// The text, where no branch is asked about.
    var text: String?
    /// A tree and its node.
    var tree: Int?
    var node: Int?
    var lane: Int?
    var temperature: Double
    var topK: Int?
    var topP: Double?
    var seed: UInt64?
  }

  private func next(_ question: Next) async throws -> String {
    let sampler = Sampler(
      temperature: question.temperature, topK: question.topK, topP: question.topP)
    var (reader, step): (Stepwise, Int)
    if let number = question.tree {
      let tree = try await session.trees.tree(number)
      (reader, step) = (try tree.node(question.node ?? 0), tree.step)
    } else {
      let (model, steps) = try await session.language(question.lane ?? 0)
      (reader, step) = (Stepwise(model, after: question.text ?? ""), steps)
    }
    return json(
      try NextTokens(
        reader, step: step, sampler: sampler, length: 120, seed: question.seed ?? 1))
  }

  struct Branch: Decodable {
    /// The tree to grow; nil for a new one.
    var tree: Int?
    var node: Int?
    /// What the branch reads after its node; for a new tree, its whole text.
    var text: String
    var lane: Int?
  }

  struct Place: Codable {
    var tree: Int
    var node: Int
    var step: Int
  }

  /// Begins a tree of branches, or takes a branch.
  private func branch(_ question: Branch) async throws -> String {
    guard let number = question.tree else {
      let (model, step) = try await session.language(question.lane ?? 0)
      let tree = BranchTree(model, after: question.text, step: step)
      return json(Place(tree: await session.trees.keep(tree), node: 0, step: step))
    }
    let node = try await session.trees.grow(
      number, from: question.node ?? 0, reading: question.text)
    return json(Place(tree: number, node: node, step: try await session.trees.tree(number).step))
  }

  // MARK: A text that is read

  struct Reading: Decodable {
    var text: String
    var lane: Int?
    var index: Int?
    var end: Int?
  }

  struct Units: Encodable {
    var pieces: [String]
    var surprise: [Double]
    var units: Int
    var values: String
    var largest: Double
    var followers: [ReadText.Follower]
  }

  private func read(_ question: Reading) async throws -> ReadText {
    try ReadText(question.text, by: await session.language(question.lane ?? 0).model)
  }

  private func units(_ question: Reading) async throws -> String {
    let text = try await read(question)
    let picture = text.picture
    return json(
      Units(
        pieces: text.pieces, surprise: text.surprise.map { $0.isFinite ? $0 : 99 },
        units: text.units, values: picture.values, largest: Double(picture.largest),
        followers: text.followers))
  }

  struct Influence: Encodable {
    var first: Int
    var norms: [Double]
  }

  private func influence(_ question: Reading) async throws -> String {
    let (first, norms) = try await read(question).influence(on: question.index ?? -1)
    return json(Influence(first: first, norms: norms.map { $0.isFinite ? $0 : 0 }))
  }

  struct Neighbour: Encodable {
    var index: Int
    var cosine: Double
  }

  private func nearest(_ question: Reading) async throws -> String {
    let (start, end) = (question.index ?? -1, question.end ?? -1)
    guard start >= 0, start < end else { throw Refusal("span: expected a part of the text") }
    return json(
      try await read(question).nearest(to: start..<end).map {
        Neighbour(index: $0.index, cosine: $0.cosine)
      })
  }
}
