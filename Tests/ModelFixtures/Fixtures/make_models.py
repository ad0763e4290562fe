"""Writes models.safetensors: what PyTorch makes of the shapes of sequence work, written with its own layers.

Run: python make_models.py   (PyTorch 2.x, safetensors)

For each case: the weights `CASE/parameters/NAME`, the outputs `CASE/outputs`, the loss `CASE/loss`, and its
gradients `CASE/gradients/NAME`. Inputs are shared: tokens [T, B] with lengths, features [T, B, 3].
"""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
T, B, V, E, H, O = 5, 3, 7, 4, 6, 4
lengths = torch.tensor([5, 2, 4])
tokens = torch.randint(0, V, (T, B))
features = torch.randn(T, B, 3)
labels = torch.tensor([1, 3, 0])
tags = torch.randint(0, O, (T, B))
numbers = torch.randn(T, B, O)
answer_lengths = torch.tensor([3, 1, 4])
answers = torch.randint(0, O, (4, B))
valid = torch.arange(T)[:, None] < lengths[None]
result = {}


def packed(rnn, x, lengths, state=None):
    sequence = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    output, state = rnn(sequence, state)
    return nn.utils.rnn.pad_packed_sequence(output, total_length=x.shape[0])[0], state


def record(case, model, outputs, loss):
    loss.backward()
    result[f"{case}/outputs"] = outputs.detach()
    result[f"{case}/loss"] = loss.detach()
    for name, parameter in model.named_parameters():
        result[f"{case}/parameters/{name}"] = parameter.detach()
        result[f"{case}/gradients/{name}"] = parameter.grad


class Pool(nn.Linear):
    def __init__(self, size):
        super().__init__(size, size)
        self.vector = nn.Parameter(torch.randn(1, size))


def reader(case, pooling, bidirectional, reads_tokens):
    model = nn.Module()
    if reads_tokens:
        model.embed = nn.Embedding(V, E)
    model.rnn = nn.GRU(E if reads_tokens else 3, H, num_layers=2, bidirectional=bidirectional)
    size = 2 * H if bidirectional else H
    if pooling == "attention":
        model.pool = Pool(size)
    model.fc = nn.Linear(size, O)
    h, _ = packed(model.rnn, model.embed(tokens) if reads_tokens else features, lengths)
    if pooling == "last":
        last = h[lengths - 1, torch.arange(B)]
        pooled = torch.cat([last[:, :H], h[0, :, H:]], 1) if bidirectional else last
    elif pooling == "mean":
        pooled = h.sum(0) / lengths[:, None]
    elif pooling == "max":
        pooled = h.masked_fill(~valid[..., None], -torch.inf).amax(0)
    elif pooling == "attention":
        score = torch.tanh(model.pool(h)) @ model.pool.vector.T
        weights = score.masked_fill(~valid[..., None], -torch.inf).softmax(0)
        pooled = (weights * h).sum(0)
    else:
        pooled = h
    y = model.fc(pooled)
    if pooling == "none":
        if reads_tokens:
            loss = F.cross_entropy(y[valid], tags[valid])
        else:
            loss = ((y - numbers)[valid] ** 2).mean()
    else:
        loss = F.cross_entropy(y, labels)
    record(case, model, y, loss)


reader("tagger", "none", True, True)
reader("forecaster", "none", False, False)
for pooling in ["last", "mean", "max", "attention"]:
    reader(pooling, pooling, True, True)

# What is fed and what should be said: token O is the beginning and the end.
steps = answers.shape[0] + 1
inputs = torch.cat([torch.full((1, B), O), answers])
targets = torch.full((steps, B), -100)
for b in range(B):
    targets[: answer_lengths[b], b] = answers[: answer_lengths[b], b]
    targets[answer_lengths[b], b] = O


def said(logits):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


model = nn.Module()
model.condition = nn.Embedding(V, E)
model.embed = nn.Embedding(O + 1, E)
model.rnn = nn.GRU(E, H)
model.fc = nn.Linear(H, O + 1)
h, _ = packed(model.rnn, model.embed(inputs) + model.condition(labels), answer_lengths + 1)
logits = model.fc(h)
record("writer", model, logits, said(logits))


class AttentionParts(nn.Module):
    def __init__(self, kind, memory):
        super().__init__()
        self.kind = kind
        if kind == "additive":
            self.query = nn.Linear(H, H, bias=False)
            self.vector = nn.Parameter(torch.randn(1, H))
        if kind != "dot":
            self.key = nn.Linear(memory, H, bias=False)
        self.combine = nn.Linear(memory + H, H, bias=False)

    def forward(self, s, h):  # [T', B, H], [T, B, memory]
        s, h = s.transpose(0, 1), h.transpose(0, 1)
        if self.kind == "dot":
            score = s @ h.transpose(1, 2)
        elif self.kind == "general":
            score = s @ self.key(h).transpose(1, 2)
        else:
            both = torch.tanh(self.query(s)[:, :, None] + self.key(h)[:, None])
            score = (both @ self.vector.T)[..., 0]
        score = score.masked_fill(~valid.T[:, None], -torch.inf)
        context = score.softmax(2) @ h
        return torch.tanh(self.combine(torch.cat([context, s], 2))).transpose(0, 1)


def translator(case, kind, bidirectional, cell):
    model = nn.Module()
    model.encoder = nn.Module()
    model.encoder.embed = nn.Embedding(V, E)
    model.encoder.rnn = cell(E, H, num_layers=2, bidirectional=bidirectional)
    states = ["hidden", "cell"] if cell is nn.LSTM else ["hidden"]
    if bidirectional:
        model.bridge = nn.Module()
        for state in states:
            setattr(model.bridge, state, nn.Linear(2 * H, H))
    model.decoder = nn.Module()
    model.decoder.embed = nn.Embedding(O + 1, E)
    model.decoder.rnn = cell(E, H, num_layers=2)
    if kind:
        model.attention = AttentionParts(kind, 2 * H if bidirectional else H)
    model.fc = nn.Linear(H, O + 1)
    h, last = packed(model.encoder.rnn, model.encoder.embed(tokens), lengths)
    last = list(last) if cell is nn.LSTM else [last]
    if bidirectional:
        last = [
            getattr(model.bridge, name)(torch.cat([both[0::2], both[1::2]], 2))
            for name, both in zip(states, last)]
    start = tuple(last) if cell is nn.LSTM else last[0]
    s, _ = packed(model.decoder.rnn, model.decoder.embed(inputs), answer_lengths + 1, start)
    logits = model.fc(model.attention(s, h) if kind else s)
    record(case, model, logits, said(logits))


translator("plain", None, False, nn.GRU)
translator("dot", "dot", False, nn.LSTM)
translator("general", "general", True, nn.LSTM)
translator("additive", "additive", True, nn.GRU)

shared = {
    "tokens": tokens, "lengths": lengths, "features": features, "labels": labels, "tags": tags,
    "numbers": numbers, "answers": answers, "answer_lengths": answer_lengths}
result.update(shared)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.safetensors")
save_file(
    {k: (v.float() if v.is_floating_point() else v.int()).contiguous() for k, v in result.items()}, path)
