import Datasets
import DistributedTraining
import Models
import TensorCore
import Testing

@testable import Training

/// What ranks tell one another when one of them cannot go on.
@Suite struct RankFaultTests {
  /// A corpus of bytes that fails on some ranks.
  struct Unreadable: Error {}

  @Test func theFirstRankThatFailsReports() throws {
    let reports = try InProcessExchange.run(ranks: 4) { exchange in
      let group = ProcessGroup(exchange)
      if exchange.rank == 1 || exchange.rank == 2 {
        let failed = group.fail(code: 64, message: "no file \(exchange.rank)")
        return failed.isFirst ? "reports" : "is silent"
      }
      do {
        _ = try group.gather([1])
        return "went on"
      } catch let failure as PeerFailure {
        return "\(failure), status \(failure.code)"
      }
    }
    #expect(
      reports == [
        "rank 1: no file 1, status 64", "reports", "is silent", "rank 1: no file 1, status 64",
      ])
  }

  @Test func aRankThatEndsIsNamed() throws {
    let results = InProcessExchange.results(ranks: 3) { exchange in
      if exchange.rank == 2 { return }
      _ = try ProcessGroup(exchange).gather([])
    }
    for result in results.prefix(2) {
      #expect(throws: ExchangeFailure(rank: 2, reason: "it has ended")) { try result.get() }
    }
  }

  @Test(arguments: [0, 10, 4_088, 4_089, 100_000])
  func everyLengthIsGathered(_ length: Int) throws {
    let all = try InProcessExchange.run(ranks: 3) { exchange in
      let own = Array(repeating: UInt8(exchange.rank), count: length * exchange.rank)
      return try ProcessGroup(exchange).gather(own)
    }
    let expected = (0..<3).map { Array(repeating: UInt8($0), count: length * $0) }
    #expect(all.allSatisfy { $0 == expected })
  }

  /// A rank whose weights changed by themselves is named within some steps.
  @Test(arguments: [0, 2])
  func aRankWithOtherWeightsIsNamed(_ faulty: Int) throws {
    let task = try SameBitsTests.languageTask()
    let results = InProcessExchange.results(ranks: 3) { exchange in
      var settings = SameBitsTests.settings
      settings.compareEvery = 2
      var trainer = try Trainer(task, settings, in: ProcessGroup(exchange))
      while let event = try trainer.next() {
        guard case .step(let step) = event, step.number == 5, exchange.rank == faulty else {
          continue
        }
        trainer.model.updateParameters { name, parameter in
          if name == "fc.bias" { parameter = parameter + 1e-6 }
        }
      }
    }
    for result in results {
      #expect(throws: WeightMismatch(ranks: [faulty], step: 6)) { try result.get() }
    }
  }

  /// A wish to stop on one rank stops all after the same step.
  @Test func allRanksStopTogether() throws {
    let task = try SameBitsTests.languageTask()
    let asked = Signalled(false)
    let steps = try InProcessExchange.run(ranks: 3) { exchange in
      let group = ProcessGroup(
        exchange, wantsToStop: { exchange.rank == 1 && asked.value })
      var trainer = try Trainer(task, SameBitsTests.settings, in: group)
      while let event = try trainer.next() {
        if case .step(let step) = event, step.number == 4, exchange.rank == 1 {
          asked.change { $0 = true }
        }
        if trainer.isAskedToStop { break }
      }
      return trainer.steps
    }
    #expect(steps == [5, 5, 5])
  }

  @Test func severalRanksNeedShards() throws {
    let task = try SameBitsTests.languageTask()
    var settings = SameBitsTests.settings
    settings.sharding = nil
    let results = InProcessExchange.results(ranks: 2) { [settings] exchange in
      _ = try Trainer(task, settings, in: ProcessGroup(exchange))
    }
    for result in results { #expect(throws: InvalidSetting.self) { try result.get() } }
    settings.sharding = Sharding(10)
    #expect(throws: InvalidSetting.self) { try Trainer(task, settings) }
  }
}
