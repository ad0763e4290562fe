import Checkpoint
import FileCore
import TensorCore

/// Answers measuring requests: a case at a precision for some seconds, or the machine's limit.
public struct BenchServer {
  private struct Request: Decodable {
    var `case`: String?
    var precision: Precision?
    var seconds: Double?
    var atLeast: Int?
    var limit: Bool?
  }

  /// The answer to a request.
  public enum Answer: Encodable, Sendable {
    /// The measurement of a case.
    case measurement(Measurement)
    /// The limit of multiply-add on all threads, for `{"limit": true}`.
    case limit(Limits.Summary.Limit)

    public func encode(to encoder: any Encoder) throws {
      switch self {
      case .measurement(let measurement): try measurement.encode(to: encoder)
      case .limit(let limit): try limit.encode(to: encoder)
      }
    }
  }

  private var bench: Bench?

  /// A server without a model.
  public init() {}

  /// Answers a request, one line of JSON.
  ///
  /// - Throws: an error of JSON, ``BenchError`` for an unknown case, or the error of a case that can't be measured.
  public mutating func answer(_ line: String) throws -> Answer {
    let request = try JSONValue(parsing: Array(line.utf8), maximumDepth: 8)
      .decoded(as: Request.self)
    if request.limit == true {
      let threads = ThreadTeam.count
      return .limit(
        .init(threads: threads, gigaflops: 1e-9 * Peak.multiplyAdd(threads: threads)))
    }
    return .measurement(
      try bench(of: request)
        .measure(seconds: request.seconds ?? 0, atLeast: request.atLeast ?? 1))
  }

  /// The model of the last request if that was for the same case, or a new one.
  private mutating func bench(of request: Request) throws -> Bench {
    let name = request.case ?? ""
    let known = BenchmarkCase.cases(named: name)
    guard known.count == 1, var wanted = known.first else {
      throw BenchError("case: expected the name of one case, found \(name)")
    }
    wanted.precision = request.precision ?? wanted.precision
    if let bench, bench.benchmark == wanted { return bench }
    bench = nil
    let new = try Bench(wanted)
    bench = new
    return new
  }
}
