import FileCore

extension StoredArray {
  /// Every element as a `Float`, rounded to the nearest where the type is wider; `bool` gives 0 and 1.
  public var floats: [Float] {
    switch elementType {
    case .float32: values(as: Float.self) ?? []
    case .float64: (values(as: Double.self) ?? []).map { Float($0) }
    case .float16: halves.map { Float(half: $0) }
    case .bfloat16: halves.map { Float(bitPattern: UInt32($0) << 16) }
    case .int32: (values(as: Int32.self) ?? []).map { Float($0) }
    case .int64: (values(as: Int64.self) ?? []).map { Float($0) }
    case .uint32: (values(as: UInt32.self) ?? []).map { Float($0) }
    case .uint64: (values(as: UInt64.self) ?? []).map { Float($0) }
    case .int8: (values(as: Int8.self) ?? []).map { Float($0) }
    case .int16: (values(as: Int16.self) ?? []).map { Float($0) }
    case .uint16: (values(as: UInt16.self) ?? []).map { Float($0) }
    case .uint8: bytes.map { Float($0) }
    case .bool: bytes.map { $0 == 0 ? 0 : 1 }
    }
  }

  /// Every element as a `Double`: exact for every type but 64-bit integers above 2^53, which are rounded to the
  /// nearest; `bool` gives 0 and 1.
  public var doubles: [Double] {
    switch elementType {
    case .float64: values(as: Double.self) ?? []
    case .int32: (values(as: Int32.self) ?? []).map { Double($0) }
    case .int64: (values(as: Int64.self) ?? []).map { Double($0) }
    case .uint32: (values(as: UInt32.self) ?? []).map { Double($0) }
    case .uint64: (values(as: UInt64.self) ?? []).map { Double($0) }
    case .float32, .float16, .bfloat16, .int8, .uint8, .int16, .uint16, .bool:
      floats.map { Double($0) }
    }
  }

  /// The 16-bit patterns of a half-precision array.
  private var halves: [UInt16] {
    [UInt16](uninitializedCapacity: count) { buffer, initializedCount in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initializedCount = count
    }
  }
}

extension Float {
  /// The value of an IEEE 754 half-precision pattern; a NaN keeps its payload.
  package init(half: UInt16) {
    let sign = UInt32(half & 0x8000) << 16
    let (exponent, fraction) = (UInt32(half >> 10) & 0x1F, UInt32(half & 0x3FF))
    switch exponent {
    case 0:  // zero or subnormal: fraction * 2^-24, exact in single precision
      let magnitude = Float(fraction) * 0x1p-24
      self = Float(bitPattern: magnitude.bitPattern | sign)
    case 31:
      self = Float(bitPattern: sign | 0x7F80_0000 | (fraction << 13))
    default:
      self = Float(bitPattern: sign | ((exponent + 112) << 23) | (fraction << 13))
    }
  }
}
