"""Writes networks of PyTorch as weights alone, their descriptions, and what they compute: make_described.py DIRECTORY"""
import itertools
import json
import os
import sys

import numpy as np
import torch
from torch import nn

torch.manual_seed(3)
os.chdir(sys.argv[1])
values = {}


def save(name, modules, layers, **more):
    state = {f"{key}.{part}": tensor for key, module in modules.items() for part, tensor in module.state_dict().items()}
    torch.save({**state, **more}, f"{name}.pt")
    with open(f"{name}.json", "w") as file:
        file.write(json.dumps({"layers": layers}) + "\n")


with torch.inference_mode():
    # A tagger whose tags depend on each other.
    embed, read = nn.Embedding(12, 6), nn.LSTM(6, 5, bidirectional=True)
    norm, score = nn.LayerNorm(10), nn.Linear(10, 4)
    norm.weight.copy_(torch.rand(10) + 0.5), norm.bias.copy_(torch.randn(10))
    transitions, start, end = 2 * torch.randn(4, 4), torch.randn(4), torch.randn(4)
    tokens = torch.randint(0, 12, (7, 2))
    emissions = score(norm(read(embed(tokens))[0]))
    paths = []
    for sample in range(2):
        def total(path):
            return (start[path[0]] + sum(emissions[t, sample, tag] for t, tag in enumerate(path))
                    + sum(transitions[a, b] for a, b in zip(path, path[1:])) + end[path[-1]]).item()
        paths.append(max(itertools.product(range(4), repeat=7), key=total))
    save("tagger", {"embed": embed, "read": read, "norm": norm, "score": score}, [
        {"name": "rows", "kind": "embedding", "prefix": "embed."},
        {"name": "read", "kind": "recurrent", "isBidirectional": True, "prefix": "read."},
        {"name": "norm", "kind": "layerNorm", "prefix": "norm."},
        {"name": "scores", "kind": "linear", "prefix": "score."},
        {"name": "tags", "kind": "tags", "prefix": "crf."},
    ], **{"crf.transitions": transitions, "crf.start_transitions": start, "crf.end_transitions": end})
    values.update({"tagger/tokens": tokens.numpy(), "tagger/scores": emissions.numpy(),
                   "tagger/tags": np.array(paths).T, "tagger/greedy": emissions.argmax(-1).numpy()})

    # A residual network: x + LSTM(x) on convolutions, pooled.
    first, batch = nn.Conv1d(3, 8, 3, padding=2, dilation=2), nn.BatchNorm1d(8, eps=1e-3).eval()
    batch.running_mean.copy_(torch.randn(8)), batch.running_var.copy_(torch.rand(8) + 0.3)
    batch.weight.copy_(torch.rand(8) + 0.5), batch.bias.copy_(torch.randn(8))
    lstm, depth, wide, last = nn.LSTM(8, 8), nn.Conv1d(8, 8, 2, groups=4), nn.Linear(8, 6), nn.Linear(6, 3)
    x = torch.randn(9, 2, 3)
    y = batch(nn.functional.elu(first(x.permute(1, 2, 0)))).permute(2, 0, 1)
    y = nn.functional.leaky_relu(depth((y + lstm(y)[0]).permute(1, 2, 0))).amax(-1)
    y = torch.log_softmax(last(nn.functional.silu(wide(y))), -1)
    save("residual", {"first": first, "batch": batch, "lstm": lstm, "depth": depth, "wide": wide, "last": last}, [
        {"name": "first", "kind": "convolution", "padding": 2, "dilation": 2, "activation": "elu", "prefix": "first."},
        {"name": "batch", "kind": "batchNorm", "epsilon": 1e-3, "prefix": "batch."},
        {"name": "lstm", "kind": "recurrent", "prefix": "lstm."},
        {"name": "both", "kind": "sum", "reads": ["batch", "lstm"]},
        {"name": "depth", "kind": "convolution", "groups": 4, "activation": "leakyRelu", "prefix": "depth."},
        {"name": "max", "kind": "max"},
        {"name": "wide", "kind": "linear", "activation": "silu", "prefix": "wide."},
        {"name": "last", "kind": "linear", "activation": "logSoftmax", "prefix": "last."},
    ])
    values.update({"residual/x": x.numpy(), "residual/last": y.numpy()})
np.savez_compressed("values.npz", **values)
