"""PyTorch's side: for each case, every setting that might be its best."""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import warnings

import rtrl
import torch
from models import LAYERS, CharacterModel, CellStack, LoopModel, Tagger
from setting import Setting
from torch import nn


def begin():
    """Called once, before anything is measured."""
    torch.manual_seed(1)


def use_threads(count):
    """Called before a setting prepares and before it runs."""
    torch.set_num_threads(count)


def settings(case, precision, threads, compiles):
    """All settings of a case on at most so many threads."""
    counts = sorted({1, threads})
    return {
        "train": _train,
        "loop": _train,
        "tag": _train,
        "infer": _infer,
        "forward": _layer,
        "backward": _layer,
        "recurrence": _recurrence,
        "generate": _generate,
        "realtime": _realtime,
        "start": _start,
    }[case.task](case, precision, counts, compiles)


def _tokens(case, seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(case.vocabulary, shape, generator=generator)


def _autocasts(precision):
    """How a precision is said in PyTorch: pairs of a name and whether bf16 autocast is on."""
    return {
        "highest": [("float32", False)],
        "high": [("float32", False), ("float32 matmul precision high", False)],
        "medium": [("bf16 autocast", True)],
    }[precision]


def _set_precision(name):
    torch.set_float32_matmul_precision("high" if name.endswith("high") else "highest")


def _train(case, precision, counts, compiles):
    x, y = _tokens(case, 1, case.batch, case.steps), _tokens(case, 2, case.batch, case.steps)
    loss_function = nn.CrossEntropyLoss()

    def prepare(kind, fused, precision_name, autocast, compiled):
        def make():
            _set_precision(precision_name)
            model = kind(case)
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused or None)
            if case.task == "tag":
                lengths = torch.tensor(case.lengths)
                packed = nn.utils.rnn.pack_padded_sequence(
                    y, lengths, batch_first=True, enforce_sorted=False
                ).data
                arguments, targets = (x, lengths), packed
            else:
                arguments, targets = (x,), y.flatten()
            forward = torch.compile(model) if compiled else model

            def run():
                with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                    result = forward(*arguments)
                    logits = result[0] if isinstance(result, tuple) else result
                    loss = loss_function(logits.float().flatten(0, -2), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

            return run

        return make

    kind = {"train": CharacterModel, "loop": LoopModel, "tag": Tagger}[case.task]
    is_small = case.hidden <= 128
    result = []
    for (name, autocast), count, fused in itertools.product(
        _autocasts(precision), counts if is_small else counts[-1:], [False, True]
    ):
        label = f"{name}, {'fused ' if fused else ''}Adam, {count} threads"
        result.append(Setting(label, prepare(kind, fused, name, autocast, False), count))
    if compiles and case.task == "loop":
        for count in counts:
            label = f"torch.compile, fused Adam, {count} threads"
            result.append(Setting(label, prepare(kind, True, "float32", False, True), count))
    return result


def _infer(case, precision, counts, compiles):
    x = _tokens(case, 1, case.batch, case.steps)

    def prepare(name, autocast):
        def make():
            _set_precision(name)
            model = CharacterModel(case).eval()

            def run():
                with torch.inference_mode(), torch.autocast(
                    "cpu", torch.bfloat16, enabled=autocast
                ):
                    model(x)

            return run

        return make

    return [
        Setting(f"inference_mode, {name}", prepare(name, autocast), counts[-1])
        for name, autocast in _autocasts(precision)
    ]


def _layer(case, precision, counts, compiles):
    shape = (case.batch, case.steps) if case.batch_first else (case.steps, case.batch)

    def prepare(make_layer):
        def make():
            layer = make_layer()
            x = torch.randn(*shape, case.input)
            lengths = torch.tensor(case.lengths)

            def outputs():
                if not case.shortest:
                    return layer(x)
                packed = nn.utils.rnn.pack_padded_sequence(
                    x, lengths, batch_first=case.batch_first, enforce_sorted=False
                )
                return nn.utils.rnn.pad_packed_sequence(
                    layer(packed)[0], batch_first=case.batch_first
                )

            def forward():
                with torch.inference_mode():
                    outputs()

            def backward():
                layer.zero_grad()
                output = outputs()
                (output[0] if isinstance(output, tuple) else output).sum().backward()

            return forward if case.task == "forward" else backward

        return make

    if case.name.startswith(("layout", "ragged")):
        kind = LAYERS[case.cell]
        ways = [
            (
                f"nn.{kind.__name__}",
                lambda: kind(case.input, case.hidden, batch_first=case.batch_first),
            )
        ]
        if case.shortest:
            ways = [(f"{name}, packed", way) for name, way in ways]
    elif case.is_mixer:
        import matrix

        ways = matrix.layers(case, compiles)
    else:
        import zoo  # only here: torchrecurrent takes memory that other cases don't need

        ways = zoo.layers(case, compiles)
    return [Setting(f"{name}, {counts[-1]} threads", prepare(way), counts[-1]) for name, way in ways]


def _recurrence(case, precision, counts, compiles):
    import matrix

    def prepare(make_alone):
        def make():
            alone = make_alone()

            def run():
                alone.zero_grad()
                alone().sum().backward()

            return run

        return make

    ways = matrix.recurrences(case, compiles)
    return [Setting(f"{name}, {counts[-1]} threads", prepare(way), counts[-1]) for name, way in ways]


def _generate(case, precision, counts, compiles):
    repetitions = 20

    def with_layer(quantized, kind=CharacterModel):
        def make():
            model = kind(case).eval()
            if quantized:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that quantization will move elsewhere
                    model = torch.ao.quantization.quantize_dynamic(
                        model, {LAYERS[case.cell], nn.Linear}, dtype=torch.qint8
                    )
            token, state = torch.tensor([[1]]), None

            @torch.inference_mode()
            def run():
                nonlocal token, state
                for _ in range(repetitions):
                    logits, state = model(token, state)
                    token = torch.multinomial(logits[0].softmax(-1), 1)
                    chr(0x4E00 + token.item())

            return run

        return make

    def with_cells(compiled):
        def make():
            model = CellStack(case).eval()
            step = torch.compile(model) if compiled else model
            token, states = torch.tensor([1]), model.zero_state()

            @torch.inference_mode()
            def run():
                nonlocal token, states
                for _ in range(repetitions):
                    probabilities, states = step(token, states)
                    token = torch.multinomial(probabilities[0], 1)
                    chr(0x4E00 + token.item())

            return run

        return make

    def settings(ways):
        return [
            Setting(f"inference_mode, {name}, {count} threads", make, count, repetitions)
            for name, make in ways
            for count in counts
        ]

    if case.is_mixer:
        import matrix

        return settings([("eager steps", with_layer(False, matrix.TokenModel))])
    ways = [("layer", with_layer(False)), ("cells", with_cells(False))]
    if case.weights == "int8" or precision == "medium" and case.cell == "lstm":
        ways.append(("int8 layer", with_layer(True)))
    if compiles:
        ways.append(("compiled cells", with_cells(True)))
    return settings(ways)


def _realtime(case, precision, counts, compiles):
    repetitions = 5
    kind = {"indrnn": rtrl.IndRNNListener, "lstm": rtrl.LSTMListener}[case.cell]

    def make():
        listener = kind(case.input, case.hidden, case.vocabulary)
        x = torch.randn(case.input)

        def run():
            with torch.no_grad():
                for _ in range(repetitions):
                    listener.step(x, 3, 1e-3)

        return run

    return [Setting(f"plain, {count} threads", make, count, repetitions) for count in counts]


def _start(case, precision, counts, compiles):
    def make():
        file = tempfile.NamedTemporaryFile(suffix=".pt")
        torch.save(CharacterModel(case).state_dict(), file.name)
        script = os.path.join(os.path.dirname(__file__), "first_character.py")

        def run():
            command = [sys.executable, script, file.name]
            child = subprocess.Popen(command, stdout=subprocess.PIPE)
            first = os.read(child.stdout.fileno(), 1)
            child.send_signal(signal.SIGKILL)
            child.stdout.close()
            child.wait()
            if not first:
                raise RuntimeError(f"{command} wrote nothing")

        return run

    return [Setting("python, import torch", make, counts[-1])]
