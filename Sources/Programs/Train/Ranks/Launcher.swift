#if MPI
  import DistributedTraining
  import ProgramsCore
  import Training

  /// What a launcher such as `mpirun` or `srun` starts, and how it ends.
  enum Launcher {
    /// Whether a launcher started this process, by the variables that Open MPI, MPICH and Slurm set.
    static func started(this environment: Environment.Type) -> Bool {
      ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE", "PMI_RANK"]
        .contains { environment[$0] != nil }
    }

    /// Ends this process together with the other ranks; one of those that failed says why.
    static func end(
      _ exchange: MPIExchange, _ group: ProcessGroup, _ watch: RankWatch,
      _ error: (any Error)?, _ status: Int32, _ text: String
    ) -> Never {
      var (status, error) = (status, error)
      if error == nil {
        do {
          try group.leave()
        } catch let failure {
          error = failure
        }
      } else if !(error is PeerFailure), !(error is ExchangeFailure) {
        let failed = group.fail(code: status, message: text)
        if failed.isFirst, !text.isEmpty {
          let place = failed.isEverywhere ? "" : "rank \(exchange.rank): "
          if status == 0 {
            Console.say(text + "\n")
          } else {
            Console.noteAlone(place + text + "\n")
          }
        }
      }
      if let peer = error as? PeerFailure { status = peer.code }
      if let failure = error as? ExchangeFailure { watch.lose("\(failure)") }
      watch.stop()
      exchange.end()
      Console.end(status)
    }
  }
#endif
