import TensorCore

/// Elementwise nodes that run as one program, so that what only they read never goes to memory.
struct ElementwiseGroup: Sendable {
  /// Where an operand stands.
  struct Operand: Sendable, Hashable {
    var place: GraphProgram.Place
    var start = 0
    var rowStride: Int
    var columnStride: Int
  }

  /// A value that others read.
  struct Result: Sendable {
    var slot: Int
    var shape: [Int]
  }

  private let program: ElementwiseProgram
  private let operands: [Operand]
  let results: [Result]
  private let rows: Int
  private let width: Int

  /// The slots that it reads.
  var reads: [GraphProgram.Place] { operands.map(\.place) }

  /// Computes the results.
  func callAsFunction(_ value: (GraphProgram.Place) -> GraphValue) -> [GraphValue] {
    var memory: [ElementwiseOperand] = []
    memory.reserveCapacity(operands.count + results.count)
    for operand in operands {
      guard let elements = value(operand.place).tensor?.elements else { continue }
      memory.append(
        ElementwiseOperand(
          elements + operand.start, rowStride: operand.rowStride,
          columnStride: operand.columnStride))
    }
    let tensors = results.map { Tensor(uninitialized: $0.shape) }
    for tensor in tensors { memory.append(ElementwiseOperand(tensor.elements, rowStride: width)) }
    let work = 4 * rows * width * program.operationCount
    if rows > 1 {
      ThreadTeam.split(rows, work: work) { program.run(memory, rows: $0, width: width) }
    } else {
      ThreadTeam.split(width, unit: 16, work: work) { part in
        if part.count == width { return program.run(memory, rows: 1, width: width) }
        let columns = memory.map {
          ElementwiseOperand(
            $0.base + part.lowerBound * $0.columnStride, rowStride: 0,
            columnStride: $0.columnStride)
        }
        program.run(columns, rows: 1, width: part.count)
      }
    }
    return tensors.map { GraphValue($0) }
  }

  /// Collects nodes.
  struct Builder {
    /// How often an operand's elements are repeated in the result.
    enum Layout: Equatable {
      case full
      case one
      /// The same row for all, of a width.
      case row(Int)
      /// One number for each row, of a width.
      case column(Int)

      /// The layout of an operand in a result; nil if it is repeated in another way.
      init?(_ shape: [Int], in result: [Int]) {
        let (count, all) = (shape.reduce(1, *), result.reduce(1, *))
        if count == all {
          self = .full
        } else if count == 1 {
          self = .one
        } else if shape.drop(while: { $0 == 1 }).elementsEqual(
          result.suffix(shape.drop(while: { $0 == 1 }).count))
        {
          self = .row(count)
        } else {
          let padded = [Int](repeating: 1, count: max(0, result.count - shape.count)) + shape
          let used = padded.lastIndex { $0 != 1 }.map { $0 + 1 } ?? 0
          guard padded.count == result.count, padded[..<used].elementsEqual(result[..<used]) else {
            return nil
          }
          self = .column(all / count)
        }
      }

      /// The width of the rows; nil if any will do.
      var width: Int? {
        switch self {
        case .full, .one: nil
        case .row(let width), .column(let width): width
        }
      }
    }

    /// An input of a node.
    enum Source {
      /// The value of an earlier node of the group.
      case node(Int)
      case memory(GraphProgram.Place, start: Int, Layout)
    }

    private struct Node {
      var function: ElementwiseFunction
      var sources: [Source]
      var result: Result
    }

    /// The number of elements of every value.
    let count: Int
    private var width: Int?
    private var nodes: [Node] = []
    private static let mostNodes = 20

    init(count: Int) { self.count = count }

    /// The number of the node that computes a slot.
    func node(of slot: Int) -> Int? { nodes.firstIndex { $0.result.slot == slot } }

    /// Whether it can have a node with rows of these widths.
    func accepts(count: Int, widths: [Int]) -> Bool {
      let known = Set(widths + (width.map { [$0] } ?? []))
      return count == self.count && known.count <= 1 && nodes.count < Self.mostNodes
    }

    mutating func add(_ function: ElementwiseFunction, _ sources: [Source], _ result: Result) {
      for case .memory(_, _, let layout) in sources { width = layout.width ?? width }
      nodes.append(Node(function: function, sources: sources, result: result))
    }

    /// The group; `readers` is how often each slot is read in the whole graph.
    func group(_ readers: [Int]) -> ElementwiseGroup {
      let width = width ?? count
      var inside = [Int](repeating: 0, count: nodes.count)
      var operands: [Operand] = []
      var writer = ProgramWriter()
      var values: [ProgramWriter.Value] = []
      for node in nodes {
        let read = node.sources.map { source -> ProgramWriter.Value in
          switch source {
          case .node(let number):
            inside[number] += 1
            return values[number]
          case .memory(let place, let start, let layout):
            let operand = Operand(place, start, layout, width: width)
            let known = operands.firstIndex(of: operand)
            if known == nil { operands.append(operand) }
            return writer.load(known ?? operands.count - 1)
          }
        }
        values.append(writer.apply(node.function, read))
      }
      var results: [Result] = []
      for (number, node) in nodes.enumerated() where readers[node.result.slot] > inside[number] {
        writer.store(values[number], to: operands.count + results.count)
        results.append(node.result)
      }
      return ElementwiseGroup(
        program: writer.program(operands: operands.count + results.count), operands: operands,
        results: results, rows: count / width, width: width)
    }
  }
}

extension ElementwiseGroup.Operand {
  fileprivate init(
    _ place: GraphProgram.Place, _ start: Int, _ layout: ElementwiseGroup.Builder.Layout,
    width: Int
  ) {
    (self.place, self.start) = (place, start)
    switch layout {
    case .full: (rowStride, columnStride) = (width, 1)
    case .one: (rowStride, columnStride) = (0, 0)
    case .row: (rowStride, columnStride) = (0, 1)
    case .column: (rowStride, columnStride) = (1, 0)
    }
  }
}
