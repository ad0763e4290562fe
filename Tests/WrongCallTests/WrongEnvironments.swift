import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension WrongCall {
  /// An environment variable that is set before anything is computed.
  private static func variable(
    _ name: String, _ value: String, _ texts: [String], _ use: @escaping @Sendable () -> Void
  ) -> WrongCall {
    WrongCall(
      name: "\(name)=\(value)", texts: [name, "\"\(value)\""] + texts,
      body: {
        setenv(name, value, 1)
        use()
      })
  }

  static let environment = [
    variable("SWIFT_RNN_ISA", "sse", ["portable"]) { _ = exp(Tensor([1, 2])) },
    variable("SWIFT_RNN_THREADS", "many", ["1 to 256"]) { _ = ThreadTeam.count },
    variable("SWIFT_RNN_THREADS", "0", ["1 to 256"]) { _ = ThreadTeam.count },
    variable("SWIFT_RNN_THREADS", "2x", ["1 to 256"]) { _ = ThreadTeam.count },
    variable("SWIFT_RNN_MATRIX_UNIT", "gpu", ["emulated or none"]) {
      withPrecision(.high) { _ = matmul(Tensor(zeros: [64, 64]), Tensor(zeros: [64, 64])) }
    },
  ]
}
