import Cells
import Checkpoint
import FileCore
import Foundation
import Interop
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
    case "cells": return json(Zoo.entries)
    case "equations": return json(try Zoo.equations(of: decode(Named.self, body).name))
    case "verdict":
      let question = try decode(Equations.self, body)
      return json(Zoo.verdict(of: question.text, measuring: question.measures ?? false))
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

  // MARK: What comes next

  struct Next: Decodable {
    var text: String
    var lane: Int?
    var temperature: Double
    var topK: Int?
    var topP: Double?
    var seed: UInt64?
  }

  private func next(_ question: Next) async throws -> String {
    let sampler = Sampler(
      temperature: question.temperature, topK: question.topK, topP: question.topP)
    return json(
      try NextTokens(
        after: question.text, by: await session.model(question.lane ?? 0), sampler: sampler,
        length: 120, seed: question.seed ?? 1))
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
    try ReadText(question.text, by: await session.model(question.lane ?? 0))
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

  // MARK: Downloads

  /// The bytes of a file that the page offers; nil for an unknown name.
  package func download(_ name: String) async throws -> [UInt8]? {
    let saved = try await session.model(0)
    switch name {
    case "model.rnnz":
      var checkpoint = Checkpoint()
      try saved.write(to: &checkpoint)
      return try checkpoint.encoded()
    case "model.onnx": return try saved.onnx().encoded()
    case "cell.swift":
      let cell = saved.model.configuration.cell
      guard let text = CellText(writing: cell.base, name: cell.name) else {
        throw Refusal("\(cell.name): the notation can't say this cell")
      }
      return Array(text.swift(type: "PlaygroundCell").utf8)
    default: return nil
    }
  }
}
