/// The connection between the processes, called ranks, that train one model together.
///
/// A transport moves bytes and nothing else: sums of gradients and their order are the trainer's, so that every transport
/// gives the same bits. ``SingleProcess`` is the one without others; the library `DistributedTraining` has one for MPI
/// and one for threads of a process.
///
/// All ranks call the same functions in the same order. The trainer calls them one at a time, from one thread for a
/// whole training.
public protocol GradientExchange: Sendable {
  /// The number of this process, from 0; rank 0 saves and reports.
  var rank: Int { get }

  /// The number of processes.
  var ranks: Int { get }

  /// The ranks on this rank's machine, in order; itself among them.
  var neighbours: [Int] { get }

  /// Sends a message to every other rank, and receives one from each.
  ///
  /// - Parameters:
  ///   - outgoing: a message for each rank; that for the own rank is not sent. Empty messages are sent too.
  ///   - incoming: for each rank memory that its message fits.
  /// - Returns: the number of bytes received from each rank; 0 for the own.
  /// - Throws: ``ExchangeFailure`` if a rank cannot be reached.
  func exchange(
    _ outgoing: [UnsafeRawBufferPointer], into incoming: [UnsafeMutableRawBufferPointer]
  ) throws(ExchangeFailure) -> [Int]
}

/// The error of a connection: the transport's own words.
public struct ExchangeFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rank that could not be reached; nil if the transport does not know it.
  public let rank: Int?
  /// What happened.
  public let reason: String

  /// One line with both.
  public var description: String {
    rank.map { "rank \($0) cannot be reached: \(reason)" } ?? reason
  }

  /// A failure.
  public init(rank: Int? = nil, reason: String) {
    self.rank = rank
    self.reason = reason
  }
}

/// Training in one process: nothing is exchanged.
public struct SingleProcess: GradientExchange {
  /// The only rank.
  public init() {}

  /// 0.
  public var rank: Int { 0 }
  /// 1.
  public var ranks: Int { 1 }
  /// Itself.
  public var neighbours: [Int] { [0] }

  /// There is no other rank to exchange with.
  public func exchange(
    _ outgoing: [UnsafeRawBufferPointer], into incoming: [UnsafeMutableRawBufferPointer]
  ) -> [Int] { [0] }
}
