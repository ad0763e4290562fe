import ArgumentParser
import ProgramsCore

@main struct BenchProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast recurrent networks run on this machine.",
    discussion: """
      Examples: bench lstm-256 gru-256 --threads 1
                bench --cell mgu --hidden 512 --task backward
                bench peak
      """,
    version: Version.number,
    subcommands: [
      Run.self, PeakLimits.self, Products.self, Matrices.self, Layout.self, Load.self, Explain.self,
      Checkpoints.self,
      Hostile.self, Serve.self, Repeat.self, Graph.self, Network.self,
    ],
    defaultSubcommand: Run.self)

  static func main() { Program.main(BenchProgram.self) }
}
