import ArgumentParser
import Cells
import Training

/// The flags for the gradient engine.
struct GradientOptions: ParsableArguments {
  @Option(
    help: "How gradients are found: bptt, bptt-checkpoint, tbptt, rtrl, snap1 or uoro.",
    completion: .list(["bptt", "bptt-checkpoint", "tbptt", "rtrl", "snap1", "uoro"]))
  var gradient: String?

  @Option(
    help: ArgumentHelp(
      "For tbptt, the steps of the backward pass; twice the window's unless given.",
      visibility: .hidden))
  var through: Int?

  @Option(
    help: ArgumentHelp(
      "For bptt-checkpoint, the steps between checkpoints; the window's root unless given.",
      visibility: .hidden))
  var checkpointEvery: Int?

  /// Whether a flag was given.
  var isGiven: Bool { gradient != nil || through != nil || checkpointEvery != nil }

  /// The engine for windows of some steps.
  func engine(window: Int, seed: UInt64) throws -> GradientEngine {
    try GradientEngine(
      named: gradient ?? "bptt", window: window, through: through, every: checkpointEvery,
      seed: seed)
  }
}
