extension ThreadTeam {
  /// The results of `body` for all elements, in their order, computed on all threads.
  ///
  /// Elements that are costly one by one are parts of their own; `sharing` many cheap ones make a part together.
  package static func map<Element, Result>(
    _ elements: [Element], sharing: Int = 1, _ body: (Element) -> Result
  ) -> [Result] {
    let parts = (elements.count + sharing - 1) / sharing
    let pieces = Guarded([[Result]](repeating: [], count: parts))
    run(parts: parts) { part in
      let piece = elements[part * sharing..<min(elements.count, (part + 1) * sharing)].map(body)
      pieces.withLock { $0[part] = piece }
    }
    return pieces.withLock { $0.flatMap(\.self) }
  }
}
