import Requirements
import TensorCore
import Testing

/// A few operations forth and back.
private func step(_ x: Tensor, _ w: Tensor) -> Float {
  let (value, gradients) = valueAndGradient(of: [w]) { w in
    (tanh(matmul(x, w[0])) * 0.5).sum()
  }
  return value.scalar + gradients[0].sum().scalar
}

@Test func steadyStateAllocatesNothing() async {
  await #expect(processExitsWith: .success) {
    let (x, w) = (Tensor(ones: [64, 100]), Tensor(ones: [100, 30]))
    let first = step(x, w)
    _ = step(x, w)
    let before = MemoryPool.statistics
    for _ in 0..<50 { require(step(x, w) == first, "steps differ") }
    let after = MemoryPool.statistics
    require(after == before, "\(after) is not \(before)")
  }
}

@Test func memoryInUseIsThatOfLivingTensors() async {
  await #expect(processExitsWith: .success) {
    let before = MemoryPool.statistics.bytesInUse
    do {
      let x = Tensor(zeros: [1000])
      let copy = x
      let used = MemoryPool.statistics.bytesInUse - before
      require(used == 4096, "\(used) bytes for 1000 floats")
      require(copy.storage === x.storage, "a copy has memory of its own")
    }
    require(MemoryPool.statistics.bytesInUse == before, "memory leaks")
  }
}

@Test func poolKeepsNoMoreThanItsLimit() async {
  await #expect(processExitsWith: .success) {
    MemoryPool.limit = 1 << 20
    do { _ = (0..<10).map { Tensor(zeros: [1 << (10 + $0)]) } }
    let statistics = MemoryPool.statistics
    require(statistics.bytesFree <= 1 << 20, "\(statistics)")
    require(statistics.systemReleases > 0, "\(statistics)")
    MemoryPool.clear()
    require(MemoryPool.statistics.bytesFree == 0, "\(MemoryPool.statistics)")
    require(Tensor(full: [3], of: 2).scalars == [2, 2, 2], "memory after clearing")
  }
}

@Test func threadsShareThePool() async {
  await #expect(processExitsWith: .success) {
    let (x, w) = (Tensor(ones: [16, 10]), Tensor(ones: [10, 30]))
    let expected = step(x, w)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 { require(step(x, w) == expected, "a thread's step differs") }
        }
      }
    }
    let warm = MemoryPool.statistics
    require(warm.systemAllocations < 400, "\(warm)")
  }
}

@Test func sizeClassWastesAtMostAQuarter() {
  var last = 0
  for count in [0, 1, 16, 17, 64, 65, 80, 81, 1000, 1 << 20, (1 << 20) + 1, 1 << 40] {
    let size = SizeClass(floats: count)
    #expect(size.floats >= count)
    #expect(size.floats - count < max(17, count / 4 + 1))
    #expect(SizeClass(floats: size.floats).index == size.index)
    #expect(SizeClass(index: size.index).floats == size.floats)
    #expect(size.index >= last && size.index < SizeClass.count)
    last = size.index
  }
  for index in 1..<100 {
    #expect(SizeClass(index: index).floats > SizeClass(index: index - 1).floats)
    #expect(SizeClass(floats: SizeClass(index: index).floats).index == index)
  }
}
