"""Compares `bench` with PyTorch: both sides measure by turns, one process each, and RESULTS.md is written.

Results of earlier runs are kept in results.json beside this file until the same case is measured again, so
that the cases can be measured in several sittings. Which of PyTorch's settings was the fastest is kept in
pytorch/settings.json, since trying them all takes longer than measuring.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = HERE / "pytorch/settings.json"
sys.path.insert(0, str(HERE / "pytorch"))
from cases import CASES  # noqa: E402


class Side:
    """A process that measures what it is told to."""

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, case, precision, seconds, setting=None):
        request = {"case": case, "precision": precision, "seconds": seconds}
        if setting:
            request["setting"] = setting
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(map(str, self.command))} ended over {request}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def chosen(names):
    """The cases of names and groups, in the order of the list of all."""
    known = []
    for name in CASES:
        if any(name == wish or wish == "all" or name.startswith(wish + "-") for wish in names):
            known.append(name)
    for wish in names:
        if wish != "all" and not any(n == wish or n.startswith(wish + "-") for n in CASES):
            sys.exit(f"{wish}: no such case; there are {', '.join(CASES)}")
    return known


def compare(ours, peers, case, precision, options, setting):
    """One case: the first answer of each side is not counted."""
    first = [ours.measure(case, precision, 0), peers.measure(case, precision, 0, setting)]
    pairs = []
    began = time.monotonic()
    while len(pairs) < options.rounds:
        if len(pairs) >= 3 and time.monotonic() - began > options.limit:
            break
        order = [0, 1] if len(pairs) % 2 == 0 else [1, 0]
        pair = [None, None]
        for side in order:
            # Threads that still spin for work of the other side come to rest.
            time.sleep(0.03)
            if side == 0:
                pair[0] = ours.measure(case, precision, options.seconds)
            else:
                pair[1] = peers.measure(case, precision, options.seconds, setting)
        pairs.append(pair)
    times = [[pair[side]["milliseconds"] for pair in pairs] for side in (0, 1)]
    ratios = [theirs / own for own, theirs in zip(*times)]
    own = pairs[-1][0]
    middle = statistics.median(times[0])
    return {
        "case": case,
        "precision": precision,
        "date": datetime.date.today().isoformat(),
        "rounds": len(pairs),
        "threads": options.threads,
        "sizes": own["sizes"],
        "instructions": own["instructions"],
        "ours": middle,
        "peers": statistics.median(times[1]),
        "ratios": sorted(ratios),
        "ratio": statistics.median(ratios),
        "gigaflops": own["gigaflops"] * own["milliseconds"] / middle,
        "bytesKept": own["bytesKept"],
        "setting": first[1]["setting"],
        "tried": first[1]["tried"],
    }


def memory(command, case, precision, setting):
    """Bytes at most, and before the model was made, of a fresh process that does the case a few times."""
    side = Side(command)
    answer = side.measure(case, precision, 0, setting)
    side.close()
    return {"peak": answer["peakBytes"], "idle": answer["idleBytes"]}


def versions(python):
    code = "import torch, torchrecurrent, sys; print(torch.__version__, sys.version.split()[0])"
    torch, own = subprocess.check_output([python, "-c", code], text=True).split()
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    return {"PyTorch": torch, "Python": own, "Swift": swift.splitlines()[0] if swift else "unknown"}


def default_python():
    return os.environ.get("PEERS_PYTHON") or str(HERE / ".venv/bin/python")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="all", help="names and groups, separated by commas")
    parser.add_argument("--precisions", default="highest", help="highest,high,medium")
    parser.add_argument("--rounds", type=int, default=7, help="pairs of measurements of each case")
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--limit", type=float, default=60, help="seconds for a case, after 3 rounds")
    parser.add_argument("--threads", type=int, default=2, help="of each side, at most")
    parser.add_argument("--python", default=default_python(), help="the one that has PyTorch")
    parser.add_argument("--bench", default=str(HERE.parent / ".build/release/bench"))
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results.json")
    parser.add_argument("--no-compile", action="store_true", help="try no torch.compile")
    parser.add_argument("--no-memory", action="store_true", help="measure no peak memory")
    parser.add_argument("--extras", action="store_true", help="also the commands of bench itself")
    parser.add_argument(
        "--keep-settings", action="store_true", help="PyTorch's best settings as in settings.json, where it has the case"
    )
    parser.add_argument("--report-only", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.threads < 1:
        parser.error("rounds, seconds and threads are above 0")
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
        script = str(HERE / "pytorch/checkpoint.py")
        theirs = subprocess.check_output([options.python, script, weights], text=True)
    print(ours, theirs, sep="\n", flush=True)
    return ours + "\n" + theirs


def main():
    options = parse()
    stored = json.loads(options.results.read_text()) if options.results.exists() else {}
    cases = stored.setdefault("cases", {})
    threads = ["--threads", str(options.threads)]
    ours_command = [options.bench, "serve"] + threads
    peers_command = [options.python, str(HERE / "pytorch/peers.py")] + threads
    if options.no_compile:
        peers_command.append("--no-compile")

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
        key = f"{name} {precision}"
        before = cases.get(key, {})
        known = settings.get(key) if options.keep_settings else None
        setting = known["kept"] if known else None
        result = compare(*sides, name, precision, options, setting)
        if known:
            result["tried"] = known["tried"]
        else:
            settings[key] = {"kept": result["setting"], "tried": result["tried"]}
        if not options.no_memory and name != "start":
            result["memory"] = {
                "ours": memory(ours_command, name, precision, None),
                "peers": memory(peers_command, name, precision, result["setting"]),
            }
        elif "memory" in before:
            result["memory"] = before["memory"]
        cases[key] = result
        save()
        print(report.line(result), flush=True)

    sides, failed = None, []
    for name in chosen(options.cases.split(",")):
        for precision in options.precisions.split(","):
            sides = sides or (Side(ours_command), Side(peers_command))
            try:
                measure(sides, name, precision)
            except (RuntimeError, BrokenPipeError) as error:
                # The other cases are measured all the same, by new processes.
                print(f"{name} {precision}: {error}", file=sys.stderr, flush=True)
                failed.append(f"{name} {precision}")
                for side in sides:
                    side.process.kill()
                sides = None
    for side in sides or ():
        side.close()
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
