"""onnxruntime's side: logits of a sequence and generation, from a graph with the operators LSTM, GRU and RNN.

For a case with weights in int8 the graph is tried in float32 and quantized by onnxruntime's own tool (dynamically:
activations are quantized as it runs), which does so for the LSTM and for products, not for the GRU.
"""

import os
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from setting import Setting

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
VALUES = np.random.default_rng(1)


def begin():
    pass


def use_threads(count):
    """A session has its number of threads from the start."""


def settings(case, precision, threads, compiles):
    """All settings of a case on at most so many threads."""
    if case.task not in ("infer", "generate") or precision != "highest" or case.is_mixer:
        return []
    prepare = _infer if case.task == "infer" else _generate
    repetitions = 1 if case.task == "infer" else 20
    is_quantized = [False, True] if case.weights == "int8" and case.cell == "lstm" else [False]
    return [
        Setting(
            f"{'int8' if quantized else 'float32'}, {count} threads",
            prepare(case, quantized, count),
            count,
            repetitions,
        )
        for quantized in is_quantized
        for count in sorted({1, threads})
    ]


def _graph(case, steps, batch):
    """The character model as a graph from token ids `[T, B]` and states to logits `[T, B, V]` and states."""
    nodes, constants = [], []
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, [steps, batch])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [steps, batch, case.vocabulary])]

    def constant(name, values):
        constants.append(numpy_helper.from_array(values, name))
        return name

    def weight(name, *shape):
        return constant(name, VALUES.normal(0, 0.05, shape).astype(np.float32))

    axis = constant("axis", np.array([1], dtype=np.int64))
    nodes.append(helper.make_node("Gather", [weight("embed", case.vocabulary, case.input), "ids"], ["x0"]))
    rows = GATES[case.cell] * case.hidden
    for layer in range(case.layers):
        width = case.input if layer == 0 else case.hidden
        states = ["h", "c"] if case.cell == "lstm" else ["h"]
        nodes.append(
            helper.make_node(
                case.cell.upper(),
                [
                    f"x{layer}",
                    weight(f"w{layer}", 1, rows, width),
                    weight(f"r{layer}", 1, rows, case.hidden),
                    weight(f"b{layer}", 1, 2 * rows),
                    "",
                ]
                + [f"{state}{layer}" for state in states],
                [f"y{layer}"] + [f"{state}{layer}_next" for state in states],
                hidden_size=case.hidden,
                **({"linear_before_reset": 1} if case.cell == "gru" else {}),
            )
        )
        for state in states:
            shape = [1, batch, case.hidden]
            name = f"{state}{layer}"
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
            outputs.append(helper.make_tensor_value_info(f"{name}_next", TensorProto.FLOAT, shape))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", axis], [f"x{layer + 1}"]))
    nodes.append(
        helper.make_node("MatMul", [f"x{case.layers}", weight("out", case.hidden, case.vocabulary)], ["sums"])
    )
    nodes.append(helper.make_node("Add", ["sums", weight("bias", case.vocabulary)], ["logits"]))
    graph = helper.make_graph(nodes, "character model", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def _session(case, steps, batch, is_quantized, threads):
    model = _graph(case, steps, batch)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        onnx.save(model, path)
        if is_quantized:
            from onnxruntime.quantization import quantize_dynamic

            quantized = os.path.join(folder, "int8.onnx")
            quantize_dynamic(path, quantized)
            path = quantized
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _zero_states(session):
    return {
        value.name: np.zeros(value.shape, np.float32)
        for value in session.get_inputs()
        if value.name != "ids"
    }


def _infer(case, is_quantized, threads):
    def make():
        session = _session(case, case.steps, case.batch, is_quantized, threads)
        feeds = _zero_states(session)
        feeds["ids"] = VALUES.integers(0, case.vocabulary, (case.steps, case.batch))
        return lambda: session.run(None, feeds)

    return make


def _generate(case, is_quantized, threads):
    def make():
        session = _session(case, 1, 1, is_quantized, threads)
        feeds = _zero_states(session)
        names = list(feeds)
        feeds["ids"] = np.array([[1]])

        def run():
            for _ in range(20):
                logits, *states = session.run(None, feeds)
                feeds.update(zip(names, states))
                # A draw from the softmax: the largest of the logits with Gumbel noise.
                noise = -np.log(-np.log(VALUES.random(case.vocabulary)))
                feeds["ids"][0, 0] = np.argmax(logits[0, 0] + noise)
                chr(0x4E00 + int(feeds["ids"][0, 0]))

        return run

    return make
