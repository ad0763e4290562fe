#!/usr/bin/env python3
"""Compares cells on the embedded tales, at equal numbers of weights and at equal processor time.

    swift build -c release --product train && swift build -c release --product cells
    Benchmarks/compare-cells.py --steps 600 --seconds 12

Prints the table of the page on comparing cells.

Every cell gets the hidden size that comes nearest to the given number of weights, and learns twice on one
thread: the same number of characters as the others, and as many as it can in the same time. Time is the
processor's, so that other programs do not count.
"""
import argparse
import re
import resource
import subprocess
import sys
import tempfile

CELLS = ["rnn", "lstm", "gru", "mgu", "fastgrnn", "multiplicative-lstm", "rhn", "lem", "indrnn", "mingru"]
EMBEDDING, BATCH, WINDOW = 32, 32, 64


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def cell_weights(options, hidden):
    """The numbers of weights of all cells that suit a size."""
    counts = {}
    for line in run(f"{options.build}/cells", "list", "--input", str(EMBEDDING), "--hidden", str(hidden)).splitlines():
        match = re.match(r"(\S+)\s.*?\s{2,}(\d+)  ", line)
        if match:
            counts[match[1]] = int(match[2])
    return counts


def sizes(options):
    """For each cell, the hidden size whose model has about the number of weights asked for."""
    best = {}
    for hidden in range(16, 513, 4):
        for cell, count in cell_weights(options, hidden).items():
            total = count + options.vocabulary * (EMBEDDING + hidden + 1)
            distance = abs(total - options.weights)
            if cell in CELLS and distance < best.get(cell, (float("inf"),))[0]:
                best[cell] = (distance, hidden)
    return {cell: best[cell][1] for cell in CELLS}


def train(options, cell, hidden, steps):
    """The number of weights, the validation loss, and the seconds that training took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryDirectory() as directory:
        text = run(
            f"{options.build}/train", "--dataset", options.dataset, "--cell", cell, "--hidden", str(hidden),
            "--embedding", str(EMBEDDING), "--batch-size", str(BATCH), "--steps", str(WINDOW),
            "--epochs", "1000", "--max-steps", str(steps), "--threads", "1", "--out", f"{directory}/model.rnnz")
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    weights = int(re.search(r"([\d,]+) weights", text)[1].replace(",", ""))
    loss = float(re.search(r"validation loss ([\d.]+)", text)[1])
    floor = float(re.search(r"no model can beat, is ([\d.]+)", text)[1])
    return weights, loss, seconds, floor


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=".build/release", help="where train and cells are")
    parser.add_argument("--dataset", default="tales:2000000")
    parser.add_argument("--weights", type=int, default=60_000)
    parser.add_argument("--steps", type=int, default=1000, help="steps of the comparison at equal characters")
    parser.add_argument("--seconds", type=float, default=20, help="seconds of the comparison at equal time")
    parser.add_argument("--vocabulary", type=int, default=28)
    options = parser.parse_args()
    rows = []
    for cell, hidden in sizes(options).items():
        weights, loss, seconds, floor = train(options, cell, hidden, options.steps)
        again = max(1, round(options.steps * options.seconds / seconds))
        _, timed, _, _ = train(options, cell, hidden, again)
        rows.append((cell, hidden, weights, loss, seconds, timed, again))
        print(f"{cell}: {loss} after {seconds:.1f} s, {timed} after {again} steps", file=sys.stderr)
    characters = options.steps * BATCH * WINDOW
    print(f"| cell | units | weights | nats after {characters / 1e6:.1f} million characters | seconds for them "
          f"| nats after {options.seconds:.0f} seconds | characters in them |")
    print("|---|---|---|---|---|---|---|")
    for cell, hidden, weights, loss, seconds, timed, again in sorted(rows, key=lambda row: row[3]):
        print(f"| `{cell}` | {hidden} | {weights:,} | {loss:.4f} | {seconds:.1f} | {timed:.4f} "
              f"| {again * BATCH * WINDOW / 1e6:.1f} million |")
    print(f"\nThe language's own entropy, which no model can beat, is {floor:.4f} nats a character.")


main()
