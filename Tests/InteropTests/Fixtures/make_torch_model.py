"""Trains a character model with PyTorch and writes down what it writes. Usage: make_torch_model.py TEXT DIRECTORY

Makes model.pt, as torch.save writes a state_dict; model.safetensors, with the tokens and the sizes in its metadata; and greedy.json,
the two hundred characters that follow each prompt, each the likeliest, computed in double precision.
"""
import collections
import json
import re
import sys

import torch
from safetensors.torch import save_file

PROMPTS = ["time traveller", "the ", "i "]
EMBEDDING, HIDDEN, LAYERS, STEPS = 16, 64, 2, 600


class Model(torch.nn.Module):
    def __init__(self, tokens):
        super().__init__()
        self.embed = torch.nn.Embedding(tokens, EMBEDDING)
        self.rnn = torch.nn.GRU(EMBEDDING, HIDDEN, LAYERS, batch_first=True)
        self.fc = torch.nn.Linear(HIDDEN, tokens)

    def forward(self, ids, state=None):
        output, state = self.rnn(self.embed(ids), state)
        return self.fc(output), state


def main(text, directory):
    torch.manual_seed(7)
    lines = [re.sub("[^A-Za-z]+", " ", line).strip().lower() for line in open(text)]
    characters = [character for line in lines for character in line]
    counts = collections.Counter(characters)
    vocabulary = ["<unk>"] + sorted(counts, key=counts.get, reverse=True)
    ids = {character: number for number, character in enumerate(vocabulary)}
    data = torch.tensor([ids[character] for character in characters])
    model = Model(len(vocabulary))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(STEPS):
        starts = torch.randint(0, len(data) - 51, (32,))
        inputs = torch.stack([data[start:start + 50] for start in starts])
        targets = torch.stack([data[start + 1:start + 51] for start in starts])
        logits = model(inputs)[0].reshape(-1, len(vocabulary))
        loss = torch.nn.functional.cross_entropy(logits, targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    state = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    sizes = dict(kind="GRU", embedding=EMBEDDING, hidden=HIDDEN, layers=LAYERS)
    metadata = {"vocabulary": json.dumps(vocabulary), "config": json.dumps(sizes), "format": "pt"}
    save_file(state, f"{directory}/model.safetensors", metadata=metadata)
    torch.save(state, f"{directory}/model.pt")
    model.double().eval()
    written = {}
    with torch.no_grad():
        for prompt in PROMPTS:
            logits, state = model(torch.tensor([[ids[character] for character in prompt]]))
            text = ""
            for _ in range(200):
                token = logits[0, -1].argmax().item()
                text += vocabulary[token]
                logits, state = model(torch.tensor([[token]]), state)
            written[prompt] = text
    json.dump(written, open(f"{directory}/greedy.json", "w"))


main(*sys.argv[1:])
