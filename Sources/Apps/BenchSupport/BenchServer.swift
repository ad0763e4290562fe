import Checkpoint
import TensorCore

/// Answers requests to measure; each names a case, a precision and how long.
public struct BenchServer {
  private struct Request: Decodable {
    var `case`: String
    var precision: Precision?
    var seconds: Double
    var atLeast: Int?
  }

  /// Why a request can't be answered.
  public struct Failure: Error, CustomStringConvertible {
    /// What was expected and found.
    public let description: String
  }

  private var bench: Bench?

  /// A server without a model.
  public init() {}

  /// Measures what a line of JSON asks for.
  public mutating func answer(_ line: String) throws -> Measurement {
    let request = try JSONValue(parsing: Array(line.utf8), maximumDepth: 8)
      .decoded(as: Request.self)
    let known = BenchmarkCase.cases(named: request.case)
    guard known.count == 1, var wanted = known.first else {
      throw Failure(description: "case: expected the name of one case, found \(request.case)")
    }
    wanted.precision = request.precision ?? wanted.precision
    if let bench, bench.benchmark == wanted {
      return try bench.measure(seconds: request.seconds, atLeast: request.atLeast ?? 1)
    }
    bench = nil
    let new = try Bench(wanted)
    bench = new
    return try new.measure(seconds: request.seconds, atLeast: request.atLeast ?? 1)
  }
}
