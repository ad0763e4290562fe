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


class SRU(nn.Module):
    """SRU, with the input's part for all steps at once."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden
        self.linear = nn.Linear(inputs, 4 * hidden)
        self.forget = nn.Parameter(torch.zeros(hidden))
        self.reset = nn.Parameter(torch.zeros(hidden))
        self.step = sru_step

    def forward(self, x):
        rows = self.linear(x)
        c, outputs = x.new_zeros(x.shape[1], self.hidden), []
        for row in rows.unbind(0):
            y, c = self.step(row, self.forget, self.reset, c)
            outputs.append(y)
        return torch.stack(outputs)


def sru_step(row, forget, reset, c):
    f, u, r, skip = row.chunk(4, dim=-1)
    f, r = torch.sigmoid(f + forget * c), torch.sigmoid(r + reset * c)
    new = f * c + (1 - f) * u
    return r * new + (1 - r) * skip, new


class LRU(nn.Module):
    """LRU with complex numbers; the products stand before and after the loop."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.linear = nn.Linear(inputs, 3 * hidden, bias=False)
        self.output = nn.Linear(2 * hidden, hidden, bias=False)
        self.nu = nn.Parameter(torch.zeros(hidden))
        self.theta = nn.Parameter(torch.zeros(hidden))
        self.gain = nn.Parameter(torch.zeros(hidden))

    def forward(self, x):
        re, im, skip = self.linear(x).chunk(3, dim=-1)
        radius = torch.exp(-torch.exp(self.nu))
        scale = torch.exp(self.gain) * torch.sqrt(1 - radius * radius)
        factor = torch.polar(radius, torch.exp(self.theta))
        s, states = torch.zeros_like(torch.complex(re[0], im[0])), []
        for row in torch.complex(scale * re, scale * im).unbind(0):
            s = factor * s + row
            states.append(s)
        s = torch.stack(states)
        return self.output(torch.cat([s.real, s.imag], -1)) + skip


class HGRN(nn.Module):
    """HGRN: products and gates for all steps at once, a linear recurrence between."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.linear = nn.Linear(inputs, 3 * hidden)
        self.gain = nn.Parameter(torch.ones(hidden))

    def forward(self, x):
        content, f, gate = self.linear(x).chunk(3, dim=-1)
        f = torch.sigmoid(f)
        new = nn.functional.silu(content) * (1 - f)
        h, states = torch.zeros_like(f[0]), []
        for keep, add in zip(f.unbind(0), new.unbind(0)):
            h = keep * h + add
            states.append(h)
        h = nn.functional.rms_norm(torch.stack(states), self.gain.shape, self.gain, 1e-5)
        return h * nn.functional.silu(gate)


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


# Layers with a function for a step, and those whose loop is a product and a sum.
STEPPED = {"slstm": SLSTM, "sru": SRU}
LINEAR = {"lru": LRU, "hgrn": HGRN}


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
    if case.cell in STEPPED:
        layer = STEPPED[case.cell]
        ways = [("loop", lambda: layer(*sizes))]
        if compiles:
            ways.append(("compiled steps", lambda: _with_compiled_step(layer(*sizes))))
        return ways
    if case.cell in LINEAR:
        layer = LINEAR[case.cell]
        return [("loop", lambda: layer(*sizes))]
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
