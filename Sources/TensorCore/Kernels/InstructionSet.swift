internal import CTensorKernels

/// The instruction set of the kernels.
package enum InstructionSet {
  /// The name of the one in use: `portable`, `avx2`, `avx512` or `neon`.
  package static var active: String { String(cString: ctk_isa_name(ctk_isa_active())) }
}
