"""Layers of the less common cells: torchrecurrent's, and plain PyTorch where it has none."""

import torch
import torchrecurrent
from torch import nn

PUBLISHED = {
    "mgu": torchrecurrent.MGU,
    "lstm-peephole": torchrecurrent.PeepholeLSTM,
    "ligru": torchrecurrent.LiGRU,
    "indrnn": torchrecurrent.IndRNN,
}


class MinGRU(nn.Module):
    """minGRU with the input's part for all steps at once; the rest step by step."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.linear = nn.Linear(inputs, 2 * hidden)

    def gates(self, x):
        content, gate = self.linear(x).chunk(2, dim=-1)
        new = torch.where(content >= 0, content + 0.5, torch.sigmoid(content))
        return new, torch.sigmoid(gate)

    def forward(self, x):
        new, z = self.gates(x)
        keep, add = (1 - z).unbind(0), (z * new).unbind(0)
        h, outputs = torch.zeros_like(add[0]), []
        for a, b in zip(keep, add):
            h = a * h + b
            outputs.append(h)
        return torch.stack(outputs)


class ScannedMinGRU(MinGRU):
    """The same by the paper's parallel scan of logarithms."""

    def forward(self, x):
        content, gate = self.linear(x).chunk(2, dim=-1)
        log_z, log_keep = -nn.functional.softplus(-gate), -nn.functional.softplus(gate)
        log_new = torch.where(
            content >= 0, (nn.functional.relu(content) + 0.5).log(), -nn.functional.softplus(-content)
        )
        total = log_keep.cumsum(0)
        return (total + (log_z + log_new - total).logcumsumexp(0)).exp()


class SLSTM(nn.Module):
    """sLSTM, with the input's part for all steps at once."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden
        self.linear = nn.Linear(inputs, 4 * hidden)
        self.recurrent = nn.Parameter(torch.empty(4 * hidden, hidden))
        nn.init.uniform_(self.recurrent, -(hidden**-0.5), hidden**-0.5)
        self.step = slstm_step

    def forward(self, x):
        rows = self.linear(x)
        zeros = x.new_zeros(x.shape[1], self.hidden)
        state, outputs = (zeros, zeros, zeros, zeros), []
        for row in rows.unbind(0):
            state = self.step(row, self.recurrent, *state)
            outputs.append(state[0])
        return torch.stack(outputs)


def slstm_step(row, recurrent, h, c, n, m):
    i, f, z, o = torch.addmm(row, h, recurrent.t()).chunk(4, dim=-1)
    log_f = nn.functional.logsigmoid(f) + m
    largest = torch.where(n == 0, i, torch.maximum(i, log_f))
    i, f = torch.exp(i - largest), torch.exp(log_f - largest)
    c, n = f * c + i * torch.tanh(z), f * n + i
    return torch.sigmoid(o) * c / n, c, n, largest


def layers(case, compiles):
    """Every way to run a cell over a sequence: pairs of a name and a function that makes the layer."""
    sizes = (case.input, case.hidden)
    if case.cell == "lstm":
        return [("nn.LSTM", lambda: nn.LSTM(*sizes))]
    if case.cell == "mingru":
        ways = [("loop", lambda: MinGRU(*sizes)), ("scan", lambda: ScannedMinGRU(*sizes))]
        if compiles:
            ways.append(("compiled scan", lambda: torch.compile(ScannedMinGRU(*sizes))))
        return ways
    if case.cell == "slstm":
        ways = [("loop", lambda: SLSTM(*sizes))]
        if compiles:
            ways.append(("compiled steps", lambda: _with_compiled_step(SLSTM(*sizes))))
        return ways
    layer = PUBLISHED[case.cell]
    ways = [("torchrecurrent", lambda: layer(*sizes))]
    ways.append(("torchrecurrent, scripted", lambda: torch.jit.script(layer(*sizes))))
    if compiles:
        ways.append(("torchrecurrent, compiled cell", lambda: _with_compiled_cell(layer(*sizes))))
    return ways


def _with_compiled_step(layer):
    layer.step = torch.compile(layer.step)
    return layer


def _with_compiled_cell(layer):
    layer.cells[0].forward = torch.compile(layer.cells[0].forward)
    return layer
