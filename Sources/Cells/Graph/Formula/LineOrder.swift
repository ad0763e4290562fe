/// The order of equations, where a graph states only what each one reads.
enum LineOrder {
  /// Lines in an order in which each follows those that it needs, and parameters are mentioned in their own order as
  /// far as possible.
  ///
  /// - Parameters:
  ///   - needs: The other lines that a line reads.
  ///   - mentions: The places of the parameters that a line mentions.
  static func sorted(
    _ lines: [NodeID], needs: [NodeID: Set<NodeID>], mentions: [NodeID: [Int]]
  ) -> [NodeID] {
    guard lines.count <= 512 else { return lines }
    var (rest, result, done, known) = (lines, [NodeID](), Set<NodeID>(), Set<Int>())
    while !rest.isEmpty {
      var best: (index: Int, key: Int)?
      for (index, id) in rest.enumerated() where needs[id]?.isSubset(of: done) ?? true {
        let key = (mentions[id] ?? []).filter { !known.contains($0) }.min() ?? -1
        if best.map({ key < $0.key }) ?? true { best = (index, key) }
      }
      let next = rest.remove(at: best?.index ?? 0)
      result.append(next)
      done.insert(next)
      known.formUnion(mentions[next] ?? [])
    }
    return result
  }
}
