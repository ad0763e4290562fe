#if MPI
  import CMessagePassing
  import Synchronization
  import Training

  /// The processes of an MPI job, started by `mpirun` or `srun`.
  ///
  /// ```swift
  /// let exchange = try MPIExchange()
  /// var trainer = try Trainer(task, settings, in: ProcessGroup(exchange))
  /// ...
  /// exchange.end()
  /// ```
  ///
  /// Messages go from process to process; MPI's own sums, whose order it does not promise, are not used.
  public final class MPIExchange: GradientExchange {
    public let rank: Int
    public let ranks: Int
    public let neighbours: [Int]

    /// Nanoseconds of the clock's start when the message began that is waited for; 0 for none.
    private let waitingSince = Atomic<Int64>(0)
    private let origin = ContinuousClock.now

    /// Joins the job that this process was started in. A process joins once.
    ///
    /// - Throws: `ExchangeFailure` with the library's words.
    public init() throws(ExchangeFailure) {
      var (rank, ranks): (Int32, Int32) = (0, 1)
      try Self.check(cmp_start(&rank, &ranks))
      var isNeighbour = [Int32](repeating: 0, count: Int(ranks))
      try Self.check(cmp_neighbours(ranks, &isNeighbour))
      (self.rank, self.ranks) = (Int(rank), Int(ranks))
      neighbours = isNeighbour.indices.filter { isNeighbour[$0] != 0 }
    }

    /// Leaves the job, when all ranks have called it.
    public func end() { cmp_end() }

    /// Ends all processes of the job.
    public func abort(code: Int32) { cmp_abort(code) }

    /// How long this rank has waited for the messages that it waits for now; zero if it does not wait.
    public var waiting: Duration {
      let since = waitingSince.load(ordering: .relaxed)
      return since == 0 ? .zero : (ContinuousClock.now - origin) - .nanoseconds(since)
    }

    /// Restricts this process to its share of the machine's processors, unless the launcher gave it as many; the number of
    /// processors.
    public func shareProcessors() -> Int {
      let index = neighbours.firstIndex(of: rank) ?? 0
      return max(1, Int(cmp_share_processors(Int32(index), Int32(neighbours.count))))
    }

    public func exchange(
      _ outgoing: [UnsafeRawBufferPointer], into incoming: [UnsafeMutableRawBufferPointer]
    ) throws(ExchangeFailure) -> [Int] {
      var received = [Int](repeating: 0, count: ranks)
      var failed: Int32 = -1
      begin()
      defer { finish() }
      let error = cmp_exchange(
        Int32(rank), Int32(ranks), outgoing.map(\.baseAddress), outgoing.map(\.count),
        incoming.map(\.baseAddress), incoming.map(\.count), &received, &failed)
      try Self.check(error, rank: failed < 0 ? nil : Int(failed))
      return received
    }

    private func begin() {
      let (seconds, attoseconds) = (ContinuousClock.now - origin).components
      waitingSince.store(
        max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000), ordering: .relaxed)
    }

    private func finish() { waitingSince.store(0, ordering: .relaxed) }

    private static func check(
      _ error: UnsafePointer<CChar>?, rank: Int? = nil
    ) throws(ExchangeFailure) {
      if let error { throw ExchangeFailure(rank: rank, reason: String(cString: error)) }
    }
  }

  /// A process, told from later ones with the same number by the time of its start.
  public struct ProcessIdentity: Hashable, Sendable {
    /// The system's number.
    public let number: Int32
    private let start: UInt64

    /// This process.
    public static var own: ProcessIdentity { ProcessIdentity(number: cmp_own_process()) }

    private init(number: Int32) {
      self.number = number
      start = cmp_process_start(number)
    }

    /// Whether the process still runs, as far as this machine knows processes.
    public var isRunning: Bool { start != 0 && cmp_process_start(number) == start }

    /// 12 bytes.
    public var bytes: [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        + (0..<8).map { UInt8(truncatingIfNeeded: start >> (8 * $0)) }
    }

    /// Reads ``bytes``; nil for other lengths.
    public init?(bytes: [UInt8]) {
      guard bytes.count == 12 else { return nil }
      number = Int32(
        bitPattern: bytes[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
      start = bytes[4...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
  }
#endif
