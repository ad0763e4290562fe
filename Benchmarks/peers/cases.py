"""The cases of the benchmark with their sizes, under the names that `bench` has for them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Case:
    """E or I input units, H hidden units, L layers, B samples, T steps, V tokens."""

    name: str
    task: str = "train"
    cell: str = "lstm"
    input: int = 128
    hidden: int = 256
    layers: int = 2
    batch: int = 64
    steps: int = 100
    vocabulary: int = 65
    batch_first: bool = False
    directions: int = 1
    shortest: int = 0  # with another number the samples' lengths differ
    longest: int = 0
    weights: str = "float32"

    @property
    def is_mixer(self):
        """Whether the cell is a mixer with a matrix for a state."""
        return self.cell in _MATRICES

    @property
    def lengths(self):
        """Steps of each sample that count."""
        if not self.shortest:
            return [self.steps] * self.batch
        span = self.longest - self.shortest + 1
        return [min(self.steps, self.shortest + i * 37 % span) for i in range(self.batch)]


_NOTE = Case(
    "note-rnn", cell="rnn", input=10, hidden=10, layers=3, batch=32, steps=35, vocabulary=28
)
_LAYER = Case("layer", task="backward", layers=1)
_MATRICES = ["gla", "gated-deltanet", "mlstm-large", "rwkv7", "s6"]

_ALL = [
    _NOTE,
    replace(_NOTE, name="note-cell", task="loop", layers=1),
    Case("lstm-128", hidden=128),
    Case("lstm-256"),
    Case("lstm-512", hidden=512),
    Case("lstm-1024", hidden=1024, steps=64),
    Case("gru-256", cell="gru"),
    Case("gru-512", cell="gru", hidden=512),
    Case("rnn-256", cell="rnn"),
    Case("bilstm-256", task="tag", directions=2, shortest=20, longest=100),
    Case("infer-256", task="infer"),
    *(
        Case(
            f"ragged-{cell}-{name}", task, cell, layers=layers, steps=200, batch_first=True,
            shortest=5, longest=200,
        )
        for cell in ["lstm", "gru"]
        for name, task, layers in [("forward", "forward", 1), ("train", "tag", 2)]
    ),
    replace(_LAYER, name="layout-forward-batch", task="forward", batch_first=True),
    replace(_LAYER, name="layout-forward-time", task="forward"),
    replace(_LAYER, name="layout-backward-batch", batch_first=True),
    replace(_LAYER, name="layout-backward-time"),
    *(
        replace(_LAYER, name=f"zoo-{cell}", cell=cell)
        for cell in [
            "lstm", "mgu", "lstm-peephole", "ligru", "indrnn", "mingru", "slstm", "sru", "lru", "hgrn"
        ]
    ),
    *(
        Case(f"matrix-{cell}", "backward", cell, 256, 256, 1, 8, 256, batch_first=True)
        for cell in _MATRICES
    ),
    *(
        Case(f"matrix-{cell}-alone", "recurrence", cell, 256, 256, 1, 8, 256)
        for cell in _MATRICES
    ),
    *(Case(f"matrix-{cell}-token", "generate", cell, 256, 256, 1) for cell in _MATRICES),
    replace(_NOTE, name="gen-10", task="generate"),
    *(Case(f"gen-{size}", task="generate", hidden=size) for size in [128, 512, 1024]),
    *(
        Case(f"gen-int8-{cell}-{size}", task="generate", cell=cell, hidden=size, weights="int8")
        for cell in ["lstm", "gru"]
        for size in [128, 512, 1024]
    ),
    Case(
        "rtrl-indrnn", task="realtime", cell="indrnn", hidden=512, layers=1, batch=1, vocabulary=16
    ),
    Case(
        "rtrl-lstm", task="realtime", input=32, hidden=32, layers=1, batch=1, vocabulary=16
    ),
    Case("start", task="start", hidden=192, layers=1),
]

CASES = {case.name: case for case in _ALL}


def chosen(names):
    """The names of cases and groups as names of cases, in the order of the list of all."""
    known = []
    for name in CASES:
        if any(name == wish or wish == "all" or name.startswith(wish + "-") for wish in names):
            known.append(name)
    for wish in names:
        if wish != "all" and not any(n == wish or n.startswith(wish + "-") for n in CASES):
            raise SystemExit(f"{wish}: no such case; there are {', '.join(CASES)}")
    return known
