import Checkpoint
import TensorCore

extension GraphOperator {
  /// Arrays in more or fewer positions.
  static let resizing: [String: GraphOperator] = [
    "Resize": GraphOperator(1...4) { node throws(GraphFailure) in
      let resizing = try Resizing(&node)
      return { inputs, run throws(GraphFailure) in [try resizing(inputs, &run)] }
    },
    // The operator before operator set 10, by whole or broken factors of 1 or more.
    "Upsample": GraphOperator(1...2) { node throws(GraphFailure) in
      let resizing = try Resizing(&node)
      return { inputs, run throws(GraphFailure) in [try resizing(inputs, &run)] }
    },
  ]
}

/// Values between the positions of an array, by its nearest element or by straight lines between two, axis after axis.
private struct Resizing: Sendable {
  private let isLinear: Bool
  private let coordinates: Coordinates
  private let nearest: Nearest
  private let policy: String
  private let axes: [Int]?
  private let scales: Scales

  /// Where the factors of the axes are stated.
  private enum Scales {
    case attribute([Float])
    case input(Int)
  }

  init(_ node: inout GraphNode) throws(GraphFailure) {
    let mode = try node.text("mode") ?? "nearest"
    guard ["nearest", "linear", "bilinear"].contains(mode) else {
      throw GraphFailure("mode: \(mode) is not supported")
    }
    isLinear = mode != "nearest"
    let isOld = node.version < 11
    coordinates = try node.coordinates() ?? (isOld ? .asymmetric : .halfPixel)
    nearest = try node.nearest() ?? (isOld ? .upwardsWhereSmaller : .down)
    policy =
      try node.choice(
        "keep_aspect_ratio_policy", of: ["stretch", "not_larger", "not_smaller"]) ?? "stretch"
    axes = try node.integers("axes")
    if node.version < 9 {
      guard let factors = try node.floats("scales") else {
        throw GraphFailure("scales: expected numbers")
      }
      scales = .attribute(factors)
    } else {
      scales = .input(isOld ? 1 : 2)
    }
    guard try !node.flag("antialias") else { throw GraphFailure("antialias: 1 is not supported") }
    // Weights outside and values beyond the ends matter to cubic curves and to crops alone.
    _ = try node.flag("exclude_outside")
    _ = try node.float("extrapolation_value")
    _ = try node.float("cubic_coeff_a")
  }

  func callAsFunction(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let x = try inputs.value(0)
    let places = try positions(ofAxes: axes ?? Array(x.shape.indices), rank: x.rank)
    let sizes = try sizes(inputs, places.map { x.shape[$0] }, run.limits)
    var shape = x.shape
    for (place, size) in zip(places, sizes) { shape[place] = size.count }
    guard try run.count(of: shape) > 0 else {
      return try x.taking([], along: shape.firstIndex(of: 0) ?? 0, &run).reshaped(to: shape)
    }
    guard x.count > 0, !isLinear || x.elementType.isFloat else {
      throw GraphFailure(
        expected: isLinear ? "floats" : "elements", found: "\(x.elementType) of shape \(x.shape)")
    }
    let type = x.elementType
    var result = isLinear ? x.exact : x
    for (place, size) in zip(places, sizes) where size != Size(x.shape[place], 1) {
      let length = x.shape[place]
      let points = (0..<size.count).map { coordinates.point($0, size, of: length) }
      if isLinear {
        result = try result.interpolated(points, along: place, &run)
      } else {
        let indices = points.map { nearest.index($0, size.scale, of: length) }
        result = try result.taking(indices, along: place, &run)
      }
    }
    return result.converted(to: type)
  }

  /// The sizes of axes of these lengths after a call.
  private func sizes(
    _ inputs: [GraphValue?], _ lengths: [Int], _ limits: GraphLimits
  ) throws(GraphFailure) -> [Size] {
    if let wanted = inputs.optional(3), wanted.count > 0 {
      return try self.sizes(GraphIntegers.input(3, "sizes").values(inputs) ?? [], lengths, limits)
    }
    var factors: [Float] = []
    switch scales {
    case .attribute(let values): factors = values
    case .input(let index): factors = try inputs.tensor(index).tensor.scalars
    }
    guard factors.count == lengths.count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw GraphFailure(
        expected: "\(lengths.count) positive scales", found: "\(factors.prefix(64))")
    }
    var result: [Size] = []
    for (length, factor) in zip(lengths, factors) {
      let size = (Float(length) * factor).rounded(.down)
      guard size <= Float(limits.elements) else {
        throw GraphFailure(expected: "at most \(limits.elements) elements", found: size)
      }
      result.append(Size(Int(size), Double(factor)))
    }
    return result
  }

  private func sizes(
    _ wanted: [Int], _ lengths: [Int], _ limits: GraphLimits
  ) throws(GraphFailure) -> [Size] {
    guard wanted.count == lengths.count, wanted.allSatisfy({ (1...limits.elements).contains($0) }),
      lengths.allSatisfy({ $0 > 0 })
    else {
      throw GraphFailure(
        expected: "sizes from 1 to \(limits.elements) of \(lengths.count) axes with elements",
        found: "\(wanted.prefix(64)) of \(lengths)")
    }
    let factors = zip(wanted, lengths).map { Double($0) / Double($1) }
    guard policy != "stretch" else {
      return zip(wanted, factors).map { Size($0, $1) }
    }
    let factor = (policy == "not_larger" ? factors.min() : factors.max()) ?? 1
    return try lengths.map { length throws(GraphFailure) in
      let size = (factor * Double(length) + 0.5).rounded(.down)
      guard size <= Double(limits.elements) else {
        throw GraphFailure(expected: "at most \(limits.elements) elements", found: size)
      }
      return Size(Int(size), factor)
    }
  }
}

/// The positions of an axis, and by what factor they are more.
private struct Size: Equatable {
  let count: Int
  let scale: Double

  init(_ count: Int, _ scale: Double) { (self.count, self.scale) = (count, scale) }
}

/// Where a position of the result lies among those of the array.
private enum Coordinates: String {
  case halfPixel = "half_pixel"
  case halfPixelSymmetric = "half_pixel_symmetric"
  case halfPixelOrFirst = "pytorch_half_pixel"
  case corners = "align_corners"
  case asymmetric
  case halfPixelOfResult = "tf_half_pixel_for_nn"

  func point(_ position: Int, _ size: Size, of length: Int) -> Double {
    let (place, scale, exact) = (Double(position), size.scale, size.scale * Double(length))
    switch self {
    case .halfPixel: return (place + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      let offset = Double(length) / 2 * (1 - Double(size.count) / exact)
      return offset + (place + 0.5) / scale - 0.5
    case .halfPixelOrFirst: return exact == 1 ? -0.5 : (place + 0.5) / scale - 0.5
    case .corners: return exact == 1 ? 0 : place * Double(length - 1) / (exact - 1)
    case .asymmetric: return place / scale
    case .halfPixelOfResult: return (place + 0.5) / scale
    }
  }
}

/// Which element is the nearest of a point.
private enum Nearest: String {
  case down = "round_prefer_floor"
  case up = "round_prefer_ceil"
  case floor
  case ceil
  /// The next one where the result is smaller, else the one before: the rule of operator set 10.
  case upwardsWhereSmaller

  func index(_ point: Double, _ scale: Double, of length: Int) -> Int {
    let whole =
      switch self {
      case .down: (point - 0.5).rounded(.up)
      case .up: (point + 0.5).rounded(.down)
      case .floor: point.rounded(.down)
      case .ceil: point.rounded(.up)
      case .upwardsWhereSmaller: point.rounded(scale < 1 ? .up : .down)
      }
    return Int(max(0, min(Double(length - 1), whole)))
  }
}

extension GraphNode {
  fileprivate mutating func coordinates() throws(GraphFailure) -> Coordinates? {
    guard let name = try text("coordinate_transformation_mode") else { return nil }
    guard let coordinates = Coordinates(rawValue: name) else {
      throw GraphFailure("coordinate_transformation_mode: \(name) is not supported")
    }
    return coordinates
  }

  fileprivate mutating func nearest() throws(GraphFailure) -> Nearest? {
    let names = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
    return try choice("nearest_mode", of: names).flatMap { Nearest(rawValue: $0) }
  }
}

extension GraphValue {
  /// Values at points of an axis, on straight lines between the elements; beyond the ends those at the ends.
  fileprivate func interpolated(
    _ points: [Double], along axis: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let last = Double(shape[axis] - 1)
    let inside = points.map { max(0, min(last, $0)) }
    let before = try taking(inside.map { Int($0) }, along: axis, &run)
    let after = try taking(inside.map { Int($0.rounded(.up)) }, along: axis, &run)
    let shape = [points.count] + [Int](repeating: 1, count: rank - axis - 1)
    let rest = inside.map { $0 - $0.rounded(.down) }
    let weight = GraphValue(rest, shape: shape).converted(to: elementType)
    let opposite = GraphValue(rest.map { 1 - $0 }, shape: shape).converted(to: elementType)
    return try BinaryFunction.add(
      BinaryFunction.multiply(before, opposite, &run),
      BinaryFunction.multiply(after, weight, &run), &run)
  }
}
