import FileCore

/// Arrays of NumPy.
extension PickleMachine {
  mutating func numPy(
    _ name: PickleName, _ arguments: [PickleValue]
  ) throws(FormatError) -> PickleValue {
    switch name.name {
    case "_reconstruct":
      contents.arrays.append(PickleArray())
      return .array(contents.arrays.count - 1)
    case "_frombuffer":
      // (bytes, dtype, shape, order): protocol 5.
      guard arguments.count == 4, case .elementType(let type) = arguments[1],
        let shape = contents.integers(arguments[2])
      else { throw failure("expected bytes, an element type, a shape and an order") }
      contents.arrays.append(
        PickleArray(
          shape: shape, type: contents.elementTypes[type],
          isColumnMajor: contents.isText(arguments[3], "F"),
          content: arguments[0]))
      return .array(contents.arrays.count - 1)
    case "dtype":
      guard case .text(let code)? = arguments.first, code.utf8.count <= 64 else {
        throw failure("expected the code of an element type, found other arguments")
      }
      let letters = code.drop { "<>=|".contains($0) }
      contents.elementTypes.append(
        PickleElementType(code: String(letters), isBigEndian: code.hasPrefix(">")))
      return .elementType(contents.elementTypes.count - 1)
    case "scalar":
      // (dtype, bytes): an array without axes.
      guard arguments.count == 2, case .elementType(let type) = arguments[0] else {
        throw failure("expected an element type and bytes, found other arguments")
      }
      contents.arrays.append(
        PickleArray(type: contents.elementTypes[type], content: arguments[1]))
      return .array(contents.arrays.count - 1)
    default: throw unknownCall(name)
    }
  }

  /// Sets an array's state, `(1, shape, dtype, is Fortran, bytes)`; NumPy before 1.0 left out the 1.
  mutating func setState(ofArray index: Int, _ state: PickleValue) throws(FormatError) {
    guard let parts = contents.tuple(state), parts.count == 4 || parts.count == 5,
      case let parts = parts.suffix(4), let first = parts.first,
      let shape = contents.integers(first),
      case .elementType(let type) = parts[parts.startIndex + 1]
    else { throw failure("expected the state of an array, found \(contents.summary(state))") }
    var isColumnMajor = false
    switch parts[parts.startIndex + 2] {
    case .bool(let value): isColumnMajor = value
    case .integer(let value): isColumnMajor = value != 0
    default: throw failure("expected the order of an array's elements, found another value")
    }
    contents.arrays[index] = PickleArray(
      shape: shape, type: contents.elementTypes[type], isColumnMajor: isColumnMajor,
      content: parts[parts.startIndex + 3])
  }
}
