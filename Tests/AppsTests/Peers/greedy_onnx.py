"""Writes text with an exported language model in onnxruntime. Usage: greedy_onnx.py MODEL PROMPT LENGTH"""
import json
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
vocabulary = json.loads(session.get_modelmeta().custom_metadata_map["vocabulary"])
names = [output.name for output in session.get_outputs()]
values = {value.name: np.zeros((value.shape[0], 1, value.shape[2]), "f4")
          for value in session.get_inputs() if value.name != "tokens"}
values["tokens"] = np.array([[vocabulary.index(character) for character in sys.argv[2]]])
text = ""
for _ in range(int(sys.argv[3])):
    results = dict(zip(names, session.run(names, values)))
    logits = results["logits"][0, -1]
    logits[0] = -np.inf  # <unk> is never written
    token = int(logits.argmax())
    text += vocabulary[token]
    values = {name: results[name + "_out"] for name in values if name != "tokens"}
    values["tokens"] = np.array([[token]])
print(text, end="")
