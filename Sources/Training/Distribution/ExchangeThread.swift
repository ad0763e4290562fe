#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A thread that runs jobs one after the other, so that messages are exchanged while the caller computes.
///
/// After a job has failed, all later ones fail with its error: the other ranks would not answer them.
final class ExchangeThread: Sendable {
  private struct Queue {
    var jobs: [@Sendable () -> Void] = []
    var isEnding = false
  }

  private let queue = Signalled(Queue())
  private let failure = Signalled<(any Error)?>(nil)

  init() {
    let queue = queue
    Self.start {
      while true {
        let job = queue.wait { queue in
          queue.jobs.isEmpty ? nil : queue.jobs.removeFirst()
        } orEnd: {
          $0.isEnding
        }
        guard let job else { return }
        job()
      }
    }
  }

  deinit { queue.change { $0.isEnding = true } }

  /// Runs a job after all earlier ones.
  func run<Value: Sendable>(_ job: @escaping @Sendable () throws -> Value) -> Pending<Value> {
    let pending = Pending<Value>()
    let failure = failure
    let body: @Sendable () -> Void = {
      if let error = failure.value { return pending.finish(.failure(error)) }
      let result = Result { try job() }
      if case .failure(let error) = result { failure.change { $0 = error } }
      pending.finish(result)
    }
    queue.change { $0.jobs.append(body) }
    return pending
  }

  /// Starts a thread that nobody waits for.
  static func start(_ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(run: body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let code = pthread_create(&thread, nil, { runBody($0) }, context)
      if code == 0, let thread { pthread_detach(thread) }
    #else
      var thread = pthread_t()
      let code = pthread_create(&thread, nil, { runBody($0) }, context)
      if code == 0 { pthread_detach(thread) }
    #endif
  }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
  return nil
}

/// The result of a job that may still run.
final class Pending<Value: Sendable>: Sendable {
  private let result = Signalled<Result<Value, any Error>?>(nil)

  fileprivate init() {}

  /// The result of a job that runs at once.
  init(of job: () throws -> Value) {
    result.change { $0 = Result { try job() } }
  }

  /// Waits for the result.
  func wait() throws -> Value {
    let result = result.wait {
      $0
    } orEnd: { _ in
      false
    }
    return try result?.get() ?? { throw ExchangeFailure(reason: "the connection was closed") }()
  }

  fileprivate func finish(_ value: Result<Value, any Error>) { result.change { $0 = value } }
}

/// A value that threads share, and whose changes they can wait for: read and changed only while its lock is held.
package final class Signalled<Value>: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var content: Value

  package init(_ value: sending Value) {
    content = value
    pthread_mutex_init(lock, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(lock)
    condition.deallocate()
    lock.deallocate()
  }

  /// A copy of the value.
  package var value: Value {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return content
  }

  /// Changes the value and wakes all that wait.
  package func change<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(lock)
    }
    return try body(&content)
  }

  /// Waits until `take` returns something, or `isOver` is true; then returns nil.
  package func wait<Result>(
    _ take: (inout Value) -> Result?, orEnd isOver: (Value) -> Bool
  ) -> Result? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = take(&content) { return result }
      if isOver(content) { return nil }
      pthread_cond_wait(condition, lock)
    }
  }
}

/// Runs a body in a thread of its own, which nobody waits for.
package func runThread(_ body: @escaping @Sendable () -> Void) { ExchangeThread.start(body) }

/// Sleeps until a time.
package func sleepThread(until time: ContinuousClock.Instant) {
  let (seconds, attoseconds) = (time - ContinuousClock.now).components
  guard seconds > 0 || attoseconds > 0 else { return }
  var wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
  var rest = timespec()
  while nanosleep(&wanted, &rest) != 0, errno == EINTR { wanted = rest }
}
