"""Exact real-time recurrent learning in plain PyTorch: the influence of every parameter on every state."""

import torch
from torch import nn


class IndRNNListener:
    """IndRNN with ReLU: each unit's parameters influence that unit alone, so one trace each is exact."""

    def __init__(self, inputs, hidden, classes):
        self.w = torch.randn(hidden, inputs) * hidden**-0.5
        self.u = torch.rand(hidden)
        self.b = torch.zeros(hidden)
        self.fc = nn.Linear(hidden, classes)
        self.h = torch.zeros(hidden)
        self.traces = [torch.zeros_like(p) for p in (self.w, self.u, self.b)]

    def step(self, x, target, rate):
        before = self.h
        drive = torch.addmv(self.b, self.w, x).addcmul_(self.u, before)
        self.h = drive.relu()
        slope = (drive > 0).to(x.dtype)
        follow = slope * self.u
        tw, tu, tb = self.traces
        tw.mul_(follow[:, None]).addr_(slope, x)
        tu.mul_(follow).addcmul_(slope, before)
        tb.mul_(follow).add_(slope)
        error = self.read_out(target, rate)
        self.w.addcmul_(error[:, None], tw, value=-rate)
        self.u.addcmul_(error, tu, value=-rate)
        self.b.addcmul_(error, tb, value=-rate)

    def read_out(self, target, rate):
        return read_out(self.fc, self.h, target, rate)


class LSTMListener:
    """An LSTM of H units: the influence is a matrix of 2H states by all parameters, one product a step."""

    def __init__(self, inputs, hidden, classes):
        self.hidden = hidden
        bound = hidden**-0.5
        self.w = torch.empty(4 * hidden, inputs + hidden + 2).uniform_(-bound, bound)
        self.fc = nn.Linear(hidden, classes)
        self.h, self.c = torch.zeros(hidden), torch.zeros(hidden)
        # Of hidden and cell, by gate unit and by what it is multiplied with.
        self.influence_h = torch.zeros(hidden, self.w.numel())
        self.influence_c = torch.zeros(hidden, self.w.numel())
        self.diagonal = torch.arange(4 * hidden)

    def step(self, x, target, rate):
        size = self.hidden
        seen = torch.cat([x, self.h, torch.ones(2)])
        i, f, g, o = (self.w @ seen).chunk(4)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        recurrent = self.w[:, x.shape[0] : x.shape[0] + size]
        gates = recurrent @ self.influence_h
        gates.view(4 * size, 4 * size, -1)[self.diagonal, self.diagonal] += seen
        di, df, dg, do = gates.chunk(4)
        c = f * self.c + i * g
        squashed = c.tanh()
        self.influence_c.mul_(f[:, None])
        self.influence_c.addcmul_((g * i * (1 - i))[:, None], di)
        self.influence_c.addcmul_((self.c * f * (1 - f))[:, None], df)
        self.influence_c.addcmul_((i * (1 - g * g))[:, None], dg)
        self.influence_h = (o * (1 - squashed * squashed))[:, None] * self.influence_c
        self.influence_h.addcmul_((squashed * o * (1 - o))[:, None], do)
        self.h, self.c = o * squashed, c
        error = read_out(self.fc, self.h, target, rate)
        self.w.view(-1).add_(error @ self.influence_h, alpha=-rate)


def read_out(fc, h, target, rate):
    """Moves the readout by its gradient and returns the loss's gradient by the hidden state."""
    slope = torch.addmv(fc.bias, fc.weight, h).softmax(0)
    slope[target] -= 1
    error = fc.weight.t() @ slope
    fc.weight.addr_(slope, h, alpha=-rate)
    fc.bias.add_(slope, alpha=-rate)
    return error
