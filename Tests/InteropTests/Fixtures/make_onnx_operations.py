"""Writes ONNX models of one recurrent operation each, and what onnxruntime computes. Usage: make_onnx_operations.py DIRECTORY

NAME.onnx has the operation with its weights; operations.safetensors has NAME/x, NAME/lengths, NAME/hidden and NAME/cell, which went in, and
NAME/Y, NAME/Y_h and NAME/Y_c, which came out. onnxruntime knows one layout; for the other one axes are exchanged before and after.
"""
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

I, H, B, T = 3, 4, 2, 5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
random = np.random.default_rng(1)
values = {}


def numbers(*shape, scale=0.5):
    return (scale * random.standard_normal(shape)).astype("f4")


def case(name, kind, bias=True, peepholes=False, lengths=None, states=False, layout=0, scale=0.5, **attributes):
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    rows = GATES[kind] * H
    weights = {"W": numbers(directions, rows, I, scale=scale), "R": numbers(directions, rows, H, scale=scale)}
    if bias:
        weights["B"] = numbers(directions, 2 * rows)
    if peepholes:
        weights["P"] = numbers(directions, 3 * H)
    inputs = {"x": numbers(T, B, I, scale=1.0)}
    if lengths:
        inputs["lengths"] = np.array(lengths, "i4")
    if states:
        inputs["hidden"] = numbers(directions, B, H)
        if kind == "LSTM":
            inputs["cell"] = numbers(directions, B, H)

    def model(layout):
        present = weights.keys() | inputs.keys()
        names = [name if name in present else "" for name in ["x", "W", "R", "B", "lengths", "hidden", "cell", "P"]]
        while not names[-1]:
            names.pop()
        outputs = ["Y", "Y_h", "Y_c"][:3 if kind == "LSTM" else 2]
        extra = {"layout": 1} if layout else {}
        node = helper.make_node(kind, names, outputs, name="operation", hidden_size=H, **extra, **attributes)
        kinds = {"lengths": TensorProto.INT32}
        graph = helper.make_graph(
            [node], name,
            [helper.make_tensor_value_info(key, kinds.get(key, TensorProto.FLOAT), [None] * value.ndim)
             for key, value in inputs.items()],
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, [None] * (4 if key == "Y" else 3)) for key in outputs],
            [numpy_helper.from_array(value, key) for key, value in weights.items()])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8), outputs

    first, outputs = model(0)
    onnx.checker.check_model(first, full_check=True)
    session = onnxruntime.InferenceSession(first.SerializeToString(), providers=["CPUExecutionProvider"])
    results = dict(zip(outputs, session.run(outputs, inputs)))
    if layout:
        first = model(1)[0]
        inputs = {key: value if key == "lengths" else value.swapaxes(0, 1) for key, value in inputs.items()}
        results = {key: value.transpose(2, 0, 1, 3) if key == "Y" else value.swapaxes(0, 1)
                   for key, value in results.items()}
    onnx.save(first, f"{sys.argv[1]}/{name}.onnx")
    for key, value in {**inputs, **results}.items():
        values[f"{name}/{key}"] = np.ascontiguousarray(value)


case("rnn", "RNN")
case("rnn-both", "RNN", direction="bidirectional", activations=["Relu", "Relu"], states=True)
case("rnn-batch-first", "RNN", direction="bidirectional", states=True, layout=1)
case("gru", "GRU")
case("gru-after", "GRU", linear_before_reset=1, states=True, lengths=[5, 2])
case("gru-reverse", "GRU", linear_before_reset=1, direction="reverse", lengths=[3, 5])
case("gru-both", "GRU", direction="bidirectional", bias=False, lengths=[1, 4])
case("lstm", "LSTM")
case("lstm-both", "LSTM", direction="bidirectional", peepholes=True, lengths=[5, 3], states=True)
case("lstm-coupled", "LSTM", input_forget=1)
case("lstm-coupled-peepholes", "LSTM", input_forget=1, peepholes=True, direction="reverse")
case("lstm-no-bias", "LSTM", bias=False, states=True)
case("lstm-batch-first", "LSTM", peepholes=True, states=True, lengths=[2, 5], layout=1)
case("lstm-activations", "LSTM", activations=["HardSigmoid", "ScaledTanh", "Softsign"],
     activation_alpha=[0.3, 1.5], activation_beta=[0.4, 0.7])
case("lstm-activations-coupled", "LSTM", activations=["HardSigmoid", "Tanh", "Relu"], input_forget=1, peepholes=True)
case("gru-activations", "GRU", activations=["Sigmoid", "LeakyRelu"], activation_alpha=[0.2], linear_before_reset=1)
for name, alpha, beta in [("Affine", 0.5, 0.1), ("LeakyRelu", 0.3, None), ("ThresholdedRelu", 0.4, None),
                          ("ScaledTanh", 0.8, 1.3), ("HardSigmoid", 0.3, 0.6), ("Elu", 0.7, None),
                          ("Softsign", None, None), ("Softplus", None, None), ("Sigmoid", None, None)]:
    numbers_of = {}
    if alpha is not None:
        numbers_of["activation_alpha"] = [alpha]
    if beta is not None:
        numbers_of["activation_beta"] = [beta]
    case("rnn-" + name.lower(), "RNN", activations=[name], scale=0.3, **numbers_of)
case("rnn-clip", "RNN", clip=0.5)
case("gru-clip", "GRU", clip=0.4)
case("gru-after-clip", "GRU", clip=0.4, linear_before_reset=1)
case("lstm-clip", "LSTM", clip=0.4)
case("lstm-clip-peepholes", "LSTM", clip=0.4, peepholes=True)
save_file(values, f"{sys.argv[1]}/operations.safetensors")
