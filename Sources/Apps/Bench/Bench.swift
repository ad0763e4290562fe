import ArgumentParser
import Programs

@main struct BenchProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast recurrent networks run on this machine.",
    discussion: """
      Examples: bench lstm-256 gru-256 --threads 1
                bench --cell mgu --hidden 512 --task backward
                bench peak
      """,
    subcommands: [
      Run.self, PeakLimits.self, Products.self, Layout.self, Explain.self, Checkpoints.self,
      Hostile.self, Serve.self,
    ],
    defaultSubcommand: Run.self)

  static func main() { Programs.run(BenchProgram.self) }
}
