internal import CTensorKernels

/// The instruction set of the kernels.
package enum InstructionSet {
  /// The name of the one in use: `portable`, `avx2`, `avx512` or `neon`.
  package static var active: String { String(cString: ctk_isa_name(ctk_isa_active())) }
}

/// The environment variables of the kernels.
package enum KernelEnvironment {
  /// Ends the process with a line and status 1, as programs do, where a variable has a wrong value. Without it, that aborts
  /// the process.
  package static func endProcessIfWrong() { ctk_environment_end_process() }
}
