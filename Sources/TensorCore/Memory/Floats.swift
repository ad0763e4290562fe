/// Floats in memory: those of a storage from an offset on. The value keeps the storage alive.
///
/// Kernels take their operands in this form, so that no address leaves the kernels' wrappers. The sizes of an
/// operand are further arguments of the kernel; they are not checked here.
package struct Floats: Sendable {
  package let storage: Storage
  package let offset: Int

  /// The floats of a storage from an offset on.
  package init(_ storage: Storage, offset: Int = 0) {
    self.storage = storage
    self.offset = offset
  }

  /// The floats from a later one on.
  package static func + (floats: Floats, count: Int) -> Floats {
    Floats(floats.storage, offset: floats.offset + count)
  }
}
