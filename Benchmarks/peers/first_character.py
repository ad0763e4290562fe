"""Loads a character model and writes one character: what a start of PyTorch takes. Arguments: the file."""

import sys

import torch
from cases import CASES
from models import CharacterModel

torch.set_grad_enabled(False)
model = CharacterModel(CASES["start"])
model.load_state_dict(torch.load(sys.argv[1], weights_only=True))
logits, _ = model(torch.tensor([[1]]))
token = torch.multinomial(logits[0, -1].softmax(-1), 1).item()
sys.stdout.write(chr(0x4E00 + token))
sys.stdout.flush()
