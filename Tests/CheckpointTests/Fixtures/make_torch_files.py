"""Writes .pt and .npz files, and the same arrays as safetensors. Usage: make_torch_files.py DIRECTORY"""
import argparse
import collections
import datetime
import decimal
import fractions
import os
import pathlib
import random
import sys
import types
import uuid
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file
from safetensors.numpy import save_file as save_numpy_file

os.chdir(sys.argv[1])
torch.manual_seed(1)

# Every type, and views of all kinds.
grid = torch.arange(24, dtype=torch.float32).reshape(4, 6)
types = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int32, torch.int64,
         torch.uint8, torch.int8, torch.bool]
state = collections.OrderedDict(
    (str(kind).replace("torch.", ""), torch.arange(6).reshape(2, 3).to(kind)) for kind in types)
state.update({
    "transposed": grid.t(), "column": grid[:, 2], "part": grid[1:3, ::2], "shared": grid,
    "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3), "one": grid[3:, 5:],
    "cube": torch.randn(2, 3, 4).permute(2, 0, 1),
})
torch.save(state, "views.pt")
save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, "views.safetensors")

# Types without a storage class of their own; the last one is not read.
torch.save({str(kind).replace("torch.", ""): torch.arange(40, 46).reshape(2, 3).to(kind).t()
            for kind in [torch.uint16, torch.uint32, torch.uint64]}, "unsigned.pt")
torch.save({"weight": torch.ones(4).to(torch.float8_e4m3fn)}, "float8.pt")

# A module's state_dict carries versions beside its tensors.
torch.save(torch.nn.LSTM(2, 3, 2).state_dict(), "module.pt")
# More tensors than Python pickles at a time.
numbers = torch.arange(1040.0)
torch.save({f"number{index}": numbers[index] for index in range(1040)}, "many.pt")

# What programs save beside tensors: values of the standard library, objects, and numbers of NumPy.
class Settings:
    __slots__ = ["rate"]

    def __init__(self):
        self.rate = 0.1

values = {
    "arguments": argparse.Namespace(rate=0.1, out=pathlib.Path("runs/1")), "settings": Settings(),
    "simple": types.SimpleNamespace(rate=0.1), "root": pathlib.PureWindowsPath("C:/runs"),
    "at": datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone.utc), "day": datetime.date(2026, 1, 2),
    "took": datetime.timedelta(seconds=3), "root of -1": 1j, "part": slice(1, None, 2), "steps": range(3),
    "losses": collections.deque([2.0, 1.0], maxlen=2), "counts": collections.Counter("aab"),
    "by name": collections.defaultdict(list, {"a": [1]}), "exact": decimal.Decimal("0.1"),
    "half": fractions.Fraction(1, 2), "id": uuid.UUID(int=7), "best": np.float64(0.5), "seen": np.int64(3),
    "type": np.dtype("f4"), "kinds": {torch.float32, torch.device("cpu")}, "version": torch.__version__,
    "random": [random.Random(1).getstate(), np.random.RandomState(1).get_state()],
}
saved = {"model": {"weight": grid}, "values": values, "epoch": 3}
torch.save(saved, "values.pt")
torch.save(saved, "values-5.pt", pickle_protocol=5)
torch.save(saved, "old-values.pt", _use_new_zipfile_serialization=False)
# Values in the place of what a tensor needs.
torch.save({"weight": pathlib.PosixPath("weights")}, "path-for-tensor.pt")

# What must be refused.
class Attack:
    def __reduce__(self):
        return os.system, ("touch attacked",)

tensor = torch.zeros(2)
torch.save({"weight": tensor, "attack": Attack()}, "attack.pt")
torch.save(torch.nn.Linear(2, 2), "whole-module.pt")
torch.save({"model": {"weight": tensor}, "epoch": 3}, "nested.pt")
torch.save([tensor], "list.pt")
# Without the graph, in which paths of the machine stand.
torch.export.save(torch.export.export(torch.nn.ReLU(), (torch.ones(2),)), "whole.pt2")
with zipfile.ZipFile("whole.pt2") as whole, zipfile.ZipFile("exported.pt2", "w") as file:
    for name in whole.namelist():
        file.writestr(zipfile.ZipInfo(name.replace("whole/", "exported/")),
                      b"{}" if name.endswith("model.json") else whole.read(name))
os.remove("whole.pt2")
# A class without a source, which the file would hold.
Small = type("Small", (torch.nn.Linear,), {})
torch.save(Small(2, 2), "old-whole-module.pt", _use_new_zipfile_serialization=False)
tagged, parameter = torch.arange(6.0).reshape(3, 2), torch.nn.Parameter(torch.ones(2))
tagged.tag = parameter.tag = "a program's own"
torch.save({"model": {"weight": tagged, "bias": parameter}, "key": bytearray(b"\0\xff")}, "attributes.pt")
torch.save({"weight": torch._neg_view(torch.ones(4))}, "negative.pt")
torch.save({"weight": torch.zeros(1).expand(1000)}, "expanded.pt")
torch.save({"weight": tensor}, "old.pt", _use_new_zipfile_serialization=False)
torch.jit.script(torch.nn.Linear(2, 2)).save("script.pt")

arrays = {str(np.dtype(kind)): np.arange(6).reshape(2, 3).astype(kind) for kind in
          ["f4", "f8", "f2", "i4", "i8", "u1", "u4", "u8", "i1", "b1"]}
arrays.update({"fortran": np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)),
               "scalar": np.float32(3.5), "empty": np.zeros((0, 3), "f4"),
               "layers/dense/vars/0": np.zeros((40, 50), "f4")})
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
save_numpy_file({name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in arrays.items()},
                "numpy.safetensors")
np.savez("objects.npz", objects=np.array([{}], dtype=object))
np.savez("big-endian.npz", numbers=np.arange(3, dtype=">f4"))
