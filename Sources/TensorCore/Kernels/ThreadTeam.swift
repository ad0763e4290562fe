internal import CTensorKernels
import Requirements

/// The process's one team of threads, over which large operations are split.
///
/// Results are the same to the bit for any number of threads. A thread that finds the team busy with
/// another one's work does its own work alone, so models may be trained in several threads at once.
///
/// On a machine that other programs use too, threads that wait for each other may be slower than one. The team
/// measures how long callers wait and how long they work, and leaves its other threads out where these cost more
/// than they save, for a while.
public enum ThreadTeam {
  /// How many threads work is split over, at least 1: at first the processors that the process may
  /// run on, or what the environment variable `SWIFT_RNN_THREADS` says.
  public static var count: Int {
    get { Int(ctk_thread_count()) }
    set {
      require(1...256 ~= newValue, "expected a number of threads from 1 to 256, found \(newValue)")
      ctk_set_thread_count(Int32(newValue))
    }
  }

  /// Calls `body` for every part, from 0 up to `parts`, and returns when all calls have. They run at
  /// the same time where threads are free, so `body` must only write what belongs to its part, and
  /// must not wait for another part.
  package static func run(parts: Int, _ body: (_ part: Int) -> Void) {
    if parts == 1 { return body(0) }
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { ctk_team_run(Int32(parts), callBody, $0) }
    }
  }

  /// What one weight counts in a pass over weights that takes as long as reading them: one sample's product, real-time
  /// learning's traces, stochastic gradient descent.
  ///
  /// It is the same whatever a pass does with a weight. So all passes of a step are split, by the same rows, or none is, and a
  /// weight stays in one core's cache: were only some of them split, half of the weights would move between the cores at
  /// every step, which takes longer than the work that is saved.
  package static let workOfWeight = 4

  /// The fewest multiplications and additions of a thread's part of a job: fewer are done before it has heard of it. More
  /// between cores that are far from each other, as the team has measured.
  package static var leastWork: Int { Int(ctk_team_least_work()) }

  /// How many threads a job is worth, for its multiplications and additions in all, about; of a pass over weights,
  /// ``workOfWeight`` for each.
  package static func parts(ofWork work: Int) -> Int {
    let parts = min(count, work / leastWork)
    return parts > 1 && ctk_team_is_worth(Int64(work)) ? parts : 1
  }

  /// Calls `body` with ranges that make up `0..<count`: one where there is little work, else one for each
  /// thread. All but the last range end at multiples of `unit`.
  ///
  /// - Parameter work: that of the job: see ``parts(ofWork:)``.
  package static func split(
    _ count: Int, unit: Int = 1, work: Int, _ body: (_ range: Range<Int>) -> Void
  ) {
    let units = (count + unit - 1) / unit
    let parts = min(parts(ofWork: work), units)
    guard parts > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    run(parts: parts) { body(share(of: count, unit: unit, $0, of: parts)) }
  }

  /// One of some parts of `0..<count` that are about equal and that, but for the last, end at multiples of `unit`.
  package static func share(
    of count: Int, unit: Int = 1, _ part: Int, of parts: Int
  ) -> Range<Int> {
    let units = (count + unit - 1) / unit
    return min(count, units * part / parts * unit)..<min(count, units * (part + 1) / parts * unit)
  }

  /// The same, but returns false at once, having called nothing, if the team is busy, smaller
  /// than `parts`, or slower than one thread at the moment. The calls run at the same time and may call ``barrier()``.
  package static func tryRun(parts: Int, _ body: (_ part: Int) -> Void) -> Bool {
    withoutActuallyEscaping(body) { body in
      var body = body
      return withUnsafeMutablePointer(to: &body) { ctk_team_try_run(Int32(parts), callBody, $0) }
    }
  }

  /// Waits, inside ``tryRun(parts:_:)``, until every part has called it.
  package static func barrier() { ctk_team_barrier() }

  /// Whether, inside ``tryRun(parts:_:)``, the threads cost more time than they save, so that part 0 is to go on alone. It
  /// changes only while all parts are at a barrier, once.
  package static var worksApart: Bool { ctk_team_is_apart() }
}

private func callBody(_ context: UnsafeMutableRawPointer?, _ part: Int32) {
  guard let body = context?.assumingMemoryBound(to: ((Int) -> Void).self) else { return }
  body.pointee(Int(part))
}
