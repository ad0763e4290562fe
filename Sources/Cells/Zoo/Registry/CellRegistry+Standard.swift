extension CellRegistry {
  /// All cells of this library; the entries of a cell stand in the cell's own file.
  public static let standard = CellRegistry(
    entries: [
      // RNN, LSTM, GRU and their published variants.
      RNN.entries, LSTM.entries, GRU.entries,
      // Cells with a cell state besides the hidden state.
      WMCLSTM.entries, ResidualLSTM.entries, MCLSTM.entries, MultiplicativeLSTM.entries,
      MogrifierLSTM.entries, ONLSTM.entries, URLSTM.entries, SLSTM.entries, RAN.entries,
      NASCell.entries, SCRN.entries,
      // Cells with gates and a single state.
      MGU.entries, UGRNN.entries, IntersectionRNN.entries, JANET.entries, MinimalRNN.entries,
      MiRU.entries, MUT.entries, LiGRU.entries, LightRU.entries, ATR.entries, SGRN.entries,
      STAR.entries, SGU.entries, TauGRU.entries, CFN.entries, BRC.entries, FastGRNN.entries,
      RHN.entries,
      // Cells made from differential equations, and residual ones.
      Antisymmetric.entries, LipschitzRNN.entries, CoRNN.entries, UnICORNN.entries, LEM.entries,
      FastRNN.entries,
      // Cells whose recurrence is elementwise.
      IndRNN.entries, MinGRU.entries, MinLSTM.entries, SRU.entries, QRNN.entries, TypedRNN.entries,
      TypedGRU.entries, TypedLSTM.entries, ELSTM.entries,
      // Nested cells, cells with clocks, linear ones.
      NestedLSTM.entries, FastSlowLSTM.entries, ClockworkRNN.entries, PhasedLSTM.entries,
      LMU.entries, LRU.entries, HGRN.entries,
      // Cells with a matrix for a state.
      LinearAttention.entries, FastWeights.entries, RetNet.entries, GLA.entries, HGRN2.entries,
      RWKV6.entries, RWKV7.entries, MLSTM.entries, MLSTMLarge.entries, MLSTMBlock.entries,
      S6.entries, SSD.entries, DeltaNet.entries, GatedDeltaNet.entries, KDA.entries,
      RGLRU.entries,
    ].flatMap { $0 })
}
