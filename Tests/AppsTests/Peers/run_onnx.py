"""Checks and runs ONNX models. Usage: run_onnx.py DIRECTORY

For each NAME.onnx there: the checker's full check, then a run on the arrays of NAME.in.safetensors, whose results become
NAME.out.safetensors.
"""
import pathlib
import sys

import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    values = load_file(path.with_suffix(".in.safetensors"))
    names = [output.name for output in session.get_outputs()]
    results = session.run(names, {value.name: values[value.name] for value in session.get_inputs()})
    save_file(dict(zip(names, results)), path.with_suffix(".out.safetensors"))
