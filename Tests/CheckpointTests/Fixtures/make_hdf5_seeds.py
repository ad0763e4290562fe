"""Writes small HDF5 files to be damaged at random. Usage: make_hdf5_seeds.py DIRECTORY"""
import os
import sys

import h5py
import numpy as np

os.chdir(sys.argv[1])
for number, version in enumerate(["earliest", ("v110", "v110")]):
    with h5py.File(f"seed-{number}.h5", "w", libver=version) as file:
        file.attrs["keras_version"] = "2"
        file.attrs["layer_names"] = np.array([b"a", b"b"])
        file.create_dataset("a/k", data=np.arange(6, dtype="f4").reshape(2, 3))
        file.create_dataset("c", data=np.arange(6, dtype="i4"), chunks=(4,), compression="gzip",
                            shuffle=True)
