internal import CTensorKernels

/// The matrix unit that products of a precision run on.
///
/// It may be sent between threads because what it points to is constant.
package struct MatrixUnit: @unchecked Sendable {
  /// The kernels' tables live as long as the process and never change.
  let pointer: UnsafePointer<ctk_matrix_unit>
  /// How many bf16 numbers stand for a float.
  let parts: Int32

  /// The unit for a precision; nil where products are float32.
  init?(_ precision: Precision) {
    guard precision != .highest, let unit = ctk_matrix_unit_active() else { return nil }
    pointer = unit
    parts = precision == .high ? 2 : 1
  }

  var kernels: ctk_matrix_unit { pointer.pointee }

  var name: String { String(cString: kernels.name) }

  /// Takes the plain model of a unit from now on: for tests, which so run everywhere.
  package static func emulate() { ctk_matrix_unit_select(ctk_matrix_unit_emulated()) }
}
