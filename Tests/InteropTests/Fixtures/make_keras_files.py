"""Writes the models keras-lstm.npz and keras-gru.npz of `conventions` as the files of Keras 2, of its layers for cuDNN, and
of Keras 3. Usage: make_keras_files.py DIRECTORY

They compute the logits of those models; hard.h5 has Keras' old hard sigmoid, and its logits are in hard.npz.
"""
import io
import json
import os
import sys
import zipfile

import h5py
import numpy as np

os.chdir(sys.argv[1])


def weights(kind):
    arrays = np.load(f"{kind}.npz")
    name = kind.removeprefix("keras-")
    layers = [("embedding_1", ["embeddings"], ["layers/embedding/vars/0"])]
    for number, part in enumerate([name, name + "_1"]):
        layers.append((f"{name}_{number + 9}", ["kernel", "recurrent_kernel", "bias"],
                       [f"layers/{part}/cell/vars/{index}" for index in range(3)]))
    layers.append(("dense_1", ["kernel", "bias"], ["layers/dense/vars/0", "layers/dense/vars/1"]))
    return [(name, list(zip(leaves, [arrays[path] for path in paths])))
            for name, leaves, paths in layers]


def cudnn(name, leaf, array):
    """The layout of a layer for cuDNN: the inverse of Keras' conversion."""
    gates = {"lstm": 4, "gru": 3}.get(name.split("_")[0])
    if not gates:
        return array
    if leaf == "bias":
        return np.concatenate([array * 0.25, array * 0.75]) if array.ndim == 1 else array.reshape(-1)
    blocks = np.split(array, gates, axis=1)
    return np.concatenate([block.T.reshape(block.shape) for block in blocks], axis=1)


def save(path, layers, version, change=lambda name, leaf, array: array, group="", attributes={}):
    with h5py.File(path, "w") as file:
        root = file.create_group(group) if group else file
        root.attrs["layer_names"] = [name.encode() for name, _ in layers]
        root.attrs["keras_version"] = version
        for key, value in attributes.items():
            file.attrs[key] = value
        for name, parts in layers:
            owner = root.create_group(name)
            owner.attrs["weight_names"] = [f"{name}/{leaf}:0".encode() for leaf, _ in parts]
            for leaf, array in parts:
                owner.create_dataset(f"{name}/{leaf}:0", data=change(name, leaf, array))


lstm, gru = weights("keras-lstm"), weights("keras-gru")
save("keras-2-lstm.h5", lstm, "2.3.1")
save("cudnn-lstm.h5", lstm, "2.1.5", cudnn)
save("cudnn-gru.h5", gru, "2.2.4", cudnn)
# A whole model has its description, which states the gates' function.
description = {"class_name": "Sequential", "config": {"layers": [
    {"class_name": "LSTM", "config": {"name": name, "recurrent_activation": "sigmoid"}}
    for name, _ in lstm]}}
save("whole-lstm.h5", lstm, "2.2.4", group="model_weights",
     attributes={"model_config": json.dumps(description), "keras_version": "2.2.4"})

# Keras 3: a zip archive. The names of its layers count by class; the description has the order.
content = io.BytesIO()
with h5py.File(content, "w") as file:
    for path, array in np.load("keras-gru.npz").items():
        file.create_dataset(path, data=array, chunks=array.shape, compression="gzip")
configuration = {"module": "keras", "class_name": "Sequential", "config": {"layers": [
    {"class_name": "InputLayer", "config": {"name": "in"}},
    {"class_name": "Embedding", "config": {"name": "a"}},
    {"class_name": "GRU", "config": {"name": "b", "recurrent_activation": "sigmoid", "reset_after": True}},
    {"class_name": "GRU", "config": {"name": "c", "recurrent_activation": "sigmoid", "reset_after": True}},
    {"class_name": "Dense", "config": {"name": "d"}}]}}
with zipfile.ZipFile("keras-3-gru.keras", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.0"}))
    archive.writestr("config.json", json.dumps(configuration))
    archive.writestr("model.weights.h5", content.getvalue())

# The logits of two LSTM with a hard sigmoid of slope 0.2, in NumPy.
tokens = np.array([1, 4, 2, 6, 0, 3])
x = lstm[0][1][0][1][tokens].astype("f8")
for _, parts in lstm[1:3]:
    kernel, recurrent, bias = [array.astype("f8") for _, array in parts]
    h, c, out = np.zeros(4), np.zeros(4), []
    for row in x:
        i, f, g, o = np.split(3 * (row @ kernel + h @ recurrent + bias), 4)
        i, f, o = [np.clip(0.2 * gate + 0.5, 0, 1) for gate in (i, f, o)]
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        out.append(h)
    x = np.array(out)
(_, kernel), (_, bias) = lstm[3][1]
np.savez("hard.npz", tokens=tokens, logits=x @ kernel + bias)
# Larger weights, so that the gates reach the flat parts of the function.
save("hard.h5", lstm, "2.2.4", lambda name, leaf, array: 3 * array if name.startswith("lstm") else array)
