"""Measures the calls a second of an ONNX graph in onnxruntime, one thread, with carried states.

Usage: onnx_graph.py FILE OPEN SECONDS [INPUT=OUTPUT | INPUT:NUMBER]...

The inputs are those of `bench graph`: small numbers in the declared shapes, open axes of size OPEN.
"""
import sys
import time

import numpy as np
import onnxruntime

path, size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
states = dict(pair.split("=") for pair in sys.argv[4:] if "=" in pair)
numbers = dict(pair.split(":") for pair in sys.argv[4:] if "=" not in pair)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
inputs = {}
for value in session.get_inputs():
    shape = [extent if isinstance(extent, int) else size for extent in value.shape]
    if value.name in numbers:
        inputs[value.name] = np.array(int(numbers[value.name]), "i8")
    elif value.name in states:
        inputs[value.name] = np.zeros(shape, "f4")
    else:
        inputs[value.name] = (np.arange(np.prod(shape)) % 17 / 170 - 0.05).astype("f4").reshape(shape)
names = [value.name for value in session.get_outputs()]


def call():
    results = dict(zip(names, session.run(names, inputs)))
    for source, result in states.items():
        inputs[source] = results[result]


for _ in range(10):
    call()
best = 0
for _ in range(5):
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(16):
            call()
        calls += 16
    best = max(best, calls / (time.perf_counter() - start))
print(f"{path.split('/')[-1]}: {int(best)} calls/s (onnxruntime {onnxruntime.__version__})")
