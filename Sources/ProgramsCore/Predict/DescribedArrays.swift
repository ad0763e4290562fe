import ArgumentParser
import Checkpoint
import FileCore
import Interop
import Models
import TensorCore

/// What `predict` does with a described network whose answers are numbers: texts or arrays in, arrays out.
///
/// An `.npy` file is one sequence `[T, I]`, or `[T]` of tokens. Of any other file, or standard input, each line is an input: a text, or
/// for a network that reads numbers a JSON array of steps, each an array, or a token's number.
struct DescribedArrays {
  private let network: VectorNetwork
  private let readsTexts: Bool
  /// The file for the answer to an `.npy` file; JSON on standard output unless given.
  private let output: String?

  init(_ network: VectorNetwork, readsTexts: Bool, output: String?) throws {
    (self.network, self.readsTexts, self.output) = (network, readsTexts, output)
    if let output, !output.hasEnding(".npy") {
      throw Failure("\(output): expected a name that ends with .npy")
    }
  }

  func answer(_ file: String?) throws {
    if let file, file.hasEnding(".npy") {
      let answer: Tensor
      do {
        answer = try network.numbers(for: StoredArray(numPyPath: file).tensor)
      } catch let error as UnreadableInput {
        throw Failure("\(file): \(error)")
      }
      guard let output else { return try Console.write(Self.json(answer).text + "\n") }
      return try StoredArray(answer).saveNumPy(to: output)
    }
    if output != nil { throw Failure("--out: expected an .npy file as input") }
    try answer(lines: TextStream(file == "-" ? nil : file, encoding: .utf8))
  }

  private func answer(lines: TextStream) throws {
    var faults = 0
    while let bytes = try lines.next() {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw Failure("\(lines.name):\(lines.number): expected text in UTF-8, found other bytes")
      }
      do {
        let answer =
          readsTexts
          ? try network.numbers(for: JSONInput(line)?.text ?? line)
          : try network.numbers(for: Self.steps(line))
        try Console.write(Self.json(answer).text + "\n")
      } catch let error as UnreadableInput {
        faults += 1
        Console.note(error: "\(lines.name):\(lines.number): \(error)")
      }
    }
    if faults > 0 { throw ExitCode(1) }
  }

  /// The steps of a line: `[[0.5, 1], [0.25, 0]]`, or tokens: `[3, 5, 2]`.
  private static func steps(_ line: String) throws(UnreadableInput) -> Tensor {
    let expected = "a JSON array of steps, each an array of as many numbers, or of tokens"
    guard let value = try? JSONValue(parsing: Array(line.utf8), maximumDepth: 8),
      case .array(let rows) = value
    else { throw UnreadableInput(expected: expected, found: String(line.prefix(40))) }
    let tokens = rows.compactMap { if case .number(let digits) = $0 { Float(digits) } else { nil } }
    if !rows.isEmpty, tokens.count == rows.count { return Tensor(tokens) }
    let steps = rows.map { row -> [Float] in
      guard case .array(let numbers) = row else { return [] }
      return numbers.compactMap { number in
        if case .number(let digits) = number { Float(digits) } else { nil }
      }
    }
    let width = steps.first?.count ?? 0
    guard width > 0, steps.allSatisfy({ $0.count == width }),
      zip(rows, steps).allSatisfy({ row, step in
        if case .array(let numbers) = row { numbers.count == step.count } else { false }
      })
    else { throw UnreadableInput(expected: expected, found: String(line.prefix(40))) }
    return Tensor(steps.flatMap(\.self), shape: [steps.count, width])
  }

  private static func json(_ tensor: Tensor) -> JSONValue {
    guard tensor.rank == 2 else {
      return .array(tensor.scalars.map { JSONValue($0) })
    }
    return .array((0..<tensor.shape[0]).map { json(tensor.at($0)) })
  }
}
