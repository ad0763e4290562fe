import Checkpoint
import FileCore
import Foundation
import Models
import Testing

/// The node tests of the package onnx: each is computed as it says, or refused by the name of what is not supported.
@Suite(.enabled(if: Peers.areInstalled, Peers.comment)) struct ONNXNodeTests {
  /// The operators that graph models must have.
  private static let operators =
    "RNN LSTM GRU Scan MatMul Gemm Add Sub Mul Div Sqrt Pow Sigmoid Tanh Relu Exp Log Softmax LogSoftmax Gather "
    + "Transpose Reshape Squeeze Unsqueeze Concat Slice Split Pad Shape ConstantOfShape Expand Cast Identity Where "
    + "ReduceMean ReduceSum LayerNormalization InstanceNormalization BatchNormalization Conv ArgMax "
    + "ConvTranspose MaxPool AveragePool GlobalMaxPool GlobalAveragePool LeakyRelu ThresholdedRelu Elu Celu Selu "
    + "HardSigmoid HardSwish Mish Gelu PRelu Mod "
    + "ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp CumSum CumProd Hardmax TopK NonZero Compress "
    + "GatherND GatherElements ScatterND ScatterElements Scatter Tile Trilu EyeLike ReverseSequence DepthToSpace "
    + "SpaceToDepth Einsum Loop Round Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf IsNaN IsInf Swish "
    + "Shrink LpNormalization GroupNormalization RMSNormalization MeanVarianceNormalization QuantizeLinear "
    + "DequantizeLinear DynamicQuantizeLinear MatMulInteger ConvInteger Constant Greater Min And Equal Resize Upsample"

  /// What an error says of a test that is refused: types that files of weights do not have, values that are no arrays,
  /// statistics of training, and the first form of Scan.
  private static let refusals = [
    "is not supported", "training_mode: expected 0",
    "expected an array, found another kind of value",
  ]

  private enum Outcome {
    case right
    case refused(String)
    case wrong(String)
  }

  @Test func everyNodeTestIsRightOrRefusedByName() throws {
    try withTemporaryDirectory { directory in
      _ = try Peers.run(
        "onnx_node_tests.py",
        arguments: [directory] + Self.operators.split(separator: " ").map(String.init))
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        .filter { $0.hasSuffix(".onnx") }.sorted()
      var (right, refused) = (0, 0)
      for name in names.map({ String($0.dropLast(5)) }) {
        switch outcome(of: name, in: directory) {
        case .right: right += 1
        case .refused(let reason):
          refused += 1
          #expect(Self.refusals.contains { reason.contains($0) }, "\(name): \(reason)")
        case .wrong(let reason): Issue.record("\(name): \(reason)")
        }
      }
      // onnx 1.23 brings 738 tests of these operators whose arrays are of types that safetensors has.
      #expect(right >= 702, "\(right) right, \(refused) refused")
    }
  }

  private func outcome(of name: String, in directory: String) -> Outcome {
    let path = "\(directory)/\(name)"
    do throws(CheckpointError) {
      let model = try GraphModel(ONNXModel(path: path + ".onnx"), file: name)
      let inputs = try Safetensors(path: path + ".in.safetensors")
      let expected = try Safetensors(path: path + ".out.safetensors")
      var arguments = ExactDictionary<StoredArray>()
      for (index, input) in model.inputs.enumerated() {
        arguments[input.name] = try inputs.array("\(index)")
      }
      let results = try model(arguments)
      // Later calls run by a program for these shapes.
      for _ in 0..<2 where try model(arguments) != results {
        return .wrong("called again it gives something else")
      }
      for (index, output) in model.outputs.enumerated() {
        guard let found = results[output.name] else { return .wrong("no output \(output.name)") }
        let wanted = try expected.array("\(index)")
        if let difference = difference(found, wanted, tolerance(path)) {
          return .wrong("\(output.name): \(difference)")
        }
      }
      return .right
    } catch {
      return .refused("\(error)")
    }
  }

  /// The relative and the absolute tolerance of a test.
  private func tolerance(_ path: String) -> (Double, Double) {
    let text = (try? String(contentsOfFile: path + ".tolerance", encoding: .utf8)) ?? ""
    let numbers = text.split(separator: " ").compactMap { Double($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (1e-3, 1e-7)
  }

  private func difference(
    _ found: StoredArray, _ expected: StoredArray, _ tolerance: (Double, Double)
  ) -> String? {
    guard found.elementType == expected.elementType, found.shape == expected.shape else {
      return "expected \(expected.elementType) \(expected.shape), "
        + "found \(found.elementType) \(found.shape)"
    }
    for (index, (a, b)) in zip(found.doubles, expected.doubles).enumerated() {
      if a == b || a.isNaN && b.isNaN { continue }
      guard abs(a - b) <= tolerance.1 + tolerance.0 * abs(b) else {
        return "element \(index): expected \(b), found \(a)"
      }
    }
    return nil
  }
}
