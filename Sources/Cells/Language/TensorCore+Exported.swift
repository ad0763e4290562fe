// Code that uses cells and layers handles tensors, so `import Cells` brings TensorCore's names too. Swift has no other
// spelling for this yet.
@_exported import TensorCore
