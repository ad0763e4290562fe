"""Prints what onnxruntime's GroupNormalization gives for the input of GroupNormTests. Usage: make_group_norm.py"""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

steps, batch, units = 3, 2, 4
x = (((np.arange(24) * 7) % 11) / 4 - 1).astype("float32").reshape(steps, batch, units)
arrays = {
    "x": x.transpose(1, 2, 0).copy(),
    "weight": np.array([1, -0.5, 2, 0.25], "float32"),
    "bias": np.array([0.5, 0, -1, 2], "float32"),
}
inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in arrays.items()]
output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, units, steps])
for groups in (1, 2, 4):
    node = helper.make_node("GroupNormalization", list(arrays), ["y"], num_groups=groups, epsilon=1e-5)
    model = helper.make_model(
        helper.make_graph([node], "norm", inputs, [output]),
        opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    y = session.run(None, arrays)[0].transpose(2, 0, 1)
    print(groups, ", ".join(f"{value:.6g}" for value in y.ravel()))
