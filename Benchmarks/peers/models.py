"""The models of the cases as one writes them in PyTorch."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


class CharacterModel(nn.Module):
    """Embedding, recurrent layers, and a logit for every token."""

    def __init__(self, case, bidirectional=False):
        super().__init__()
        self.embed = nn.Embedding(case.vocabulary, case.input)
        self.rnn = LAYERS[case.cell](
            case.input, case.hidden, case.layers, batch_first=True, bidirectional=bidirectional
        )
        self.fc = nn.Linear(case.hidden * (2 if bidirectional else 1), case.vocabulary)

    def forward(self, tokens, state=None):
        output, state = self.rnn(self.embed(tokens), state)
        return self.fc(output), state


class Tagger(CharacterModel):
    """The same over packed sequences of several lengths, in both directions where the case says so."""

    def __init__(self, case):
        super().__init__(case, bidirectional=case.directions == 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(
            self.embed(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        # Only the steps that count get logits.
        return self.fc(self.rnn(packed)[0].data)


class LoopModel(nn.Module):
    """A loop of one's own over the steps of one cell."""

    def __init__(self, case):
        super().__init__()
        self.hidden = case.hidden
        self.embed = nn.Embedding(case.vocabulary, case.input)
        self.cell = CELLS[case.cell](case.input, case.hidden)
        self.fc = nn.Linear(case.hidden, case.vocabulary)

    def forward(self, tokens):
        x = self.embed(tokens)
        h = x.new_zeros(x.shape[0], self.hidden)
        outputs = []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            outputs.append(h)
        return self.fc(torch.stack(outputs, dim=1))


class CellStack(nn.Module):
    """One step of a stack of cells: what generation needs, without a layer's loop over time."""

    def __init__(self, case):
        super().__init__()
        self.embed = nn.Embedding(case.vocabulary, case.input)
        sizes = [case.input] + [case.hidden] * (case.layers - 1)
        self.cells = nn.ModuleList(CELLS[case.cell](size, case.hidden) for size in sizes)
        self.fc = nn.Linear(case.hidden, case.vocabulary)
        self.is_lstm = case.cell == "lstm"
        self.hidden = case.hidden

    def zero_state(self):
        zeros = torch.zeros(1, self.hidden)
        return [(zeros, zeros) if self.is_lstm else zeros for _ in self.cells]

    def forward(self, token, states):
        x = self.embed(token)
        after = []
        for cell, state in zip(self.cells, states):
            state = cell(x, state)
            after.append(state)
            x = state[0] if self.is_lstm else state
        return torch.softmax(self.fc(x), dim=-1), after
