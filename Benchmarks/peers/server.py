"""A peer's side of the comparison: measures what standard input asks for, a line of JSON each.

    server.py pytorch|onnxruntime|jax [--threads 2] [--no-compile]

{"case": "lstm-256", "seconds": 0.5} is answered by {"milliseconds": ..., "setting": ...}. The first time that
a case is asked for, every setting is tried and the fastest is kept, unless the request names one. A case that
the library has no setting for is answered by {"setting": null}.
"""

import argparse
import gc
import importlib
import json
import os
import statistics
import sys
import time

from cases import CASES

LIBRARIES = ["pytorch", "onnxruntime", "jax"]


def peak_bytes():
    """Bytes in memory at most, since the process started or since it was last counted anew."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


def count_peak_anew():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def measure(run, repetitions, seconds, at_least):
    """Milliseconds: the median of all samples."""
    samples, total = [], 0.0
    while total < seconds or len(samples) < at_least:
        start = time.perf_counter()
        run()
        elapsed = time.perf_counter() - start
        total += elapsed
        samples.append(1000 * elapsed / repetitions)
    return statistics.median(samples)


class Server:
    def __init__(self, side, threads, compiles):
        self.side, self.threads, self.compiles = side, threads, compiles
        self.key = self.run = self.setting = None
        self.tried = {}

    def answer(self, request):
        case = CASES[request["case"]]
        key = (case.name, request.get("precision", "highest"), request.get("setting"))
        if key != self.key:
            self.run = None
            gc.collect()
            self.setting = self.choose(case, key[1], key[2])
            if self.setting is None:
                self.key = None
                return {"name": case.name, "setting": None, "tried": {}}
            self.idle = self.begin()
            self.key, self.run = key, self.setting.prepare()
            for _ in range(2):
                self.run()
        self.side.use_threads(self.setting.threads)
        repetitions = self.setting.repetitions
        time_taken = measure(self.run, repetitions, request["seconds"], request.get("atLeast", 1))
        return {
            "name": case.name,
            "milliseconds": time_taken,
            "setting": self.setting.name,
            "tried": self.tried.get(key[:2], {}),
            "peakBytes": peak_bytes(),
            "idleBytes": self.idle,
        }

    def begin(self):
        self.side.use_threads(self.setting.threads)
        count_peak_anew()
        return peak_bytes()

    def choose(self, case, precision, name):
        known = self.side.settings(case, precision, self.threads, self.compiles)
        if name is not None:
            return next(setting for setting in known if setting.name == name)
        times = {}
        for setting in known:
            self.side.use_threads(setting.threads)
            try:
                run = setting.prepare()
                run()
                times[setting.name] = measure(run, setting.repetitions, 0.3, 2)
            except Exception as error:  # a setting that this version of the library does not know
                print(f"{case.name}, {setting.name}: {error}", file=sys.stderr)
            run = None
            gc.collect()
        self.tried[case.name, precision] = times
        if not times:
            return None
        best = min(times, key=times.get)
        return next(setting for setting in known if setting.name == best)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    options = parser.parse_args()
    side = importlib.import_module(f"{options.library}_side")
    side.begin()
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = Server(side, options.threads, not options.no_compile)
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
