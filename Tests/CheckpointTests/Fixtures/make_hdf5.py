"""Writes HDF5 files of old and new kinds. Every dataset of numbers counts from 0. Usage: make_hdf5.py DIRECTORY"""
import os
import sys

import h5py
import numpy as np

os.chdir(sys.argv[1])


def count(shape, kind="f4"):
    return np.arange(int(np.prod(shape))).reshape(shape).astype(kind)


def fill(file, links):
    file.attrs["keras_version"] = "2.2.0"
    file.attrs["layer_names"] = np.array([b"dense", b"lstm_1"])
    file.attrs["units"] = np.int32(7)
    for kind in ["f4", "f8", "f2", "i4", "i8", "u1", "u4", "u8", "i1"]:
        file.create_dataset(f"types/{kind}", data=count((2, 3), kind))
    file.create_dataset("types/bool", data=np.array([False, True]))
    file.create_dataset("types/i2", data=count((3,), "i2"))
    file.create_dataset("types/big", data=count((3,), ">f4"))
    file.create_dataset("types/text", data="no number")
    file.create_dataset("scalar", data=np.float32(0))
    file.create_dataset("empty", shape=(0, 3), dtype="f4")
    file.create_dataset("dense/dense/kernel:0", data=count((4, 5)))
    file["dense"].attrs["weight_names"] = [b"dense/kernel:0", "dense/é:0".encode()]
    file["dense"].attrs["backend"] = np.array(["one", "zwei"], dtype=h5py.string_dtype())
    file["dense"].attrs["empty"] = np.array([], dtype="f8")
    file.create_dataset("chunks/plain", data=count((7, 5)), chunks=(3, 2))
    file.create_dataset("chunks/one", data=count((3, 4)), chunks=(3, 4), compression="gzip")
    file.create_dataset("chunks/all", data=count((5, 3, 4)), chunks=(2, 3, 3), compression="gzip",
                        shuffle=True, fletcher32=True)
    file.create_dataset("chunks/line", data=count((50,), "f8"), chunks=(7,), shuffle=True,
                        compression="gzip")
    file.create_dataset("chunks/missing", shape=(4, 4), dtype="f4", chunks=(2, 2), fillvalue=2.5)
    file["chunks/missing"][:2, :2] = 2.5
    for index in range(links):
        file.create_dataset(f"many/number{index}", data=np.float32(0))
        file["many"].attrs[f"attribute{index}"] = index


with h5py.File("version-0.h5", "w", libver="earliest") as file:
    fill(file, 30)
with h5py.File("version-2.h5", "w", libver=("v108", "v108")) as file:
    fill(file, 30)
with h5py.File("version-3.h5", "w", libver=("v110", "v110")) as file:
    fill(file, 30)
with h5py.File("block.h5", "w", userblock_size=1024) as file:
    file.create_dataset("numbers", data=count((3,)))
with h5py.File("refused.h5", "w") as file:
    file.create_dataset("packed", data=count((8, 8)), chunks=(8, 8), compression="lzf")
