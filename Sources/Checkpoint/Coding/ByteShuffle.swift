import FileCore
import Requirements

/// The byte shuffle: all first bytes of the elements, then all second bytes, and so on.
///
/// Weights often share sign and exponent but not the fraction. So of the planes of a shuffled array the highest
/// compresses well, the lower ones not at all.
/// `planes[p * count + i] = elements[i * width + p]`.
///
/// The loops over pointers are fast in debug builds too, and the usual widths are constants for the optimizer, which
/// vectorizes them.
enum ByteShuffle {
  /// Elements to planes. The number of bytes must be a multiple of the width.
  static func shuffled(_ bytes: [UInt8], width: Int) -> [UInt8] {
    transformed(bytes, width: width) { input, output in
      switch width {
      case 2: split(input, bytes.count / 2, width: 2, into: output)
      case 4: split(input, bytes.count / 4, width: 4, into: output)
      case 8: split(input, bytes.count / 8, width: 8, into: output)
      default: split(input, bytes.count / width, width: width, into: output)
      }
    }
  }

  /// Planes to elements.
  static func unshuffled(_ bytes: [UInt8], width: Int) -> [UInt8] {
    transformed(bytes, width: width) { input, output in
      switch width {
      case 2: join(input, bytes.count / 2, width: 2, into: output)
      case 4: joinFours(input, bytes.count / 4, into: output)
      case 8: join(input, bytes.count / 8, width: 8, into: output)
      default: join(input, bytes.count / width, width: width, into: output)
      }
    }
  }

  private static func transformed(
    _ bytes: [UInt8], width: Int,
    _ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
  ) -> [UInt8] {
    require(
      bytes.count.isMultiple(of: width), "\(bytes.count) bytes are not elements of \(width)")
    return [UInt8](uninitializedCapacity: bytes.count) { buffer, initializedCount in
      bytes.withUnsafeBufferPointer { input in
        if let source = input.baseAddress, let target = buffer.baseAddress { body(source, target) }
      }
      initializedCount = bytes.count
    }
  }

  @inline(__always)
  private static func split(
    _ elements: UnsafePointer<UInt8>, _ count: Int, width: Int,
    into planes: UnsafeMutablePointer<UInt8>
  ) {
    var plane = 0
    while plane < width {
      let (first, row) = (elements + plane, planes + plane &* count)
      var index = 0
      while index < count {
        row[index] = first[index &* width]
        index &+= 1
      }
      plane &+= 1
    }
  }

  @inline(__always)
  private static func join(
    _ planes: UnsafePointer<UInt8>, _ count: Int, width: Int,
    into elements: UnsafeMutablePointer<UInt8>
  ) {
    var index = 0
    while index < count {
      let element = elements + index &* width
      var plane = 0
      while plane < width {
        element[plane] = planes[plane &* count &+ index]
        plane &+= 1
      }
      index &+= 1
    }
  }

  /// As `join`, one element at a time, in the form that the optimizer vectorizes.
  private static func joinFours(
    _ planes: UnsafePointer<UInt8>, _ count: Int, into elements: UnsafeMutablePointer<UInt8>
  ) {
    let (first, second) = (planes, planes + count)
    let (third, fourth) = (second + count, second + 2 &* count)
    elements.withMemoryRebound(to: UInt32.self, capacity: count) { elements in
      var index = 0
      while index < count {
        let low = UInt32(first[index]) | UInt32(second[index]) &<< 8
        let high = UInt32(third[index]) | UInt32(fourth[index]) &<< 8
        elements[index] = (low | high &<< 16).littleEndian
        index &+= 1
      }
    }
  }
}
