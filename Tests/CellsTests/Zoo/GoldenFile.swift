import Checkpoint
import FileCore
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What `make_golden_cells.py` writes: for each cell, PyTorch's numbers in double precision.
struct GoldenFile: Decodable, Sendable, CustomTestStringConvertible {
  struct Constants: Decodable, Sendable {
    var A, W, P, C: Double
  }

  struct Cell: Decodable, Sendable {
    var D, H, B, T: Int
    var params: [Parameter]
    var y: [Double]
    var final_state: [String: [Double]]
    var loss: Double
    var grads: [String: [Double]]
    var dx: [Double]
  }

  /// A name and a shape, in an array of the two.
  struct Parameter: Decodable, Sendable {
    var name: String
    var shape: [Int]

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      name = try container.decode(String.self)
      shape = try container.decode([Int].self)
    }
  }

  var testDescription: String { "amplitude \(constants.A), \(cells.count) cells" }

  var constants: Constants
  var cells: [String: Cell]

  /// The reference sizes and constants, and others.
  static let all = ["golden", "golden-other-sizes"].map(read)
  /// Cells that came later.
  static let more = read("golden-more")

  private static func read(_ name: String) -> GoldenFile {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = folder.joined(separator: "/") + "/../Fixtures/cells/\(name).json"
    do {
      let json = try JSONValue(parsing: bytes(ofFile: path), maximumDepth: 16)
      return try json.decoded(as: GoldenFile.self)
    } catch {
      preconditionFailure("\(path): \(error)")
    }
  }

  static func bytes(ofFile path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { preconditionFailure("\(path) can't be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }
}

extension GoldenFile {
  /// The values of a cell's parameters: their k-th number, through all of them, is A sin(W k + P).
  func parameters(of cell: Cell) -> [String: [Double]] {
    var k = 0
    var values: [String: [Double]] = [:]
    for parameter in cell.params {
      let count = parameter.shape.reduce(1, *)
      values[parameter.name] = (k..<k + count).map {
        constants.A * sin(constants.W * Double($0) + constants.P)
      }
      k += count
    }
    return values
  }

  /// The input, `[T, B, D]`.
  func input(of cell: Cell) -> [Double] {
    (0..<cell.T * cell.B * cell.D).map { 0.8 * cos(constants.C * Double($0)) }
  }
}

extension GoldenFile.Cell {
  /// `Σ y cos(0.7 n) + ½ Σ y²`, whose gradients the file has.
  func loss(_ y: [Double]) -> Double {
    y.enumerated().reduce(0) {
      $0 + $1.element * cos(0.7 * Double($1.offset)) + 0.5 * $1.element * $1.element
    }
  }

  /// The derivative of the loss by each output.
  func cotangents(_ y: [Double]) -> [Double] {
    y.enumerated().map { cos(0.7 * Double($0.offset)) + $0.element }
  }
}
