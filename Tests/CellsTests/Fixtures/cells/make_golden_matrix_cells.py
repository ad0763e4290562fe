"""Writes golden vectors for every cell of matrix_cells.py, in float64: outputs, final states, loss and every gradient.

Usage: make_golden_matrix_cells.py OUT.json [BATCH TIME INPUT HEADS K V R A W P C [CASE]]     (defaults: 2 7 6 2 3 4 2 0.4 1.3 0.5 0.9, every case; needs torch)

parameters: the k-th scalar (k = 0, 1, ... through the parameters in listed order, row-major) is A*gain*sin(W*k + P), gain of the cell's entry
input:      the n-th scalar of x[T, B, D] (row-major) is 0.8*cos(C*n); D = HEADS*K and V = K for square cells, twice D where a cell takes two signals
loss:       sum_n y_n*cos(0.7*n) + 0.5*sum_n y_n^2 over y[T, B, output] (row-major)
cases:      `zero` begins at zero states; `state` and `lengths` begin where the n-th scalar (through the states in listed order, each [B, ...] row-major)
            is 0.3*cos(0.6*n + 0.2); in `lengths` row b ends after max(1, T - 3*b) steps: later states keep their value, later outputs are zero
`grads` (parameters), `dx` (input) and `ds` (initial states) are the loss's exact gradients. Weights [out, in] act as y = x @ W.T; what else acts how: `note`.
"""
import json, math, sys
import torch
from matrix_cells import CELLS, Sizes
torch.set_default_dtype(torch.float64)
out, a = sys.argv[1], sys.argv[2:]
B, T, D, h, K, V, R = [int(v) for v in (a[:7] or (2, 7, 6, 2, 3, 4, 2))]
A, W, P, C = [float(v) for v in (a[7:11] or (0.4, 1.3, 0.5, 0.9))]
CASES = a[11:] or ("zero", "state", "lengths")
flat = lambda t: [float(f"{v:.15g}") for v in t.detach().reshape(-1).tolist()]


def waves(shapes, f):
    k, made = 0, []
    for shape in shapes:
        m = math.prod(shape)
        made.append(f(torch.arange(k, k + m)).view(shape).requires_grad_())
        k += m
    return made


def inputs(cell, s, started):
    p = waves([d for _, d in cell.shapes(s)], lambda k: A * cell.gain * torch.sin(W * k + P))
    x, = waves([(T, B, cell.input(s))], lambda n: 0.8 * torch.cos(C * n))
    state = waves([(B, *d) for _, d in cell.state_shapes(s)], lambda n: 0.3 * torch.cos(0.6 * n + 0.2) * started)
    return p, x, state


def run(cell, s, p, x, state, lengths):
    named, state, ys = dict(zip([n for n, _ in cell.shapes(s)], p)), tuple(state), []
    for t in range(T):
        y, new = cell.step(named, x[t], state, s)
        on = (t < lengths).to(y.dtype)
        at = lambda v: on.view(-1, *[1] * (v.dim() - 1)) > 0
        ys.append(torch.where(at(y), y, torch.zeros_like(y)))
        state = tuple(torch.where(at(n), n, o) for n, o in zip(new, state))
    y = torch.stack(ys)
    loss = (y.reshape(-1) * torch.cos(0.7 * torch.arange(y.numel()))).sum() + 0.5 * (y ** 2).sum()
    return y, state, loss


def main():
    doc = {"rule": __doc__, "constants": dict(B=B, T=T, D=D, heads=h, K=K, V=V, R=R, A=A, W=W, P=P, C=C), "cells": {}}
    for name, cell in CELLS.items():
        s = cell.sizes(Sizes(D, h, K, V, R))
        entry = dict(D=s.D, heads=s.h, K=s.K, V=s.V, R=s.R, input=cell.input(s), output=cell.out(s), gain=cell.gain, paper=cell.paper, names=cell.names, equation=cell.equation, note=cell.note,
                     params=[[n, list(d)] for n, d in cell.shapes(s)], states=[[n, list(d)] for n, d in cell.state_shapes(s)], cases={})
        for case in CASES:
            lengths = torch.tensor([max(1, T - 3 * b) if case == "lengths" else T for b in range(B)])
            p, x, state = inputs(cell, s, case != "zero")
            y, final, loss = run(cell, s, p, x, state, lengths)
            g = torch.autograd.grad(loss, [*p, x, *state])
            assert all(torch.isfinite(v).all() for v in (y, *final, *g)), name
            m = len(p)
            entry["cases"][case] = dict(
                lengths=lengths.tolist(), y=flat(y), final_state={n: flat(v) for (n, _), v in zip(cell.states, final)}, loss=loss.item(),
                grads={n: flat(v) for (n, _), v in zip(cell.shapes(s), g)}, dx=flat(g[m]), ds={n: flat(v) for (n, _), v in zip(cell.states, g[m + 1:])})
        doc["cells"][name] = entry
    json.dump(doc, open(out, "w"))
    print(len(doc["cells"]), "cells")


if __name__ == "__main__":
    main()
