"""Writes a safetensors file with an array of every element type. Usage: make_types.py FILE"""
import sys
import numpy as np
from safetensors.numpy import save_file

names = ["float32", "float64", "float16", "int16", "int32", "int64", "uint8", "uint16",
         "uint32", "uint64", "int8", "bool"]
arrays = {name: np.arange(6).reshape(2, 3).astype(name) for name in names}
arrays["empty"] = np.zeros((0, 3), "float32")
arrays["scalar"] = np.array(3.5, "float32")
save_file(arrays, sys.argv[1], metadata={"quoted": 'é"\n'})
