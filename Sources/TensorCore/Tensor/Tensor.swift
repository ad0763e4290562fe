import Requirements

/// A dense array of 32-bit floats with a shape, a value like an `Array`.
///
///     let x = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
///     let y = x * 2 + 1      // elementwise, with broadcasting
///     y.sum().scalar         // 48
///
/// The elements stand in row-major order: the last axis is contiguous. The shape `[]` is a scalar
/// with one element. An axis is named by its position, or from the end by a negative number: -1 is
/// the last one. Copies share memory until one of them is written to. An operation whose shapes do
/// not fit stops the process with a message that names both shapes.
///
/// Inside `valueAndGradient` the model's parameters, and whatever is computed from
/// them, are *tracked*: a tape records the operations for the backward pass. Operations on
/// untracked tensors record nothing.
public struct Tensor: Sendable {
  /// The lengths of the axes.
  public let shape: [Int]
  package internal(set) var storage: Storage
  /// The slot on the tape that tracks this value; nil if untracked.
  var node: Tape.Node?

  /// The number of elements: the product of the shape.
  public var count: Int { storage.count }
  /// The number of axes.
  public var rank: Int { shape.count }

  package init(storage: Storage, shape: [Int]) {
    let count = elementCount(of: shape)
    require(
      storage.count == count,
      "\(storage.count) elements do not fill the shape \(shape), which has \(count)")
    self.shape = shape
    self.storage = storage
  }

  /// A tensor whose elements are undefined until they are written.
  package init(uninitialized shape: [Int]) {
    storage = Storage(count: elementCount(of: shape))
    self.shape = shape
  }

  /// A tensor whose elements `fill` writes, all of them.
  package init(uninitialized shape: [Int], _ fill: (Floats) -> Void) {
    self.init(uninitialized: shape)
    fill(Floats(storage))
  }

  /// The elements, to be read by a kernel.
  package var elements: Floats { Floats(storage) }

  /// The elements, to be written by a kernel before the tensor is used again; copied first if the memory is
  /// shared. The tensor must not be tracked: a tape records no write.
  package mutating func writableElements() -> Floats {
    prepareWriting()
    return Floats(storage)
  }

  /// Makes the memory the tensor's own, for a write.
  mutating func prepareWriting() {
    require(!isTracked, "a tracked tensor cannot be written to; write to its detached() copy")
    if !isKnownUniquelyReferenced(&storage) || storage.encoded != nil {
      let copy = Storage(count: storage.count)
      copyRows(
        Floats(storage), stride: 0, rows: 1, width: count, into: Floats(copy), stride: 0)
      storage = copy
    } else {
      storage.willChange()
    }
  }
}

/// The number of elements of a tensor of this shape.
package func elementCount(of shape: [Int]) -> Int {
  var count = 1
  for length in shape {
    require(length >= 0, "the shape \(shape) has a negative length")
    let (product, overflow) = count.multipliedReportingOverflow(by: length)
    require(!overflow, "the shape \(shape) has more elements than can be counted")
    count = product
  }
  return count
}
