import Requirements
import Training

/// Ranks that are threads of one process, for tests, and for trying a training on several ranks without MPI.
///
/// ```swift
/// let losses = try InProcessExchange.run(ranks: 4) { exchange in
///   var trainer = try Trainer(task, settings, in: ProcessGroup(exchange))
///   try trainer.run { _ in }
///   return trainer.lastEvaluation?.loss
/// }
/// ```
///
/// A link between them can be made as slow as a network's.
public final class InProcessExchange: GradientExchange {
  /// A network between ranks.
  public struct Link: Sendable, Hashable {
    /// The time that a message takes, however short.
    public var latency: Duration
    /// The bytes that a rank sends in a second; nil for no limit.
    public var bytesPerSecond: Double?

    /// A link without delay.
    public static let memory = Link(latency: .zero)

    /// A link of a latency and a bandwidth.
    public init(latency: Duration, bytesPerSecond: Double? = nil) {
      self.latency = latency
      self.bytesPerSecond = bytesPerSecond
    }

    /// The time that a rank's messages take, which leave one after the other.
    public func time(bytes: Int) -> Duration {
      latency + .seconds(bytesPerSecond.map { Double(bytes) / $0 } ?? 0)
    }
  }

  public let rank: Int
  public let ranks: Int
  public var neighbours: [Int] { Array(0..<ranks) }

  /// The bytes that this rank has sent so far.
  public var bytesSent: Int { sent.value }

  private let mailbox: Mailbox
  private let sent = Signalled(0)

  private init(rank: Int, mailbox: Mailbox) {
    self.rank = rank
    ranks = mailbox.ranks
    self.mailbox = mailbox
  }

  /// Runs a body for each rank, each in a thread of its own, and returns their results in the order of the ranks.
  ///
  /// - Throws: the error of the first rank that threw one. Ranks that wait for it throw `ExchangeFailure`.
  public static func run<Value: Sendable>(
    ranks: Int, over link: Link = .memory,
    _ body: @escaping @Sendable (InProcessExchange) throws -> Value
  ) throws -> [Value] {
    try results(ranks: ranks, over: link, body).map { try $0.get() }
  }

  /// The same with the result or error of every rank.
  public static func results<Value: Sendable>(
    ranks: Int, over link: Link = .memory,
    _ body: @escaping @Sendable (InProcessExchange) throws -> Value
  ) -> [Result<Value, any Error>] {
    require(ranks > 0, "expected one rank or more, found \(ranks)")
    let mailbox = Mailbox(ranks: ranks, link: link)
    let results = Signalled([Int: Result<Value, any Error>]())
    for rank in 0..<ranks {
      runThread {
        let exchange = InProcessExchange(rank: rank, mailbox: mailbox)
        let result = Result { try body(exchange) }
        mailbox.close(rank)
        results.change { $0[rank] = result }
      }
    }
    let all = results.wait {
      $0.count == ranks ? $0 : nil
    } orEnd: { _ in
      false
    }
    return (0..<ranks).compactMap { all?[$0] }
  }

  public func exchange(
    _ outgoing: [UnsafeRawBufferPointer], into incoming: [UnsafeMutableRawBufferPointer]
  ) throws(ExchangeFailure) -> [Int] {
    var time = ContinuousClock.now
    for other in others {
      let bytes = Array(outgoing[other])
      time += mailbox.link.time(bytes: bytes.count) - mailbox.link.latency
      sent.change { $0 += bytes.count }
      mailbox.send(bytes, from: rank, to: other, at: time + mailbox.link.latency)
    }
    var counts = Array(repeating: 0, count: ranks)
    for other in others {
      let bytes = try mailbox.receive(from: other, at: rank)
      guard bytes.count <= incoming[other].count else {
        throw ExchangeFailure(
          rank: other,
          reason: "a message of \(bytes.count) bytes for \(incoming[other].count)")
      }
      incoming[other].copyBytes(from: bytes)
      counts[other] = bytes.count
    }
    return counts
  }

  private var others: [Int] { (1..<max(1, ranks)).map { (rank + $0) % ranks } }
}

/// The messages between ranks that have been sent and not yet received.
private final class Mailbox: Sendable {
  struct Message {
    let bytes: [UInt8]
    let arrival: ContinuousClock.Instant
  }

  private struct Content {
    var messages: [[Message]]
    var isClosed: [Bool]
  }

  let ranks: Int
  let link: InProcessExchange.Link
  private let content: Signalled<Content>

  init(ranks: Int, link: InProcessExchange.Link) {
    self.ranks = ranks
    self.link = link
    content = Signalled(
      Content(
        messages: Array(repeating: [], count: ranks * ranks),
        isClosed: Array(repeating: false, count: ranks)))
  }

  func send(_ bytes: [UInt8], from: Int, to: Int, at arrival: ContinuousClock.Instant) {
    let place = from * ranks + to
    content.change { $0.messages[place].append(Message(bytes: bytes, arrival: arrival)) }
  }

  func receive(from: Int, at rank: Int) throws(ExchangeFailure) -> [UInt8] {
    let place = from * ranks + rank
    let message = content.wait { content in
      content.messages[place].isEmpty ? nil : content.messages[place].removeFirst()
    } orEnd: {
      $0.isClosed[from]
    }
    guard let message else { throw ExchangeFailure(rank: from, reason: "it has ended") }
    sleepThread(until: message.arrival)
    return message.bytes
  }

  func close(_ rank: Int) { content.change { $0.isClosed[rank] = true } }
}
