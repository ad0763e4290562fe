"""Writes models of Keras that describe themselves, with inputs and what Keras computes: make_keras_graphs.py DIRECTORY

NAME.keras are files of Keras 3; NAME-2.h5 have the same weights and the description as Keras 2 wrote them. values.npz has the inputs
as NAME/in/INPUT and the outputs as NAME/out/NUMBER.
"""
import json
import os
import sys
import zipfile

os.environ["KERAS_BACKEND"] = "torch"
import h5py
import keras
import numpy as np
from keras import layers as L

keras.utils.set_random_seed(1)
os.chdir(sys.argv[1])
random = np.random.default_rng(7)


def numbers(*shape):
    return random.standard_normal(shape).astype("f4")


def tokens(batch, steps):
    return random.integers(1, 20, (batch, steps)).astype("int64")


def text(steps=None):
    return L.Input((steps,), dtype="int32", name="text")


def series(*shape):
    return L.Input(shape, name="series")


padded = tokens(3, 8)
padded[0, :3] = padded[1, 5:] = padded[2, 2:4] = 0
marked = numbers(3, 8, 2)
marked[0, 5:] = marked[1, :2] = -1
models = {}


def add(name, model, *inputs):
    models[name] = model, inputs


def sequential(name, layers, *inputs):
    add(name, keras.Sequential(layers), *inputs)


sequential("tagger", [text(), L.Embedding(20, 6), L.Bidirectional(L.LSTM(5, return_sequences=True)), L.Dropout(0.3),
                      L.TimeDistributed(L.Dense(4, activation="softmax"))], tokens(2, 7))
sequential("classifier", [text(7), L.Embedding(20, 6), L.SpatialDropout1D(0.1), L.Bidirectional(L.GRU(5)),
                          L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(3), L.Activation("softmax")],
           tokens(2, 7))
sequential("convolutional", [
    series(30, 3), L.Conv1D(8, 5, padding="same", strides=2, activation="relu"), L.MaxPooling1D(2),
    L.Conv1D(8, 4, padding="causal", dilation_rate=2), L.LeakyReLU(negative_slope=0.2),
    L.AveragePooling1D(2, padding="same"), L.SeparableConv1D(5, 3, padding="same"), L.DepthwiseConv1D(2),
    L.LSTM(6, return_sequences=True, go_backwards=True), L.GlobalMaxPooling1D(), L.LayerNormalization(),
    L.Dense(2, activation="sigmoid")], numbers(2, 30, 3))
sequential("forecaster", [
    series(12, 2), L.GRU(6, return_sequences=True, reset_after=False),
    L.SimpleRNN(5, activation="relu", use_bias=False, return_sequences=True),
    L.LSTM(4, recurrent_activation="hard_sigmoid", activation="softsign"), L.RepeatVector(3),
    L.LSTM(4, return_sequences=True), L.TimeDistributed(L.Dense(1))], numbers(2, 12, 2))
for merge in ("sum", "ave", "mul"):
    sequential(f"merged-{merge}", [
        series(6, 3), L.Bidirectional(L.GRU(4, return_sequences=True), merge_mode=merge),
        L.Bidirectional(L.SimpleRNN(3), merge_mode=merge)], numbers(2, 6, 3))
sequential("padded", [
    text(), L.Embedding(20, 6, mask_zero=True), L.Bidirectional(L.LSTM(5, return_sequences=True)),
    L.TimeDistributed(L.Dense(4)), L.GRU(3, return_sequences=True), L.Dense(3)], padded)
sequential("padded-last", [text(8), L.Embedding(20, 6, mask_zero=True), L.Dropout(0.2), L.Bidirectional(L.GRU(5)),
                           L.Dense(4, activation="softmax")], padded)
sequential("padded-mean", [
    text(8), L.Embedding(20, 6, mask_zero=True), L.LSTM(5, return_sequences=True, go_backwards=True),
    L.GlobalAveragePooling1D(), L.Dense(4)], padded)
sequential("marked", [series(8, 2), L.Masking(-1.0), L.SimpleRNN(5, return_sequences=True), L.LayerNormalization(),
                      L.LSTM(3)], marked)

words, features = text(7), L.Input((5,), name="features")
table = L.Embedding(20, 6)(words)
read = L.LSTM(6, return_sequences=True)(table)
seen = L.Concatenate()([L.GlobalAveragePooling1D()(L.Add()([table, read])), L.GlobalMaxPooling1D()(read),
                        L.Dense(4, activation="elu")(features)])
gated = L.Multiply()([L.Dense(4)(seen), L.Dense(4, activation="gelu")(seen)])
largest = L.Maximum()([gated, L.Average()([gated, L.Dense(4)(seen)])])
add("two-inputs", keras.Model([words, features], [L.Dense(3, activation="softmax", name="kind")(gated),
                                                  L.Dense(1, name="size")(L.Subtract()([gated, largest]))]),
    tokens(2, 7), numbers(2, 5))

x = series(6, 3)
y, hidden, cell = L.LSTM(4, return_sequences=True, return_state=True)(x)
started = L.LSTM(4)(y, initial_state=[hidden, cell])
last, state = L.GRU(4, return_state=True)(y, initial_state=hidden)
add("states", keras.Model(x, [L.Dense(2)(started), state, last]), numbers(2, 6, 3))

x = series(6, 3)
y = L.Dense(8, activation="tanh")(x)
y = L.Reshape((6, 8))(L.Flatten()(L.Multiply()([y, L.Softmax(axis=1)(L.Dense(1)(y))])))
y = L.Cropping1D((1, 0))(L.ZeroPadding1D(1)(L.Permute((2, 1))(y)))
y = L.ReLU(max_value=2)(L.Rescaling(0.5, 1)(L.ELU()(L.PReLU(shared_axes=[1])(L.UpSampling1D(2)(y)))))
add("moved", keras.Model(x, L.UnitNormalization()(L.GRU(3)(L.Activation("swish")(y)))), numbers(2, 6, 3))

x = series(8, 8, 1)
y = L.BatchNormalization()(L.MaxPooling2D((2, 2))(L.Conv2D(4, 3, padding="same", activation="relu")(x)))
y = L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Reshape((4, 16))(y))
add("reader", keras.Model(x, L.Dense(5, activation="softmax")(y)), numbers(2, 8, 8, 1))


def embedded(name, masks=True):
    words = L.Input((6,), dtype="int32", name=name)
    return words, L.Embedding(9, 4, mask_zero=masks)(words)


def read(value):
    return L.GRU(3, return_sequences=True)(value)


first = np.array([[1, 2, 0, 0, 0, 3], [3, 4, 0, 5, 6, 7], [0, 0, 0, 0, 0, 8]], "int64")
second = np.array([[1, 2, 3, 0, 0, 0], [0, 4, 5, 6, 7, 8], [8, 0, 0, 0, 1, 0]], "int64")
text, x = embedded("text")
both = L.Bidirectional(L.LSTM(3, return_sequences=True, return_state=True), merge_mode=None)(x)
zeros = L.SimpleRNN(3, return_sequences=True, go_backwards=True, zero_output_for_mask=True)(x)
add("masked-steps", keras.Model(text, [L.Bidirectional(L.GRU(2, return_sequences=True))(x), zeros, *both]), first)

text, x = embedded("text", masks=False)
turned = L.Bidirectional(L.LSTM(3, return_sequences=True, go_backwards=True),
                         backward_layer=L.LSTM(3, return_sequences=True))(x)
add("turned", keras.Model(text, [turned, L.Bidirectional(L.GRU(3, go_backwards=True), backward_layer=L.GRU(3))(x)]), first)

for name, masks in ("masks-merged", True), ("masks-lost", False):
    (one, x), (two, y) = embedded("one"), embedded("two", masks)
    merged = [layer()([x, y]) for layer in (L.Add, L.Average, L.Subtract, L.Maximum, L.Minimum, L.Multiply, L.Concatenate)]
    merged += [L.Concatenate(axis=axis)([x, y]) for axis in (1, 2)]
    add(name, keras.Model([one, two], merged[3:6] + [read(value) for value in merged]), first, second)

x, mask = series(5, 2), L.Input((5,), dtype="bool", name="mask")
add("mask-given", keras.Model([x, mask], L.GRU(5)(x, mask=mask)), numbers(2, 5, 2),
    np.array([[True, False, True, True, False], [False, True, True, True, True]]))


def history(value):
    """The tensors of a call as Keras 2 lists them."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"] + [{}]]
        return [tensor for part in value.values() for tensor in history(part)]
    return [tensor for part in value for tensor in history(part)] if isinstance(value, list) else []


def save_as_keras_2(name, model):
    description = json.loads(model.to_json())
    for layer in description["config"]["layers"]:
        shape = layer["config"].pop("batch_shape", None)
        if shape:
            layer["config"]["batch_input_shape"] = shape
        if "inbound_nodes" in layer:
            layer["inbound_nodes"] = [history(node) for node in layer["inbound_nodes"]]
    for key in ("input_layers", "output_layers"):
        ends = description["config"].get(key)
        if ends and isinstance(ends[0], str):
            description["config"][key] = [ends]
    with h5py.File(f"{name}-2.h5", "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(description), "2.15.0"
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            owner = root.create_group(layer.name)
            paths = [weight.path.removeprefix(model.name + "/") + ":0" for weight in layer.weights]
            owner.attrs["weight_names"] = [path.encode() for path in paths]
            for path, weight in zip(paths, layer.weights):
                owner.create_dataset(path, data=keras.ops.convert_to_numpy(weight))


values = {}
for name, (model, inputs) in models.items():
    for weight in model.weights:
        if weight.path.endswith(("bias", "beta", "moving_mean")):
            weight.assign(numbers(*weight.shape) * 0.3)
        if weight.path.endswith(("gamma", "moving_variance", "alpha")):
            weight.assign(random.random(weight.shape) + 0.5)
    outputs = model(list(inputs) if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    values.update({f"{name}/in/{tensor.name}": array.astype("f4") if array.dtype == bool else array
                   for tensor, array in zip(model.inputs, inputs)})
    values.update({f"{name}/out/{number}": keras.ops.convert_to_numpy(output) for number, output in enumerate(outputs)})
    keras.saving.save_model(model, "whole.keras")
    with zipfile.ZipFile("whole.keras") as stored, zipfile.ZipFile(f"{name}.keras", "w", zipfile.ZIP_DEFLATED) as file:
        for entry in stored.namelist():
            file.writestr(zipfile.ZipInfo(entry), stored.read(entry), zipfile.ZIP_DEFLATED, 9)
    os.remove("whole.keras")
    if name in ("classifier", "states", "padded"):
        save_as_keras_2(name, model)
np.savez_compressed("values.npz", **values)
