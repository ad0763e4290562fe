"""Writes pickles of NumPy arrays in every protocol. Usage: make_pickles.py DIRECTORY"""
import os
import pickle
import sys

import numpy as np

os.chdir(sys.argv[1])


class Layer:
    def __init__(self, count):
        self.weights = np.arange(count, dtype="f4").reshape(2, -1)
        self.bias = np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3))
        self.activation = np.tanh


Layer.__module__ = "nets.layers"
sys.modules["nets"] = sys.modules["nets.layers"] = sys.modules["__main__"]

state = {"a": np.arange(6, dtype="i8").reshape(2, 3), "empty": np.zeros((0, 3), "f4"),
         "scalar": np.float64(2.5), "flags": np.array([True, False]),
         "table": {"é": 1, "b": [2, -3, 1 << 40, None, True, 0.5]}, 7: ("x", b"\0\xff")}
for protocol in range(6):
    with open(f"state-{protocol}.pkl", "wb") as file:
        pickle.dump(state, file, protocol)
    with open(f"layers-{protocol}.pkl", "wb") as file:
        pickle.dump([Layer(4), Layer(8)], file, protocol)
