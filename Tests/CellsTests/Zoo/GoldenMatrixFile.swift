import Cells
import FileCore
import TensorCore
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What `make_golden_matrix_cells.py` writes: PyTorch's numbers in double precision for cells with a matrix for a
/// state.
struct GoldenMatrixFile: Decodable, Sendable {
  struct Constants: Decodable, Sendable {
    var B, T: Int
    var A, W, P, C: Double
  }

  struct Cell: Decodable, Sendable {
    var D, heads, K, V, R, input, output: Int
    var gain: Double
    var params, states: [GoldenFile.Parameter]
    var cases: [String: Case]
  }

  struct Case: Decodable, Sendable {
    var lengths: [Int]
    var y: [Double]
    var final_state: [String: [Double]]
    var loss: Double
    var grads: [String: [Double]]
    var dx: [Double]
    var ds: [String: [Double]]
  }

  var constants: Constants
  var cells: [String: Cell]

  /// The recorded file; with every case, the one that ../shared has beside the package; and, with other sizes,
  /// one that `SWIFT_RNN_GOLDEN_MATRIX` names.
  static let all: [GoldenMatrixFile] = {
    let folder = #filePath.replacing("/Zoo/GoldenMatrixFile.swift", with: "")
    let others = [
      folder + "/../../../shared/reference/golden_matrix_cells.json",
      getenv("SWIFT_RNN_GOLDEN_MATRIX").map { String(cString: $0) } ?? "",
    ]
    return [read(folder + "/Fixtures/cells/golden-matrix.json")]
      + others.filter { access($0, R_OK) == 0 }.map(read)
  }()

  private static func read(_ path: String) -> GoldenMatrixFile {
    do {
      let json = try JSONValue(parsing: GoldenFile.bytes(ofFile: path), maximumDepth: 16)
      return try json.decoded(as: GoldenMatrixFile.self)
    } catch {
      preconditionFailure("\(path): \(error)")
    }
  }
}

/// One of our cells beside the golden one of the same equations, in one case.
struct GoldenMatrixCase: Sendable, CustomTestStringConvertible {
  let name: String
  let cell: any RecurrentCell
  let hiddenSize: Int
  let file: GoldenMatrixFile.Constants
  let golden: GoldenMatrixFile.Cell
  let values: GoldenMatrixFile.Case
  let isZero: Bool
  let caseName: String

  var testDescription: String {
    "\(name), \(caseName), B \(file.B), T \(file.T), K \(golden.K), V \(golden.V)"
  }

  static let all: [GoldenMatrixCase] = GoldenMatrixFile.all.flatMap { file in
    file.cells.sorted { $0.key < $1.key }.flatMap { name, golden in
      golden.cases.sorted { $0.key < $1.key }.compactMap { caseName, values in
        ours(name, golden).map { cell, hiddenSize in
          GoldenMatrixCase(
            name: name, cell: cell, hiddenSize: hiddenSize, file: file.constants, golden: golden,
            values: values, isZero: caseName == "zero", caseName: caseName)
        }
      }
    }
  }

  /// The convolution alone, whose golden numbers test the delay.
  struct Convolution: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      cell.output(cell.causalConvolution(cell.input, "conv1d", width: 4))
    }
  }

  /// Our cell with the golden one's sizes; nil for the LRU, which is elsewhere in the zoo under other names.
  static func ours(
    _ name: String, _ size: GoldenMatrixFile.Cell
  ) -> (any RecurrentCell, hiddenSize: Int)? {
    let (heads, key, value) = (size.heads, size.K, size.V)
    let inner = heads * value
    switch name {
    case "conv4": return (Convolution(), size.output)
    case "linear_attention":
      return (LinearAttention(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "fast_weights":
      return (FastWeights(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "retnet": return (RetNet(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "gla":
      return (GLA(heads: heads, keyWidth: key, valueWidth: value, rank: size.R), size.output)
    case "hgrn2":
      return (
        HGRN2(heads: heads, keyWidth: key, valueWidth: value, lowerBound: 0.25), size.output
      )
    case "rwkv6": return (RWKV6(heads: heads, mixRank: size.R, decayRank: size.R), size.output)
    case "rwkv7": return (RWKV7(heads: heads, rank: size.R), size.output)
    case "rwkv7_residual":
      return (RWKV7(heads: heads, hasValueResidual: true, rank: size.R), size.output)
    case "mlstm": return (MLSTM(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "mlstm_large":
      return (MLSTMLarge(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "mlstm_block":
      return (MLSTMBlock(inner: inner, heads: heads, blockWidth: value), size.output)
    case "s6": return (S6(inner: inner, states: key, rank: size.R), size.output)
    case "ssd": return (SSD(inner: inner, heads: heads, states: key), size.output)
    case "delta_net": return (DeltaNet(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "gated_delta_net":
      return (GatedDeltaNet(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "kda": return (KDA(heads: heads, keyWidth: key, valueWidth: value), size.output)
    case "rg_lru": return (RGLRU(inner: inner, heads: heads), size.output)
    default: return nil
    }
  }

  var graph: CellGraph { CellGraph(cell, inputSize: golden.input, hiddenSize: hiddenSize) }

  /// The parameters' values: the k-th number, through all of them, is A gain sin(W k + P).
  var parameters: [[Double]] {
    var k = 0
    return golden.params.map { parameter in
      let count = parameter.shape.reduce(1, *)
      defer { k += count }
      return (k..<k + count).map {
        file.A * golden.gain * sin(file.W * Double($0) + file.P)
      }
    }
  }

  /// The input, `[T, B, I]`.
  var input: [Double] {
    (0..<file.T * file.B * golden.input).map { 0.8 * cos(file.C * Double($0)) }
  }

  /// The initial states, `[B, width]` each.
  var states: [[Double]] {
    var n = 0
    return golden.states.map { state in
      let count = file.B * state.shape.reduce(1, *)
      defer { n += count }
      return (n..<n + count).map { isZero ? 0 : 0.3 * cos(0.6 * Double($0) + 0.2) }
    }
  }

  /// `Σ y cos(0.7 n) + ½ Σ y²`.
  func loss(_ y: [Double]) -> Double {
    y.enumerated().reduce(0) {
      $0 + $1.element * cos(0.7 * Double($1.offset)) + 0.5 * $1.element * $1.element
    }
  }
}
