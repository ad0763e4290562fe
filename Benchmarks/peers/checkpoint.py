"""Size, saving and loading of a model's weights in the formats of others. Argument: a safetensors file.

The weights are those that `bench checkpoint --export FILE` trained. Figures are the fastest of several times, of
one process, from and to memory as far as each format's own functions go; nothing is synced to the disk.
"""

import os
import sys
import tempfile
import time

import numpy
import safetensors.numpy
import safetensors.torch
import torch


def fastest(body, seconds=1.0):
    best, spent, count = float("inf"), 0.0, 0
    while spent < seconds or count < 3:
        start = time.perf_counter()
        body()
        once = time.perf_counter() - start
        best, spent, count = min(best, once), spent + once, count + 1
    return best


def load_all(path):
    with numpy.load(path) as file:
        return {name: file[name] for name in file.files}


def main():
    arrays = safetensors.numpy.load_file(sys.argv[1])
    tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    raw = sum(array.nbytes for array in arrays.values())
    formats = {
        "safetensors, Python": (
            lambda path: safetensors.torch.save_file(tensors, path),
            # Loaded lazily: touching every number is what makes it comparable.
            lambda path: [t.sum() for t in safetensors.torch.load_file(path).values()],
        ),
        "torch.save": (
            lambda path: torch.save(tensors, path),
            lambda path: torch.load(path, weights_only=True),
        ),
        "npz": (lambda path: numpy.savez(path, **arrays), load_all),
        "npz, compressed": (lambda path: numpy.savez_compressed(path, **arrays), load_all),
    }
    print(f"{raw} bytes of weights; PyTorch {torch.__version__}, NumPy {numpy.__version__}\n")
    print(f"{'format':<20}{'bytes':>12}{'of raw':>9}{'save, ms':>10}{'MB/s':>7}{'load, ms':>10}{'MB/s':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (save, load) in formats.items():
            path = os.path.join(folder, "weights.npz" if "npz" in name else "weights")
            saving = fastest(lambda: save(path))
            size = os.path.getsize(path)
            loading = fastest(lambda: load(path))
            print(
                f"{name:<20}{size:>12}{size / raw:>9.2%}{1e3 * saving:>10.1f}{1e-6 * raw / saving:>7.0f}"
                f"{1e3 * loading:>10.1f}{1e-6 * raw / loading:>7.0f}"
            )


if __name__ == "__main__":
    main()
