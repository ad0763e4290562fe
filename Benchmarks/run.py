"""Compares `bench` with its peers: both sides measure by turns, one process each, and RESULTS.md is written.

The peers are PyTorch, onnxruntime (inference) and JAX (a recurrence as a compiled scan); a case is compared with
whichever of them is the fastest. Results of earlier runs are kept in results.json beside this file until the same case
is measured again, so that the cases can be measured in several sittings. Which settings were the fastest is kept in
peers/settings.json, since trying them all takes longer than measuring.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import report
from measuring import Side, is_conclusive, rounds, summary

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = HERE / "peers/settings.json"
sys.path.insert(0, str(HERE / "peers"))
from cases import CASES, chosen  # noqa: E402


class Sides:
    """Our process and one of each library, started when they are first asked."""

    def __init__(self, options, threads):
        self.options = options
        self.threads = threads
        self.running = {}

    def command(self, name):
        threads = ["--threads", str(self.threads)]
        if name == "ours":
            return [self.options.bench, "serve", *threads]
        command = [self.options.python, str(HERE / "peers/server.py"), name, *threads]
        return command + (["--no-compile"] if self.options.no_compile else [])

    def __getitem__(self, name):
        if name not in self.running:
            environment = {**os.environ, "PEER_THREADS": str(self.threads)}
            self.running[name] = Side(self.command(name), environment)
        return self.running[name]

    def kill(self):
        """Ends all processes; those that are asked next are new ones."""
        for side in self.running.values():
            side.process.kill()
            side.process.wait()
        self.running = {}

    def close(self):
        for side in self.running.values():
            side.close()


def fastest_peer(sides, case, precision):
    """The library and its setting that do a case fastest, and the times of all that were tried."""
    best, tried = None, {}
    for library, label in report.LIBRARIES.items():
        answer = sides[library].measure(case, precision, 0)
        tried |= {f"{label}: {name}": time for name, time in answer["tried"].items()}
        if answer["setting"]:
            time = answer["tried"][answer["setting"]]
            if best is None or time < best[0]:
                best = time, library, answer["setting"]
    if best is None:
        raise RuntimeError(f"no peer does {case} at the precision {precision}")
    return {"library": best[1], "setting": best[2], "tried": tried}


def compare(sides, case, precision, options, kept):
    """One case beside its fastest peer; the first answer of each side is not counted."""
    peer = kept or fastest_peer(sides, case, precision)
    ours, theirs = sides["ours"], sides[peer["library"]]
    last = {}

    def measure(side, seconds=options.seconds):
        if side == 0:
            last["ours"] = ours.measure(case, precision, seconds)
            return last["ours"]["milliseconds"]
        return theirs.measure(case, precision, seconds, peer["setting"])["milliseconds"]

    for side in (0, 1):
        measure(side, 0)
    limit_before = ours.limit()
    measured = rounds([ours, theirs], measure, options)
    limit_after = ours.limit()
    own = last["ours"]
    result = {
        "case": case,
        "precision": precision,
        "date": datetime.date.today().isoformat(),
        "threads": sides.threads,
        "sizes": own["sizes"],
        "instructions": own["instructions"],
        "limits": [limit_before, limit_after],
        "bytesKept": own["bytesKept"],
        **peer,
        **summary(measured),
    }
    result["conclusive"] = is_conclusive(result, options)
    result["gigaflops"] = own["gigaflops"] * own["milliseconds"] / result["fastest"][0]
    return result


def memory(command, case, precision, setting):
    """Bytes at most, and before the model was made, of a fresh process that does the case a few times."""
    side = Side(command)
    answer = side.measure(case, precision, 0, setting)
    side.close()
    return {"peak": answer["peakBytes"], "idle": answer["idleBytes"]}


def versions(python):
    code = (
        "import torch, onnxruntime, jax, sys; "
        "print(torch.__version__, onnxruntime.__version__, jax.__version__, sys.version.split()[0])"
    )
    found = subprocess.check_output([python, "-c", code], text=True).split()
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    named = dict(zip([*report.LIBRARIES.values(), "Python"], found))
    return {**named, "Swift": swift.splitlines()[0] if swift else "unknown"}


def default_python():
    return os.environ.get("PEERS_PYTHON") or str(HERE / ".venv/bin/python")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="all", help="names and groups, separated by commas")
    parser.add_argument("--precisions", default="highest", help="highest,high,medium")
    parser.add_argument("--rounds", type=int, default=7, help="quiet pairs of measurements of each case")
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--limit", type=float, default=60, help="seconds for a case, after 3 rounds")
    parser.add_argument("--threads", default=str(report.THREADS), help="of each side, at most; 2,1 measures each case with both")
    parser.add_argument("--python", default=default_python(), help="the one that has the peers")
    parser.add_argument("--bench", default=str(HERE.parent / ".build/release/bench"))
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results.json")
    parser.add_argument("--no-compile", action="store_true", help="try no torch.compile")
    parser.add_argument("--no-memory", action="store_true", help="measure no peak memory")
    parser.add_argument("--extras", action="store_true", help="also the commands of bench itself")
    parser.add_argument(
        "--keep-settings", action="store_true", help="the fastest peers as in settings.json, where it has the case"
    )
    parser.add_argument("--report-only", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("rounds and seconds are above 0")
    if not all(count.isdecimal() and int(count) > 0 for count in options.threads.split(",")):
        parser.error(f"{options.threads}: expected numbers of threads, as in 2,1")
    for precision in options.precisions.split(","):
        if precision not in ("highest", "high", "medium"):
            parser.error(f"{precision}: no such precision")
    if not os.access(options.python, os.X_OK):
        parser.error(f"{options.python}: no such program; `make bench-peers` makes it")
    if not os.access(options.bench, os.X_OK):
        parser.error(f"{options.bench}: no such program; swift build -c release --product bench")
    return options


EXTRAS = {
    "peak": ["peak"],
    "layout": ["layout", "--rounds", "7", "--seconds", "3"],
    "products 512": ["products", "--input", "512", "--hidden", "512", "--seconds", "3"],
    "products 1024": [
        "products", "--input", "1024", "--hidden", "1024", "--steps", "64", "--seconds", "5",
    ],
    "generation": ["gen", "--seconds", "0.5"],
}  # fmt: skip


def checkpoints(options):
    """The formats of a trained model's weights on both sides."""
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.safetensors")
        command = [options.bench, "checkpoint", "--export", weights]
        ours = subprocess.check_output(command, text=True)
        script = str(HERE / "peers/checkpoint.py")
        theirs = subprocess.check_output([options.python, script, weights], text=True)
    print(ours, theirs, sep="\n", flush=True)
    return ours + "\n" + theirs


def main():
    options = parse()
    stored = json.loads(options.results.read_text()) if options.results.exists() else {}
    cases = stored.setdefault("cases", {})
    settings = json.loads(SETTINGS.read_text()) if SETTINGS.exists() else {}

    def save():
        SETTINGS.write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")
        options.results.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        (HERE / "RESULTS.md").write_text(report.text(stored, list(CASES)))

    if options.report_only:
        return save()
    stored["machine"] = json.loads(
        subprocess.check_output([options.bench, "peak", "--json"], text=True)
    )
    stored["versions"] = versions(options.python)
    if options.extras:
        for name, arguments in EXTRAS.items():
            extra = subprocess.check_output([options.bench] + arguments, text=True)
            stored.setdefault("extras", {})[name] = extra
            print(extra, flush=True)
        stored["extras"]["checkpoint"] = checkpoints(options)
        save()

    def measure(sides, name, precision):
        key = report.key(name, precision, sides.threads)
        before = cases.get(key, {})
        kept = settings.get(key) if options.keep_settings else None
        result = compare(sides, name, precision, options, kept)
        settings[key] = {part: result[part] for part in ("library", "setting", "tried")}
        if not options.no_memory and name != "start":
            result["memory"] = {
                "ours": memory(sides.command("ours"), name, precision, None),
                "peers": memory(
                    sides.command(result["library"]), name, precision, result["setting"]
                ),
            }
        elif "memory" in before:
            result["memory"] = before["memory"]
        cases[key] = result
        save()
        print(report.line(result), flush=True)

    failed = []
    all_sides = [Sides(options, int(count)) for count in options.threads.split(",")]
    for name in chosen(options.cases.split(",")):
        for precision in options.precisions.split(","):
            for sides in all_sides:
                try:
                    measure(sides, name, precision)
                except (RuntimeError, BrokenPipeError) as error:
                    # The other cases are measured all the same, by new processes.
                    key = report.key(name, precision, sides.threads)
                    print(f"{key}: {error}", file=sys.stderr, flush=True)
                    failed.append(key)
                    sides.kill()
    for sides in all_sides:
        sides.close()
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
