import ArgumentParser
import Checkpoint
import FileCore
import Models
import ProgramsCore

extension BenchProgram {
  /// Measures how many calls a second a graph model answers, each going on from the states of the one before.
  struct Graph: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures the calls a second of an ONNX graph with carried states.",
      discussion: """
        The inputs are small numbers in the declared shapes, open axes of size --open.
        Example: bench graph model_1.onnx --state input_3=tf_op_layer_stack_2 --threads 1
        """)

    @Argument(help: "The graph, an ONNX file.")
    var file: String

    @Option(help: "INPUT=OUTPUT: an input that takes this output of the call before.")
    var state: [String] = []

    @Option(help: "INPUT=NUMBER: an input of one integer.")
    var number: [String] = []

    @Option(help: "The size of axes that the file leaves open.")
    var open = 1

    @OptionGroup var rounds: RoundsOption
    @OptionGroup var measuring: MeasuringOptions

    func run() throws {
      measuring.apply()
      let states = try state.map { GraphModel.State(try pair($0).0, try pair($0).1) }
      let model = try GraphModel(ONNXModel(path: file), states: states, file: file)
      let inputs = try arrays(model)
      var session = GraphSession(model)
      for _ in 0..<10 { _ = try session.run(inputs) }
      var best = 0.0
      for _ in 0..<rounds.rounds {
        session.reset()
        let clock = ContinuousClock()
        let start = clock.now
        var calls = 0
        while clock.now - start < .seconds(measuring.seconds) {
          for _ in 0..<16 { _ = try session.run(inputs) }
          calls += 16
        }
        let elapsed = (clock.now - start) / .seconds(1)
        best = max(best, Double(calls) / elapsed)
      }
      try Console.write("\(Folder.name(of: file)): \(Int(best)) calls/s\n")
    }

    private func pair(_ text: String) throws -> (String, String) {
      guard let place = text.firstIndex(of: "=") else {
        throw ValidationError("expected INPUT=VALUE, found \(text)")
      }
      return (String(text[..<place]), String(text[text.index(after: place)...]))
    }

    /// The inputs but the states.
    private func arrays(_ model: GraphModel) throws -> ExactDictionary<StoredArray> {
      let numbers = try Dictionary(number.map { try pair($0) }) { first, _ in first }
      var arrays: ExactDictionary<StoredArray> = [:]
      for input in model.inputs where !model.states.contains(where: { $0.input == input.name }) {
        if let number = numbers[input.name].flatMap({ Int64($0) }) {
          arrays[input.name] = StoredArray(number)
          continue
        }
        let shape = (input.shape ?? []).map { extent in
          if case .fixed(let size) = extent { size } else { open }
        }
        guard input.elementType == .float32 else {
          throw ValidationError("\(input.name): expected float32, found \(input.elementType)")
        }
        let values = (0..<shape.reduce(1, *)).map { Float($0 % 17) / 170 - 0.05 }
        arrays[input.name] = StoredArray(values, shape: shape)
      }
      return arrays
    }
  }
}
