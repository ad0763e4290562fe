"""Writes language models in the conventions of other libraries, and the logits that they compute. Usage: make_conventions.py DIRECTORY

keras-KIND.npz are `.weights.h5` files of Keras, their paths as names; mlx-KIND.safetensors and char-rnn-KIND.npz are written
with MLX's and char-rnn's names, orders and formulas in NumPy. logits.safetensors has NAME/logits for the tokens NAME/tokens.
"""
import os
import sys

os.environ["KERAS_BACKEND"] = "torch"
import h5py
import keras
import numpy as np
from safetensors.numpy import save_file

os.chdir(sys.argv[1])
V, E, H, L, T = 7, 3, 4, 2, 9
random = np.random.default_rng(2)
expected = {}


def numbers(*shape):
    return (0.6 * random.standard_normal(shape)).astype("f4")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keep(name, tokens, logits):
    expected[name + "/tokens"] = tokens.astype("i8")
    expected[name + "/logits"] = np.asarray(logits, "f4")


def keras_model(name, layer):
    keras.utils.clear_session()
    model = keras.Sequential(
        [keras.layers.Embedding(V, E)] + [layer() for _ in range(L)] + [keras.layers.Dense(V)])
    tokens = random.integers(0, V, (2, T))
    model(tokens)
    model.set_weights([numbers(*weight.shape) for weight in model.get_weights()])
    model.save_weights("model.weights.h5")
    arrays = {}
    with h5py.File("model.weights.h5") as file:
        file.visititems(lambda path, item: arrays.update({path: item[()]}) if isinstance(item, h5py.Dataset) else None)
    os.remove("model.weights.h5")
    np.savez_compressed(f"{name}.npz", **arrays)
    keep(name, tokens, keras.ops.convert_to_numpy(model(tokens)))


keras_model("keras-lstm", lambda: keras.layers.LSTM(H, return_sequences=True))
keras_model("keras-gru", lambda: keras.layers.GRU(H, return_sequences=True))
keras_model("keras-gru-before", lambda: keras.layers.GRU(H, return_sequences=True, reset_after=False))
keras_model("keras-rnn", lambda: keras.layers.SimpleRNN(H, return_sequences=True))


def mlx_step(kind, weights, x, h, c):
    if kind == "rnn":
        return np.tanh(weights["Wxh"] @ x + weights["bias"] + weights["Whh"] @ h), c
    if kind == "lstm":
        i, f, g, o = np.split(weights["Wx"] @ x + weights["bias"] + weights["Wh"] @ h, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    xr, xz, xn = np.split(weights["Wx"] @ x + weights["b"], 3)
    hr, hz, hn = np.split(weights["Wh"] @ h, 3)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    return (1 - z) * np.tanh(xn + r * (hn + weights["bhn"])) + z * h, c


def char_rnn_step(kind, weights, x, h, c):
    (wi, bi), (wh, bh) = weights["i2h"], weights["h2h"]
    if kind == "rnn":
        return np.tanh(wi @ x + bi + wh @ h + bh), c
    if kind == "lstm":
        i, f, o, g = np.split(wi @ x + bi + wh @ h + bh, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    (uz, ur, un), (az, ar, an) = np.split(wh, 3), np.split(wi @ x + bi, 3)
    bz, br, bn = np.split(bh, 3)
    z, r = sigmoid(az + uz @ h + bz), sigmoid(ar + ur @ h + br)
    return z * np.tanh(an + un @ (r * h) + bn) + (1 - z) * h, c


def run(step, kind, layers, rows, matrix, bias, tokens):
    logits = []
    for sample in tokens:
        states = [(np.zeros(H), np.zeros(H)) for _ in layers]
        outputs = []
        for token in sample:
            x = rows[token]
            for index, weights in enumerate(layers):
                states[index] = step(kind, weights, x, *states[index])
                x = states[index][0]
            outputs.append(matrix @ x + bias)
        logits.append(outputs)
    return np.array(logits)


for kind, gates in [("rnn", 1), ("lstm", 4), ("gru", 3)]:
    tokens = random.integers(0, V, (2, T))
    layers, arrays = [], {"embed.weight": numbers(V, E), "out.weight": numbers(V, H), "out.bias": numbers(V)}
    for index in range(L):
        size = E if index == 0 else H
        names = ("Wxh", "Whh") if kind == "rnn" else ("Wx", "Wh")
        weights = {names[0]: numbers(gates * H, size), names[1]: numbers(gates * H, H)}
        weights.update({"b": numbers(3 * H), "bhn": numbers(H)} if kind == "gru" else {"bias": numbers(gates * H)})
        layers.append(weights)
        arrays.update({f"layers.{index}.{name}": value for name, value in weights.items()})
    name = f"mlx-{kind}"
    save_file(arrays, f"{name}.safetensors")
    keep(name, tokens, run(mlx_step, kind, layers, arrays["embed.weight"], arrays["out.weight"], arrays["out.bias"], tokens))

    layers, arrays = [], {"decoder.weight": numbers(V, H), "decoder.bias": numbers(V)}
    for index in range(L):
        weights = {"i2h": (numbers(gates * H, V if index == 0 else H), numbers(gates * H)),
                   "h2h": (numbers(gates * H, H), numbers(gates * H))}
        layers.append(weights)
        for part, (matrix, bias) in weights.items():
            arrays.update({f"{part}_{index + 1}.weight": matrix, f"{part}_{index + 1}.bias": bias})
    name = f"char-rnn-{kind}"
    np.savez(f"{name}.npz", **arrays)
    keep(name, tokens, run(char_rnn_step, kind, layers, np.eye(V), arrays["decoder.weight"], arrays["decoder.bias"], tokens))
save_file(expected, "logits.safetensors")
