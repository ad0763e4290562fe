"""Writes the node tests that the package onnx brings. Usage: onnx_node_tests.py DIRECTORY OPERATOR...

Every test whose nodes are of the given operators becomes NAME.onnx, NAME.in.safetensors and NAME.out.safetensors, the arrays
under the numbers of inputs and outputs, and NAME.tolerance with the relative and the absolute tolerance. Tests of values that
are not arrays, or of types that safetensors does not have, are named in the file "others".
"""
import json
import sys
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

warnings.filterwarnings("ignore")
folder, operators = sys.argv[1], set(sys.argv[2:])
TYPES = {"float32": "F32", "float64": "F64", "float16": "F16", "bfloat16": "BF16", "int8": "I8", "int16": "I16",
         "int32": "I32", "int64": "I64", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL"}


def save(path, arrays):
    header, data = {}, b""
    for index, array in enumerate(arrays):
        array = numpy_helper.to_array(array) if isinstance(array, onnx.TensorProto) else np.asarray(array)
        content = np.ascontiguousarray(array).tobytes()
        header[str(index)] = {"dtype": TYPES[array.dtype.name], "shape": list(array.shape),
                              "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


others = []
for case in collect_testcases(None):
    if not {node.op_type for node in case.model.graph.node} <= operators:
        continue
    try:
        inputs, outputs = case.data_sets[0]
        path = f"{folder}/{case.name}"
        save(path + ".in.safetensors", inputs)
        save(path + ".out.safetensors", outputs)
        onnx.save(case.model, path + ".onnx")
        with open(path + ".tolerance", "w") as file:
            file.write(f"{case.rtol} {case.atol}")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        others.append(f"{case.name}: {error!r}")
with open(f"{folder}/others", "w") as file:
    file.write("\n".join(others))
