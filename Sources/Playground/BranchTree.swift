import Models

/// The branches of one text under one model, as it was when the tree began: every node keeps the state after its text,
/// so that going back to it reads nothing again.
struct BranchTree: Sendable {
  /// The steps that the model had learned.
  let step: Int
  private var nodes: [Stepwise]

  /// The most nodes of a tree.
  static let mostNodes = 500
  /// The most floats of a tree's states: 16 MB.
  static let mostFloats = 1 << 22

  /// A tree with the node 0, for a text.
  init(_ saved: SavedLanguageModel, after text: String, step: Int) {
    self.step = step
    nodes = [Stepwise(saved, after: text)]
  }

  /// The model at a node.
  ///
  /// - Throws: `Refusal` where there is no such node.
  func node(_ index: Int) throws -> Stepwise {
    guard nodes.indices.contains(index) else {
      throw Refusal("node: expected 0 to \(nodes.count - 1), found \(index)")
    }
    return nodes[index]
  }

  /// Adds the node for more text after another node's, and returns its index.
  ///
  /// - Throws: `Refusal` where there is no such node, or the tree is full.
  mutating func grow(from index: Int, reading text: String) throws -> Int {
    var node = try node(index)
    guard nodes.count < Self.mostNodes, (nodes.count + 1) * node.size <= Self.mostFloats else {
      throw Refusal("tree: expected at most \(nodes.count) branches; begin a new one")
    }
    node.read(text)
    nodes.append(node)
    return nodes.count - 1
  }
}

/// The trees of all pages; of more than ``most``, the oldest go.
actor BranchTrees {
  static let most = 16
  private var trees: [Int: BranchTree] = [:]
  private var last = 0

  /// Keeps a tree, and returns its number.
  func keep(_ tree: BranchTree) -> Int {
    last += 1
    trees[last] = tree
    while trees.count > Self.most, let oldest = trees.keys.min() { trees[oldest] = nil }
    return last
  }

  /// The tree of a number.
  ///
  /// - Throws: `Refusal` where it is not kept any more.
  func tree(_ number: Int) throws -> BranchTree {
    guard let tree = trees[number] else {
      throw Refusal("tree: \(number) is not kept any more; begin a new one")
    }
    return tree
  }

  /// Adds a node to a tree, and returns its index.
  func grow(_ number: Int, from node: Int, reading text: String) throws -> Int {
    var tree = try tree(number)
    let index = try tree.grow(from: node, reading: text)
    trees[number] = tree
    return index
  }
}
