#!/usr/bin/env python3
"""Compares cells on the embedded tales or a task of the laboratory, at equal numbers of weights and equal processor time.

    swift build -c release --product train
    Benchmarks/compare-cells.py --steps 600 --seconds 12
    Benchmarks/compare-cells.py --task recall --set states --seconds 60

Prints the tables of the page on comparing cells. Every cell gets the hidden size, a multiple of 8 up to 512, whose model
comes nearest to the given number of weights, and learns on one thread: the same number of steps as the others, if --steps is
given, and as many steps as it can in the same time. Time is the processor's, so that other programs do not count.
"""
import argparse
import re
import resource
import subprocess
import sys
import tempfile

# What is compared, and the flags of its models.
SETS = {
    "families": (
        ["rnn", "lstm", "gru", "mgu", "fastgrnn", "multiplicative-lstm", "rhn", "lem", "indrnn", "mingru"],
        ["--layers", "1", "--embedding", "32"]),
    "states": (
        ["lstm", "gru", "mlstm-block", "gla", "gated-deltanet", "rwkv7", "s6"],
        ["--layers", "2", "--block", "--embedding", "64"]),
}
BATCH, WINDOW = 32, 64


class Model:
    """A cell in a size, and what `train` says of it."""

    def __init__(self, options, cell, hidden):
        self.options, self.cell, self.hidden = options, cell, hidden

    def train(self, steps):
        """What `train` printed, and the seconds of the processor that it took."""
        options = self.options
        if options.task == "tales":
            task = ["--dataset", options.dataset, "--batch-size", str(BATCH), "--steps", str(WINDOW)]
        else:
            task = ["lab", options.task]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                [f"{options.build}/train", *task, "--cell", self.cell, "--hidden", str(self.hidden), *options.flags,
                 "--epochs", "1000", "--max-steps", str(steps), "--evaluate-every", str(steps), "--threads", "1",
                 "--out", f"{directory}/model.rnnz"], capture_output=True, text=True)
        return done.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    def weights(self):
        """The number of its weights, or None for a size that the cell refuses."""
        found = re.search(r"([\d,]+) weights", self.train(1)[0])
        return int(found[1].replace(",", "")) if found else None

    def seconds_a_step(self):
        """Seconds of a step, without those of the start and of the measurement at the end."""
        few, many = 2, 12
        return max((self.train(many)[1] - self.train(few)[1]) / (many - few), 1e-3)


def sized(options, cell):
    """The model of a cell that has about the number of weights asked for."""
    sizes, best = (1, 64), (float("inf"), None)  # in eights
    low, high = sizes
    while low <= high:
        middle = (low + high) // 2
        model = Model(options, cell, 8 * middle)
        weights = model.weights()
        if weights is None:
            low = middle + 1
            continue
        best = min(best, (abs(weights - options.weights), model.hidden))
        low, high = (middle + 1, high) if weights < options.weights else (low, middle - 1)
    return Model(options, cell, best[1])


def measured(text):
    """The last validation loss, and the accuracy where the task has one."""
    loss = re.findall(r"validation loss ([\d.]+)", text)[-1]
    accuracy = re.findall(r"accuracy ([\d.]+)", text)
    return f"{float(loss):.4f}" + (f" ({100 * float(accuracy[-1]):.1f}%)" if accuracy else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=".build/release", help="where train is")
    parser.add_argument("--task", default="tales", help="tales, or a task that `train lab` lists")
    parser.add_argument("--set", choices=SETS, default="families", help="which cells")
    parser.add_argument("--dataset", default="tales:2000000")
    parser.add_argument("--weights", type=int, default=60_000)
    parser.add_argument("--steps", type=int, help="steps of the comparison at equal steps; none unless given")
    parser.add_argument("--seconds", type=float, default=20, help="seconds of the comparison at equal time")
    parser.add_argument("--flags", default="", help="further flags of train, such as '--learning-rate 0.003'")
    options = parser.parse_args()
    cells, flags = SETS[options.set]
    options.flags = flags + options.flags.split()
    rows = []
    for cell in cells:
        model = sized(options, cell)
        weights, seconds = model.weights(), model.seconds_a_step()
        columns = [f"`{cell}`", str(model.hidden), f"{weights:,}"]
        if options.steps:
            columns.append(measured(model.train(options.steps)[0]))
        steps = max(1, round(options.seconds / seconds))
        columns += [measured(model.train(steps)[0]), f"{steps:,}"]
        rows.append(columns)
        print(*columns, file=sys.stderr)
    heading = ["cell", "units", "weights"] + ([f"nats after {options.steps:,} steps"] if options.steps else [])
    heading += [f"nats after {options.seconds:.0f} seconds", "steps in them"]
    for columns in [heading, ["---"] * len(heading), *sorted(rows, key=lambda row: float(row[-2].split()[0]))]:
        print("| " + " | ".join(columns) + " |")


main()
