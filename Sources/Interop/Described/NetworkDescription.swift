import Cells
import Checkpoint
import FileCore

/// What a network is, for a file that has only its weights: layers, one after the other.
///
/// As JSON, for example a tagger in both directions with a head of two layers, whose weights have PyTorch's names:
///
///     {"layers": [
///       {"name": "rows", "kind": "embedding", "prefix": "embedding."},
///       {"name": "read", "kind": "recurrent", "cell": "lstm", "isBidirectional": true, "prefix": "lstm."},
///       {"name": "inner", "kind": "linear", "activation": "relu", "prefix": "logit_layer.0."},
///       {"name": "logits", "kind": "linear", "prefix": "logit_layer.2."}
///     ]}
///
/// A layer reads the one before it, or those that `reads` names. Weights are found by the names that their library gives
/// them, after `prefix`; `weights` states other names. Where no prefix is stated, the file must have one set of weights
/// that fits: of two, none is chosen, and the error names both.
public struct NetworkDescription: Codable, Sendable, Hashable {
  /// The layers in their order.
  public var layers: [Layer]
  /// The layers of a decoder, which writes step by step; its recurrent layers can start from states of `layers`.
  public var decoder: [Layer]?
  /// How a text becomes tokens, for a ``TextNetwork`` or a ``WritingNetwork``.
  public var input: Tokens?
  /// How tokens become texts, for the same.
  public var output: Tokens?

  /// The tokens of a text, and how it is marked.
  public struct Tokens: Codable, Sendable, Hashable {
    /// The tokens' texts in the order of their numbers; or a file beside the weights: JSON or a pickle with an array of
    /// texts or a number for each text, or any other file with a text a line.
    public var tokens: Names
    /// The token of a character that is none of them; nil to leave it out.
    public var unknown: Int32?
    /// The token before the text; of an output the decoder's first input.
    public var begin: Int32?
    /// The token after the text.
    public var end: Int32?
    /// The number of last tokens that a ``WritingNetwork`` reads for the next one, of an input.
    public var window: Int?
    /// The token before those of a text that is shorter than the window; nil for 0.
    public var padding: Int32?
    /// The most tokens that a decoder writes; nil for 200.
    public var limit: Int?
    /// A file beside the weights with the possible answers of each character, of an output: where there is one, it is the answer; the
    /// network is asked where there are several; a character without any is its own.
    public var readings: String?
    /// What stands between the texts of an answer; nil for a space.
    public var separator: String?
  }

  /// What a layer computes.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The row of a table for each token: `weight [V, E]`.
    case embedding
    /// A row of zeros with a 1 at the token's place; a token below 0 gives only zeros.
    case oneHot
    /// An RNN, LSTM or GRU.
    case recurrent
    /// `f(W x + b)`.
    case linear
    /// The units of several layers behind one another: a skip connection.
    case join
    /// The sum of several layers: a residual connection.
    case sum
    /// Layer normalization, `weight [N]` and `bias [N]`, or `gamma` and `beta`; `epsilon` is 1e-5, in Keras 1e-3.
    case layerNorm
    /// Batch normalization with the statistics of training: `running_mean [N]` and `running_var [N]` beside these.
    case batchNorm
    /// A conditional random field, `transitions [N, N]` (from, to), `start_transitions [N]` and `end_transitions [N]`: a row with a 1 for each
    /// step, at the tag of the likeliest sequence.
    case tags
    /// The sum over all steps, weighted by the softmax of `x W` over the steps: `weight [I, 1]`.
    case attention
    /// The last step.
    case last
    /// The mean over all steps, or the largest value of each unit.
    case mean, max
    /// A convolution along time, `weight [O, I, K]` and `bias [O]`: ``Layer/stride``, ``Layer/padding``.
    case convolution
    /// The vector divided by its Euclidean length.
    case unitLength

    /// Whether it gives one vector for all steps.
    var pools: Bool {
      switch self {
      case .attention, .last, .mean, .max: true
      default: false
      }
    }

    /// Whether it reads steps, and no single vector.
    var readsSteps: Bool { pools || self == .recurrent || self == .convolution || self == .tags }
  }

  /// A function after a linear layer or a convolution.
  public enum Activation: String, Codable, Sendable, CaseIterable {
    /// Of each unit alone; `leakyRelu` has the slope 0.01.
    case relu, sigmoid, tanh, elu, leakyRelu, silu, softplus
    /// Of all units together.
    case softmax, logSoftmax
  }

  /// One layer.
  public struct Layer: Codable, Sendable, Hashable {
    /// The name of what the layer gives.
    public var name: String
    /// What it computes.
    public var kind: Kind
    /// The layers that it reads; nil for the one before it.
    public var reads: [String]?
    /// What the names of its weights begin with; of a recurrent layer of several layers and directions, either one for
    /// all, with PyTorch's numbers after it, or one for each, the directions of the first layer first.
    public var prefix: Names?
    /// Names of weights that do not follow a convention: `weight` and `bias`, or `input`, `recurrent`, `inputBias`,
    /// `recurrentBias` and `peepholes`; and `initial_hidden`, `initial_cell` of learned initial states. `_reverse` after a
    /// key is for the reverse direction. Several names are the gates' own arrays, in the convention's order.
    public var weights: [String: Names]?
    /// The library whose layout the weights have; nil for PyTorch's.
    public var convention: WeightConvention?
    /// Whether its matrices are `[in, out]`.
    var hasTransposedMatrices: Bool { convention?.hasTransposedMatrices ?? false }
    /// The cell's name; nil for the one that the shapes imply.
    public var cell: String?
    /// The slope of a hard sigmoid in the gates: 0.2 in Keras, 1/6 in PyTorch.
    public var hardSigmoidSlope: Double?
    /// Whether a GRU's update gate weighs the new value, `z n + (1 - z) h`, and not the old one.
    public var isUpdateFlipped: Bool?
    /// The number of recurrent layers; nil for 1.
    public var layers: Int?
    /// Whether a recurrent layer reads in both directions.
    public var isBidirectional: Bool?
    /// The recurrent layer of `layers` whose last state this one starts from.
    public var initialState: String?
    /// The function after a linear layer or a convolution.
    public var activation: Activation?
    /// The number of units of one-hot rows.
    public var size: Int?
    /// The steps from one window of a convolution to the next; nil for 1.
    public var stride: Int?
    /// The steps of zeros at both ends of a convolution; nil for none.
    public var padding: Int?
    /// The steps from one input of a convolution's window to the next; nil for 1.
    public var dilation: Int?
    /// The number of groups of units that are convolved by themselves; nil for 1.
    public var groups: Int?
    /// What is added to a variance; nil for the library's usual number.
    public var epsilon: Double?
  }

  /// One text, or several.
  public enum Names: Codable, Sendable, Hashable {
    /// One for all.
    case common(String)
    /// One for each.
    case each([String])

    /// Decodes a text or an array of texts.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .common(text)
      } else {
        self = .each(try container.decode([String].self))
      }
    }

    /// Encodes a text or an array of texts.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .common(let text): try container.encode(text)
      case .each(let texts): try container.encode(texts)
      }
    }
  }

  /// A description of these layers.
  public init(
    layers: [Layer], decoder: [Layer]? = nil, input: Tokens? = nil, output: Tokens? = nil
  ) {
    (self.layers, self.decoder, self.input, self.output) = (layers, decoder, input, output)
  }

  /// Reads a description from a JSON file.
  public init(path: String) throws(CheckpointError) {
    try self.init(json: try smallText(path), name: path)
  }

  /// Reads a description from JSON; `name` is its name in errors.
  public init(json text: String, name: String = "description") throws(CheckpointError) {
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: name, format: "JSON", place: place, reason: reason)
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw failure("byte \(error.offset)", error.problem)
    }
    do throws(JSONMismatch) {
      self = try value.decoded(as: Self.self)
    } catch {
      throw failure("", "\(error)")
    }
  }
}
