"""Reads a safetensors file with the package safetensors and writes it again. Usage: rewrite_safetensors.py IN OUT"""
import json
import sys

import numpy as np
from safetensors import TensorSpec, deserialize, serialize_file

data = open(sys.argv[1], "rb").read()
header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
names = {"F32": "float32", "F64": "float64", "F16": "float16", "BF16": "bfloat16", "I8": "int8", "I16": "int16",
         "I32": "int32", "I64": "int64", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool"}
buffers, arrays = [], {}
for name, array in deserialize(data):
    buffers.append(np.frombuffer(bytes(array["data"]), "u1"))
    arrays[name] = TensorSpec(dtype=names[array["dtype"]], shape=array["shape"],
                              data_ptr=buffers[-1].ctypes.data, data_len=buffers[-1].nbytes)
serialize_file(arrays, sys.argv[2], metadata=header.get("__metadata__"))
