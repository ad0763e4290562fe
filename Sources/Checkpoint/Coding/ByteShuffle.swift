import FileCore
import Requirements

/// The byte shuffle: all first bytes of the elements, then all second bytes, and so on.
///
/// Weights often share sign and exponent but not the fraction. So of the planes of a shuffled array the highest
/// compresses well, the lower ones not at all.
/// `planes[p * count + i] = elements[i * width + p]`.
enum ByteShuffle {
  /// Elements to planes. The number of bytes must be a multiple of the width.
  static func shuffled(_ bytes: [UInt8], width: Int) -> [UInt8] {
    transformed(bytes, width: width) { input, output in
      switch width {
      case 2: split(input, as: UInt16.self, into: output)
      case 4: split(input, as: UInt32.self, into: output)
      case 8: split(input, as: UInt64.self, into: output)
      default: output.copyMemory(from: input)
      }
    }
  }

  /// Planes to elements.
  static func unshuffled(_ bytes: [UInt8], width: Int) -> [UInt8] {
    transformed(bytes, width: width) { input, output in
      switch width {
      case 2: join(input, as: UInt16.self, into: output)
      case 4: join(input, as: UInt32.self, into: output)
      case 8: join(input, as: UInt64.self, into: output)
      default: output.copyMemory(from: input)
      }
    }
  }

  private static func transformed(
    _ bytes: [UInt8], width: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Void
  ) -> [UInt8] {
    require(
      bytes.count.isMultiple(of: width), "\(bytes.count) bytes are not elements of \(width)")
    return [UInt8](uninitializedCapacity: bytes.count) { buffer, initializedCount in
      bytes.withUnsafeBytes { input in
        let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: bytes.count)
        body(input, output)
      }
      initializedCount = bytes.count
    }
  }

  private static func split<Element: FixedWidthInteger & UnsignedInteger>(
    _ input: UnsafeRawBufferPointer, as type: Element.Type,
    into output: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Element>.size
    let count = input.count / width
    guard count > 0, let source = input.baseAddress, let target = output.baseAddress else { return }
    for plane in 0..<width {
      let (row, shift) = (target + plane * count, Element(8 * plane))
      for index in 0..<count {
        let element = source.loadUnaligned(fromByteOffset: index * width, as: type)
        row.storeBytes(
          of: UInt8(truncatingIfNeeded: element >> shift), toByteOffset: index, as: UInt8.self)
      }
    }
  }

  private static func join<Element: FixedWidthInteger & UnsignedInteger>(
    _ input: UnsafeRawBufferPointer, as type: Element.Type,
    into output: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Element>.size
    let count = input.count / width
    guard count > 0, let source = input.baseAddress, let target = output.baseAddress else { return }
    for index in 0..<count {
      var element: Element = 0
      for plane in 0..<width {
        let byte = source.load(fromByteOffset: plane * count + index, as: UInt8.self)
        element |= Element(truncatingIfNeeded: byte) << Element(8 * plane)
      }
      target.storeBytes(of: element, toByteOffset: index * width, as: type)
    }
  }
}
