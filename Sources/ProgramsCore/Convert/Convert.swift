import ArgumentParser
import Checkpoint
import FileCore
import Interop
import Models
import TensorCore

package struct Convert: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract:
      "Converts a model between .rnnz, .safetensors and .onnx; reads .pt and .npz too.",
    discussion: """
      Other formats than .rnnz hold the model alone: what training needs to go on stays in the file that was read.
      Weights without a vocabulary, which are no model yet, can become safetensors.
      An ONNX graph becomes a graph model in .rnnz, which predict runs on arrays;
      the graph of a language model whose vocabulary is known, a language model.
      Example: convert model.pt model.rnnz --vocabulary tokens.json
      Example: convert model.rnnz small.rnnz --weights int8
      """,
    version: Version.number)

  @Argument(help: "What to read.", completion: .file())
  var input: String

  @Argument(
    help: "What to write; its ending tells the format: .rnnz, .safetensors or .onnx.",
    completion: .file())
  var output: String

  @OptionGroup var description: DescriptionOptions

  @Option(
    help: "INPUT=OUTPUT: an ONNX graph's input that takes this output of the call before.")
  var state: [String] = []

  @Option(
    help: """
      The numbers of matrices in .rnnz: int8 with a scale for each row, bf16 or float32. \
      Only float32 can be trained.
      """)
  var weights: WeightFormat?

  @Flag(help: "Replaces a file that is there already.")
  var overwrite = false

  @Flag(
    help: "Leaves out what training needs to go on, and names that the format has no place for.")
  var modelOnly = false

  package init() {}

  private var format: ModelConversion.Format? { ModelConversion.Format(path: output) }

  package func validate() throws {
    guard format != nil else {
      throw ValidationError(
        "output: expected a name that ends with .rnnz, .safetensors or .onnx, found \(output)")
    }
    guard weights == nil || format == .rnnz else {
      throw ValidationError(
        "--weights: expected an output that ends with .rnnz, found \(output)")
    }
  }

  /// The states of a graph; nil for those that the file names.
  private func states() throws -> [GraphModel.State]? {
    if state.isEmpty { return nil }
    return try state.map { pair in
      guard let place = pair.firstIndex(of: "="), place != pair.startIndex else {
        throw ValidationError("--state: expected INPUT=OUTPUT, found \(pair)")
      }
      return GraphModel.State(
        String(pair[..<place]), String(pair[pair.index(after: place)...]))
    }
  }

  package func run() throws {
    guard let format else { return }
    try FilePlace(output).requireOther(than: input, description.vocabulary, description.config)
    guard overwrite || !FilePlace(output).isOccupied else {
      throw Failure("\(output): a file is there already: --overwrite replaces it")
    }
    if format == .rnnz, !modelOnly, weights ?? .float32 == .float32,
      let reader = try? CheckpointReader(path: input),
      reader.contains(.trainer, "step")
    {
      throw Failure(
        "\(output): would leave out what training needs to go on from \(input): --model-only does")
    }
    let file = try ArrayFile(path: input)
    let description = try description.read()
    description.noteUnused(for: file)
    var conversion = try ModelConversion(file, described: description, states: states())
    if let weights { try conversion.encodeWeights(as: weights) }
    guard modelOnly || !conversion.losesNames(as: format) else {
      throw Failure(
        "\(output): would leave out the names of what \(input) reads and answers: --model-only does"
      )
    }
    try conversion.save(to: output, as: format)
    try Console.write("\(output): \(conversion.summary.visibleLine)\n")
  }
}

extension Convert {
  /// The command that makes a checkpoint of a model in another format; nil for a checkpoint, and for what is no model.
  static func command(for path: String) -> String? {
    guard let file = try? ArrayFile(path: path) else { return nil }
    switch file.content {
    case .checkpoint, .array: return nil
    case .safetensors, .torch, .pickle, .numPy, .hdf5, .keras, .onnx: break
    }
    let place = FilePlace(path)
    let output = FilePlace(place.folder + place.stem + ".rnnz").free
    return Invocation.line(.convert, [path, output])
  }
}

extension WeightFormat: ExpressibleByArgument {}
