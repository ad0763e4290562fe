import BenchSupport
import Cells
import Checkpoint
import FileCore
import Testing

@Suite struct BenchAppTests {
  private let program = Program("bench")

  @Test func aCaseIsMeasuredByItsName() throws {
    let outcome = try program.run("note-rnn", "--json", "--seconds", "0.01", "--threads", "1")
    #expect(outcome.status == 0, "\(outcome.error)")
    let value = try JSONValue(parsing: Array(outcome.output.utf8.dropLast()), maximumDepth: 4)
    let measurement = try value.decoded(as: Measurement.self)
    #expect(measurement.name == "note-rnn" && measurement.threads == 1)
    #expect(measurement.fastest > 0 && measurement.fastest <= measurement.milliseconds)
    #expect(measurement.milliseconds <= measurement.slowest)
    // 32 sequences of 35 characters.
    let tokens = measurement.tokensPerSecond * measurement.milliseconds / 1000
    #expect(abs(tokens - 1120) < 1e-6)
    #expect(measurement.idleBytes > 0 && measurement.peakBytes >= measurement.idleBytes)
  }

  @Test func aCellAndSizesOfOnesOwnMakeATable() throws {
    let outcome = try program.run(
      "--cell", "mgu", "--hidden", "8", "--input", "4", "--batch", "2", "--steps", "3", "--task",
      "backward", "--seconds", "0.01")
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("case"))
    #expect(lines[2].hasPrefix("mgu 4 -> 8, B2 T3, backward, time first  "))
  }

  /// The loop in C and the library compute the same numbers.
  @Test func recurrencesOverMatricesAreComparedWithALoop() throws {
    let outcome = try program.run("matrices", "--seconds", "0.01")
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = outcome.output.split(separator: "\n")
    let rows = lines.prefix { !$0.hasPrefix("forward and backward") }.filter { $0.contains("S'") }
    #expect(rows.count == 2)
    for row in rows {
      let difference = row.split(separator: " ").last.flatMap { Float($0) }
      #expect(difference.map { $0 < 1e-4 } == true, "\(row)")
    }
    // The output and the gradients alone are 10 MiB, whatever was freed before.
    let training = lines.drop { !$0.hasPrefix("forward and backward") }.dropFirst()
    #expect(training.count == 2)
    for row in training {
      let peak = row.split(separator: " ").dropLast().last.flatMap { Float($0) }
      #expect(peak.map { 10..<64 ~= $0 } == true, "\(row)")
    }
  }

  @Test func aRecurrenceIsMeasuredWithoutItsProducts() throws {
    for cell in ["gla", "gated-deltanet", "mlstm-large", "rwkv7", "s6"] {
      let outcome = try program.run(
        "--task", "recurrence", "--cell", cell, "--hidden", "16", "--batch", "2", "--steps", "5",
        "--seconds", "0.01")
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.output.contains("recurrence of \(cell) alone, H16, B2 T5"))
    }
    for (flags, message) in [
      (
        ["--cell", "lstm"],
        "cell: expected one of gla, gated-deltanet, mlstm-large, rwkv7, s6, found lstm"
      ),
      (["--cell", "gla", "--hidden", "10"], "hidden: expected a multiple of 4, found 10"),
    ] {
      let outcome = try program.run(["--task", "recurrence"] + flags)
      #expect(outcome.status != 0 && outcome.error.contains(message), "\(outcome.error)")
    }
  }

  /// A machine without a matrix unit computes in float32, and every program reports it.
  @Test func theHeadSaysWhatThePrecisionIsComputedIn() throws {
    let outcome = try program.run(
      "--cell", "rnn", "--hidden", "8", "--input", "4", "--batch", "8", "--steps", "3",
      "--seconds", "0.01", "--precision", "medium")
    #expect(outcome.status == 0, "\(outcome.error)")
    // Other tests of this process may emulate a matrix unit at the same time, so only the program's output is reliable.
    let lines = ["on ", "computed in float32"].map { "; precision medium, \($0)" }
    #expect(lines.contains { outcome.output.contains($0) }, "\(outcome.output)")
  }

  @Test func aServerAnswersEachLine() throws {
    var server = BenchServer()
    let request = #"{"case": "gen-10", "seconds": 0.001}"#
    for _ in 0..<2 {
      guard case .measurement(let measurement) = try server.answer(request) else {
        Issue.record("a request for a case was not answered by a measurement")
        return
      }
      #expect(measurement.name == "gen-10")
      #expect(measurement.milliseconds > 0)
    }
    guard case .limit(let limit) = try server.answer(#"{"limit": true}"#) else {
      Issue.record("a request for the limit was not answered by the limit")
      return
    }
    #expect(limit.gigaflops > 0)
    #expect(throws: BenchError.self) {
      try server.answer(#"{"case": "zoo", "seconds": 1}"#)
    }
    #expect(throws: JSONError.self) { try server.answer("gen-10") }
  }

  @Test func explanationsShowEquationsAndPlan() throws {
    let outcome = try program.run("explain", "--cell", "gru", "--hidden", "16", "--input", "8")
    #expect(outcome.status == 0)
    for part in ["h' = (1 - z)", "1,248 parameters", "pack weight_hh", "kept: "] {
      #expect(outcome.output.contains(part), "no \(part) in \(outcome.output)")
    }
  }

  @Test func explanationsAreThoseOfTheTask() throws {
    let arguments = ["explain", "--cell", "gla", "--hidden", "64"]
    let whole = try program.run(arguments)
    let alone = try program.run(arguments + ["--task", "recurrence"])
    #expect(whole.output.contains("pack "))
    #expect(!alone.output.contains("pack ") && alone.output.contains("input[192..<256]"))
    #expect(try program.run("explain", "--cell", "gru", "--task", "recurrence").status != 0)
  }

  @Test func checkpointsOfATrainedModelAreCompared() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/weights.safetensors"
      let outcome = try program.run(
        "checkpoint", "--hidden", "8", "--training-seconds", "0.01", "--seconds", "0.01",
        "--export", path)
      #expect(outcome.status == 0, "\(outcome.error)")
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count == 2 + Compression.allCases.count + 1)
      #expect(lines.last?.hasPrefix(".safetensors") == true)
      #expect(try Safetensors(path: path).arrays["fc.bias"] != nil)
    }
  }

  /// Opening a file of a megabyte, without reading an array, takes at most 64 megabytes.
  @Test func costlyFilesTakeLittleMemory() throws {
    let outcome = try program.run("hostile", "--rounds", "1")
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = outcome.output.split(separator: "\n").dropFirst()
    #expect(lines.count > 20)
    for line in lines {
      let megabytes = line.split(separator: " ").last.flatMap { Double($0) }
      #expect(try #require(megabytes) < 64, "\(line)")
    }
    for format in [".rnnz", ".safetensors", ".npz", ".pt", ".onnx"] {
      #expect(lines.contains { $0.hasPrefix("\(format), ") && $0.contains("opened") })
    }
  }

  @Test(arguments: [
    ["checkpoint", "--hidden", "0"], ["checkpoint", "--training-seconds", "-1"], ["note-rn"],
    ["hostile", "--rounds", "0"],
    ["--hidden", "0"], ["--hidden", "many"], ["--cell", "tea"], ["--threads", "0"],
    ["--seconds", "-1"], ["note-rnn", "--cell", "gru"], ["--precision", "none"],
    ["--batch", "65536", "--steps", "65536", "--hidden", "65536"], ["layout", "--rounds", "0"],
    ["explain", "--cell", "tea"],
  ])
  func nonsenseFlagsExitWithSixtyFour(_ flags: [String]) throws {
    let outcome = try program.run(flags)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty && outcome.error.hasPrefix("Error: "))
  }
}

@Suite struct BenchmarkCaseTests {
  @Test func namesAreUnlikeAndEveryGroupHasSeveralCases() {
    let names = BenchmarkCase.standard.map(\.name)
    #expect(Set(names).count == names.count)
    for group in BenchmarkCase.groups {
      #expect(BenchmarkCase.cases(named: group).count > 1, "\(group)")
    }
    #expect(BenchmarkCase.cases(named: "none").isEmpty)
  }

  @Test func everyStandardCaseIsSound() throws {
    for benchmark in BenchmarkCase.standard { try benchmark.validate() }
  }

  @Test func lengthsLieInTheirRange() {
    let tags = BenchmarkCase("tags") { $0.lengthRange = 20...100 }.lengths
    #expect(tags.count == 64 && tags.min() == 20 && tags.max() ?? 0 > 95)
    #expect(tags.allSatisfy { (20...100).contains($0) })
    #expect(BenchmarkCase("whole").lengths == Array(repeating: 100, count: 64))
  }

  @Test func raggedBatchesFillHalf() {
    let cases = BenchmarkCase.cases(named: "ragged")
    #expect(cases.map(\.name).count == 4)
    for benchmark in cases {
      let share = Double(benchmark.lengths.reduce(0, +)) / Double(benchmark.batch * benchmark.steps)
      #expect(0.49...0.52 ~= share, "\(benchmark.name)")
    }
  }

  @Test func operationsAreThoseOfTheFormula() throws {
    let cell = BenchmarkCase("layer") {
      ($0.task, $0.layers, $0.inputSize, $0.hiddenSize) = (.forward, 1, 3, 5)
      ($0.batch, $0.steps) = (2, 7)
    }
    let workload = try cell.workload()
    let step = CellGraph(LSTM(), inputSize: 3, hiddenSize: 5).operationsPerStep
    #expect(workload.operations == Double(2 * 7 * step))
    #expect(workload.tokens == 14)
    #expect(workload.bytesKept == 0)
  }

  @Test func theMachineHasALimit() {
    #expect(Peak.Probe.multiplyAdd.contains { $0.isSupported })
    #expect(Peak.multiplyAdd(threads: 1) > 1e8)
    #expect(Peak.bytesPerSecond(workingSet: 1 << 16, threads: 1) > 1e8)
  }
}
