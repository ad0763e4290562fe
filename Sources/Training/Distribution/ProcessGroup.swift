import FileCore
import Requirements

/// The processes that train one model together, and what they tell one another besides gradients.
///
/// ```swift
/// let group = ProcessGroup(exchange)
/// var trainer = try Trainer(task, settings, in: group)
/// ```
///
/// A rank that fails says so with ``fail(code:message:)``; all others then throw ``PeerFailure`` where they wait for it.
public final class ProcessGroup: Sendable {
  /// The connection.
  public let exchange: any GradientExchange
  /// Whether this rank wants to stop after the current step.
  let wantsToStop: @Sendable () -> Bool

  private let thread: ExchangeThread?
  private let waited = Signalled(Duration.zero)

  /// A group over a connection.
  ///
  /// - Parameters:
  ///   - exchange: the connection.
  ///   - wantsToStop: whether this rank wants to stop; asked once a step. All ranks stop after the same step.
  public init(
    _ exchange: any GradientExchange = SingleProcess(),
    wantsToStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.exchange = exchange
    self.wantsToStop = wantsToStop
    thread = exchange.ranks > 1 ? ExchangeThread() : nil
  }

  /// The number of this process, from 0.
  public var rank: Int { exchange.rank }
  /// The number of processes.
  public var ranks: Int { exchange.ranks }
  /// Whether this is rank 0, which saves and reports.
  public var isFirst: Bool { rank == 0 }

  /// The time that this rank has waited for others so far.
  public var timeWaited: Duration { waited.value }

  /// The bytes of every rank, in the order of the ranks.
  ///
  /// - Throws: ``PeerFailure`` if a rank has failed instead; ``ExchangeFailure``.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    try wait(for: startGather(bytes))
  }

  /// Says to all ranks that this one has failed.
  ///
  /// - Parameters:
  ///   - code: the exit status for all.
  ///   - message: what happened.
  /// - Returns: which ranks failed.
  public func fail(code: Int32, message: String) -> Failed {
    guard ranks > 1 else { return Failed(isFirst: true, isEverywhere: true) }
    let text = Array(message.utf8.prefix(GatherRound.inlineLimit - 4))
    let payload = withUnsafeBytes(of: code.littleEndian) { Array($0) } + text
    let (exchange, rank) = (exchange, rank)
    let round = start { try GatherRound.run(payload, status: .failed, over: exchange) }
    guard let round = try? wait(for: round) else {
      return Failed(isFirst: true, isEverywhere: false)
    }
    return Failed(isFirst: round.firstFailed == rank, isEverywhere: round.allFailed)
  }

  /// The ranks that failed at the same time.
  public struct Failed: Sendable, Hashable {
    /// Whether this rank is the first of them, which should report it.
    public let isFirst: Bool
    /// Whether all ranks failed.
    public let isEverywhere: Bool
  }

  /// Waits for all ranks, before the last of them ends.
  ///
  /// - Throws: ``PeerFailure`` if a rank has failed instead; ``ExchangeFailure``.
  public func leave() throws { _ = try gather([]) }

  /// Whether this rank reads for all ranks of its machine.
  public var isReader: Bool { exchange.neighbours.first ?? rank == rank }

  /// The bytes that one rank of each machine reads, on all its ranks.
  ///
  /// - Throws: what `read` throws, on the rank that reads; ``PeerFailure``.
  public func readOnce(_ read: () throws -> [UInt8]) throws -> [UInt8] {
    guard ranks > 1 else { return try read() }
    let bytes = isReader ? try read() : []
    let length = UInt64(bytes.count)
    let lengths = try gather((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
      .map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
    let (exchange, isReader) = (exchange, isReader)
    let pieces = start {
      try Self.share(bytes, lengths: lengths, isReader: isReader, over: exchange)
    }
    return try wait(for: pieces)
  }

  /// The largest message; longer bytes go in several.
  private static let largestMessage = 1 << 28

  private static func share(
    _ bytes: [UInt8], lengths: [Int], isReader: Bool, over exchange: any GradientExchange
  ) throws -> [UInt8] {
    let reader = exchange.neighbours.first ?? exchange.rank
    var result = isReader ? bytes : []
    for start in stride(from: 0, to: lengths.max() ?? 0, by: largestMessage) {
      let piece = Array(bytes.dropFirst(start).prefix(largestMessage))
      let length = max(0, min(largestMessage, lengths[reader] - start))
      let messages = (0..<exchange.ranks).map { rank in
        isReader && rank != exchange.rank && exchange.neighbours.contains(rank) ? piece : []
      }
      let capacities = (0..<exchange.ranks).map { $0 == reader && !isReader ? length : 0 }
      let pieces = try GatherRound.send(messages, capacities: capacities, over: exchange)
      if !isReader { result += pieces[reader] }
    }
    return result
  }

  /// Begins to gather; the result is waited for with ``wait(for:)``.
  func startGather(_ bytes: [UInt8], at root: Int? = nil) -> Pending<[[UInt8]]> {
    let exchange = exchange
    return start {
      let round = try GatherRound.run(bytes, status: .normal, at: root, over: exchange)
      if let failure = round.failure { throw failure }
      return round.payloads
    }
  }

  /// Runs a job after all earlier ones, on the thread that exchanges.
  func start<Value: Sendable>(_ job: @escaping @Sendable () throws -> Value) -> Pending<Value> {
    guard let thread else { return Pending(of: job) }
    return thread.run(job)
  }

  /// Waits for a job; the time counts as ``timeWaited``.
  func wait<Value>(for pending: Pending<Value>) throws -> Value {
    let start = ContinuousClock.now
    defer {
      let time = ContinuousClock.now - start
      waited.change { $0 += time }
    }
    return try pending.wait()
  }
}

/// Another rank could not go on; it says why itself.
public struct PeerFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rank.
  public let rank: Int
  /// The exit status that it asks for.
  public let code: Int32
  /// What happened.
  public let message: String

  /// One line with the rank and the reason.
  public var description: String { "rank \(rank): \(message)" }
}

/// The bytes of all ranks, and whether some have failed.
struct GatherRound {
  enum Status: UInt8 { case normal, failed }

  /// The bytes that go with the first message; longer payloads take a second one.
  static let inlineLimit = 4088

  private(set) var payloads: [[UInt8]]
  private var statuses: [Status]

  /// The first rank that failed.
  var firstFailed: Int? { statuses.firstIndex(of: .failed) }

  /// Whether every rank failed.
  var allFailed: Bool { statuses.allSatisfy { $0 == .failed } }

  /// The failure of the first rank that failed.
  var failure: PeerFailure? {
    firstFailed.map { rank in
      let payload = payloads[rank]
      let code = payload.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return PeerFailure(
        rank: rank, code: Int32(bitPattern: code),
        message: String(decoding: payload.dropFirst(4), as: UTF8.self))
    }
  }

  /// Sends own bytes to all ranks, and receives theirs.
  ///
  /// - Parameter root: the only rank that needs more than the first ``inlineLimit`` bytes; nil for all.
  static func run(
    _ payload: [UInt8], status: Status, at root: Int? = nil, over exchange: any GradientExchange
  ) throws -> GatherRound {
    let head = payload.prefix(inlineLimit)
    var own = [status.rawValue, 0, 0, 0]
    own.append(littleEndian: UInt32(payload.count))
    var round = GatherRound(payloads: [], statuses: [])
    var lengths: [Int] = []
    let heads = try send(
      Array(repeating: own + head, count: exchange.ranks),
      capacities: Array(repeating: 8 + inlineLimit, count: exchange.ranks), over: exchange)
    for (rank, message) in heads.enumerated() {
      let message = rank == exchange.rank ? own + head : message
      guard message.count >= 8, let status = Status(rawValue: message[0]) else {
        throw ExchangeFailure(rank: rank, reason: "a message of \(message.count) bytes")
      }
      round.statuses.append(status)
      round.payloads.append(Array(message[8...]))
      lengths.append(Int(message.littleEndian(UInt32.self, at: 4)))
    }
    guard round.firstFailed == nil, lengths.contains(where: { $0 > inlineLimit }) else {
      return round
    }
    let tail = Array(payload.dropFirst(inlineLimit))
    let tails = try send(
      (0..<exchange.ranks).map { root == nil || $0 == root ? tail : [] },
      capacities: lengths.map {
        root == nil || exchange.rank == root ? max(0, $0 - inlineLimit) : 0
      }, over: exchange)
    for rank in 0..<exchange.ranks {
      round.payloads[rank] += rank == exchange.rank ? tail : tails[rank]
    }
    return round
  }

  /// Sends each rank a message; the messages of all ranks.
  static func send(
    _ messages: [[UInt8]], capacities: [Int], over exchange: any GradientExchange
  ) throws -> [[UInt8]] {
    let outgoing = messages.map { WireMemory(copying: $0) }
    let incoming = capacities.map { WireMemory(byteCount: $0) }
    // An array may end after its last use; the messages must stay until they have gone.
    return try withExtendedLifetime((outgoing, incoming)) {
      let counts = try exchange.exchange(
        outgoing.map { UnsafeRawBufferPointer($0.bytes) }, into: incoming.map(\.bytes))
      return zip(incoming, counts).map { Array($0.bytes.prefix($1)) }
    }
  }
}
