import ArgumentParser
import Checkpoint
import FileCore
import Models

/// What `predict` does with a graph model: arrays in and out.
///
/// An `.npz` file holds the inputs by name, an `.npy` file the only input beside the states. Any other file, or standard
/// input, has a JSON text a line: each line is a call that goes on from the states after the line before, and an empty
/// line starts from zeros again.
struct PredictedArrays {
  private var session: GraphSession
  /// The file for the outputs; JSON on standard output unless given.
  private let output: String?
  /// The file of a JSON text a line, opened for the first answer.
  private var answers: LineFile?

  init(_ model: GraphModel, output: String?) throws {
    session = GraphSession(model)
    self.output = output
    if let output, !output.hasEnding(".npz", ".npy", ".json") {
      throw Failure("\(output): expected a name that ends with .npz, .npy or .json")
    }
  }

  mutating func answer(_ file: String?) throws {
    if let file, file.hasEnding(".npz") {
      return try write(session.runAll(ArrayFile(path: file).arrays()))
    }
    if let file, file.hasEnding(".npy") {
      let inputs = session.model.inputs.map(\.name).filter { !session.isState($0) }
      guard inputs.count == 1 else {
        throw Failure("\(file): expected an .npz file with \(inputs.listed())")
      }
      var arrays = ExactDictionary<StoredArray>()
      arrays[inputs[0]] = try StoredArray(numPyPath: file)
      return try write(session.runAll(arrays))
    }
    try answer(lines: TextStream(file == "-" ? nil : file, encoding: .utf8))
  }

  private mutating func answer(lines: TextStream) throws {
    var faults = 0
    while let bytes = try lines.next() {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw Failure("\(lines.name):\(lines.number): expected text in UTF-8, found other bytes")
      }
      if line.allSatisfy(\.isWhitespace) {
        session.reset()
        continue
      }
      // A line that is no input, or does not suit the graph, leaves the states as they were.
      let known = session
      let outputs: ExactDictionary<StoredArray>
      do {
        outputs = try session.runAll(session.arrays(reading: line))
      } catch {
        session = known
        faults += 1
        Console.note(error: "\(lines.name):\(lines.number): \(error)")
        continue
      }
      try write(outputs)
    }
    if faults > 0 { throw ExitCode(1) }
  }

  private mutating func write(_ outputs: ExactDictionary<StoredArray>) throws {
    guard let output, !output.hasEnding(".json") else {
      let text = session.json(outputs).text + "\n"
      guard let output else { return try Console.write(text) }
      let file = try answers ?? LineFile(output, appends: false)
      answers = file
      return try file.write(String(text.dropLast()))
    }
    if output.hasEnding(".npz") { return try NumPyArchive.save(outputs, to: output) }
    let names = outputs.keys.filter { !session.isNewState($0) }
    guard names.count == 1, let array = outputs[names[0]] else {
      throw Failure("\(output): expected an .npz file for \(names.listed())")
    }
    try array.saveNumPy(to: output)
  }
}
